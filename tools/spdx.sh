#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spdx.sh ROOT -- every source file of ours says its licence within its first three lines.
cd "$1" || exit 2
bad=0
for file in $(find src tests tools ui/src .ci -type f \( -name '*.[ch]' -o -name '*.sh' -o \
	-name '*.py' -o -name '*.ts' -o -name '*.tsx' -o -name '*.css' -o -name run \) \
	-not -path '*/node_modules/*') Makefile; do
	if ! head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0'; then
		echo "$file: no SPDX line"
		bad=1
	fi
done
exit $bad
