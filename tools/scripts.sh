#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# scripts.sh ROOT -- shell scripts pass shellcheck, manuals pass mandoc.
set -u
cd "$1" || exit 2
bad=0
find tools tests .ci -name '*.sh' -o -path .ci/run | sort | xargs shellcheck -S warning || bad=1
for page in man/*.[1-9]; do
	[ -f "$page" ] || continue
	mandoc -Tlint -W warning "$page" || bad=1
done
exit $bad
