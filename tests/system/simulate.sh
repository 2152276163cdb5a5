#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `botkoll simulate`: the same seed gives the same bytes; what it exports is NetFlow 9 as
# tshark and our own decoder understand it. usage: simulate.sh ROOT BOTKOLL
set -eu
botkoll=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

"$botkoll" simulate -o "$dir/a" --lines 300 --days 2 --bots 20 > "$dir/a.json"
"$botkoll" simulate -o "$dir/b" --lines 300 --days 2 --bots 20 > "$dir/b.json"
diff -r "$dir/a" "$dir/b"
cmp "$dir/a.json" "$dir/b.json"

number() {
	sed -n 's/.*"'"$1"'":\([0-9.]*\).*/\1/p' "$dir/a.json"
}

# Every datagram decodes without loss, every planted bot is in the truth.
"$botkoll" detect -n 198.18.0.0/15 "$dir/a/netflow.pcap" > /dev/null 2> "$dir/detect"
grep -q "$(number datagrams) packets or records (0 malformed, 0 unknown, 0 not IP, 0 lost)" \
    "$dir/detect" || { cat "$dir/detect"; exit 1; }
[ "$(wc -l < "$dir/a/truth.jsonl")" -eq 20 ]

command -v tshark > /dev/null || { echo "skipped: tshark is missing"; exit 77; }
tshark -r "$dir/a/netflow.pcap" -o udp.check_checksum:TRUE \
    -Y '_ws.malformed || _ws.expert.severity >= 6291456 || udp.checksum.status == 0' \
    2> /dev/null > "$dir/bad"
if [ -s "$dir/bad" ]; then
	head -5 "$dir/bad"
	exit 1
fi
# tshark's count of records (one protocol field each) is ours.
records=$(tshark -r "$dir/a/netflow.pcap" -T fields -e cflow.protocol -E separator=' ' \
    -E aggregator=' ' 2> /dev/null | wc -w)
[ "$records" -eq "$(number records)" ] || {
	echo "tshark reads $records records, simulate says $(number records)"
	exit 1
}
