#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# build_ui.sh ROOT OUT.c -- the console's pages, checked, bundled and turned into C.
# Installs the packages that ui/package-lock.json names if they are not there yet.
set -eu
root=$1 out=$(realpath "$2")
cd "$root/ui"
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules ]; then
	npm ci --no-audit --no-fund --loglevel=error
	touch node_modules
fi
npm run --silent check
OUT=$(dirname "$out")/ui_dist
export OUT
mkdir -p "$OUT/api"
cp "$root/share/openapi.json" "$OUT/api/"
npm run --silent build >/dev/null 2>&1 || npm run build
python3 "$root/tools/embed.py" "$out" ui_files "$OUT" "$OUT/index.html" "$OUT/app.js" "$OUT/app.css" \
	"$OUT/icon.svg" \
	"$OUT/api/openapi.json"
