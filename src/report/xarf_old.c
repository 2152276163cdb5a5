/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xarf_old.c -- XARF before version 4: Version "alpha" (or none), "1", "2", "3".
 *
 * Required are ReporterInfo, and Report with ReportType and Date; the legacy schema's
 * narrower lists (ReportClass only "Activity") contradict the format's own samples. Types
 * are written in several ways ("LoginAttack", "Login-Attack"); letters alone are
 * compared. A class says whose address it is: a Malware "Content" lies on a site, a
 * Malware "Activity" is a client that asked for a bad name.
 */
#include "report/xarf.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *type, *rsit;
} types[] = {
    {"botnet", "infected-system"},
    {"childabuse", "violence"},
    {"childsexualabusematerial", "violence"},
    {"copyright", "copyright"},
    {"ddos", "ddos"},
    {"dos", "ddos"},
    {"exploit", "exploit"},
    {"harassment", "harmful-speech"},
    {"loginattack", "brute-force"},
    {"malware", "malware-distribution"},
    {"openservice", "potentially-unwanted-accessible"},
    {"phishing", "phishing"},
    {"portscan", "scanner"},
    {"potentiallycompromisedaccount", "unprivileged-account-compromise"},
    {"spam", "spam"},
    {"trademark", "copyright"},
    {"webcrawler", "other"},
};

/* Accounts, mail addresses and samples stay in the raw piece. */
static const struct xarf_field fields[] = {
    {"SourceIp", "source", XARF_ADDR},
    {"SourcePort", "source", XARF_PORT},
    {"AttackerIp", "source", XARF_ADDR}, /* the account's host is the destination */
    {"AttackerPort", "source", XARF_PORT},
    {"SourceUrl", "source", XARF_URL},
    {"Url", "source", XARF_URL},
    {"InfringingUrl", "source", XARF_URL},
    {"DestinationIp", "destination", XARF_ADDR},
    {"DestinationPort", "destination", XARF_PORT},
    {"RpzDomain", "destination", XARF_HOST},
    {"Protocol", NULL, XARF_PROTOCOL},
    {"TransportProtocol", NULL, XARF_PROTOCOL},
    {"ServiceName", "protocol.application", XARF_LOWER},
    {"ServiceVersion", "extra.service_version", XARF_TEXT},
    {"BotnetName", "malware.name", XARF_LOWER},
    {"MalwareName", "malware.name", XARF_LOWER},
    {"ReporterNotes", "event_description.text", XARF_TEXT},
    {"AttackDescription", "event_description.text", XARF_TEXT},
    {"ReporterCaseID", "extra.report_id", XARF_TEXT},
    {"ReportSubType", "extra.subtype", XARF_TEXT},
    {"FirstSeen", "extra.first_seen", XARF_TIME},
    {"CVE", "extra.cve", XARF_TEXT},
    {"PacketCount", "extra.packets", XARF_INT},
    {"ByteCount", "extra.bytes", XARF_INT},
    {"AttackCount", "extra.count", XARF_INT},
};

/* Some write these two within Report. */
static const struct xarf_field source[] = {
    {"IP", "source", XARF_ADDR},
    {"Port", "source", XARF_PORT},
    {"URL", "source", XARF_URL},
};
static const struct xarf_field more[] = {
    {"DestinationIP", "destination", XARF_ADDR},
    {"DestinationPort", "destination", XARF_PORT},
    {"C2Server", "destination", XARF_HOST},
    {"Protocol", NULL, XARF_PROTOCOL},
    {"MalwareFamily", "malware.name", XARF_LOWER},
    {"FirstSeen", "extra.first_seen", XARF_TIME},
};

static bool
check_version(const json_t *report, struct err *err)
{
	const json_t *given = json_object_get(report, "Version");
	const char *version = json_string_value(given);

	if (given == NULL)
		return true;
	if (version != NULL &&
	    (strcmp(version, "alpha") == 0 || strcmp(version, "development") == 0))
		return true;
	if (version != NULL && *version >= '1' && *version <= '3' &&
	    version[1 + strspn(version + 1, ".0")] == 0)
		return true;
	return err_set(err, "XARF: Version is not 1, 2 or 3");
}

static const char *
rsit_of(const char *type, const char *class)
{
	char letters[40];
	size_t used = 0;

	for (; *type != 0 && used < sizeof letters - 1; type++)
		if (isalpha((unsigned char)*type))
			letters[used++] = (char)tolower((unsigned char)*type);
	letters[used] = 0;
	if (strcmp(letters, "malware") == 0 && strcasecmp(class, "Activity") == 0)
		return "infected-system";
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(letters, types[i].type) == 0)
			return types[i].rsit;
	return NULL;
}

/* Who says nothing but a name is known by the mail that it came in, if at all. */
static bool
take_reporter(const struct field_place *at, const json_t *document, struct err *err)
{
	static const char *const members[] = {
	    "ReporterOrgDomain", "ReporterOrgEmail", "ReporterContactEmail"};
	const json_t *info = json_object_get(document, "ReporterInfo");

	if (!json_is_object(info) || json_object_size(info) == 0)
		return err_set(err, "XARF: no ReporterInfo");
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (xarf_text(info, members[i]) != NULL) {
			xarf_reporter(at, xarf_text(info, members[i]));
			break;
		}
	return true;
}

/* A number that is given must be a port. */
static bool
check_ports(const json_t *report, struct err *err)
{
	static const char *const members[] = {
	    "SourcePort", "DestinationPort", "AttackerPort"};

	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		const json_t *port = json_object_get(report, members[i]);

		if (port != NULL &&
		    (!json_is_integer(port) || json_integer_value(port) < 1 ||
			json_integer_value(port) > UINT16_MAX))
			return err_set(
			    err, "XARF: %s is no number from 1 to 65535", members[i]);
	}
	return true;
}

static bool
check_address(const json_t *report, struct err *err)
{
	const char *given = xarf_text(report, "SourceIp");
	struct addr addr;

	return given == NULL || addr_parse(given, &addr) ||
	       err_set(err, "XARF: SourceIp is no address");
}

static bool
classify(struct item *item, const json_t *report, struct err *err)
{
	const char *type = xarf_text(report, "ReportType");
	const char *class = xarf_text(report, "ReportClass");
	const char *rsit;

	if (type == NULL)
		return err_set(err, "XARF: no Report.ReportType");
	rsit = rsit_of(type, class != NULL ? class : "");
	if (rsit == NULL)
		return err_set(err, "XARF: unknown ReportType");
	item_classify(item, rsit);
	if (strcmp(rsit, "copyright") == 0)
		item->aside = "copyright";
	field_identifier(item, "xarf", type);
	item_text(item, "classification.identifier", type);
	return true;
}

bool
xarf_read_old(const struct field_place *at, const json_t *document, struct err *err)
{
	const json_t *report = json_object_get(document, "Report");
	const char *stamp = xarf_text(report, "Date");
	struct date date;

	if (!json_is_object(report))
		return err_set(err, "XARF: neither xarf_version nor Report");
	if (!classify(at->item, report, err) || !check_version(document, err) ||
	    !check_ports(report, err) || !check_address(report, err) ||
	    !take_reporter(at, document, err))
		return false;
	if (stamp == NULL || !date_parse(stamp, 0, &date))
		return err_set(err, "XARF: Report.Date is missing or no date");
	xarf_fill(at, report, fields, sizeof fields / sizeof *fields);
	xarf_fill(at, json_object_get(report, "Source"), source,
	    sizeof source / sizeof *source);
	xarf_fill(at, json_object_get(report, "AdditionalInfo"), more,
	    sizeof more / sizeof *more);
	field_time(at, &date);
	return true;
}
