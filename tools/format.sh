#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# format.sh ROOT -- is all C as clang-format 14 would write it? `make format` does it.
cd "$1" || exit 2
find src tests tools -name '*.[ch]' -print0 | xargs -0 clang-format-14 --dry-run -Werror 2>&1 |
	grep 'error:' && exit 1
exit 0
