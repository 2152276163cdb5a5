#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# classes.sh -- a class of data is on only with a basis and a review date; and only the
# clock and the commands ask the system for the time.
#
# usage: classes.sh ROOT BOTKOLL
set -eu
root=$1 botkoll=$2
work=$(mktemp -d /tmp/botkoll-classes-XXXXXX)
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

# What is left of the real configuration without its ground must be refused, by name.
"$botkoll" simulate -o "$work" --lines 300 --days 2 >"$work/out" 2>&1
config=$work/botkoll.yaml
refused() { # what is said, after sed $1
	sed "$1" "$config" >"$work/bad.yaml"
	if "$botkoll" run -c "$work/bad.yaml" >"$work/out" 2>&1; then fail "taken: $1"; fi
	grep -q "$2" "$work/out" || fail "$1: $(cat "$work/out")"
}
refused '/name: mirror/,/ground/{/ground/d}' 'source "mirror": no class of data is on without a legal ground'
refused '/name: shadowserver/,/ground/{/ground/d}' 'report "shadowserver": no class of data is on'
refused 's/{basis: own-test-network, review: [^}]*}/{basis: own-test-network}/' 'no class of data is on'
refused 's/^clock: replay/clock: wall/; s/review: 2027/review: 2001/' 'its review date has passed'
refused 's/classes: \[traffic\]/classes: [traffic, content]/' 'class "content" is not read'

found=$(cd "$root" && grep -rlE '\b(clock_gettime|gettimeofday)\(|[^a-z_]time\(NULL' src --include='*.c' |
	grep -v -e '^src/base/clock.c$' -e '^src/cmd/' -e '^src/main.c$' || true)
echo "asking for the time besides the clock and commands: ${found:-nobody}"
[ -z "$found" ] || fail "only base/clock may ask the system for the time"
