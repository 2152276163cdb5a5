#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the sources to the house's limits and prints the project's figures.

usage: sizes.py ROOT

Function <= 60 lines, file <= 800, header <= 150; median function <= 15, 95th percentile
<= 50. A file is excused by a comment with the reason: `sizes: header of 200 lines because ...`
or, for a function, `sizes: NAME because ...`.
"""
import os
import re
import subprocess
import sys

LIMITS = {"function": 60, ".c": 800, ".h": 150}


def main():
    root = sys.argv[1]
    files = sorted(os.path.join(d, f) for d, _, fs in os.walk(os.path.join(root, "src")) for f in fs
                   if f.endswith((".c", ".h")))
    bad, lengths = [], []
    for path in files:
        text = open(path, encoding="utf-8").read()
        size = text.count("\n")
        excuses = re.findall(r"sizes: (\S+)", text)
        kind = path[-2:]
        if size > LIMITS[kind] and not ({"header", "file"} & set(excuses)):
            bad.append(f"{path}: {size} lines, {LIMITS[kind]} at most")
        tags = subprocess.run(["ctags", "--languages=C", "--kinds-C=f", "--fields=+ne", "-f", "-", path],
                              capture_output=True, text=True, check=True).stdout
        for tag in tags.splitlines():
            name = tag.split("\t")[0]
            line, end = (re.search(rf"\t{k}:(\d+)", tag) for k in ("line", "end"))
            if not line or not end:
                continue
            length = int(end[1]) - int(line[1]) + 1
            lengths.append(length)
            if length > LIMITS["function"] and name not in excuses:
                bad.append(f"{path}:{line[1]}: {name} has {length} lines, {LIMITS['function']} at most")
    lengths.sort()
    median, p95 = lengths[len(lengths) // 2], lengths[len(lengths) * 95 // 100]
    print(f"{len(files)} files, {len(lengths)} functions, median {median} lines, 95th percentile {p95}")
    if median > 15 or p95 > 50:
        bad.append(f"median {median} (15 at most), 95th percentile {p95} (50 at most)")
    print("\n".join(bad))
    return 1 if bad else 0


sys.exit(main())
