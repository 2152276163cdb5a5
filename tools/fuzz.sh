#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh [SECONDS [TARGET...]] -- libFuzzer over every target (60 s each unless told), with
# ASan and UBSan. Findings stay in build-fuzz/findings.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
[ $# -gt 0 ] && shift
CC=clang tools/build.sh build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false -Dsandbox=sanitizer
mkdir -p build-fuzz/findings
# shellcheck disable=SC2046 # a list of words is meant
[ $# -gt 0 ] || set -- $(find build-fuzz/tests -maxdepth 1 -name 'fuzz_*' -type f -perm -u+x | sed 's|.*/fuzz_||' | sort)
bad=0
for target; do
	mkdir -p "build-fuzz/corpus/$target"
	seeds=
	[ -d "tests/fuzz/corpus/$target" ] && seeds="tests/fuzz/corpus/$target"
	# shellcheck disable=SC2086 # no seeds, no argument
	if "build-fuzz/tests/fuzz_$target" -max_total_time="$seconds" -max_len=65536 -rss_limit_mb=2048 -timeout=10 \
		-artifact_prefix=build-fuzz/findings/"$target"- -print_final_stats=1 \
		"build-fuzz/corpus/$target" $seeds >"build-fuzz/$target.log" 2>&1; then
		echo "$target: $(grep -m1 number_of_executed_units "build-fuzz/$target.log")"
	else
		echo "$target: FINDING, see build-fuzz/$target.log"
		bad=1
	fi
done
exit $bad
