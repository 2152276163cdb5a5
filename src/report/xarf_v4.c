/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xarf_v4.c -- XARF 4 (xarf-core.json of 4.2.0 and its schemas of types).
 *
 * A row of the table is a type: its RSIT class, the members that its schema requires, and
 * what else the address is. Checked are the core's members (form too), the members that a
 * type requires (presence), ports, confidence and the form of evidence and tags. Members
 * that no schema lists are no fault: the project's own samples carry them.
 *
 * "connection/infected_host" is by its schema about web crawlers: only bot_type
 * "malicious" (or "unknown" with a malware family) makes the address a bot.
 */
#include "report/xarf.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { EVIDENCE = 50, TAGS = 20 };

struct xtype {
	const char *category, *type;
	const char *rsit;
	const char *required; /* members, joined by blanks */
};

static const struct xtype types[] = {
    {"connection", "ddos", "ddos", "protocol first_seen"},
    {"connection", "infected_host", "infected-system", "protocol bot_type first_seen"},
    {"connection", "login_attack", "brute-force", "protocol first_seen"},
    {"connection", "port_scan", "scanner", "protocol first_seen"},
    {"connection", "reconnaissance", "scanner", "protocol probed_resources first_seen"},
    {"connection", "scraping", "other", "protocol first_seen total_requests"},
    {"connection", "sql_injection", "exploit", "protocol first_seen"},
    {"connection", "vulnerability_scan", "scanner", "scan_type protocol first_seen"},
    {"content", "brand_infringement", "masquerade",
	"url infringement_type legitimate_site"},
    {"content", "csam", "violence", "url classification detection_method"},
    {"content", "csem", "violence", "url exploitation_type detection_method"},
    {"content", "exposed_data", "data-leak", "url data_types exposure_method"},
    {"content", "fraud", "masquerade", "url fraud_type"},
    {"content", "malware", "malware-distribution", "url"},
    {"content", "phishing", "phishing", "url"},
    {"content", "remote_compromise", "application-compromise", "url compromise_type"},
    {"content", "suspicious_registration", "other",
	"url registration_date suspicious_indicators"},
    {"copyright", "copyright", "copyright", "infringing_url"},
    {"copyright", "cyberlocker", "copyright", "infringing_url hosting_service"},
    {"copyright", "link_site", "copyright", "infringing_url site_name"},
    {"copyright", "p2p", "copyright", "p2p_protocol"},
    {"copyright", "ugc_platform", "copyright", "infringing_url platform_name"},
    {"copyright", "usenet", "copyright", "newsgroup message_info"},
    {"infrastructure", "botnet", "infected-system", "compromise_evidence"},
    {"infrastructure", "compromised_server", "system-compromise", "compromise_method"},
    {"messaging", "bulk_messaging", "spam", "protocol recipient_count"},
    {"messaging", "spam", "spam", "protocol"},
    {"reputation", "blocklist", "blocklist", "threat_type"},
    {"reputation", "threat_intelligence", "other", "threat_type"},
    {"vulnerability", "cve", "vulnerable-system", "service service_port cve_id"},
    {"vulnerability", "misconfiguration", "vulnerable-system", "service"},
    {"vulnerability", "open_service", "potentially-unwanted-accessible", "service"},
};

static const struct xarf_field fields[] = {
    {"source_identifier", "source", XARF_HOST},
    {"source_identifier", "source", XARF_URL},
    {"source_port", "source", XARF_PORT},
    {"service_port", "source", XARF_PORT}, /* of the vulnerable service */
    {"port", "source", XARF_PORT},
    {"url", "source", XARF_URL},
    {"infringing_url", "source", XARF_URL},
    {"destination_ip", "destination", XARF_ADDR},
    {"destination_port", "destination", XARF_PORT},
    {"c2_server", "destination", XARF_HOST},
    {"protocol", NULL, XARF_PROTOCOL},
    {"p2p_protocol", NULL, XARF_PROTOCOL},
    {"malware_family", "malware.name", XARF_LOWER},
    {"service", "protocol.application", XARF_LOWER},
    {"service_version", "extra.service_version", XARF_TEXT},
    {"description", "event_description.text", XARF_TEXT},
    {"compromise_evidence", "event_description.text", XARF_TEXT},
    {"evidence_source", "extra.evidence_source", XARF_TEXT},
    {"report_id", "extra.report_id", XARF_TEXT},
    {"xarf_version", "extra.xarf_version", XARF_TEXT},
    {"first_seen", "extra.first_seen", XARF_TIME},
    {"last_seen", "extra.last_seen", XARF_TIME},
    {"attack_vector", "extra.attack_vector", XARF_TEXT},
    {"bot_type", "extra.bot_type", XARF_TEXT},
    {"threat_type", "extra.threat_type", XARF_TEXT},
    {"cve_id", "extra.cve", XARF_TEXT},
    {"target_brand", "extra.target_brand", XARF_TEXT},
    {"file_hash", "extra.file_hash", XARF_TEXT},
    {"attempt_count", "extra.count", XARF_INT},
    {"total_packets", "extra.packets", XARF_INT},
    {"total_bytes", "extra.bytes", XARF_INT},
};

/* ---- the core's rules */

static bool
is_version(const char *text)
{
	size_t minor, patch;

	if (strncmp(text, "4.", 2) != 0)
		return false;
	minor = strspn(text + 2, "0123456789");
	if (minor == 0 || text[2 + minor] != '.')
		return false;
	patch = strspn(text + 3 + minor, "0123456789");
	return patch > 0 && text[3 + minor + patch] == 0;
}

static bool
is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strlen(text) != strlen(form))
		return false;
	for (size_t i = 0; form[i] != 0; i++)
		if (form[i] == '-' ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

static bool
check_contact(const json_t *report, const char *who, struct err *err)
{
	static const char *const members[] = {"org", "contact", "domain"};
	const json_t *contact = json_object_get(report, who);
	const char *mail = xarf_text(contact, "contact");

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (xarf_text(contact, members[i]) == NULL)
			return err_set(err, "XARF: no %s.%s", who, members[i]);
	return strchr(mail, '@') != NULL ||
	       err_set(err, "XARF: %s.contact is no mail address", who);
}

static bool
is_hash(const char *text)
{
	static const char *const names[] = {"md5:", "sha1:", "sha256:", "sha512:"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t size = strlen(names[i]);

		if (strncmp(text, names[i], size) == 0)
			return text[size] != 0 &&
			       text[size +
				    strspn(text + size, "0123456789abcdefABCDEF")] == 0;
	}
	return false;
}

static bool
check_evidence(const json_t *report, struct err *err)
{
	const json_t *evidence = json_object_get(report, "evidence"), *piece;
	size_t i;

	if (evidence == NULL)
		return true;
	if (!json_is_array(evidence) || json_array_size(evidence) > EVIDENCE)
		return err_set(err, "XARF: evidence is no list of at most %d", EVIDENCE);
	json_array_foreach(evidence, i, piece)
	{
		const char *hash = xarf_text(piece, "hash");

		if (xarf_text(piece, "content_type") == NULL ||
		    !json_is_string(json_object_get(piece, "payload")))
			return err_set(err,
			    "XARF: evidence %zu lacks content_type or payload", i + 1);
		if (hash != NULL && !is_hash(hash))
			return err_set(err,
			    "XARF: the hash of evidence %zu is no \"algorithm:hex\"",
			    i + 1);
	}
	return true;
}

/* "namespace:predicate" */
static bool
is_tag(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_+-";
	size_t space = strspn(text, letters), rest;

	if (space == 0 || strchr("_+-", text[0]) != NULL || text[space] != ':')
		return false;
	text += space + 1;
	rest = strspn(text, letters);
	return rest > 0 && strchr("_+-", text[0]) == NULL && text[rest] == 0;
}

static bool
check_tags(const json_t *report, struct err *err)
{
	const json_t *tags = json_object_get(report, "tags"), *tag;
	size_t i;

	if (tags == NULL)
		return true;
	if (!json_is_array(tags) || json_array_size(tags) > TAGS)
		return err_set(err, "XARF: tags is no list of at most %d", TAGS);
	json_array_foreach(tags, i, tag)
	{
		const char *text = json_string_value(tag);

		if (text == NULL || !is_tag(text))
			return err_set(
			    err, "XARF: tag %zu is not \"namespace:predicate\"", i + 1);
	}
	return true;
}

static bool
check_ranges(const json_t *report, struct err *err)
{
	static const char *const ports[] = {"source_port", "destination_port"};
	const json_t *confidence = json_object_get(report, "confidence");
	double value = json_number_value(confidence);

	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
		const json_t *port = json_object_get(report, ports[i]);

		if (port != NULL &&
		    (!json_is_integer(port) || json_integer_value(port) < 1 ||
			json_integer_value(port) > UINT16_MAX))
			return err_set(
			    err, "XARF: %s is no number from 1 to 65535", ports[i]);
	}
	return confidence == NULL ||
	       (json_is_number(confidence) && value >= 0 && value <= 1) ||
	       err_set(err, "XARF: confidence is no number from 0 to 1");
}

static bool
check_core(const json_t *report, struct err *err)
{
	const char *version = xarf_text(report, "xarf_version");
	const char *id = xarf_text(report, "report_id");

	if (version == NULL || !is_version(version))
		return err_set(err, "XARF: xarf_version is not 4.x.y");
	if (id == NULL || !is_uuid(id))
		return err_set(err, "XARF: report_id is no UUID");
	if (xarf_text(report, "source_identifier") == NULL)
		return err_set(err, "XARF: no source_identifier");
	return check_contact(report, "reporter", err) &&
	       check_contact(report, "sender", err) && check_ranges(report, err) &&
	       check_evidence(report, err) && check_tags(report, err);
}

/* ---- the type */

static const struct xtype *
type_of(const json_t *report, struct err *err)
{
	const char *category = xarf_text(report, "category");
	const char *type = xarf_text(report, "type");

	for (size_t i = 0;
	     category != NULL && type != NULL && i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].category, category) == 0 &&
		    strcmp(types[i].type, type) == 0)
			return &types[i];
	(void)err_set(err, "XARF: unknown category or type");
	return NULL;
}

static bool
check_type(const struct xtype *type, const json_t *report, struct err *err)
{
	const char *word = type->required;

	while (*word != 0) {
		char member[32];
		size_t size = strcspn(word, " ");

		(void)snprintf(member, sizeof member, "%.*s", (int)size, word);
		if (json_object_get(report, member) == NULL)
			return err_set(err, "XARF: %s/%s needs %s", type->category,
			    type->type, member);
		word += size + (word[size] == ' ');
	}
	return true;
}

static void
classify(struct item *item, const struct xtype *type, const json_t *report)
{
	const char *bot = xarf_text(report, "bot_type");
	bool crawler =
	    bot != NULL && strcmp(bot, "malicious") != 0 &&
	    (strcmp(bot, "unknown") != 0 || xarf_text(report, "malware_family") == NULL);

	item_classify(item, crawler ? "other" : type->rsit);
	if (strcmp(type->rsit, "copyright") == 0)
		item->aside = "copyright";
	(void)snprintf(item->identifier, sizeof item->identifier, "xarf %s/%s",
	    type->category, type->type);
	item_text(item, "classification.identifier", type->type);
}

bool
xarf_read_v4(const struct field_place *at, const json_t *report, struct err *err)
{
	const struct xtype *type = type_of(report, err);
	const char *stamp = xarf_text(report, "timestamp");
	struct date date;

	if (type == NULL)
		return false;
	classify(at->item, type, report);
	if (!check_core(report, err) || !check_type(type, report, err))
		return false;
	if (stamp == NULL || !date_parse(stamp, 0, &date) || !date.timed)
		return err_set(err, "XARF: timestamp is missing or no date and time");
	xarf_fill(at, report, fields, sizeof fields / sizeof *fields);
	at->item->confidence =
	    json_is_number(json_object_get(report, "confidence"))
		? json_number_value(json_object_get(report, "confidence"))
		: -1;
	xarf_reporter(at, xarf_text(json_object_get(report, "reporter"), "domain"));
	field_time(at, &date);
	return true;
}
