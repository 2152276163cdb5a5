# SPDX-License-Identifier: Apache-2.0
"""What `botkoll parse` makes of real abuse mails, held against what a reader wrote down before
the parser (tests/golden/abusemail.truth.tsv). usage: abusemail.py ROOT BOTKOLL

All addresses and classes must agree, all times whose zone is stated or published, ports, and what
is set aside, statement by statement in any order; nothing may be told that no mail says."""
import collections
import ipaddress
import json
import pathlib
import subprocess
import sys

root, botkoll = pathlib.Path(sys.argv[1]), sys.argv[2]
folder = root / ".." / "shared" / "data" / "reports" / "abusemail"
if not folder.is_dir():
    print(f"skipped: {folder} is missing")
    sys.exit(77)

truth = collections.defaultdict(list)
for line in (root / "tests" / "golden" / "abusemail.truth.tsv").read_text().splitlines():
    if not line.startswith("#"):
        mail, _, address, port, time, zone, kind, aside, note = line.split("\t")
        truth[mail].append((address, port, time, zone, kind, aside, note))


def same_time(told, zone, item):
    """A stated time to the precision stated; one without zone: the day."""
    got = item.get("time", {}).get("source", "")
    if zone == "none":
        return got[:10] == told[:10]
    told = told.rstrip("Z")
    return got[: len(told)] == told


def misses(row, item):
    """The columns in which a statement and an item differ."""
    address, port, time, zone, kind, aside, _ = row
    source, rsit = item.get("source", {}), item.get("classification", {})
    got = source.get("ip")
    wrong = []
    if got is None or ipaddress.ip_address(got) != ipaddress.ip_address(address):
        wrong.append("address")
    if (port == "-") != ("port" not in source) or (port != "-" and source.get("port") != int(port)):
        wrong.append("port")
    if not same_time(time, zone, item):
        wrong.append("time, zone " + zone)
    if f"{rsit.get('taxonomy')}/{rsit.get('type')}" != kind:
        wrong.append("class")
    if item.get("extra", {}).get("set_aside", "-") != aside:
        wrong.append("set aside")
    return wrong


figures = collections.defaultdict(collections.Counter)
bad = 0
for mail, rows in sorted(truth.items()):
    kind = pathlib.Path(mail).parent.name
    run = subprocess.run([botkoll, "parse", folder / mail], capture_output=True, text=True)
    items = [json.loads(line) for line in run.stdout.splitlines()]
    figure = figures[kind]
    figure["mails"] += 1
    figure["statements"] += len(rows)
    for row in rows:
        # The item that is most like the statement is the one that is meant.
        best = min(items, key=lambda item: len(misses(row, item)), default=None)
        wrong = ["missing"] if best is None else misses(row, best)
        if "address" in wrong:
            wrong = ["missing"]
        elif best is not None:
            items.remove(best)
        figure["agree"] += not wrong
        for column in wrong:
            figure[column] += 1
            doubted = row[6].startswith("doubt: " + column)
            print(f"{mail.split('/')[-1]}: {column}{' (doubted)' if doubted else ''}: {row[:6]}"
                  f" read as {json.dumps(best)[:300]} {run.stderr.strip()[-200:]}")
        bad += len(wrong)
    for item in items:
        print(f"{mail.split('/')[-1]}: told by nobody: {json.dumps(item)[:300]}")
        figure["told by nobody"] += 1
        bad += 1

for kind, figure in sorted(figures.items()):
    rest = ", ".join(f"{n} {what}" for what, n in figure.items()
                     if what not in ("mails", "statements", "agree"))
    print(f"{kind:20} {figure['mails']:3} mails, {figure['agree']:3} of {figure['statements']:3}"
          f" statements agree{'; ' + rest if rest else ''}")
sys.exit(bad > 0)
