#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# setup.sh TAG... -- installs the packages of packages.txt that carry one of the tags and
# are not there yet. What is there already is skipped; with nothing to do, no network is used.
set -eu
cd "$(dirname "$0")/.."

missing=
for tag; do
	while read -r row_tag package command; do
		[ "$row_tag" = "$tag" ] || continue
		if [ -n "$command" ] && command -v "$command" >/dev/null 2>&1; then
			continue
		fi
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
		[ "$state" = installed ] || missing="$missing $package"
	done <packages.txt
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "setup: these packages are missing; as root: apt-get install$missing" >&2
	exit 1
fi
echo "setup: installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of words is meant
apt-get install -y -qq --no-install-recommends $missing >/dev/null
