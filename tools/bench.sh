#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bench.sh -- runs every program of tests/bench; each prints its ratio to a named peer or limit.
set -eu
cd "$(dirname "$0")/.."
tools/build.sh build
for bench in build/tests/bench_*; do
	[ -x "$bench" ] && [ -f "$bench" ] || continue
	echo "== ${bench##*/}"
	"$bench"
done
