#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# setup.sh TAG... -- installs what packages.txt lists under these tags and is missing.
#
# A line may name a command: then the command decides, not the package, so that a node
# from elsewhere is as good as Debian's. Does nothing, and asks for no rights, where
# everything is there.
set -eu
cd "$(dirname "$0")/.."

have() {
	dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

missing=
while read -r tag package command; do
	case "$tag" in '' | '#'*) continue ;; esac
	case " $* " in *" $tag "*) ;; *) continue ;; esac
	if [ -n "$command" ] && command -v "$command" >/dev/null; then continue; fi
	if [ -z "$command" ] && have "$package"; then continue; fi
	missing="$missing $package"
done <packages.txt
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "setup: these packages are missing; as root: apt-get install$missing" >&2
	exit 1
fi
echo "setup: installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >&2
# shellcheck disable=SC2086 # the list is words
apt-get install -q -y --no-install-recommends $missing >&2
