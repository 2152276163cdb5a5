#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# statuses.sh ROOT BOTKOLL -- the exit statuses of botkoll(1), command by command, and the
# sentence that goes with each: 1 is data refused or the answer "no", 2 is the command
# line or the settings.
set -euo pipefail
botkoll=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# status WANTED SENTENCE WORD... -- runs botkoll with the words; stderr holds the sentence.
status() {
	wanted=$1 sentence=$2 got=0
	shift 2
	"$botkoll" "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
	[ "$got" -eq "$wanted" ] || {
		echo "botkoll $*: status $got, not $wanted"
		cat "$work/err"
		exit 1
	}
	grep -qF -- "$sentence" "$work/err" || {
		echo "botkoll $*: no \"$sentence\" in: $(cat "$work/err")"
		exit 1
	}
}

none=$work/none
echo 'who, what' >"$work/nonsense"
mkdir "$work/empty"

# Data that cannot be read is refused, whatever the command.
status 1 "$none" detect "$none"
status 1 "$none" parse "$none"
status 1 "$none" attribute -l "$none" 192.0.2.1 2026-01-01T00:00:00Z
status 1 "$none" leases import -d "$work/segments" "$none"
status 1 "$none" leases stat -d "$none"
status 1 "$none" intel import -d "$work/empty" -s x "$none"
status 1 "$none" lines import "$none"
status 1 "$none" detect --indicators "$none" "$work/nonsense"
status 1 "$none" privacy verify -d "$none" marker-text
status 1 nonsense detect "$work/nonsense"
status 1 "no store in the directory $work/empty; --directory" measure today -d "$work/empty"
status 1 "no store in the directory $work/empty; --directory" audit verify -d "$work/empty"
status 1 '--directory names another' status -d "$work/empty"
status 1 '--directory names another' case list -d "$work/empty"

# Settings that cannot be read, and command lines that make no sense, are usage.
status 2 "$none" check -c "$none"
status 2 "$none" run -c "$none"
status 2 "$none" policy check "$none"
status 2 "$none" detect --weights "$none" "$work/nonsense"
status 2 'the nearest first: notified,' case list -d "$work/empty" -s notifed
status 2 'the nearest first:' case list -d "$work/empty" -s bogus
status 2 'names no cause' case retract -d "$work/empty" -x reprot:x
status 2 'names no cause' case hold -d "$work/empty" -x source:x
status 2 'the nearest first: false_positive' case close -d "$work/empty" -a false_postive X
status 2 'there are: kea-csv' \
	attribute -k kea-cvs -l "$work/nonsense" 192.0.2.1 2026-01-01T00:00:00Z
status 2 'there are: kea-csv' leases import -k kea-cvs -d "$work/segments" "$work/nonsense"
status 2 'there are: shadowserver' parse -f shadowsever "$work/nonsense"
status 2 'a marker has' privacy verify -d "$work/empty" ab
status 2 'which file' parse
status 2 'which file' detect
status 2 'which of its commands' case
status 2 'no address' attribute -l "$work/nonsense" 192.0.2 2026-01-01T00:00:00Z
status 2 'is no time: write' attribute -l "$work/nonsense" 192.0.2.1 2026-01-01

# One row of settings after another, with its line.
"$botkoll" simulate -o "$work/sim" --lines 100 --days 1 --bots 1 >/dev/null 2>&1
wrong() {
	sed "s/$1/$2/" "$work/sim/botkoll.yaml" >"$work/wrong.yaml"
	cmp -s "$work/sim/botkoll.yaml" "$work/wrong.yaml" && {
		echo "\"$1\" is not in the configuration"
		exit 1
	}
	status 2 "$3" check -q -c "$work/wrong.yaml"
}
line=$(grep -nm1 'type: pcap' "$work/sim/botkoll.yaml" | cut -d: -f1)
wrong 'type: pcap' 'type: pcpa' \
	"wrong.yaml:$line: \`type\`: \`pcpa\` is no choice; there are, the nearest first: pcap"
line=$(grep -n 'type: kea-forensic' "$work/sim/botkoll.yaml" | cut -d: -f1)
wrong 'type: kea-forensic' 'type: kea' "wrong.yaml:$line: \`type\`: \`kea\` is no choice"
wrong 'path: reports' 'path: reports\n    format: shadowservr' 'the nearest is "shadowserver"'
wrong 'path: reports' 'path: reports\n    realm: ips' 'there is "isp"'
