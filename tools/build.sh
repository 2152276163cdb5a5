#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# build.sh DIR [MESON-OPTION...] -- configures DIR if it is new, and builds it.
set -eu
cd "$(dirname "$0")/.."
dir=$1
shift
[ -f "$dir/build.ninja" ] || meson setup "$dir" "$@" >"/tmp/botkoll-setup.$$" 2>&1 || {
	cat "/tmp/botkoll-setup.$$" >&2
	exit 1
}
rm -f "/tmp/botkoll-setup.$$"
ninja -C "$dir" --quiet
