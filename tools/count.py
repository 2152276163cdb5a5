#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints how many tests of a meson run passed, failed and were skipped.

usage: count.py testlog.json       (no such file: one failure)
"""
import json
import sys

passed = failed = skipped = 0
try:
    with open(sys.argv[1]) as log:
        for line in log:
            result = json.loads(line)["result"]
            if result in ("OK", "EXPECTEDFAIL"):
                passed += 1
            elif result == "SKIP":
                skipped += 1
            else:
                failed += 1
except (OSError, ValueError, KeyError):
    failed += 1
print(passed, failed, skipped)
