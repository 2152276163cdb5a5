#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns files into one C file, so that data that users may edit also lives in the binary.

usage: embed.py OUT.c SYMBOL ROOT FILE...

Writes `const struct embedded SYMBOL[]`, ended by a row without name: path below ROOT, bytes
(a zero follows them), size. See base/embedded.h.
"""
import os
import sys


def literal(data):
    rows = [data[i:i + 20] for i in range(0, len(data), 20)]
    return "".join("\n\t" + "".join(f"{b}," for b in row) for row in rows) + "\n\t0"


def main():
    out, symbol, root, files = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    text = ['#include "base/embedded.h"\n']
    for n, path in enumerate(files):
        with open(path, "rb") as f:
            text.append(f"static const unsigned char file{n}[] = {{{literal(f.read())}}};\n")
    text.append(f"extern const struct embedded {symbol}[];")
    text.append(f"const struct embedded {symbol}[] = {{")
    for n, path in enumerate(files):
        name = os.path.relpath(path, root)
        text.append(f'\t{{"{name}", file{n}, sizeof file{n} - 1}},')
    text.append("\t{0},\n};\n")
    with open(out, "w") as f:
        f.write("\n".join(text))


main()
