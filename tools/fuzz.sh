#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh SECONDS [TARGET]... -- runs the libFuzzer targets, each for so long.
#
# Starts from tests/fuzz/corpus/X, keeps what it finds in build-fuzz/corpus/X. A crasher is
# left in build-fuzz/ and, named after its issue, belongs into tests/fuzz/corpus/X.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=$1
shift
if [ ! -f build-fuzz/build.ninja ]; then
	CC=clang meson setup build-fuzz --buildtype=debugoptimized -Dfuzz=true \
		-Db_sanitize=address,undefined -Db_lundef=false -Dsandbox=sanitizer >/dev/null
fi
ninja -C build-fuzz
status=0
for program in build-fuzz/tests/fuzz_*; do
	[ -f "$program" ] && [ -x "$program" ] || continue
	target=${program##*/fuzz_}
	if [ $# -gt 0 ]; then case " $* " in *" $target "*) ;; *) continue ;; esac fi
	mkdir -p "build-fuzz/corpus/$target" "tests/fuzz/corpus/$target"
	echo "fuzz $target: $seconds s" >&2
	# So many features that weighing inputs by them costs more than running them.
	weigh=$([ "$target" = detect ] && echo 0 || echo 1)
	"$program" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -max_len=65536 \
		-entropic="$weigh" \
		-artifact_prefix="build-fuzz/$target-" -print_final_stats=1 \
		"build-fuzz/corpus/$target" "tests/fuzz/corpus/$target" 2>&1 |
		grep -E 'ERROR|SUMMARY|runtime error|number_of_executed|Test unit' || status=1
	if ls build-fuzz/"$target"-* >/dev/null 2>&1; then
		echo "fuzz $target: found something: $(ls build-fuzz/"$target"-*)"
		status=1
	fi
done
exit $status
