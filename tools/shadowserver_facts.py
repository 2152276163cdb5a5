#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes share/shadowserver.facts: what the columns of each Shadowserver report mean.

usage: shadowserver_facts.py SCHEMA_DIR > share/shadowserver.facts

SCHEMA_DIR holds the vendor's intelmq.json and reports.json. Taken from them are facts
only: report types, columns, which field a column fills and how it is converted, constant
fields. What the schema does not tell stands below: whose address a report speaks of,
columns that were renamed, types that are no longer sent.
"""
import collections, json, sys

CONVERSIONS = {
    None: "text", "validate_to_none": "none", "convert_int": "int", "invalidate_zero": "nonzero",
    "convert_bool": "bool", "validate_ip": "ip", "add_UTC_to_timestamp": "utc",
    "extract_cve_from_tag": "cve", "convert_float": "real", "convert_date": "date",
    "convert_date_utc": "date", "convert_http_host_and_url": "url", "validate_fqdn": "name",
    "validate_network": "network", "category_or_detail": "detail", "force_base64": "base64",
    "scan_exchange_taxonomy": "exchange-taxonomy", "scan_exchange_type": "exchange-type",
    "scan_exchange_identifier": "exchange-identifier",
}

# Role of the address, kind of evidence, sinkhole row. First match by prefix wins.
ROLES = [
    ("event4_sinkhole_http_referer", "website", "hosting", "-"),
    ("event6_sinkhole_http_referer", "website", "hosting", "-"),
    ("event4_sinkhole_dns", "other", "other", "-"),
    ("event4_sinkhole", "bot", "c2", "gold"),
    ("event6_sinkhole", "bot", "c2", "gold"),
    ("event4_microsoft_sinkhole", "bot", "c2", "gold"),
    ("event4_honeypot_ddos", "victim", "ddos", "-"),
    ("event4_ddos_participant", "bot", "ddos", "-"),
    ("event4_honeypot_brute_force", "bot", "bruteforce", "-"),
    ("event4_honeypot_darknet", "bot", "scan", "-"),
    ("event4_honeypot", "bot", "scan", "-"),
    ("event4_ip_spoofer", "other", "other", "-"),
    ("compromised_iot", "bot", "infection", "-"),
    ("compromised_website", "website", "hosting", "-"),
    ("malware_url", "website", "hosting", "-"),
    ("phish_url", "website", "hosting", "-"),
    ("spam_url", "website", "hosting", "-"),
    ("ransomware_victim", "victim", "other", "-"),
    ("scan_post_exploitation_framework", "c2", "hosting", "-"),
    ("scan6_post_exploitation_framework", "c2", "hosting", "-"),
    ("device_id", "exposed", "exposure", "-"),
    ("scan", "exposed", "exposure", "-"),
    ("population", "exposed", "exposure", "-"),
    ("sinkhole_http_drone", "bot", "c2", "gold"),
    ("sinkhole6_http", "bot", "c2", "gold"),
    ("microsoft_sinkhole", "bot", "c2", "gold"),
    ("botnet_drone", "bot", "infection", "-"),
    ("drone_brute_force", "bot", "bruteforce", "-"),
    ("darknet", "bot", "scan", "-"),
    ("", "other", "other", "-"),
]

# The vendor's default severity by type (severity.md beside the schema). Types that it does not
# list have none.
SEVERITIES = {
    "critical": """
        compromised_account compromised_website compromised_website6 event4_honeypot_brute_force
        event4_honeypot_ddos event4_honeypot_ics_scan event4_microsoft_sinkhole event4_microsoft_sinkhole_http
        event4_sinkhole event4_sinkhole_http event4_sinkhole_http_referer event6_sinkhole event6_sinkhole_http
        event6_sinkhole_http_referer malware_url scan6_exchange scan6_http_vulnerable scan6_smtp_vulnerable
        scan_adb scan_cisco_smart_install scan_docker scan_exchange scan_http_vulnerable scan_netis_router
        scan_smtp_vulnerable scan_synfulknock
    """,
    "high": """
        event4_ddos_participant event4_honeypot_darknet event4_honeypot_http_scan event4_honeypot_rdp_scan
        event4_honeypot_smb_scan scan6_bgp scan6_ipp scan6_ldap_tcp scan6_mqtt_anon scan6_mysql scan6_postgres
        scan6_rdp scan6_slp scan6_smb scan6_snmp scan6_vnc scan_afp scan_ard scan_bgp scan_couchdb scan_db2
        scan_dvr_dhcpdiscover scan_elasticsearch scan_epmd scan_hadoop scan_ics scan_ipmi scan_ipp
        scan_kubernetes scan_ldap_tcp scan_ldap_udp scan_memcached scan_mongodb scan_mqtt_anon scan_mssql
        scan_mysql scan_nat_pmp scan_netbios scan_postgres scan_radmin scan_rdp scan_rdpeudp scan_redis scan_sip
        scan_slp scan_smb scan_snmp scan_ssdp scan_ubiquiti scan_vnc scan_xdmcp
    """,
    "medium": """
        event4_ip_spoofer population6_bgp population6_msmq population_bgp population_msmq scan6_activemq
        scan6_cwmp scan6_dns scan6_ftp scan6_http_proxy scan6_mqtt scan6_ntp scan6_ntpmonitor scan6_stun
        scan6_telnet scan_activemq scan_amqp scan_chargen scan_coap scan_cwmp scan_ddos_middlebox scan_dns
        scan_ftp scan_http_proxy scan_mdns scan_mqtt scan_ntp scan_ntpmonitor scan_portmapper scan_qotd
        scan_rsync scan_socks scan_stun scan_telnet scan_tftp scan_ws_discovery
    """,
    "low": """
        blocklist population6_http_proxy population_http_proxy sandbox_conn sandbox_url scan6_elasticsearch
        scan6_isakmp scan6_ssh scan6_ssl_freak scan6_ssl_poodle scan_isakmp scan_ssh scan_ssl_freak
        scan_ssl_poodle spam_url
    """,
    "info": """
        device_id device_id6 event4_honeypot_ddos_amp event4_honeypot_ddos_target event4_sinkhole_dns scan6_http
        scan6_smtp scan6_ssl scan_http scan_quic scan_smtp scan_ssl
    """,
}
SEVERITY = {name: level for level, names in SEVERITIES.items() for name in names.split()}

# Columns that any report had once.
OLD_COLUMNS = [
    ("sic", "extra.source.sic", "nonzero"), ("src_sic", "extra.source.sic", "nonzero"),
    ("dst_sic", "extra.destination.sic", "nonzero"), ("cc_sic", "extra.destination.sic", "nonzero"),
]
RENAMED = {
    "malware_url": [("host", "source.fqdn", "name")],
    "sandbox_url": [("host", "destination.fqdn", "name"), ("md5hash", "malware.hash.md5", "text"),
                    ("method", "extra.http_request_method", "none"), ("agent", "extra.user_agent", "none")],
    "sandbox_dns": [("md5hash", "malware.hash.md5", "text"), ("type", "extra.dns_query_type", "none")],
    "scan_ubiquiti": [("size", "extra.response_size", "int")],
    "scan_ntpmonitor": [("size", "extra.size", "int")],
    "scan_smb": [("smb_implant", "extra.smb_implant", "bool"), ("smbv1_support", "extra.smbv1_support", "none")],
    "scan_redis": [("sic", "extra.sic", "nonzero")],
    "blocklist": [("sic", "extra.sic", "nonzero")],
}

# Where else the malware is named: counts where the schema's own column is empty.
ALSO = [
    ("malware_url", [("tag", "malware.name", "none")]),
    ("special", [("tag", "malware.name", "none")]),
    ("event", [("family", "malware.name", "none")]),
    ("event4_sinkhole", [("tag", "classification.identifier", "none")]),
    ("event6_sinkhole", [("tag", "classification.identifier", "none")]),
]

# Types that are no longer in the schema: (type, constants, columns). The rest of their
# columns means what it means in most reports.
DRONE = [
    ("type", "protocol.transport", "text"), ("src_port", "source.port", "int"),
    ("infection", "malware.name", "none"), ("cc", "destination.ip", "ip"), ("cc_ip", "destination.ip", "ip"),
    ("cc_port", "destination.port", "int"), ("cc_asn", "destination.asn", "nonzero"),
    ("cc_geo", "destination.geolocation.cc", "text"), ("cc_dns", "destination.fqdn", "name"),
    ("cc_naics", "extra.destination.naics", "nonzero"), ("cc_sector", "extra.destination.sector", "none"),
    ("agent", "extra.user_agent", "none"), ("http_agent", "extra.user_agent", "none"),
    ("count", "extra.connection_count", "int"), ("http_host", "destination.fqdn", "name"),
    ("dst_ip", "destination.ip", "ip"), ("dst_port", "destination.port", "int"),
    ("p0f_genre", "extra.os.name", "none"), ("p0f_detail", "extra.os.version", "none"),
]
# Types of long ago have the severity of what came after them.
SUCCESSORS = {"sinkhole_http_drone": "event4_sinkhole_http", "sinkhole6_http": "event6_sinkhole_http",
              "microsoft_sinkhole": "event4_microsoft_sinkhole", "botnet_drone": "event4_sinkhole",
              "drone_brute_force": "event4_honeypot_brute_force", "darknet": "event4_honeypot_darknet"}
HTTP = [("type", "malware.name", "none")]
BOT = {"classification.taxonomy": "malicious-code", "classification.type": "infected-system"}
LEGACY = [
    ("botnet_drone", BOT, DRONE),
    ("sinkhole_http_drone", BOT | {"protocol.application": "http"}, HTTP + DRONE),
    ("sinkhole6_http", BOT | {"protocol.application": "http"}, HTTP + DRONE + [
        ("src_ip", "source.ip", "ip"), ("src_asn", "source.asn", "nonzero")]),
    ("microsoft_sinkhole", BOT, HTTP + DRONE),
    ("drone_brute_force", {"classification.taxonomy": "intrusion-attempts", "classification.type": "brute-force",
                           "classification.identifier": "brute-force"}, DRONE + [("service", "protocol.application", "none")]),
    ("darknet", {"classification.taxonomy": "information-gathering", "classification.type": "scanner",
                 "classification.identifier": "darknet"}, DRONE),
    ("phish_url", {"classification.taxonomy": "fraud", "classification.type": "phishing",
                   "classification.identifier": "phish-url"},
     [("url", "source.url", "text"), ("host", "source.fqdn", "name"), ("source", "extra.source", "none")]),
]


def target(field, column):
    return field + column if field == "extra." else field


def columns_of(report):
    """One meaning for each (column, field), in the schema's order."""
    for field, column, *conversion in report["required_fields"] + report["optional_fields"]:
        yield column, target(field, column), CONVERSIONS[conversion[0] if conversion else None]


def twin_class(name, reports):
    """The class of an IPv6 report that has none is that of its IPv4 twin."""
    twin = reports.get(name.replace("6_", "_", 1)) or reports.get(name.replace("6_", "4_", 1)) or {}
    return {k: twin[k] for k in ("classification.taxonomy", "classification.type") if k in twin}


def write_report(name, constants, columns, others):
    """`others`: the report that knows the columns that this one does not."""
    role = next(r[1:] for r in ROLES if name.startswith(r[0]))
    severity = SEVERITY.get(SUCCESSORS.get(name, name), "-")
    print("report", name, *role, severity, others, sep="\t")
    for key in sorted(constants):
        print("=", key, constants[key], sep="\t")
    rows = {}  # what one column means stands together
    for column, field, conversion in columns:
        rows.setdefault(column, {}).setdefault(field, conversion)
    for column, fields in rows.items():
        for field, conversion in fields.items():
            print(column, field, conversion, sep="\t")


def main():
    with open(sys.argv[1] + "/intelmq.json") as f:
        schema = json.load(f)
    with open(sys.argv[1] + "/reports.json") as f:
        reports = json.load(f)
    date = schema.pop("_meta")["date_created"][:10]
    print("# What the columns of Shadowserver's reports mean; generated by tools/shadowserver_facts.py")
    print(f"# from The Shadowserver Foundation's report_schema of {date}. Facts only.")
    print("#   report  type  role  kind  gold  severity  others    =  constant field  value    column  field  conversion")
    common = collections.defaultdict(collections.Counter)
    for report in sorted(schema.values(), key=lambda r: r["file_name"]):
        name, columns = report["file_name"], list(columns_of(report))
        for column, field, conversion in columns:
            common[column][(field, conversion)] += 1
        had = {c for c, _, _ in columns}
        renamed = [c for c in RENAMED.get(name, []) if c[0] not in had]
        constants = twin_class(name, reports) | report["constant_fields"]
        also = [c for start, rows in ALSO if name.startswith(start) for c in rows if c[1] not in constants]
        write_report(name, constants, columns + renamed + also, "old")
    for name, constants, columns in LEGACY:
        write_report(name, constants, columns, "generic")
    usual = [(c, *m) for c in sorted(common) for m, n in common[c].most_common(1)]
    write_report("generic", {"classification.taxonomy": "other", "classification.type": "undetermined"}, usual, "old")
    write_report("old", {}, OLD_COLUMNS, "-")


main()
