#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# test_store_full.sh ROOT BOTKOLL -- a really full disk, in a mount namespace of its own.
#
# Runs the store's fill program on a file system of 4 MB: writing must fail with a sentence
# and leave what was committed; with room made, it goes on; the audit chain is whole.
set -eu
botkoll=$2
fill=$(dirname "$botkoll")/tests/fill_store
[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || {
	echo "skipped: needs root and mount namespaces"
	exit 77
}
dir=$(mktemp -d)
trap 'rmdir "$dir"' EXIT
BOTKOLL=$botkoll FILL=$fill DIR=$dir unshare -m sh -eu <<'IN'
mount -t tmpfs -o size=4m,mode=0700 none "$DIR"
dd if=/dev/zero of="$DIR/ballast" bs=1k count=1024 2>/dev/null
"$FILL" "$DIR" 100000 > "$DIR/../full.$$" 2>&1 && { echo "the disk was never full"; exit 1; }
grep -q "disk is full" "$DIR/../full.$$" || { cat "$DIR/../full.$$"; rm "$DIR/../full.$$"; exit 1; }
before=$(sed -n 's/^committed //p' "$DIR/../full.$$")
rm "$DIR/../full.$$"
[ "$before" -gt 0 ]
# What was committed before is there, and whole, on the full disk.
"$BOTKOLL" audit verify -d "$DIR" | grep -q "\"links\": *$before,.*true"
rm "$DIR/ballast"
"$FILL" "$DIR" 40 > /dev/null
"$BOTKOLL" audit verify -d "$DIR" | grep -q "\"links\": *$((before + 40)),.*true"
umount "$DIR"
IN
echo "full disk: refused with a sentence, nothing lost, went on with room"
