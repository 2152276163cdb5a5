#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each report type of the vendor's schema: every column lands in the field, and with the type, that the
schema says. usage: shadowserver_schema.py ROOT BOTKOLL

For each type one row is made from the schema, with a value of its own in each column, in the schema's
order and in another, plain, gzip and zip; what the conversions mean is written down here a second time.
"""
import gzip, json, os, subprocess, sys, tempfile, zipfile

ROOT, BOTKOLL = sys.argv[1:3]
SCHEMA = os.path.join(ROOT, "../shared/data/reports/shadowserver/report_schema")
NUMBER = ("convert_int", "invalidate_zero")


def cell(column, fields, number):
    """A value that every conversion of the column takes."""
    conversions = {f[2] if len(f) > 2 else None for f in fields}
    names = {f[0] for f in fields}
    if "validate_network" in conversions:
        return "192.0.2.%d" % (number % 250)
    if "validate_ip" in conversions:
        return "198.51.100.%d" % (number % 250 + 1)
    for conversion, value in (("add_UTC_to_timestamp", "2026-03-04 05:06:07"), ("convert_date_utc", "2026-03-04 05:06:08"),
                              ("convert_date", "2026-03-04 05:06:09+00:00"), ("convert_bool", "Y"),
                              ("convert_float", "%d.5" % number), ("force_base64", "plain text %d" % number),
                              ("scan_exchange_type", "exchange;webshell"), ("extract_cve_from_tag", "CVE-2026-%04d;tag" % number),
                              ("convert_http_host_and_url", "GET /path%d HTTP/1.1" % number)):
        if conversion in conversions:
            return value
    if any(n.endswith(".port") for n in names) or conversions & set(NUMBER):
        return str(number + 1)
    if any(n.endswith((".fqdn", ".reverse_dns")) for n in names):
        return "Host%d.Example.com" % number
    if any(n.endswith(".url") for n in names):
        return "http://www.example.com/%d" % number
    return {"protocol": "tcp", "application": "https"}.get(column, "Text%d" % number)


def converted(field, conversion, value, row):
    if conversion in ("add_UTC_to_timestamp", "convert_date_utc"):
        return value.replace(" ", "T") + "Z"
    if conversion == "convert_date":
        return value.replace(" ", "T").replace("+00:00", "Z")
    if conversion == "convert_bool":
        return True
    if conversion == "convert_float":
        return float(value)
    if conversion == "validate_network":
        return value if "/" in value else None
    if conversion == "extract_cve_from_tag":
        return ";".join(t for t in value.split(";") if t.startswith("CVE-")) or None
    if conversion == "force_base64":
        import base64
        return base64.b64encode(value.encode()).decode()
    if conversion == "convert_http_host_and_url":
        host = row.get("cc_dns") or row.get("http_host")
        return None if not host else f"{'https' if row.get('application') == 'https' else 'http'}://{host}{value.split()[1]}"
    if conversion == "category_or_detail":
        return value or row.get("detail")
    if conversion and conversion.startswith("scan_exchange"):
        return {"taxonomy": "intrusions", "type": "system-compromise",
                "identifier": "exchange-server-webshell"}[conversion.split("_")[2]]
    if conversion in NUMBER or field.endswith((".port", ".asn")):
        return int(value)
    if field.startswith("extra."):
        return value
    if field.endswith("geolocation.cc"):
        return value.upper()
    if field.endswith((".fqdn", ".reverse_dns")) or field.startswith(("malware.", "protocol.")):
        return value.lower()
    return value


def expected(report, row, twin):
    """Constants count before columns, and a column before later ones."""
    fields = {k: v for k, v in {**twin, **report["constant_fields"]}.items()}
    for field, column, *conversion in report["required_fields"] + report["optional_fields"]:
        name = field + column if field == "extra." else field
        value = converted(name, conversion[0] if conversion else None, row.get(column, ""), row) if row.get(column) else None
        if value is not None:
            fields.setdefault(name, value)
    return fields


def flat(value, prefix=""):
    out = {}
    for key, v in value.items():
        out.update(flat(v, prefix + key + ".") if isinstance(v, dict) else {prefix + key: v})
    return out


def write(path, header, row):
    text = ",".join('"%s"' % c for c in header) + "\n" + ",".join('"%s"' % row[c] for c in header) + "\n"
    if path.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr(os.path.basename(path)[:-4], text)
    else:
        with gzip.open(path, "wt") if path.endswith(".gz") else open(path, "w") as f:
            f.write(text)


def check(report, vendor, ending, header, folder):
    """Returns how many fields were compared, and the differences."""
    columns = {}
    for f in report["required_fields"] + report["optional_fields"]:
        columns.setdefault(f[1], []).append(f)
    row = {c: cell(c, columns.get(c, []), i) for i, c in enumerate(header)}
    path = os.path.join(folder, "2026-03-04-%s-test-asn.csv%s" % (report["file_name"], ending))
    write(path, header, row)
    done = subprocess.run([BOTKOLL, "parse", path], capture_output=True, text=True, timeout=60)
    os.remove(path)
    lines = done.stdout.splitlines()
    if len(lines) != 1:
        return 0, [f"{len(lines)} items: {done.stderr.strip()}"]
    got = flat(json.loads(lines[0]))
    twin = vendor.get(report["file_name"].replace("6_", "_", 1)) or vendor.get(report["file_name"].replace("6_", "4_", 1)) or {}
    twin = {k: twin[k] for k in ("classification.taxonomy", "classification.type") if k in twin}
    want = expected(report, row, twin)
    wrong = [f"{k}: {v!r} expected, {got.get(k)!r} got" for k, v in want.items()
             if got.get(k) != v or isinstance(got.get(k), bool) != isinstance(v, bool)]
    shown = {str(v).lower() for v in got.values()}
    wrong += [f"{c}: {row[c]!r} is nowhere" for c in header if c not in columns and row[c].lower() not in shown]
    return len(want), wrong + [f"{k} was not told" for k in ("classification.type", "classification.taxonomy") if k not in got]


def main():
    if not os.path.isdir(SCHEMA):
        print("skipped:", SCHEMA, "is missing")
        return 77
    with open(SCHEMA + "/intelmq.json") as f:
        schema = [r for k, r in sorted(json.load(f).items()) if k != "_meta"]
    with open(SCHEMA + "/reports.json") as f:
        vendor = json.load(f)
    bad = fields = 0
    with tempfile.TemporaryDirectory() as folder:
        for n, report in enumerate(schema):
            header = vendor[report["file_name"]]["fields"]
            runs = [("", header), (("", ".gz", ".zip")[n % 3], header[::-1])]
            for ending, columns in runs:
                count, wrong = check(report, vendor, ending, columns, folder)
                bad += bool(wrong)
                fields += count
                for w in wrong:
                    print(f"{report['file_name']}{ending}: {w}")
    print(f"{len(schema)} types, {bad} of {2 * len(schema)} runs differ from the schema, {fields} fields held against it")
    return bad > 0 or fields < 20 * len(schema)


sys.exit(main())
