#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The vendor's newer schema is taken, said, used, and a broken one leaves the old table.
# usage: schema_update.sh ROOT BOTKOLL
set -eu
root=$1 botkoll=$2
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
report=$dir/2030-01-02-scan6_new-x.csv
printf 'timestamp,ip,port,tag,strange\n2030-01-02 03:04:05,2001:db8::7,4711,a,b\n' > "$report"

fail() {
	echo "$1"
	exit 1
}

"$botkoll" report schema update -d "$dir" "$root/tests/fuzz/corpus/schema/small.json" > "$dir/changes" 2> /dev/null
grep -q '"change":"new type","type":"scan6_new"' "$dir/changes" || fail "no new type"
grep -q '"change":"changed field","type":"scan_telnet"' "$dir/changes" || fail "no changed field"
grep -q '"change":"new column","type":"scan_telnet","column":"tomorrow"' "$dir/changes" || fail "no new column"
"$botkoll" parse --schema "$dir/shadowserver.facts" "$report" | grep -q '"identifier":"open-new"' || fail "not used"
"$botkoll" parse "$report" | grep -q '"type":"undetermined"' || fail "known without the schema"

cp "$dir/shadowserver.facts" "$dir/before"
printf '{"x":{"file_name":"a b"}}' > "$dir/broken.json"
! "$botkoll" report schema update -d "$dir" "$dir/broken.json" 2> /dev/null > /dev/null || fail "a broken schema taken"
cmp "$dir/before" "$dir/shadowserver.facts" || fail "a broken schema changed the table"
[ "$(find "$dir" -name 'shadowserver.facts*' | wc -l)" = 1 ] || fail "something was left beside"

# The same again changes nothing.
[ -z "$("$botkoll" report schema update -n -d "$dir" "$root/tests/fuzz/corpus/schema/small.json" |
	grep -v 'unknown conversion')" ] || fail "the second time changes something"
