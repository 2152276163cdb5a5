#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# layers.sh ROOT DIR... -- a directory of ROOT/src may include only itself and those named
# before it; role and cmd may include all, sim only base, event and itself.
set -u
cd "$1/src" || exit 2
shift
seen='' bad=0
check() { # DIR ALLOWED
	if grep -nsE '^#include "' "$1"/*.[ch] | grep -vE "#include \"($2)/"; then
		echo "layers: $1 may include only $2" >&2
		bad=1
	fi
}
for dir; do
	seen="$seen|$dir"
	[ -d "$dir" ] || continue
	case $dir in
	role | cmd) continue ;;
	esac
	check "$dir" "${seen#|}"
done
check sim 'base|event|sim'
for dir in */; do
	case "|$seen|sim|" in
	*"|${dir%/}|"*) ;;
	*)
		echo "layers: src/$dir has no place in the order" >&2
		bad=1
		;;
	esac
done
exit $bad
