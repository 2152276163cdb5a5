#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# format.sh ROOT -- every source is as clang-format leaves it and opens with its licence.
set -u
cd "$1" || exit 2
bad=0
find src tests -name '*.[ch]' | sort | xargs clang-format --dry-run -Werror || bad=1
# shellcheck disable=SC2038 # our names hold no blanks
find src tests tools ui/src -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.mjs' -o -name '*.ts' -o -name '*.tsx' |
	xargs awk 'FNR == 1 { if (seen && !ok) { print last ": no SPDX line"; bad = 1 } seen = 1; ok = 0; last = FILENAME }
		FNR <= 3 && /SPDX-License-Identifier: Apache-2.0/ { ok = 1 }
		END { if (!ok) { print last ": no SPDX line"; bad = 1 } exit bad }' || bad=1
exit $bad
