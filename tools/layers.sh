#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# layers.sh ROOT DIR... -- a directory of ROOT/src may include only itself and those named
# before it. meson.build passes the order, which is that of the design. Beside the order:
# the simulator, as the opponent of the detectors, includes only base, event and itself,
# and nobody but role and cmd, which may include all, includes it.
cd "$1/src" || exit 2
shift
seen='' bad=0
for dir; do
	seen="$seen|$dir"
	[ -d "$dir" ] || continue
	case $dir in role | cmd) seen="$seen|sim" ;; esac
	ls "$dir"/*.[ch] >/dev/null 2>&1 || continue
	if grep -nE '^#include "' "$dir"/*.[ch] | grep -vE "#include \"(${seen#|})/"; then
		bad=1
	fi
done
if grep -nE '^#include "' sim/*.[ch] | grep -vE '#include "(base|event|sim)/'; then
	bad=1
fi
for dir in */; do
	case "$seen|sim|" in *"|${dir%/}|"*) ;; *)
		echo "src/$dir has no place in the order"
		bad=1
		;;
	esac
done
exit $bad
