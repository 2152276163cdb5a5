#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# test.sh -- builds in three ways, runs the tests in each, and ends with the line
# `N passed, N failed`. A build that fails counts as one failed test.
#
#   build-asan   gcc, ASan and UBSan, -Werror: unit, fuzz replay, system
#   build-clang  clang, release, -Werror:      unit
#   build        gcc, as users get it, -Werror: unit, checks, system
set -u
cd "$(dirname "$0")/.." || exit 2
passed=0 failed=0 skipped=0
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

count() { # DIR: adds up what the last meson run there says
	# shellcheck disable=SC2046 # three words are meant
	set -- $(python3 tools/count.py "$1/meson-logs/testlog.json")
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

build() { # DIR OPTION...
	echo "== build $*"
	if tools/build.sh "$@"; then
		passed=$((passed + 1))
		return 0
	fi
	failed=$((failed + 1))
	return 1
}

run() { # DIR SUITE...
	dir=$1
	shift
	suites=
	for suite; do suites="$suites --suite $suite"; done
	echo "== test $dir:$suites"
	rm -f "$dir/meson-logs/testlog.json"
	# shellcheck disable=SC2086 # a list of words is meant
	meson test -C "$dir" --no-rebuild --print-errorlogs $suites
	count "$dir"
}

build build-asan --werror -Db_sanitize=address,undefined -Dsandbox=sanitizer && run build-asan unit fuzz hostile
CC=clang build build-clang --werror --buildtype=release && run build-clang unit
build build --werror && run build unit check system

echo "skipped: $skipped"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
