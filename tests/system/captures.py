#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every capture under ../shared/data/traffic/pcap-* is read to its end.

Packets decoded + malformed + unknown must be capinfos' count; in pcap-malware and
pcap-benign, all Ethernet, malformed + unknown stay within 1 %. Files that capinfos itself
calls cut short or damaged are compared up to where it stopped.

Usage: captures.py ROOT BOTKOLL [PRINT_EVENTS]
"""
import pathlib
import re
import subprocess
import sys

SKIP = 77


def capinfos_count(path):
    out = subprocess.run(["capinfos", "-cMr", "-T", path], capture_output=True, text=True)
    match = re.search(r"\t(\d+)\s*$", out.stdout)
    if match:
        return int(match.group(1))
    # After an error capinfos prints no table row, but how many packets it had read.
    match = re.search(r"after reading (\d+) packets", out.stderr)
    return int(match.group(1)) if match else None


def our_counts(tool, path):
    out = subprocess.run([tool, "-q", "-p", path], capture_output=True, text=True)
    if out.returncode != 0:
        return None, out.stderr.strip()[:300]
    return dict((k, int(v)) for k, v in re.findall(r"(\w+)=(\d+)", out.stdout)), ""


def check(tool, path, strict):
    """The sentence that says what is wrong, or None."""
    want = capinfos_count(path)
    got, error = our_counts(tool, path)
    if got is None:
        return None if want is None else f"not read ({error}), capinfos: {want}"
    if want is None:
        return f"capinfos reads nothing, we {got['records']}"
    if got["decoded"] + got["malformed"] + got["unknown"] != want:
        return f"{got} against capinfos' {want}"
    if strict and got["malformed"] + got["unknown"] > want * 0.01:
        return f"malformed {got['malformed']}, unknown {got['unknown']} of {want}"
    return None


def main():
    root, botkoll = (pathlib.Path(a) for a in sys.argv[1:3])
    tool = sys.argv[3] if len(sys.argv) > 3 else str(botkoll.parent / "tests" / "print_events")
    shared = root.parent / "shared"
    traffic = shared / "data" / "traffic"
    if not traffic.is_dir():
        print(f"skipped: {traffic} is absent")
        return SKIP
    failed, count = 0, 0
    for path in sorted(traffic.glob("pcap-*/**/*")):
        if not path.is_file() or path.name == "ORIGIN":
            continue
        strict = path.relative_to(traffic).parts[0] in ("pcap-malware", "pcap-benign")
        trouble = check(tool, str(path), strict)
        count += 1
        if trouble:
            failed += 1
            print(f"{path.relative_to(traffic)}: {trouble}")
    print(f"{count - failed} of {count} captures agree with capinfos")
    return 1 if failed or count == 0 else 0


sys.exit(main())
