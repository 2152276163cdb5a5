# SPDX-License-Identifier: Apache-2.0
"""The XARF project's and Abusix's own samples: all of them are read. usage: xarf.py ROOT BOTKOLL"""
import json
import pathlib
import subprocess
import sys

root, botkoll = pathlib.Path(sys.argv[1]), sys.argv[2]
folder = root / ".." / "shared" / "data" / "reports" / "xarf"
if not folder.is_dir():
    print(f"skipped: {folder} is missing")
    sys.exit(77)
samples = sorted(p for p in folder.rglob("*.json") if "samples" in p.parts)
assert len(samples) > 100, len(samples)
bad = 0
for sample in samples:
    run = subprocess.run([botkoll, "parse", sample], capture_output=True, text=True)
    items = [json.loads(line) for line in run.stdout.splitlines()]
    report = json.loads(sample.read_text())
    inner = report.get("Report", report)
    source = inner.get("SourceIp") or inner.get("AttackerIp") or inner.get("source_identifier")
    source = source or inner.get("Source", {}).get("IP")
    if run.returncode != 0 or len(items) != 1:
        print(f"{sample.name}: {run.stderr.strip()}")
        bad += 1
        continue
    got = items[0].get("source", {})
    if source is not None and source not in (got.get("ip"), got.get("fqdn")):
        print(f"{sample.name}: {got} for {source}")
        bad += 1
    port = inner.get("SourcePort") or inner.get("AttackerPort") or inner.get("source_port")
    if port is not None and got.get("port") != port:
        print(f"{sample.name}: port {got.get('port')} for {port}")
        bad += 1
print(f"{len(samples)} samples, {bad} misread")
sys.exit(bad > 0)
