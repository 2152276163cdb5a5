# SPDX-License-Identifier: Apache-2.0
"""What leaves, beside a running daemon: no line's address, the same bytes twice, a word in
the audit log first; and what left is read again. usage: export.py ROOT BOTKOLL"""
import ipaddress
import json
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

botkoll = sys.argv[2]
OURS = [ipaddress.ip_network(n) for n in ("198.18.0.0/15", "100.64.0.0/16", "2001:db8::/32")]


def run(*args, status=0):
    done = subprocess.run([botkoll, *map(str, args)], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, (args, done.returncode, done.stdout, done.stderr)
    return done


def no_address_of_ours(text):
    for word in re.findall(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+|[0-9a-f]*:[0-9a-f:]+", text):
        try:
            address = ipaddress.ip_address(word)
        except ValueError:
            continue
        assert not any(address in n for n in OURS), word


def checks(home, out):
    data = home / "data"
    listed = home / "c2.csv"
    listed.write_text("value,port,role,confidence,tlp\n203.0.113.9,8080,c2,95,clear\n"
                      "bad.example.net,,distribution,80,green\n203.0.113.250,,c2,80,red\n"
                      "198.18.0.5,,c2,80,clear\n")
    run("intel", "import", "-d", data, "-s", "test", listed)

    first = run("export", "stix", "-d", data, "--tlp", "amber").stdout
    assert first == run("export", "stix", "-d", data, "--tlp", "amber").stdout
    kinds = [o["type"] for o in json.loads(first)["objects"]]
    assert kinds.count("indicator") >= 2 and "sighting" in kinds and "infrastructure" in kinds
    for name in ("csv", "intelmq", "iodef", "list", "rpz", "stix"):
        path = out / name
        run("export", name, "-d", data, "--tlp", "amber", "-o", path)
        no_address_of_ours(path.read_text())
    run("export", "misp", "-d", data, "--tlp", "amber", "-o", out / "misp")
    for path in (out / "misp").iterdir():
        no_address_of_ours(path.read_text())

    # Beside them the C2s that our own lines were seen with, if there were any.
    places = (out / "list").read_text().splitlines()
    assert {"203.0.113.9:8080", "bad.example.net"} <= set(places), places
    assert not any(place.startswith("203.0.113.250") for place in places), places
    zone = (out / "rpz").read_text()
    assert "bad.example.net CNAME .\n*.bad.example.net CNAME .\n" in zone
    assert "32.9.113.0.203.rpz-ip CNAME .\n" in zone

    # What left is read again, and means the same.
    for place in (out / "stix", out / "iodef", out / "misp"):
        items = [json.loads(line) for line in run("parse", place).stdout.splitlines()]
        found = {(i["source"].get("ip") or i["source"].get("fqdn"), i["classification"]["type"])
                 for i in items if "source" in i}
        assert ("203.0.113.9", "c2-server") in found, (place, found)
        assert ("bad.example.net", "malware-distribution") in found, (place, found)

    # Only for a purpose that the policy names; without a name in it, never.
    cert = run("export", "intelmq", "-d", data, "--tlp", "red", "--purpose", "cert").stdout
    no_address_of_ours(cert)
    assert "203.0.113.250" in cert

    # A stricter word stays home.
    assert "203.0.113.250" not in first
    clear = run("export", "list", "-d", data, "--tlp", "clear").stdout
    assert clear == "203.0.113.9:8080\n"
    run("export", "odt", "-d", data, status=2)
    run("export", "misp", "-d", data, status=2)

    store = sqlite3.connect(f"file:{data}/store.db?mode=ro", uri=True)
    audit = [row[0] for row in store.execute("SELECT what FROM audit WHERE what LIKE 'export.%'")]
    store.close()
    assert len(audit) == 11, audit
    assert audit[-2].startswith("export.intelmq for cert up to red: "), audit
    run("audit", "verify", "-d", data)


def after(home):
    """Without the daemon: only where --offline says so."""
    data = home / "data"
    refused = run("export", "list", "-d", data, status=1)
    assert "--offline" in refused.stderr and refused.stdout == ""
    run("export", "list", "-d", data, "--offline", status=1)
    offline = run("export", "list", "-d", data, "--offline", "-n", "198.18.0.0/15")
    assert "203.0.113.9:8080" in offline.stdout


with tempfile.TemporaryDirectory() as temporary:
    pathlib.Path(temporary).chmod(0o755)  # the daemon's roles are somebody else
    home, out = pathlib.Path(temporary) / "demo", pathlib.Path(temporary) / "out"
    out.mkdir()
    demo = subprocess.Popen([botkoll, "demo", "--json", "--lines", "300", "--days", "2", "--bots", "20",
                             "--port", "0", "--keep", "--dir", str(home)],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        line = demo.stdout.readline()
        assert "wrongly_notified" in line, line
        checks(home, out)
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(30)
    time.sleep(0.5)
    after(home)
print("what left was read again, and no line's address was in it")
