#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tally.py BUILD... -- sums the test logs of Meson builds: `N passed, N failed`.

A build without a log failed to build, which counts as one failure. What was skipped is
named, with its reason where the test gave one, and counts as neither.
"""
import json
import pathlib
import sys


def results(build):
    log = pathlib.Path(build) / "meson-logs" / "testlog.json"
    if not log.exists():
        print(f"{build}: was not tested")
        yield "FAIL", build
        return
    for line in log.read_text().splitlines():
        test = json.loads(line)
        yield test["result"], f"{build}: {test['name']}"
        if test["result"] == "SKIP":
            reason = (test.get("stdout") or test.get("stderr") or "").strip().splitlines()
            print(f"skipped {build}: {test['name']}: {reason[-1] if reason else 'no reason given'}")


def main():
    passed = failed = 0
    for build in sys.argv[1:]:
        for result, name in results(build):
            if result in ("OK", "EXPECTEDFAIL"):
                passed += 1
            elif result != "SKIP":
                failed += 1
                print(f"failed {name} ({result})")
    print(f"{passed} passed, {failed} failed")


main()
