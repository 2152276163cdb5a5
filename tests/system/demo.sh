#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `botkoll demo`: a small provider through the real daemon, twice. Nothing is lost, nobody
# is wrongly blamed, every bot that is found is told so, and both runs come to the same.
# usage: demo.sh ROOT BOTKOLL
set -eu
botkoll=$2
dir=$(mktemp -d)
chmod 755 "$dir"
trap 'rm -rf "$dir"' EXIT

play() {
	"$botkoll" demo --exit --json --lines 300 --days 2 --bots 20 --port 0 --dir "$dir/$1" \
	    2> "$dir/$1.err" | sed 's/,"seconds":[0-9.]*//' > "$dir/$1.json" || {
		cat "$dir/$1.err"
		tail -20 "$dir/$1/daemon.log"
		exit 1
	}
}

number() {
	sed -n 's/.*"'"$1"'":\([0-9.]*\).*/\1/p' "$dir/a.json"
}

set -o pipefail
play a
play b
cat "$dir/a.json"
cmp "$dir/a.json" "$dir/b.json"
[ "$(number lost)" -eq 0 ]
[ "$(number planted)" -eq 20 ]
[ "$(number wrongly_blamed)" -eq 0 ]
[ "$(number wrongly_notified)" -eq 0 ]
# Of twenty bots four show themselves to no source, and scanning alone makes two suspect.
[ "$(number found)" -ge 12 ]
[ "$(number notified)" -eq "$(number found)" ]
[ "$(number mails_accepted)" -ge "$(number notified)" ]
[ "$(number mails_repeated)" -eq 0 ]
