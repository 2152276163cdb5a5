#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# sizes.sh ROOT -- what a reader can hold in mind: a file has at most 800 lines, a header
# 150, a function 60; half of the functions at most 15, nineteen of twenty at most 50.
#
# A file is excused by a comment `size: REASON` within its first 40 lines.
cd "$1" || exit 2
bad=0
complain() {
	echo "$*"
	bad=1
}
while read -r file; do
	lines=$(wc -l <"$file")
	limit=800
	case "$file" in *.h) limit=150 ;; esac
	if [ "$lines" -gt "$limit" ] && ! head -n 40 "$file" | grep -q 'size: '; then
		complain "$file: $lines lines, more than $limit"
	fi
done < <(find src tests tools -name '*.[ch]')
lengths=$(mktemp)
trap 'rm -f "$lengths"' EXIT
find src -name '*.c' | ctags -L - -x --languages=C --kinds-C=f --_xformat='%n %e %N %F' |
	awk '{ print $2 - $1 + 1, $4 ":" $1, $3 }' | sort -n >"$lengths"
while read -r length place name; do
	[ "$length" -gt 60 ] && complain "$place: $name has $length lines, more than 60"
done <"$lengths"
count=$(wc -l <"$lengths")
[ "$count" -gt 0 ] || complain "no functions found"
at() {
	sed -n "$((count * $1 / 100 + 1))p" "$lengths" | cut -d' ' -f1
}
echo "$count functions; median $(at 50) lines, 95th percentile $(at 95)"
[ "$(at 50)" -le 15 ] || complain "the median is above 15"
[ "$(at 95)" -le 50 ] || complain "the 95th percentile is above 50"
exit $bad
