#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# classes.sh -- a class of data is on only with a basis and a review date: else no event of
# it leaves the source, and none of its evidence is in the store or the log; and only the
# clock and the commands ask the system for the time.
#
# usage: classes.sh ROOT BOTKOLL
set -eu
root=$(realpath "$1") botkoll=$(realpath "$2")
work=$(mktemp -d /tmp/botkoll-classes-XXXXXX)
chmod 755 "$work"
daemon=
trap 'test -z "$daemon" || kill -9 $daemon; rm -rf "$work"' EXIT
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

# Real DNS in a capture, and NetFlow, through the daemon. The same input without the class
# `name`, with it, and with it for the flow export alone: the name that a bot asked for, an
# indicator, stands in the store and the log only where its own source has a basis for it.
capture=$root/../shared/data/traffic/pcap-malware/corelight-agenttesla/0e328ab7-12b2-4843-8717-a5b3ebef33a8.pcap.gz
name=originwealth.ydns.eu
if [ ! -e "$capture" ]; then
	echo "skipped: real DNS through the daemon, no ../shared/data"
	exit 0
fi
answers=$(tshark -r "$capture" -Y "dns.qry.name == $name && dns.a" -T fields -e dns.a 2>/dev/null | head -1)
[ -n "$answers" ] || fail "tshark reads no answer for $name"
first() { capinfos -T -r -S -a "$1" | cut -f 2 | cut -d . -f 1; }
# An hour into the flow export: what is older than 30 days would be forgotten.
editcap -F pcap -t $(($(first "$work/netflow.pcap") + 3600 - $(first "$capture"))) "$capture" "$work/names.pcap"
chmod 644 "$work/names.pcap"
cat >"$work/names.csv" <<END
value,port,protocol,role,purpose,confidence,source,family
$name,,,c2,malicious-code,90,test-list,
${answers%%,*},,,c2,malicious-code,90,test-list,
END
chmod 644 "$work/names.csv"

lines_with() { # TEXT, files and directories
	text=$1
	shift
	(cd "$work" && grep -rhaiF "$text" "$@" || true) | wc -l
}
replay() { # DIRECTORY, classes of the capture, classes of the flow export
	cat >"$work/$1.yaml" <<END
directory: $1
clock: replay
shadow: no
realms:
  - {name: lab, number: 1, networks: [192.168.100.0/24]}
  - {name: isp, number: 2, networks: [100.64.0.0/10]}
sources:
  - name: mirror
    type: pcap
    path: names.pcap
    realm: lab
    $2
    ground: {basis: own-test-network, review: 2099-01-01T00:00:00Z}
  - name: border
    type: pcap
    path: netflow.pcap
    realm: isp
    $3
    ground: {basis: own-test-network, review: 2099-01-01T00:00:00Z}
intel: [names.csv]
detect: {snapshot: 200ms}
END
	"$botkoll" run -c "$work/$1.yaml" >"$work/$1.log" 2>&1 &
	daemon=$!
	for _ in $(seq 1200); do
		"$botkoll" status -d "$work/$1" --json >"$work/status" 2>/dev/null || true
		grep -q '"replay": *"done"' "$work/status" && break
		kill -0 $daemon || fail "$1: $(tail -3 "$work/$1.log")"
		sleep 0.1
	done
	grep -q '"replay": *"done"' "$work/status" || fail "$1: the replay does not end"
	named=$(lines_with "${name%%.*}" "$1" "$1.log" status)
	kill $daemon
	wait $daemon || fail "$1: status $?"
	daemon=
	after=$(lines_with "${name%%.*}" "$1" "$1.log")
	by_address=$(lines_with "${answers%%,*}" "$1/store.db")
	echo "$1: the name in $named lines of bytes while it ran, $after afterwards; the address in $by_address"
	[ "$((by_address + after))" -gt 0 ] || fail "$1: the class traffic was on, and its evidence is missing"
	[ "$(lines_with "${name%%.*}" "$1.log")" = 0 ] || fail "$1: the log tells a name"
}
replay without "" ""
[ "$named" = 0 ] && [ "$after" = 0 ] || fail "a name without a basis for it"
replay with "classes: [traffic, name]" ""
[ "$named" -gt 0 ] && [ "$after" -gt 0 ] || fail "with a basis the name is evidence"
replay elsewhere "" "classes: [traffic, name]"
[ "$named" = 0 ] && [ "$after" = 0 ] || fail "the basis of one source served for another"
