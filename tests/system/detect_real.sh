#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# detect_real.sh ROOT BOTKOLL -- `botkoll detect` on captures recorded by others: the
# telnet scanner is suspect by scan, nobody is in the benign captures, whatever network is
# asked about, and the same input gives the same bytes.
data="$1/../shared/data/traffic"
botkoll=$2
scanner="$data/labelled/slips-dataset/test7-malicious.pcap"
if [ ! -f "$scanner" ] || [ ! -d "$data/pcap-benign" ]; then
	echo "skipped: $data is not there"
	exit 77
fi
failed=0

fail() {
	echo "FAIL: $1"
	failed=1
}

verdict=$("$botkoll" detect --json "$scanner" 2>/dev/null) || fail "test7: exit status $?"
case $verdict in
*'"host":"192.168.2.16","verdict":"suspect"'*'"detector":"scan"'*) ;;
*) fail "test7: 192.168.2.16 is not suspect by scan: $verdict" ;;
esac
[ "$(printf '%s\n' "$verdict" | grep -c -v '"verdict":"clear"')" -eq 1 ] ||
	fail "test7: others are suspect too"
[ "$("$botkoll" detect --json "$scanner" 2>/dev/null)" = "$verdict" ] ||
	fail "test7: a second run differs"

captures=0
while read -r capture; do
	captures=$((captures + 1))
	out=$("$botkoll" detect --json -n 0.0.0.0/0,::/0 "$capture" 2>/dev/null)
	[ $? -le 1 ] || fail "$capture: exit status above 1"
	if printf '%s\n' "$out" | grep -E '"verdict":"(suspect|infected)"'; then
		fail "$capture: a benign host is suspect"
	fi
done < <(find "$data/pcap-benign" -type f -name '*.pcap*')
[ "$captures" -gt 0 ] || fail "no benign captures were found"
echo "$captures benign captures"
exit $failed
