/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ids.c -- what own network sensors say: Suricata's EVE alerts, Zeek's notice and intel
 * logs (TSV or JSON lines). An item an alert.
 *
 * An alert proves an attack from an address at a time. Only one about contact with a C2
 * server, or with an indicator, speaks of an infection, and then of the client's: the
 * alert's source, or its destination where the packet went to the client. Alerts on
 * reputation alone, on policy and on the sensor's own affairs are set aside.
 *
 * Payloads, names of users and free sentences of the sensor are not kept; the rest of
 * EVE (flows, DNS) is traffic, not reports, and passes by.
 */
#include "report/sensor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NO_ATTACK  "an alert about no attack"
#define REPUTATION "an alert on reputation alone"

static bool
begins(const char *text, const char *head)
{
	return strncasecmp(text, head, strlen(head)) == 0;
}

/* ---- Suricata EVE */

/* By the alert's category (classification.config), the first that fits. */
static const struct category {
	const char *category, *identifier, *rsit, *aside;
} categories[] = {
    {"Malware Command and Control", "eve-c2", "infected-system", NULL},
    {"Domain Observed Used for C2", "eve-c2", "infected-system", NULL},
    {"A Network Trojan was detected", "eve-trojan", "infected-system", NULL},
    {"Crypto Currency Mining", "eve-mining", "infected-system", NULL},
    {"Exploit Kit Activity", "eve-exploit", "exploit", NULL},
    {"Attempted Administrator Privilege Gain", "eve-exploit", "exploit", NULL},
    {"Attempted User Privilege Gain", "eve-exploit", "exploit", NULL},
    {"Web Application Attack", "eve-exploit", "exploit", NULL},
    {"Executable code was detected", "eve-exploit", "exploit", NULL},
    {"Detection of a Network Scan", "eve-scan", "scanner", NULL},
    {"Attempted Information Leak", "eve-scan", "scanner", NULL},
    {"Attempted Denial of Service", "eve-dos", "dos", NULL},
    {"Denial of Service", "eve-dos", "dos", NULL},
    {"Detection of a Denial of Service", "eve-dos", "dos", NULL},
    {"An attempted login using a suspicious username", "eve-login", "brute-force", NULL},
    {"Attempt to login by a default username", "eve-login", "brute-force", NULL},
    {"Unsuccessful User Privilege Gain", "eve-login", "brute-force", NULL},
    {"Misc Attack", "eve-attack", "ids-alert", NULL},
    {"Misc activity", "eve-other", "other", NO_ATTACK},
    {"Not Suspicious Traffic", "eve-other", "other", NO_ATTACK},
    {"Potential Corporate Privacy Violation", "eve-other", "other", NO_ATTACK},
    {"Generic Protocol Command Decode", "eve-other", "other", NO_ATTACK},
    {"Unknown Traffic", "eve-other", "other", NO_ATTACK},
    {"", "eve-alert", "ids-alert", NULL},
};

static const struct category *
category_of(const char *name)
{
	const struct category *c = categories;

	while (!begins(name, c->category))
		c++;
	return c;
}

/* Lists of addresses, made into rules: they say what others think of the address. */
static bool
is_reputation(const char *signature)
{
	static const char *const lists[] = {"ET CINS ", "ET DROP ", "ET COMPROMISED ",
	    "ET TOR ", "ET 3CORESec ", "ET RBN ", "ET BOTCC "};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (begins(signature, lists[i]))
			return true;
	return false;
}

/* Whether the packet that raised the alert went to the client of its flow. */
static bool
to_client(const json_t *object)
{
	const char *direction = sensor_text(object, "direction");

	if (direction == NULL)
		direction = sensor_text(object, "alert/direction");
	return direction != NULL && (strcmp(direction, "to_client") == 0 ||
					strcmp(direction, "toclient") == 0);
}

static void
put_ends(struct sensor_log *log, const json_t *object, bool turned)
{
	static const char *const fields[2][2] = {
	    {"source.ip", "source.port"}, {"destination.ip", "destination.port"}};

	(void)sensor_address(log, sensor_text(object, "src_ip"), fields[turned][0]);
	sensor_put(log, object, "src_port", fields[turned][1]);
	(void)sensor_address(log, sensor_text(object, "dest_ip"), fields[!turned][0]);
	sensor_put(log, object, "dest_port", fields[!turned][1]);
}

static const char *
first_text(const json_t *object, const char *path)
{
	return json_string_value(json_array_get(sensor_at(object, path), 0));
}

static void
put_alert(struct sensor_log *log, const json_t *object)
{
	static const uint8_t severities[] = {SEVERITY_UNDETERMINED, SEVERITY_HIGH,
	    SEVERITY_MEDIUM, SEVERITY_LOW, SEVERITY_INFO};
	json_int_t severity = json_integer_value(sensor_at(object, "alert/severity"));
	const char *family = first_text(object, "alert/metadata/malware_family");
	const char *confidence = first_text(object, "alert/metadata/confidence");

	sensor_put(log, object, "alert/signature_id", "extra.signature_id");
	sensor_put(log, object, "alert/signature", "event_description.text");
	sensor_put(log, object, "alert/category", "extra.category");
	if (family != NULL)
		item_text(&log->item, "malware.name",
		    arena_strdup(log->arena, family, strlen(family)));
	if (confidence != NULL)
		log->item.confidence = strcasecmp(confidence, "high") == 0     ? .9
				       : strcasecmp(confidence, "medium") == 0 ? .6
									       : .3;
	if (severity >= 1 && severity <= 4)
		log->item.severity = severities[severity];
}

static void
put_protocol(struct sensor_log *log, const json_t *object)
{
	const char *proto = sensor_text(object, "proto");

	if (proto != NULL && strcasecmp(proto, "TCP") == 0)
		item_text(&log->item, "protocol.transport", "tcp");
	if (proto != NULL && strcasecmp(proto, "UDP") == 0)
		item_text(&log->item, "protocol.transport", "udp");
	sensor_put(log, object, "app_proto", "protocol.application");
}

static const char *
eve_object(struct sensor_log *log, json_t *object)
{
	const char *type = sensor_text(object, "event_type");
	const char *category = sensor_text(object, "alert/category");
	const char *signature = sensor_text(object, "alert/signature");
	const struct category *c;
	bool infection;

	if (type == NULL)
		return "no event of EVE";
	if (strcmp(type, "alert") != 0)
		return NULL;
	c = category_of(category != NULL ? category : "");
	infection = strcmp(c->rsit, "infected-system") == 0;
	(void)sensor_item(log, c->identifier, c->rsit);
	if (!sensor_time(log, sensor_text(object, "timestamp"), true))
		return "its time is missing or not understood";
	put_ends(log, object, infection && to_client(object));
	put_protocol(log, object);
	put_alert(log, object);
	log->item.aside = c->aside;
	if (signature != NULL && is_reputation(signature))
		log->item.aside = REPUTATION;
	sensor_give(log);
	return NULL;
}

/* ---- Zeek */

enum { FIELDS = 64 };

/* Either shape of the log, as named fields. */
struct zeek {
	struct sensor_log log;
	bool intel, headed;
	char *names; /* of the TSV's fields, zeros between */
	size_t count;
	const char *name[FIELDS], *value[FIELDS];
};

static const char *
field(const struct zeek *z, const char *name)
{
	for (size_t i = 0; i < z->count; i++)
		if (strcmp(z->name[i], name) == 0)
			return z->value[i];
	return NULL;
}

static const struct notice {
	const char *note, *identifier, *rsit, *aside;
} notices[] = {
    {"Scan::", "zeek-scan", "scanner", NULL},
    {"SSH::Password_Guessing", "zeek-ssh-guessing", "brute-force", NULL},
    {"SSH::Login_By_Password_Guesser", "zeek-ssh-guessing", "brute-force", NULL},
    {"FTP::Bruteforcing", "zeek-ftp-guessing", "brute-force", NULL},
    {"HTTP::SQL_Injection_Attacker", "zeek-sql-injection", "exploit", NULL},
    {"HTTP::SQL_Injection_Victim", "zeek-sql-injection", "exploit",
	"a victim of an attack"},
    {"SMTP::Blocklist_Blocked_Host", "zeek-blocked-mail", "spam", NULL},
    {"SMTP::Blocklist_Error_Message", "zeek-blocked-mail", "spam", NULL},
    {"Intel::Notice", "zeek-intel", "infected-system", NULL},
    {"TeamCymruMalwareHashRegistry::Match", "zeek-malware-hash", "malware-distribution",
	"whose file it is cannot be told"},
    {"Software::Vulnerable_Version", "zeek-vulnerable", "vulnerable-system", NULL},
    {"Heartbleed::SSL_Heartbeat_Attack", "zeek-heartbleed", "exploit", NULL},
    {"", "zeek-notice", "other", NO_ATTACK},
};

static bool
put_zeek_end(struct zeek *z, const char *address, const char *port, const char *to)
{
	const char *number = field(z, port);
	unsigned long value = number != NULL ? strtoul(number, NULL, 10) : 0;
	bool source = to[0] == 's';

	if (!sensor_address(
		&z->log, field(z, address), source ? "source.ip" : "destination.ip"))
		return false;
	if (value > 0 && value <= UINT16_MAX)
		item_int(&z->log.item, source ? "source.port" : "destination.port",
		    (int64_t)value);
	return true;
}

/* A hit on an indicator: whoever contacted it, unless it is the address that came. */
static const char *
take_intel(struct zeek *z)
{
	const char *indicator = field(z, "seen.indicator");
	const char *origin = field(z, "id.orig_h");
	struct item *item = sensor_item(&z->log, "zeek-intel", "infected-system");

	if (!sensor_time(&z->log, field(z, "ts"), true))
		return "its time is missing or not understood";
	(void)put_zeek_end(z, "id.orig_h", "id.orig_p", "source");
	(void)put_zeek_end(z, "id.resp_h", "id.resp_p", "destination");
	if (field(z, "seen.indicator_type") != NULL &&
	    strcmp(field(z, "seen.indicator_type"), "Intel::DOMAIN") == 0)
		item_text(item, "destination.fqdn", indicator != NULL ? indicator : "");
	if (indicator != NULL && origin != NULL && strcmp(indicator, origin) == 0)
		item->aside = REPUTATION;
	item->kind = KIND_C2;
	sensor_give(&z->log);
	return NULL;
}

static const char *
take_notice(struct zeek *z)
{
	const char *note = field(z, "note");
	const struct notice *n = notices;
	const char *proto = field(z, "proto");
	struct item *item;

	if (note == NULL)
		return "no note";
	while (!begins(note, n->note))
		n++;
	item = sensor_item(&z->log, n->identifier, n->rsit);
	if (!sensor_time(&z->log, field(z, "ts"), true))
		return "its time is missing or not understood";
	/* `src` is who the notice is about; the connection, if any, is an instance. */
	if (!put_zeek_end(z, "src", "id.orig_p", "source"))
		(void)put_zeek_end(z, "id.orig_h", "id.orig_p", "source");
	if (!put_zeek_end(z, "dst", "p", "destination"))
		(void)put_zeek_end(z, "id.resp_h", "id.resp_p", "destination");
	item_text(item, "protocol.transport", proto != NULL ? proto : "");
	item_text(item, "extra.note", note);
	item->aside = n->aside;
	sensor_give(&z->log);
	return NULL;
}

static const char *
take_fields(struct zeek *z)
{
	return z->intel ? take_intel(z) : take_notice(z);
}

/* "#fields" or a row: cuts the copy at tabs; unset and empty fields become NULL. */
static size_t
cut(char *text, const char **out)
{
	size_t count = 0;

	for (char *at = text, *tab; at != NULL && count < FIELDS; at = tab) {
		tab = strchr(at, '\t');
		if (tab != NULL)
			*tab++ = 0;
		out[count++] =
		    strcmp(at, "-") == 0 || strcmp(at, "(empty)") == 0 ? NULL : at;
	}
	return count;
}

static const char *
zeek_remark(struct zeek *z, const char *text)
{
	if (begins(text, "#path\t"))
		z->intel = strcmp(text + 6, "intel") == 0;
	if (!begins(text, "#fields\t"))
		return NULL;
	free(z->names);
	z->names = xstrdup(text + strlen("#fields\t"));
	z->count = cut(z->names, z->name);
	for (size_t i = 0; i < z->count; i++)
		z->name[i] = z->name[i] != NULL ? z->name[i] : "";
	z->headed = true;
	return NULL;
}

static const char *
zeek_line(struct sensor_log *log, const char *text, size_t size)
{
	struct zeek *z = log->ctx;
	char *copy;

	if (text[0] == '{')
		return sensor_json(log, text, size);
	copy = arena_strdup(log->arena, text, size);
	if (copy[0] == '#')
		return zeek_remark(z, copy);
	if (!z->headed)
		return "a row before the header";
	return cut(copy, z->value) == z->count
		   ? take_fields(z)
		   : "it has not as many fields as the header";
}

static const char *
zeek_object(struct sensor_log *log, json_t *object)
{
	struct zeek *z = log->ctx;
	const char *name;
	json_t *value;

	z->count = 0;
	z->headed = false; /* the names are the object's */
	json_object_foreach(object, name, value)
	{
		char *text;

		if (z->count == FIELDS ||
		    !(json_is_string(value) || json_is_number(value)))
			continue;
		text = json_is_string(value)
			   ? NULL
			   : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
		z->name[z->count] = name;
		z->value[z->count++] = text == NULL
					   ? json_string_value(value)
					   : arena_strdup(log->arena, text, strlen(text));
		free(text);
	}
	z->intel = field(z, "seen.indicator") != NULL;
	return take_fields(z);
}

/* ---- formats */

static bool
eve_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	struct sensor_log log = {
	    .sink = sink, .stat = stat, .line = sensor_json, .object = eve_object};
	bool good = sensor_read(in, &log, err);

	sensor_end(&log);
	return good;
}

static bool
zeek_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	struct zeek *z = xcalloc(1, sizeof *z);
	bool good;

	z->log = (struct sensor_log){.sink = sink,
	    .stat = stat,
	    .line = zeek_line,
	    .object = zeek_object,
	    .ctx = z};
	good = sensor_read(in, &z->log, err);
	sensor_end(&z->log);
	free(z->names);
	free(z);
	return good;
}

static int
eve_recognise(const char *name, const uint8_t *head, size_t size)
{
	(void)name;
	return sensor_head(head, size,
		   (const char *const[]){"\"event_type\"", "\"timestamp\"", NULL})
		   ? 60
		   : 0;
}

static bool
has(const uint8_t *head, size_t size, const char *text)
{
	return memmem(head, size, text, strlen(text)) != NULL;
}

static int
zeek_recognise(const char *name, const uint8_t *head, size_t size)
{
	bool json = sensor_head(head, size, (const char *const[]){"\"ts\"", NULL});

	(void)name;
	if (json)
		return has(head, size, "\"note\"") ||
			       has(head, size, "\"seen.indicator\"")
			   ? 60
			   : 0;
	return has(head, size, "#path\tnotice") || has(head, size, "#path\tintel") ? 90
										   : 0;
}

const struct format format_eve = {
    .name = "eve",
    .summary = "alerts in Suricata's EVE log",
    .recognise = eve_recognise,
    .read = eve_read,
};

const struct format format_zeek = {
    .name = "zeek",
    .summary = "Zeek's notice and intel logs, TSV or JSON",
    .recognise = zeek_recognise,
    .read = zeek_read,
};
