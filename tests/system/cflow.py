#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Flow export under ../shared/data/traffic/netflow decodes as tshark's cflow reads it.

Bare datagrams (.dat, .dump) are wrapped as UDP/2055, one capture per exporter, templates
first; pmacct's captures are taken as they are. Of each record with two addresses, the
fields that become events are compared, in order. Disagreements that are ours on purpose
stand in cflow-known.txt: file, record, field, and the section that decides.

Usage: cflow.py ROOT BOTKOLL [PRINT_EVENTS]
"""
import datetime
import ipaddress
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

SKIP = 77
EXPORTER = re.compile(r"_?(opttpl|tplopt|tpls?|tpldata|data)[_\d.].*$|\.dat$|\.dump$")


def exporter_of(path):
    """Files of one exporter share the name before 'tpl' or 'data'."""
    if path.suffix == ".dump":
        name = path.name
        for part in ("sampler", "mpls", "flowStartMilliseconds", "as2"):
            if part in name:
                return "fluent-" + part
        return "fluent-plain"
    return EXPORTER.sub("", path.name)


def datagrams(data):
    """A file of IPFIX or v5 may hold several messages one after the other."""
    while len(data) >= 4:
        version, length = struct.unpack(">HH", data[:4])
        length = 24 + 48 * length if version == 5 else length
        if version not in (5, 10) or length < 16 or length >= len(data):
            yield data
            return
        yield data[:length]
        data = data[length:]


def wrap(paths, out):
    with open(out, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 228))
        for path in paths:
            for payload in datagrams(path.read_bytes()):
                total = 28 + len(payload)
                ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, total, 0, 0, 64, 17, 0,
                                 bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]))
                udp = struct.pack(">HHHH", 40000, 2055, 8 + len(payload), 0)
                f.write(struct.pack("<IIII", 1700000000, 0, total, total) + ip + udp + payload)


def captures(netflow, scratch):
    """(name, capture) of every exporter."""
    groups = {}
    for path in sorted(netflow.rglob("*")):
        if path.suffix == ".pcap":
            yield str(path.relative_to(netflow)), path
        elif path.suffix in (".dat", ".dump") and path.stat().st_size > 4:
            version = struct.unpack(">H", path.read_bytes()[:2])[0]
            if version in (5, 9, 10) and "invalid" not in path.name and "0length" not in path.name:
                groups.setdefault(exporter_of(path), []).append(path)
    for name, paths in sorted(groups.items()):
        paths.sort(key=lambda p: ("tpl" not in p.name and "template" not in p.name, p.name))
        out = pathlib.Path(scratch) / (name + ".pcap")
        wrap(paths, out)
        yield name, out


def moment(text):
    """Seconds since 1970 of tshark's absolute times."""
    match = re.match(r"(\w+ +\d+, \d+ \d+:\d+:\d+)(\.\d+)?", text)
    when = datetime.datetime.strptime(match.group(1), "%b %d, %Y %H:%M:%S")
    return (when.replace(tzinfo=datetime.timezone.utc).timestamp()
            + float(match.group(2) or 0))


def first_of(fields, *names):
    """Of a field told twice, the one that is not zero; tshark calls reverse ones alike."""
    for name in names:
        if name in fields:
            told = fields[name][:1] if "permanent" in name else fields[name]
            return next((v for v in reversed(told) if int(v, 0) != 0), told[0])
    return None


def address(fields, end):
    """The last real one in the order of the record: the innermost, where it was tunnelled."""
    found = fields.get("cflow.%saddr" % end)
    real = [v for v in found or [] if int(ipaddress.ip_address(v)) != 0]
    return (real or found or [None])[-1]


def times(fields, header):
    """First and last, absolute; None where tshark tells none."""
    both = []
    for ends in (("timestart", "abstimestart"), ("timeend", "abstimeend")):
        relative, absolute = (fields.get("cflow." + end) for end in ends)
        if absolute:
            both.append(moment(absolute[-1]))
        elif relative and "cflow.sysuptime" in header:
            uptime = float(header["cflow.sysuptime"][0])
            sent = float(header["cflow.unix_secs"][0])
            sent += float(header.get("cflow.unix_nsecs", ["0"])[0]) / 1e9  # v5
            both.append(sent - uptime + float(relative[-1]))
        else:
            both.append(None)
    return both


def record_of(fields, header):
    number = lambda *names: int(first_of(fields, *names) or "0", 0)
    src = address(fields, "src")
    dst = address(fields, "dst")
    if src is None or dst is None or "cflow.nat_event" in fields:
        return None
    proto = number("cflow.protocol")
    ports = proto not in (1, 58)
    first, last = times(fields, header)
    return {
        "src": ipaddress.ip_address(src), "dst": ipaddress.ip_address(dst), "proto": proto,
        "sport": number("cflow.srcport") if ports else 0,
        "dport": number("cflow.dstport") if ports else 0,
        "packets": number("cflow.packets", "cflow.packets64", "cflow.packetsforwarded",
                          "cflow.permanent_packets", "cflow.initiator_packets"),
        "bytes": number("cflow.octets", "cflow.octets64", "cflow.permanent_octets",
                        "cflow.initiator_octets"),
        "flags": number("cflow.tcpflags") & 0x3F, "ingress": number("cflow.inputint"),
        "direction": number("cflow.direction") if "cflow.direction" in fields else 255,
        "first": first, "last": last}


def collect(node):
    fields = {}
    for field in node.iter("field"):
        name = (field.get("name") or "").replace("addrv6", "addr")
        if name:
            fields.setdefault(name, []).append(field.get("show"))
    return fields


def tshark_records(capture):
    out = subprocess.run(
        ["tshark", "-r", capture, "-d", "udp.port==9991,cflow", "-d", "udp.port==9992,cflow",
         "-Y", "cflow", "-T", "pdml"], capture_output=True, env={"TZ": "UTC", "PATH": "/usr/bin:/bin"})
    records = []
    for packet in ElementTree.fromstring(out.stdout).iter("packet"):
        for proto in packet.findall("proto"):
            if proto.get("name") != "cflow":
                continue
            header = collect(proto)
            for flow in proto.iter("field"):
                if re.match(r"(Flow|pdu) \d+", flow.get("show") or ""):
                    record = record_of(collect(flow), header)
                    if record:
                        records.append(record)
    return records


LINE = re.compile(
    r"^\d+ flow ready=\d+ (\S+) (\S+) (\S+):(\d+) > (\S+):(\d+) proto=(\d+) packets=(\d+)/\d+ "
    r"bytes=(\d+)/\d+ flags=(\w+)/\w+ .*ours=1 .*exporter=[1-9]\d* ingress=(\d+) direction=(\d+)")


def our_records(tool, capture):
    out = subprocess.run([tool, "-a", capture], capture_output=True, text=True, check=True)
    records = []
    when = lambda text: datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    for m in filter(None, map(LINE.match, out.stdout.splitlines())):
        records.append({
            "first": when(m[1]), "last": when(m[2]), "src": ipaddress.ip_address(m[3]),
            "sport": int(m[4]), "dst": ipaddress.ip_address(m[5]), "dport": int(m[6]),
            "proto": int(m[7]), "packets": int(m[8]), "bytes": int(m[9]),
            "flags": int(m[10], 16), "ingress": int(m[11]), "direction": int(m[12])})
    return records


def agree(field, ours, theirs):
    if field in ("first", "last"):
        return theirs is None or abs(ours - theirs) < 0.0011
    return ours == theirs


def main():
    root, botkoll = (pathlib.Path(a) for a in sys.argv[1:3])
    tool = sys.argv[3] if len(sys.argv) > 3 else str(botkoll.parent / "tests" / "print_events")
    shared = root.parent / "shared"
    netflow = shared / "data" / "traffic" / "netflow"
    if not netflow.is_dir():
        print(f"skipped: {netflow} is absent")
        return SKIP
    known_path = pathlib.Path(__file__).with_name("cflow-known.txt")
    known = {tuple(line.split("|")[0].split()) for line in known_path.read_text().splitlines()
             if line and not line.startswith("#")} if known_path.exists() else set()
    compared, wrong, excused, files = 0, 0, 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        for name, capture in captures(netflow, scratch):
            files += 1
            ours, theirs = our_records(tool, str(capture)), tshark_records(str(capture))
            if len(ours) != len(theirs):
                if (name, "records") in known:
                    excused += 1
                    continue
                wrong += 1
                print(f"{name}: {len(ours)} records, tshark {len(theirs)}")
                continue
            for number, (a, b) in enumerate(zip(ours, theirs), 1):
                for field in a:
                    compared += 1
                    if agree(field, a[field], b[field]):
                        continue
                    if (name, field) in known:
                        excused += 1
                        continue
                    wrong += 1
                    print(f"{name} {number} {field}: {a[field]}, tshark {b[field]}")
    print(f"{compared} fields of {files} exporters compared, {excused} known, {wrong} wrong")
    return 1 if wrong or compared == 0 else 0


sys.exit(main())
