#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# check.sh ROOT BOTKOLL -- configurations in and out: what `check` prints, read back,
# gives itself; a mistake is named with file, line and the nearest key; exit statuses.
set -euo pipefail
botkoll=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
	echo "$*"
	exit 1
}

"$botkoll" simulate -o "$work/sim" --lines 100 --days 1 --bots 1 >/dev/null 2>&1
"$botkoll" check -c "$work/sim/botkoll.yaml" >"$work/sim/printed.yaml"
"$botkoll" check -c "$work/sim/printed.yaml" >"$work/again.yaml"
cmp "$work/sim/printed.yaml" "$work/again.yaml" || fail "printed, read back, differs"
[ -z "$("$botkoll" check -q -c "$work/sim/botkoll.yaml")" ] || fail "-q prints"

printf 'directory: d\nsuorces: []\n' >"$work/bad.yaml"
status=0
"$botkoll" check -c "$work/bad.yaml" 2>"$work/err" || status=$?
[ "$status" -eq 2 ] || fail "exit status $status for a wrong configuration"
# shellcheck disable=SC2016 # backquotes of the sentence
grep -q 'bad.yaml:2: unknown key `suorces`; the nearest known key is `sources`' "$work/err" ||
	fail "$(cat "$work/err")"

status=0
"$botkoll" chekc 2>"$work/err" || status=$?
[ "$status" -eq 2 ] || fail "exit status $status for an unknown command"
# shellcheck disable=SC2016
grep -q 'did you mean `check`?' "$work/err" || fail "$(cat "$work/err")"
for command in $("$botkoll" --help | sed -n 's/^  \([a-z-]*\)  .*/\1/p'); do
	"$botkoll" "$command" --help >/dev/null || fail "botkoll $command --help"
done
[ "$("$botkoll" version)" = "$("$botkoll" version --json)" ] || fail "version"
status=0
"$botkoll" version >/dev/full 2>/dev/null || status=$?
[ "$status" -eq 1 ] || fail "a full disk went unnoticed"
