/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.c -- see facts.h. One pass over a copy of the text, which the rows point into;
 * tabs and newlines become zeros.
 */
#include "report/facts.h"

#include "base/embedded.h"
#include "base/mem.h"
#include "event/sighting.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPORTS = 256, ROWS = 16384, FIELDS = 7, TYPE = 64 };

extern const struct embedded report_embedded[];

static const char *const conversion_names[CONVERT_COUNT] = {
    [CONVERT_TEXT] = "text",
    [CONVERT_NONE] = "none",
    [CONVERT_INT] = "int",
    [CONVERT_NONZERO] = "nonzero",
    [CONVERT_BOOL] = "bool",
    [CONVERT_IP] = "ip",
    [CONVERT_UTC] = "utc",
    [CONVERT_CVE] = "cve",
    [CONVERT_REAL] = "real",
    [CONVERT_DATE] = "date",
    [CONVERT_URL] = "url",
    [CONVERT_NAME] = "name",
    [CONVERT_NETWORK] = "network",
    [CONVERT_DETAIL] = "detail",
    [CONVERT_BASE64] = "base64",
    [CONVERT_EXCHANGE_TAXONOMY] = "exchange-taxonomy",
    [CONVERT_EXCHANGE_TYPE] = "exchange-type",
    [CONVERT_EXCHANGE_IDENTIFIER] = "exchange-identifier",
};

static struct facts {
	size_t report_count, row_count, constant_count;
	struct fact_report *reports;
	struct fact_column *rows;
	struct fact_constant *constants;
} facts;

/* Names of the file's own, apart from those of sighting.h, which may be reworded. */
static const char *const roles[] = {[ROLE_BOT] = "bot",
    [ROLE_C2] = "c2",
    [ROLE_VICTIM] = "victim",
    [ROLE_WEBSITE] = "website",
    [ROLE_EXPOSED] = "exposed",
    [ROLE_OTHER] = "other"};
static const char *const kinds[KIND_COUNT] = {[KIND_C2] = "c2",
    [KIND_SCAN] = "scan",
    [KIND_BRUTEFORCE] = "bruteforce",
    [KIND_DDOS] = "ddos",
    [KIND_INFECTION] = "infection",
    [KIND_EXPOSURE] = "exposure",
    [KIND_HOSTING] = "hosting",
    [KIND_OTHER] = "other"};
static const char *const severities[] = {[SEVERITY_UNDETERMINED] = "-",
    [SEVERITY_INFO] = "info",
    [SEVERITY_LOW] = "low",
    [SEVERITY_MEDIUM] = "medium",
    [SEVERITY_HIGH] = "high",
    [SEVERITY_CRITICAL] = "critical"};

static size_t
index_of(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (names[i] != NULL && strcmp(names[i], name) == 0)
			return i;
	fatal("shadowserver.facts: \"%s\" is not known", name);
}

#define INDEX_OF(names, name) index_of(names, sizeof names / sizeof *names, name)

static void
add_report(char **field)
{
	struct fact_report *r = &facts.reports[facts.report_count++];

	if (facts.report_count > REPORTS)
		fatal("shadowserver.facts: more than %d reports", REPORTS);
	*r = (struct fact_report){.name = field[1],
	    .role = (uint8_t)INDEX_OF(roles, field[2]),
	    .kind = (uint8_t)INDEX_OF(kinds, field[3]),
	    .gold = strcmp(field[4], "gold") == 0,
	    .severity = (uint8_t)INDEX_OF(severities, field[5]),
	    .constants = facts.constants + facts.constant_count,
	    .columns = facts.rows + facts.row_count};
}

static void
add_row(char **field)
{
	struct fact_report *r = &facts.reports[facts.report_count - 1];

	if (facts.report_count == 0 || facts.row_count == ROWS ||
	    facts.constant_count == ROWS)
		fatal("shadowserver.facts: a row without a report, or too many");
	if (strcmp(field[0], "=") == 0) {
		facts.constants[facts.constant_count++] =
		    (struct fact_constant){.field = field[1], .value = field[2]};
		r->constant_count++;
		return;
	}
	facts.rows[facts.row_count++] = (struct fact_column){.column = field[0],
	    .field = field[1],
	    .conversion = (enum conversion)INDEX_OF(conversion_names, field[2])};
	r->column_count++;
}

static void
read_line(char *line, const char **others)
{
	char *field[FIELDS] = {0}, *rest = NULL;
	size_t count = 0;

	for (char *f = strtok_r(line, "\t", &rest); f != NULL && count < FIELDS;
	     f = strtok_r(NULL, "\t", &rest))
		field[count++] = f;
	if (count == FIELDS && strcmp(field[0], "report") == 0) {
		add_report(field);
		others[facts.report_count - 1] = field[6];
	} else if (count == 3) {
		add_row(field);
	} else {
		fatal("shadowserver.facts: a line of %zu fields at %s", count, line);
	}
}

static void
load(void)
{
	const struct embedded *file =
	    embedded_find(report_embedded, "shadowserver.facts");
	const char *others[REPORTS + 1] = {0};
	char *text, *rest = NULL;

	if (facts.report_count > 0)
		return;
	if (file == NULL)
		fatal("shadowserver.facts is not built in");
	text = xstrdup((const char *)file->bytes);
	facts.reports = xcalloc(REPORTS + 1, sizeof *facts.reports);
	facts.rows = xcalloc(ROWS, sizeof *facts.rows);
	facts.constants = xcalloc(ROWS, sizeof *facts.constants);
	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		if (*line != '#')
			read_line(line, others);
	for (size_t i = 0; i < facts.report_count; i++) {
		assert(others[i] != NULL); /* read_line sets it */
		facts.reports[i].others = facts_report(others[i]);
	}
}

const struct fact_report *
facts_report(const char *type)
{
	load();
	for (size_t i = 0; i < facts.report_count; i++)
		if (strcmp(facts.reports[i].name, type) == 0)
			return &facts.reports[i];
	return NULL;
}

const struct fact_report *
facts_generic(void)
{
	return facts_report("generic");
}

/* Names that were used before, or are used elsewhere. */
static const char *const aliases[][2] = {
    {"drone", "botnet_drone"},
    {"drone_report", "botnet_drone"},
    {"botnet_drone_hadoop", "botnet_drone"},
    {"sinkhole6_http_drone", "sinkhole6_http"},
    {"dns_openresolver", "scan_dns"},
    {"cisco_smart_install", "scan_cisco_smart_install"},
    {"ssl_scan", "scan_ssl"},
    {"ssl_freak_scan", "scan_ssl_freak"},
    {"ssl_poodle_scan", "scan_ssl_poodle"},
    {"hp_http_scan", "event4_honeypot_http_scan"},
    {"hp_ics_scan", "event4_honeypot_ics_scan"},
    {"caida_ip_spoofer", "event4_ip_spoofer"},
    {"compromised_website_report", "compromised_website"},
};

/* As it is, by alias, or with the beginning that has come or gone since. */
static const struct fact_report *
by_name(const char *type)
{
	const struct fact_report *r = facts_report(type);
	char other[TYPE + 8];

	for (size_t i = 0; r == NULL && i < sizeof aliases / sizeof *aliases; i++)
		if (strcmp(aliases[i][0], type) == 0)
			r = facts_report(aliases[i][1]);
	if (r == NULL && strncmp(type, "event_", 6) == 0) {
		(void)snprintf(other, sizeof other, "event4_%s", type + 6);
		r = facts_report(other);
	}
	if (r == NULL) {
		(void)snprintf(other, sizeof other, "scan_%s", type);
		r = facts_report(other);
	}
	return r != NULL && r->others != NULL ? r : NULL; /* not "old" */
}

static bool
dated(const char *name)
{
	static const char shape[] = "dddd-dd-dd-";

	for (size_t i = 0; shape[i] != 0; i++)
		if (shape[i] == 'd' ? !isdigit((unsigned char)name[i])
				    : name[i] != shape[i])
			return false;
	return true;
}

const struct fact_report *
facts_of_file(const char *name)
{
	const char *slash = strrchr(name, '/'), *at = slash != NULL ? slash + 1 : name;
	char type[TYPE];
	size_t size;

	at += dated(at) ? strlen("dddd-dd-dd-") : 0;
	size = strcspn(at, "-.");
	if (size == 0 || size >= sizeof type)
		return NULL;
	for (size_t i = 0; i < size; i++)
		type[i] = (char)tolower((unsigned char)at[i]);
	type[size] = 0;
	return by_name(type);
}
