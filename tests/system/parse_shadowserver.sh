#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds `botkoll parse` against the events that another project expects of 43 Shadowserver
# reports. usage: parse_shadowserver.sh ROOT BOTKOLL
set -eu
root=$1 botkoll=$2
cases=$root/../shared/data/reports/expected/shadowserver
if [ ! -d "$cases" ]; then
	echo "skipped: $cases is missing"
	exit 77
fi
python3 "$root/../shared/tools/compare-events.py" --known "$root/tests/golden/shadowserver.known" \
    "$cases" -- "$botkoll" parse

# An input of n rows gives at most n items.
for input in "$cases"/*.input; do
	copy=$(mktemp -d)/2020-01-01-$(basename "$input" | cut -d. -f1)-x.csv
	cp "$input" "$copy"
	items=$("$botkoll" parse "$copy" | wc -l)
	rows=$(($(wc -l < "$copy")))
	rm -r "$(dirname "$copy")"
	if [ "$items" -gt "$rows" ]; then
		echo "$input: $items items of $rows rows"
		exit 1
	fi
done
