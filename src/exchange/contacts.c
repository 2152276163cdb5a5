/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contacts.c -- see contacts.h. Ranges stand in one array and are looked through: who
 * complains does so some hundred times an hour at most.
 *
 * Of RDAP: startAddress and endAddress of the network, and the first mail address of an
 * entity with the role "abuse", entities within entities included. Of whois: inetnum or
 * inet6num, and "% Abuse contact for ... is '...'", else abuse-mailbox. Addresses that
 * could leave a mail's header are no contacts.
 */
#include "exchange/contacts.h"

#include "action/mime.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { FILE_MAX = 16 << 20, DEPTH = 4 };

struct range {
	struct addr low, high; /* both in it */
	bool table;
	char *mail;
};

struct contacts {
	struct range *ranges;
	size_t count, passed;
};

static void
add(struct contacts *c, const struct range *range, const char *mail)
{
	if (addr_compare(&range->low, &range->high) > 0 || !mime_address_valid(mail)) {
		c->passed++;
		return;
	}
	c->ranges = xrealloc(c->ranges, (c->count + 1) * sizeof *c->ranges);
	c->ranges[c->count] = *range;
	c->ranges[c->count++].mail = xstrdup(mail);
}

static struct range
range_of(const struct prefix *prefix)
{
	struct range range = {.low = prefix->addr, .high = prefix->addr};

	for (unsigned bit = prefix->length; bit < 128; bit++)
		range.high.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return range;
}

/* ---- tables */

static bool
take_row(struct contacts *c, const struct csv *csv, int network, int contact)
{
	struct prefix prefix;
	struct range range;

	if ((size_t)network >= csv->count || (size_t)contact >= csv->count ||
	    !prefix_parse(csv->fields[network], &prefix) ||
	    !mime_address_valid(csv->fields[contact]))
		return false;
	range = range_of(&prefix);
	range.table = true;
	add(c, &range, csv->fields[contact]);
	return true;
}

static bool
take_table(
    struct contacts *c, const char *path, const char *text, size_t size, struct err *err)
{
	struct csv csv;
	size_t at = csv_mark(text, size), line = 1, used;
	int network = -1, contact = -1;
	bool good = true;

	csv_init(&csv, ',');
	while (good && (used = csv_next(&csv, text + at, size - at, true)) > 0) {
		at += used;
		if (csv.count > 0 && network < 0) {
			network = csv_column(&csv, "network");
			contact = csv_column(&csv, "contact");
			good = network >= 0 && contact >= 0;
			if (!good)
				(void)err_set(err,
				    "%s: no columns \"network\" and \"contact\"", path);
		} else if (csv.count > 0 && !take_row(c, &csv, network, contact)) {
			good = err_set(err, "%s:%zu: wanted a network and a mail address",
			    path, line);
		}
		line += csv.lines;
	}
	csv_fini(&csv);
	return good;
}

/* ---- RDAP */

static bool
has_role(const json_t *entity, const char *role)
{
	size_t i;
	json_t *value;

	json_array_foreach(json_object_get(entity, "roles"), i, value)
	{
		if (json_is_string(value) &&
		    strcasecmp(json_string_value(value), role) == 0)
			return true;
	}
	return false;
}

/* jCard (RFC 7095): ["vcard", [["email", {}, "text", "abuse@example.net"], ...]] */
static const char *
card_mail(const json_t *entity)
{
	const json_t *card = json_object_get(entity, "vcardArray");
	size_t i;
	json_t *row;

	json_array_foreach(json_array_get(card, 1), i, row)
	{
		const char *name = json_string_value(json_array_get(row, 0));
		const char *mail = json_string_value(json_array_get(row, 3));

		if (name != NULL && mail != NULL && strcasecmp(name, "email") == 0 &&
		    mime_address_valid(mail))
			return mail;
	}
	return NULL;
}

static const char *
abuse_mail(const json_t *object, int depth)
{
	size_t i;
	json_t *entity;

	if (depth > DEPTH)
		return NULL;
	json_array_foreach(json_object_get(object, "entities"), i, entity)
	{
		const char *mail = has_role(entity, "abuse") ? card_mail(entity) : NULL;

		if (mail == NULL)
			mail = abuse_mail(entity, depth + 1);
		if (mail != NULL)
			return mail;
	}
	return NULL;
}

/* RIPE writes "2001:db8::/128" for a first address. */
static bool
end_of_range(const json_t *object, const char *name, struct addr *out)
{
	const char *text = json_string_value(json_object_get(object, name));
	char addr[ADDR_TEXT];

	if (text == NULL || strcspn(text, "/") >= sizeof addr)
		return false;
	(void)snprintf(addr, sizeof addr, "%.*s", (int)strcspn(text, "/"), text);
	return addr_parse(addr, out);
}

static void
take_rdap(struct contacts *c, const char *text, size_t size)
{
	struct err err;
	json_t *answer = json_read(text, size, &err);
	const char *mail = abuse_mail(answer, 0);
	struct range range = {0};

	if (mail != NULL && end_of_range(answer, "startAddress", &range.low) &&
	    end_of_range(answer, "endAddress", &range.high))
		add(c, &range, mail);
	else
		c->passed++;
	json_decref(answer);
}

/* ---- whois */

static bool
take_range(const char *text, struct range *out)
{
	char low[ADDR_TEXT], high[ADDR_TEXT];
	struct prefix prefix;

	if (sscanf(text, " %47s - %47s", low, high) == 2)
		return addr_parse(low, &out->low) && addr_parse(high, &out->high);
	if (sscanf(text, " %47s", low) != 1 || !prefix_parse(low, &prefix))
		return false;
	*out = range_of(&prefix);
	return true;
}

static void
take_whois(struct contacts *c, char *text)
{
	char mail[256] = "", spare[256] = "", *rest;
	struct range range = {0};
	bool ranged = false;

	for (char *line = strtok_r(text, "\r\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\r\n", &rest)) {
		const char *is = strstr(line, "' is '");

		if (strncmp(line, "% Abuse contact for ", 20) == 0 && is != NULL)
			(void)sscanf(is + 6, "%255[^']", mail);
		else if (strncmp(line, "abuse-mailbox:", 14) == 0 && spare[0] == 0)
			(void)sscanf(line + 14, " %255s", spare);
		else if (!ranged && (strncmp(line, "inetnum:", 8) == 0 ||
					strncmp(line, "inet6num:", 9) == 0))
			ranged = take_range(strchr(line, ':') + 1, &range);
	}
	if (ranged)
		add(c, &range, mail[0] != 0 ? mail : spare);
	else
		c->passed++;
}

/* ---- files */

static bool
ends(const char *text, const char *tail)
{
	size_t a = strlen(text), b = strlen(tail);

	return a >= b && strcmp(text + a - b, tail) == 0;
}

static bool
take_file(struct contacts *c, const char *path, struct err *err)
{
	struct wr text;
	bool good;

	wr_init(&text, FILE_MAX);
	good = file_read(path, &text, err);
	if (good && ends(path, ".json"))
		take_rdap(c, (const char *)text.bytes, text.size);
	else if (good && ends(path, ".txt")) {
		char *copy = xstrdup(wr_string(&text));

		take_whois(c, copy);
		free(copy);
	} else if (good)
		good = take_table(c, path, (const char *)text.bytes, text.size, err);
	wr_fini(&text);
	return good;
}

static bool
take_directory(struct contacts *c, const char *path, struct err *err)
{
	struct dirent **names;
	int count = scandir(path, &names, NULL, alphasort);
	bool good = true;

	if (count < 0)
		return err_errno(err, "read %s", path);
	for (int i = 0; i < count; i++) {
		char file[4096];
		const char *name = names[i]->d_name;

		(void)snprintf(file, sizeof file, "%s/%s", path, name);
		if (good && name[0] != '.' &&
		    (ends(name, ".csv") || ends(name, ".json") || ends(name, ".txt")))
			good = take_file(c, file, err);
		free(names[i]);
	}
	free(names);
	return good;
}

struct contacts *
contacts_read(const char *path, size_t *passed, struct err *err)
{
	struct contacts *c = xcalloc(1, sizeof *c);
	struct stat st;
	bool good;

	if (stat(path, &st) != 0)
		good = err_errno(err, "read %s", path);
	else if (S_ISDIR(st.st_mode))
		good = take_directory(c, path, err);
	else
		good = take_file(c, path, err);
	if (passed != NULL)
		*passed = c->passed;
	if (good)
		return c;
	contacts_free(c);
	return NULL;
}

void
contacts_free(struct contacts *contacts)
{
	if (contacts == NULL)
		return;
	for (size_t i = 0; i < contacts->count; i++)
		free(contacts->ranges[i].mail);
	free(contacts->ranges);
	free(contacts);
}

/* Whether `a` is narrower than `b`; both hold the same address. */
static bool
is_narrower(const struct range *a, const struct range *b)
{
	int low = addr_compare(&a->low, &b->low), high = addr_compare(&a->high, &b->high);

	if (low == 0 && high == 0)
		return a->table && !b->table;
	return low >= 0 && high <= 0;
}

const char *
contacts_find(const struct contacts *contacts, const struct addr *addr)
{
	const struct range *best = NULL;

	for (size_t i = 0; i < contacts->count; i++) {
		const struct range *r = &contacts->ranges[i];

		if (addr_compare(&r->low, addr) <= 0 &&
		    addr_compare(addr, &r->high) <= 0 &&
		    (best == NULL || is_narrower(r, best)))
			best = r;
	}
	return best != NULL ? best->mail : NULL;
}

size_t
contacts_count(const struct contacts *contacts)
{
	return contacts->count;
}
