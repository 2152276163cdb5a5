# SPDX-License-Identifier: Apache-2.0
"""STIX, MISP and IODEF through the jailed intake: each becomes a sighting of its line, an XML
bomb becomes a refused piece, and nothing is unaccounted. usage: exchange_in.py ROOT BOTKOLL"""
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

botkoll = sys.argv[2]
CONFIG = """directory: data
clock: replay
seed: 1
shadow: no
realms:
  - {name: isp, number: 1, networks: [198.18.0.0/15, 100.64.0.0/16, "2001:db8::/32"]}
reports:
  - {name: exchange, path: reports, ground: {basis: network-security, review: 2027-12-31T00:00:00Z}}
leases:
  - {type: kea-forensic, path: sim/kea-forensic.log}
  - {type: csv, path: sim/port-blocks.csv}
registry: sim/registry.csv
notices: {from_name: A provider}
mail: {server: 127.0.0.1, port: 9, from: abuse@isp.example.invalid}
replay_until: 2026-09-10T00:00:00Z
"""
IODEF = """<IODEF-Document xmlns="urn:ietf:params:xml:ns:iodef-2.0"><Incident><IncidentID name="x">1</IncidentID>
<Description>bots</Description><EventData><DetectTime>2026-09-08T12:00:00Z</DetectTime><Flow><System category="source">
<Node><Address category="ipv4-addr">%s</Address></Node></System></Flow></EventData></Incident></IODEF-Document>"""
BOMB = ('<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' +
        "".join(f'<!ENTITY b{i} "{("&b%d;" % (i - 1)) * 10 if i else "&a;"}">' for i in range(12)) +
        "]><IODEF-Document>&b11;</IODEF-Document>")


def write_reports(folder, address):
    stix = [{"type": "ipv4-addr", "id": "ipv4-addr--a", "value": address},
            {"type": "malware", "id": "malware--m", "name": "mirai"},
            {"type": "observed-data", "id": "observed-data--o", "first_observed": "2026-09-08T10:00:00Z",
             "object_refs": ["ipv4-addr--a"]},
            {"type": "sighting", "id": "sighting--s", "sighting_of_ref": "malware--m",
             "observed_data_refs": ["observed-data--o"]},
            {"type": "indicator", "id": "indicator--i", "pattern_type": "stix", "pattern": "[broken",
             "valid_from": "2026-09-08T10:00:00Z"}]
    misp = {"uuid": "e", "Orgc": {"name": "x"}, "Attribute": [
        {"type": "ip-src", "value": address, "first_seen": "2026-09-08T11:00:00Z",
         "Tag": [{"name": 'rsit:malicious-code="infected-system"'}]}]}
    (folder / "a.json").write_text(json.dumps({"type": "bundle", "id": "bundle--1", "objects": stix}))
    (folder / "b.json").write_text(json.dumps({"Event": misp}))
    (folder / "c.xml").write_text(IODEF % address)
    (folder / "d.xml").write_text(BOMB)


def books(home):
    for _ in range(100):
        time.sleep(0.3)
        asked = subprocess.run([botkoll, "status", "--json", "-d", home / "data"], capture_output=True, text=True)
        if asked.returncode == 0:
            reports = json.loads(asked.stdout.splitlines()[0]).get("reports", {})
            if reports.get("received", 0) >= 5:
                return reports
    raise AssertionError("the reports were not read: " + asked.stdout + asked.stderr)


with tempfile.TemporaryDirectory() as temporary:
    home = pathlib.Path(temporary)
    home.chmod(0o755)
    subprocess.run([botkoll, "simulate", "-o", home / "sim", "--lines", "300", "--days", "2", "--bots", "20"], check=True,
                   capture_output=True)
    addresses = [m for f in sorted((home / "sim" / "reports").glob("*.csv"))
                 for m in re.findall(r'"(198\.1[89]\.[0-9.]+)"', f.read_text())]
    (home / "reports").mkdir()
    write_reports(home / "reports", addresses[0])
    (home / "botkoll.yaml").write_text(CONFIG)
    daemon = subprocess.Popen([botkoll, "run", "-c", home / "botkoll.yaml"], stderr=subprocess.PIPE, text=True)
    try:
        read = books(home)
        assert read["sightings"] == 3 and read["unread"] == 2 and read["unaccounted"] == 0, read
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(20)
print("three formats read in the jail, two pieces refused, none lost")
