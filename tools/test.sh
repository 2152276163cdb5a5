#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test.sh -- everything `make test` does after the set-up: builds with -Werror, the test
# suites in two of them, the static checks once, and the sum in build-test/tally.
#
#   build-gcc    gcc, debug, AddressSanitizer and UndefinedBehaviorSanitizer
#   build-test   clang, release; the static checks and the system tests run here
#   build-plain  gcc, release, as users build: the program only, for the warnings that
#                gcc gives when it optimises, and those its sanitizers garble
#
# The system suite starts real servers and takes its time, so it runs in one build only.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
jobs=${JOBS:-2}
status=0

# configure DIR OPTION... -- sets up or, where the options differ, sets up again; builds
# all, or $target.
configure() {
	local dir=$1
	shift
	if [ "$(cat "$dir/options" 2>/dev/null)" != "$*" ]; then
		rm -rf "$dir"
		meson setup "$dir" -Dwerror=true -Dtests=enabled "$@" >/dev/null || return 1
		echo "$*" >"$dir/options"
	fi
	ninja -j "$jobs" -C "$dir" ${target:+"$target"}
}

rm -f build-gcc/meson-logs/testlog.json build-test/meson-logs/testlog.json
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
if CC=gcc configure build-gcc --buildtype=debug -Db_sanitize=address,undefined \
	-Dsandbox=sanitizer; then
	meson test -C build-gcc --no-rebuild --num-processes "$jobs" \
		--no-suite check --no-suite system --print-errorlogs || status=1
fi
if CC=clang configure build-test --buildtype=release; then
	meson test -C build-test --no-rebuild --num-processes "$jobs" \
		--no-suite bench --print-errorlogs || status=1
fi
target=botkoll CC=gcc configure build-plain --buildtype=release || status=1
mkdir -p build-test
python3 tools/tally.py build-gcc build-test | tee build-test/tally
grep -q ', 0 failed$' build-test/tally || status=1
exit $status
