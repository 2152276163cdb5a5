#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds `botkoll parse` against the events that another project expects of feeds, and reads
# made-up ones. usage: parse_feeds.sh ROOT BOTKOLL
set -eu
root=$1 botkoll=$2
corpus=$root/tests/fuzz/corpus

# file, items, what one of them says
while read -r file items says; do
	out=$("$botkoll" parse "$corpus/$file" 2> /dev/null || true)
	[ "$(printf '%s\n' "$out" | wc -l)" = "$items" ] || { echo "$file: not $items items"; exit 1; }
	printf '%s\n' "$out" | grep -q "$says" || { echo "$file: nothing says $says"; exit 1; }
done << END
jsonfeed/dga.json 2 "fqdn":"a.example.com"
jsonfeed/haas.json 2 "commands":\["id"\]
jsonfeed/proki.json 1 "type":"infected-system"
jsonfeed/n6.jsonl 3 "type":"c2-server"
jsonfeed/ctip.jsonl 2 "name":"necurs"
cymru/cap.txt 5 "asns":\[64496,64497\]
list/certbund.csv 1 "name":"mirai"
list/threatfox.csv 1 "type":"c2-server"
END

cases=$root/../shared/data/reports/expected/feeds
if [ ! -d "$cases" ]; then
	echo "skipped: $cases is missing"
	exit 77
fi
python3 "$root/../shared/tools/compare-events.py" "$cases" -- "$botkoll" parse
