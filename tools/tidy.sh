#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tidy.sh ROOT BUILD [analyze] -- clang-tidy (.clang-tidy) over src/, two files at a time;
# with `analyze` instead what clang's path-sensitive analyser finds. That takes ten times
# as long, so the test suite leaves it to `make analyze`. Left out there:
#   insecureAPI.DeprecatedOrUnsafeBufferHandling  wants memcpy_s, which glibc has not
#   insecureAPI.strcpy  only where the source is a constant or the size is checked
#   optin.performance.Padding  fields stand in the order of their meaning
#   valist.Uninitialized  false positives of clang 14 in every va_start across files
cd "$1" || exit 2
[ -f "$2/compile_commands.json" ] || exit 2
checks=()
if [ "${3-}" = analyze ]; then
	insecure=clang-analyzer-security.insecureAPI
	checks=("--checks=-*,clang-analyzer-*,-clang-analyzer-optin.performance.Padding,\
-clang-analyzer-valist.Uninitialized,-$insecure.strcpy,\
-$insecure.DeprecatedOrUnsafeBufferHandling")
fi
find src -name '*.c' -print0 |
	xargs -0 -P 2 -n 4 clang-tidy-14 --quiet "${checks[@]}" -p "$2" 2>&1 |
	grep -vE 'warnings? generated|^Suppressed|^Use -header-filter|warnings? treated as error'
# xargs says 123 if one of them complained.
[ "${PIPESTATUS[1]}" -eq 0 ]
