#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sensors.py ROOT BOTKOLL -- real logs of sensors, read by `botkoll parse`.

Cowrie: an item for each session of each file, with the address, source port and time of
its session.connect, and a completed login told apart from a refused one. Suricata: an
item for each alert. Skipped where ../shared is not there.
"""
import glob
import gzip
import json
import os
import subprocess
import sys


def lines(path):
    opened = gzip.open(path) if path.endswith(".gz") else open(path, "rb")
    with opened as text:
        for line in text:
            yield json.loads(line)


def parse(botkoll, path):
    done = subprocess.run([botkoll, "parse", path], capture_output=True, timeout=120)
    if done.stderr:
        sys.exit("%s: %s" % (path, done.stderr.decode()[:500]))
    return [json.loads(line) for line in done.stdout.splitlines()]


def sessions_of(path):
    sessions = {}
    for event in lines(path):
        if "session" in event:
            sessions.setdefault(event["session"], []).append(event)
    return sessions


def expected(events):
    first = events[0]
    kinds = [event["eventid"] for event in events]
    source = next(e["src_ip"] for e in events if "direct-tcpip" not in e["eventid"])
    port = next((e["src_port"] for e in events if e["eventid"].endswith("connect")), None)
    return (source, port, first["timestamp"][:19], kinds.count("cowrie.login.success"),
            kinds.count("cowrie.login.failed"))


def found(item):
    extra = item.get("extra", {})
    return (item["source"]["ip"], item["source"].get("port"), item["time"]["source"][:19],
            extra.get("logins", 0), extra.get("refused_logins", 0))


def main():
    root, botkoll = sys.argv[1:3]
    data = os.path.join(root, "..", "shared", "data", "traffic")
    logs = sorted(glob.glob(data + "/honeypot/cowrie-*/logs/cowrie.json*"))
    if not logs:
        print("no ../shared/data/traffic/honeypot")
        sys.exit(77)
    sessions = 0
    for path in logs:
        want = sorted(map(expected, sessions_of(path).values()), key=repr)
        got = sorted(map(found, parse(botkoll, path)), key=repr)
        if want != got:
            sys.exit("%s: %d sessions, %d items, or they differ" % (path, len(want), len(got)))
        sessions += len(got)
    alerts = 0
    for path in sorted(glob.glob(data + "/labelled/slips-dataset/*suricata*.json*")):
        want = sum(event.get("event_type") == "alert" for event in lines(path))
        got = len(parse(botkoll, path))
        if want != got:
            sys.exit("%s: %d alerts, %d items" % (path, want, got))
        alerts += got
    print("%d sessions in %d logs of Cowrie, %d alerts of Suricata" %
          (sessions, len(logs), alerts))


main()
