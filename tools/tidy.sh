#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tidy.sh ROOT BUILD -- clang-tidy (.clang-tidy) over src/, two files at a time.
cd "$1" || exit 2
[ -f "$2/compile_commands.json" ] || exit 2
find src -name '*.c' -print0 |
	xargs -0 -P 2 -n 4 clang-tidy-14 --quiet -p "$2" 2>&1 |
	grep -vE 'warnings? generated|^Suppressed|^Use -header-filter|warnings? treated as error'
# xargs says 123 if one of them complained.
[ "${PIPESTATUS[1]}" -eq 0 ]
