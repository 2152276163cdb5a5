/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.c -- see facts.h. One pass over a copy of the text, which the rows point into;
 * tabs and newlines become zeros.
 *
 *     report TAB type TAB role TAB kind TAB gold TAB severity TAB others
 *     = TAB field TAB constant value
 *     column TAB field TAB conversion
 *
 *     ? TAB separator TAB columns            -- of a list's header
 *     ^ TAB separator TAB columns TAB phrase -- of a list without one
 *
 * Rows belong to the report above them. "others" is the report that knows the columns
 * that this one does not, "-" for none.
 */
#include "report/facts.h"

#include "base/embedded.h"
#include "base/file.h"
#include "base/mem.h"
#include "event/sighting.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIELDS = 7, TYPE = 64, NAME = 128 };

extern const struct embedded report_embedded[];

/* clang-format off */
const char *const fact_conversions[CONVERT_COUNT + 1] = {
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
    [CONVERT_CLASS] = "class",
    [CONVERT_UPPER] = "upper",
    [CONVERT_HOST_IP] = "host-ip",
    [CONVERT_HOST_NAME] = "host-name",
    [CONVERT_HOST_PORT] = "host-port",
    [CONVERT_PAGE] = "page",
};
/* clang-format on */

/* Words of the tables' own, apart from those of sighting.h, which may be reworded. */
const char *const fact_roles[] = {[ROLE_BOT] = "bot",
    [ROLE_C2] = "c2",
    [ROLE_VICTIM] = "victim",
    [ROLE_WEBSITE] = "website",
    [ROLE_EXPOSED] = "exposed",
    [ROLE_OTHER] = "other",
    NULL};
const char *const fact_kinds[] = {[KIND_C2] = "c2",
    [KIND_DECOY] = "decoy",
    [KIND_SCAN] = "scan",
    [KIND_BRUTEFORCE] = "bruteforce",
    [KIND_DDOS] = "ddos",
    [KIND_SPAM] = "spam",
    [KIND_P2P] = "p2p",
    [KIND_DGA] = "dga",
    [KIND_TUNNEL] = "tunnel",
    [KIND_PROXY] = "proxy",
    [KIND_INFECTION] = "infection",
    [KIND_EXPOSURE] = "exposure",
    [KIND_HOSTING] = "hosting",
    [KIND_OTHER] = "other",
    NULL};
const char *const fact_severities[] = {[SEVERITY_UNDETERMINED] = "-",
    [SEVERITY_INFO] = "info",
    [SEVERITY_LOW] = "low",
    [SEVERITY_MEDIUM] = "medium",
    [SEVERITY_HIGH] = "high",
    [SEVERITY_CRITICAL] = "critical",
    NULL};

static bool
ends(const char *text, const char *end)
{
	size_t a = strlen(text), b = strlen(end);

	return a >= b && strcmp(text + a - b, end) == 0;
}

enum shape
fact_shape(const char *field)
{
	if (strncmp(field, "extra.", 6) == 0)
		return SHAPE_ANY;
	if (ends(field, ".port"))
		return SHAPE_PORT;
	if (ends(field, ".asn"))
		return SHAPE_ASN;
	if (ends(field, "geolocation.cc"))
		return SHAPE_COUNTRY;
	if (ends(field, ".fqdn") || ends(field, ".reverse_dns"))
		return SHAPE_NAME;
	if (strncmp(field, "malware.", 8) == 0 || strncmp(field, "protocol.", 9) == 0)
		return SHAPE_SMALL;
	return SHAPE_ANY;
}

/* Sets *index; false if the word is none of the names. */
static bool
index_of(const char *const *names, const char *word, uint8_t *index, struct err *err)
{
	for (uint8_t i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], word) == 0) {
			*index = i;
			return true;
		}
	return err_set(err, "\"%.40s\" is not known", word);
}

/* They become names in JSON and in tables again. */
static bool
is_name(const char *text, struct err *err)
{
	size_t size = strlen(text);

	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)text[i]) && strchr("_-.", text[i]) == NULL)
			return err_set(err, "\"%.40s\" is no name", text);
	return (size > 0 && size < NAME) || err_set(err, "a name of %zu letters", size);
}

static bool
add_report(struct facts *facts, char **field, struct err *err)
{
	struct fact_report *r = &facts->reports[facts->report_count];

	if (facts->report_count == FACTS_REPORTS)
		return err_set(err, "more than %d reports", FACTS_REPORTS);
	*r = (struct fact_report){.name = field[1],
	    .gold = strcmp(field[4], "gold") == 0,
	    .constants = facts->constants + facts->constant_count,
	    .columns = facts->rows + facts->row_count};
	if (!is_name(field[1], err) || !index_of(fact_roles, field[2], &r->role, err) ||
	    !index_of(fact_kinds, field[3], &r->kind, err) ||
	    !index_of(fact_severities, field[5], &r->severity, err))
		return false;
	facts->report_count++;
	return true;
}

static bool
add_row(struct facts *facts, char **field, struct err *err)
{
	struct fact_report *r;
	uint8_t conversion = 0;

	if (facts->report_count == 0 || facts->row_count == FACTS_ROWS ||
	    facts->constant_count == FACTS_ROWS)
		return err_set(err, "a row without a report, or too many");
	r = &facts->reports[facts->report_count - 1];
	if (!is_name(field[1], err))
		return false;
	if (strcmp(field[0], "=") == 0) {
		facts->constants[facts->constant_count++] =
		    (struct fact_constant){.field = field[1], .value = field[2]};
		r->constant_count++;
		return true;
	}
	if (!index_of(fact_conversions, field[2], &conversion, err))
		return false;
	facts->rows[facts->row_count++] = (struct fact_column){.column = field[0],
	    .field = field[1],
	    .conversion = (enum conversion)conversion,
	    .shape = fact_shape(field[1])};
	r->column_count++;
	return true;
}

/* How a list is known. */
static bool
add_shape(struct facts *facts, char **field, struct err *err)
{
	static const char *const words[] = {
	    "comma", "semicolon", "pipe", "tab", "blank", NULL};
	uint8_t index = 0;
	struct fact_report *r;

	if (facts->report_count == 0)
		return err_set(err, "a shape without a report");
	r = &facts->reports[facts->report_count - 1];
	if (!index_of(words, field[1], &index, err))
		return false;
	r->separator = ",;|\t "[index];
	r->head = field[2];
	r->phrase = field[3];
	return true;
}

static bool
read_line(struct facts *facts, char *line, const char **others, struct err *err)
{
	char *field[FIELDS] = {0}, *rest = NULL;
	size_t count = 0;

	for (char *f = strtok_r(line, "\t", &rest); f != NULL && count < FIELDS;
	     f = strtok_r(NULL, "\t", &rest))
		field[count++] = f;
	if ((count == 3 && strcmp(field[0], "?") == 0) ||
	    (count == 4 && strcmp(field[0], "^") == 0))
		return add_shape(facts, field, err);
	if (count == 3)
		return add_row(facts, field, err);
	if (count != FIELDS || strcmp(field[0], "report") != 0)
		return err_set(err, "neither a report nor a row of three");
	others[facts->report_count] = field[6];
	return add_report(facts, field, err);
}

static bool
read_lines(struct facts *facts, const char **others, const char *name, struct err *err)
{
	char *rest = NULL;
	size_t number = 0;

	for (char *line = facts->text; line != NULL; line = rest) {
		struct err why;

		number++;
		rest = strchr(line, '\n');
		if (rest != NULL)
			*rest++ = 0;
		if (*line != '#' && *line != 0 && !read_line(facts, line, others, &why))
			return err_set(err, "%s:%zu: %s", name, number, why.text);
	}
	return true;
}

/* Reports lean on others at most twice removed, and never in a circle. */
static bool
link_others(struct facts *facts, const char *const *others, struct err *err)
{
	for (size_t i = 0; i < facts->report_count; i++) {
		struct fact_report *r = &facts->reports[i];

		if (strcmp(others[i], "-") == 0)
			continue;
		r->others = facts_find(facts, others[i]);
		if (r->others == NULL)
			return err_set(err, "there is no report \"%.40s\"", others[i]);
	}
	for (size_t i = 0; i < facts->report_count; i++) {
		const struct fact_report *r = &facts->reports[i];

		for (int depth = 0; r != NULL; r = r->others)
			if (depth++ == 3)
				return err_set(err, "reports that lean on each other");
	}
	return true;
}

struct facts *
facts_read(const char *name, const char *text, size_t size, struct err *err)
{
	const char *others[FACTS_REPORTS + 1] = {0};
	struct facts *facts;

	if (size > FACTS_SIZE || memchr(text, 0, size) != NULL) {
		(void)err_set(err, "%s: no table of facts, or too large", name);
		return NULL;
	}
	facts = xcalloc(1, sizeof *facts);
	facts->text = xmalloc(size + 1);
	memcpy(facts->text, text, size);
	facts->text[size] = 0;
	facts->reports = xcalloc(FACTS_REPORTS + 1, sizeof *facts->reports);
	facts->rows = xcalloc(FACTS_ROWS, sizeof *facts->rows);
	facts->constants = xcalloc(FACTS_ROWS, sizeof *facts->constants);
	if (read_lines(facts, others, name, err) && link_others(facts, others, err))
		return facts;
	facts_free(facts);
	return NULL;
}

void
facts_free(struct facts *facts)
{
	if (facts == NULL)
		return;
	free(facts->reports);
	free(facts->rows);
	free(facts->constants);
	free(facts->text);
	free(facts);
}

const struct fact_report *
facts_find(const struct facts *facts, const char *type)
{
	for (size_t i = 0; i < facts->report_count; i++)
		if (strcmp(facts->reports[i].name, type) == 0)
			return &facts->reports[i];
	return NULL;
}

/* ---- the table in use */

static struct facts *in_use;

/* Our own file: a flaw in it is a bug. */
static struct facts *
built_in(const char *name)
{
	const struct embedded *file = embedded_find(report_embedded, name);
	struct facts *facts;
	struct err err;

	if (file == NULL)
		fatal("%s is not built in", name);
	facts = facts_read(name, (const char *)file->bytes, file->size, &err);
	if (facts == NULL)
		fatal("%s", err.text);
	return facts;
}

const struct facts *
facts_shadowserver(void)
{
	if (in_use == NULL)
		in_use = built_in("shadowserver.facts");
	return in_use;
}

const struct facts *
facts_lists(void)
{
	static const struct facts *lists;

	if (lists == NULL)
		lists = built_in("lists.facts");
	return lists;
}

bool
facts_use(const char *path, struct err *err)
{
	struct facts *facts = NULL;
	struct wr text;

	wr_init(&text, FACTS_SIZE);
	if (file_read(path, &text, err))
		facts = facts_read(path, (const char *)text.bytes, text.size, err);
	wr_fini(&text);
	if (facts == NULL)
		return false;
	if (facts_find(facts, "generic") == NULL) {
		facts_free(facts);
		return err_set(err, "%s: there is no report \"generic\"", path);
	}
	facts_free(in_use);
	in_use = facts;
	return true;
}

bool
facts_use_site(const char *directory, struct err *err)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof path, "%s/shadowserver.facts", directory);
	return access(path, F_OK) != 0 || facts_use(path, err);
}

const struct fact_report *
facts_report(const char *type)
{
	return facts_find(facts_shadowserver(), type);
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
