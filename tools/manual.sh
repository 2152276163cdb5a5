#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# manual.sh BOTKOLL PAGE... -- do the manual pages hold? mandoc finds no fault; each
# command and option that --help tells of stands in botkoll(1); the example of
# botkoll.yaml(5) is a configuration, its mapping reads its list; the examples of botkoll(1) that name no file run.
botkoll=$1
shift
bad=0
complain() {
	echo "$*"
	bad=1
}
for page; do
	mandoc -Tlint -Wwarning "$page" | grep -v 'referenced manual not found' && bad=1
done
text=$(mandoc -Tascii "$1" | sed 's/.\x08//g')
for command in $("$botkoll" --help | sed -n 's/^  \([a-z-]*\)  .*/\1/p'); do
	grep -q "botkoll $command" <<<"$text" || complain "botkoll(1): no command $command"
	help=$("$botkoll" "$command" --help) || complain "botkoll $command --help fails"
	for option in $(grep -oE -e '--[a-z][a-z0-9-]+' <<<"$help"); do
		grep -q -e "$option" <<<"$text" || complain "botkoll(1): no $option of $command"
	done
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '/^directory: \//,/^\.Ed/{/^\.Ed/!p}' "$2" >"$work/example.yaml"
"$botkoll" check -q -c "$work/example.yaml" || complain "botkoll.yaml(5): the example"
sed -n '/^name: honeynet/,/^\.Ed/{/^\.Ed/!p}' "$2" >"$work/map.yaml"
sed -n '/^When;/,/^\.Ed/{/^\.Ed/!p}' "$2" >"$work/map.csv"
"$botkoll" parse --map "$work/map.yaml" "$work/map.csv" | grep -q '"ip":"192.0.2.7"' ||
	complain "botkoll.yaml(5): the example of a mapping"
"$botkoll" version >/dev/null || complain "botkoll version"
exit $bad
