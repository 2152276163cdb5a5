/* SPDX-License-Identifier: Apache-2.0 */
/*
 * convert.c -- see convert.h. One function a conversion, in a table; afterwards texts are
 * brought into the form that their field has in IntelMQ (lower-case names, upper-case
 * country codes, numbers for ports and AS).
 */
#include "report/convert.h"

#include "report/date.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HOST_ROOM = 256 };

struct job {
	const char *cell;
	const struct row *row;
	struct arena *arena;
	struct value *out;
};

static const char *
row_cell(const struct row *row, const char *column)
{
	for (size_t i = 0; i < row->count; i++)
		if (strcmp(row->columns[i], column) == 0)
			return row->cells[i];
	return "";
}

static bool
give_text(const struct job *job, const char *text)
{
	job->out->type = VALUE_TEXT;
	job->out->text = text;
	return *text != 0;
}

static bool
to_text(const struct job *job)
{
	return give_text(job, job->cell);
}

static bool
to_none(const struct job *job)
{
	if (job->cell[0] == '0' && job->cell[1] == 0)
		return false;
	if (job->cell[0] == 'u' && strcmp(job->cell, "unknown") == 0)
		return false;
	return give_text(job, job->cell);
}

static bool
to_long_int(const struct job *job)
{
	char *end;

	errno = 0;
	job->out->number = strtoll(job->cell, &end, 10);
	return end != job->cell && end[strspn(end, " ")] == 0 && errno == 0;
}

static bool
to_int(const struct job *job)
{
	const char *at = job->cell;
	int64_t number = 0;

	job->out->type = VALUE_INT;
	for (; *at >= '0' && *at <= '9' && at - job->cell < 18; at++)
		number = number * 10 + (*at - '0');
	if (at == job->cell || *at != 0)
		return to_long_int(job);
	job->out->number = number;
	return true;
}

/* "AS64496" is met, too. */
static bool
to_as_number(const struct job *job)
{
	struct job inner = *job;

	inner.cell += strncasecmp(job->cell, "AS", 2) == 0 ? 2 : 0;
	return to_int(&inner);
}

static bool
to_nonzero(const struct job *job)
{
	return to_int(job) && job->out->number != 0;
}

static bool
to_bool(const struct job *job)
{
	static const char *const words[] = {
	    "n", "y", "no", "yes", "false", "true", "disabled", "enabled", "0", "1"};

	job->out->type = VALUE_FLAG;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(job->cell, words[i]) == 0) {
			job->out->flag = i % 2 == 1;
			return true;
		}
	return false;
}

static bool
to_ip(const struct job *job)
{
	struct addr addr;
	char text[ADDR_TEXT];

	if (!addr_parse(job->cell, &addr) ||
	    (addr_is_v4(&addr) && addr_to_v4(&addr) == 0))
		return false;
	if (strchr(job->cell, ':') == NULL)
		return give_text(job, job->cell); /* there is one way to write it */
	(void)addr_text(&addr, text);
	return give_text(job, arena_strdup(job->arena, text, strlen(text)));
}

static bool
to_network(const struct job *job)
{
	struct prefix prefix;

	return strchr(job->cell, '/') != NULL && prefix_parse(job->cell, &prefix) &&
	       give_text(job, job->cell);
}

static bool
give_time(const struct job *job, int64_t t)
{
	char text[WHEN_TEXT];

	(void)when_text(t, text);
	return give_text(job, arena_strdup(job->arena, text, strlen(text)));
}

/* The vendor's times have no zone and are UTC; a trailing " UTC" is met, too. */
static bool
to_utc(const struct job *job)
{
	char text[WHEN_TEXT + 4];
	size_t size = strlen(job->cell);
	int64_t t;

	if (size >= sizeof text)
		return false;
	(void)strcpy(text, job->cell);
	if (size > 4 && strcmp(text + size - 4, " UTC") == 0)
		text[size - 4] = 0;
	return when_parse(text, &t, NULL) && give_time(job, t);
}

static bool
to_date(const struct job *job)
{
	struct date date;

	return to_utc(job) || (date_parse(job->cell, 0, &date) && date.zoned &&
				  give_time(job, date.time));
}

static bool
to_real(const struct job *job)
{
	char *end;

	job->out->type = VALUE_REAL;
	job->out->real = strtod(job->cell, &end);
	return end != job->cell && *end == 0 && isfinite(job->out->real);
}

/* The tags that are CVE numbers, in capitals, joined by semicolons. */
static char *
put_upper(char *at, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		*at++ = (char)toupper((unsigned char)text[i]);
	return at;
}

static bool
to_cve(const struct job *job)
{
	char *out = arena_get(job->arena, 2 * strlen(job->cell) + 2), *at = out;

	for (const char *tag = job->cell; *tag != 0;) {
		size_t size = strcspn(tag, "; ");

		if (size > 4 && strncasecmp(tag, "cve-", 4) == 0) {
			if (at > out)
				*at++ = ';';
			at = put_upper(at, tag, size);
		}
		tag += size + (tag[size] != 0);
	}
	*at = 0;
	return give_text(job, out);
}

/* What a request asks for: "GET /a HTTP/1.1" asks for "/a". */
static const char *
path_of(const struct job *job)
{
	const char *from = strchr(job->cell, '/');

	return from == NULL ? job->cell
			    : arena_strdup(job->arena, from, strcspn(from, " \t"));
}

/* From the row's host and the cell, as the vendor's reader puts them together. */
static bool
to_url(const struct job *job)
{
	const char *host = row_cell(job->row, "cc_dns");
	const char *scheme = row_cell(job->row, "application");
	const char *path;
	char *url;
	size_t room;

	if (strstr(job->cell, "://") != NULL && strchr(job->cell, ' ') == NULL)
		return give_text(job, job->cell);
	if (*host == 0)
		host = row_cell(job->row, "http_host");
	if (*host == 0)
		return false;
	if (strcmp(scheme, "https") != 0)
		scheme = "http";
	path = path_of(job);
	room = strlen(scheme) + strlen(host) + strlen(path) + 5;
	url = arena_get(job->arena, room);
	(void)snprintf(
	    url, room, "%s://%s%s%s", scheme, host, *path == '/' ? "" : "/", path);
	return give_text(job, url);
}

static bool
in_names(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

/* A domain name: labels of letters, digits, hyphens and underscores, and no address. */
static bool
to_name(const struct job *job)
{
	const char *at = job->cell;
	bool dotted = false;
	struct addr addr;

	for (; *at != 0; at++) {
		if (!in_names(*at) && *at != '.')
			return false;
		dotted = dotted || *at == '.';
	}
	if (!dotted || at - job->cell > 253)
		return false;
	return !(isdigit((unsigned char)at[-1]) && addr_parse(job->cell, &addr)) &&
	       give_text(job, job->cell);
}

static bool
to_detail(const struct job *job)
{
	return give_text(job, *job->cell != 0 ? job->cell : row_cell(job->row, "detail"));
}

/* As it is where it is base64 already. */
static bool
to_base64(const struct job *job)
{
	size_t size = strlen(job->cell),
	       letters = strspn(job->cell,
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
	size_t room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
	char *out;

	if (size % 4 == 0 && size - letters <= 2 &&
	    strspn(job->cell + letters, "=") == size - letters)
		return give_text(job, job->cell);
	out = arena_get(job->arena, room);
	return give_text(job, sodium_bin2base64(out, room, (const uint8_t *)job->cell,
				  size, sodium_base64_VARIANT_ORIGINAL));
}

/* An Exchange server with a web shell is taken over; others are vulnerable. */
static bool
shelled(const struct job *job)
{
	return strstr(job->cell, "webshell") != NULL;
}

static bool
to_exchange_taxonomy(const struct job *job)
{
	return give_text(job, shelled(job) ? "intrusions" : "vulnerable");
}

static bool
to_exchange_type(const struct job *job)
{
	return give_text(job, shelled(job) ? "system-compromise" : "infected-system");
}

static bool
to_exchange_identifier(const struct job *job)
{
	return give_text(job,
	    shelled(job) ? "exchange-server-webshell" : "vulnerable-exchange-server");
}

static char
folded(char letter, char first)
{
	return letter >= first && letter < first + 26 ? (char)(letter ^ ' ') : letter;
}

/* The text with the 26 letters from `first` on in the other case; itself where it has
 * none. */
static const char *
fold(struct arena *arena, const char *text, char first)
{
	const char *at = text;
	char *copy;

	while (*at != 0 && folded(*at, first) == *at)
		at++;
	if (*at == 0)
		return text;
	copy = arena_strdup(arena, text, strlen(text));
	for (char *c = copy; *c != 0; c++)
		*c = folded(*c, first);
	return copy;
}

static bool
to_class(const struct job *job)
{
	return give_text(job, item_class(job->cell));
}

/* The host of a page, of "host:port" or of a host alone, and its port; false if the text
 * cannot be one of them. `host` has HOST_ROOM bytes. */
static bool
split_host(const char *text, char *host, const char **port)
{
	const char *scheme = strstr(text, "://"),
		   *from = scheme != NULL ? scheme + 3 : text;
	size_t whole = strcspn(from, "/?#"), size = whole;
	const char *at = memchr(from, '@', whole);

	if (at != NULL) {
		whole -= (size_t)(at + 1 - from);
		from = at + 1;
	}
	size = *from == '[' ? strcspn(++from, "]/?#") : strcspn(from, ":/?#");
	if (size == 0 || size >= HOST_ROOM)
		return false;
	memcpy(host, from, size);
	host[size] = 0;
	from += size + (from[size] == ']');
	*port = *from == ':' ? from + 1 : "";
	return true;
}

static bool
to_host_ip(const struct job *job)
{
	char host[HOST_ROOM];
	const char *port;
	struct job inner = *job;

	if (to_ip(job))
		return true; /* IPv6 without brackets */
	inner.cell = host;
	if (!split_host(job->cell, host, &port) || !to_ip(&inner))
		return false;
	return give_text(
	    job, arena_strdup(job->arena, job->out->text, strlen(job->out->text)));
}

static bool
to_host_name(const struct job *job)
{
	char host[HOST_ROOM];
	const char *port;
	struct job inner = *job;

	inner.cell = host;
	return split_host(job->cell, host, &port) && to_name(&inner) &&
	       give_text(job, arena_strdup(job->arena, host, strlen(host)));
}

static bool
to_host_port(const struct job *job)
{
	char host[HOST_ROOM], digits[6];
	const char *port;
	struct job inner = *job;
	size_t size;

	if (!split_host(job->cell, host, &port))
		return false;
	size = strspn(port, "0123456789");
	if (size == 0 || size >= sizeof digits)
		return false;
	memcpy(digits, port, size);
	digits[size] = 0;
	inner.cell = digits;
	return to_int(&inner);
}

static bool
to_page(const struct job *job)
{
	return strstr(job->cell, "://") != NULL && give_text(job, job->cell);
}

static bool
to_upper(const struct job *job)
{
	return give_text(job, fold(job->arena, job->cell, 'a'));
}

static bool (*const converters[CONVERT_COUNT])(const struct job *job) = {
    [CONVERT_TEXT] = to_text,
    [CONVERT_NONE] = to_none,
    [CONVERT_INT] = to_int,
    [CONVERT_NONZERO] = to_nonzero,
    [CONVERT_BOOL] = to_bool,
    [CONVERT_IP] = to_ip,
    [CONVERT_UTC] = to_utc,
    [CONVERT_CVE] = to_cve,
    [CONVERT_REAL] = to_real,
    [CONVERT_DATE] = to_date,
    [CONVERT_URL] = to_url,
    [CONVERT_NAME] = to_name,
    [CONVERT_NETWORK] = to_network,
    [CONVERT_DETAIL] = to_detail,
    [CONVERT_BASE64] = to_base64,
    [CONVERT_EXCHANGE_TAXONOMY] = to_exchange_taxonomy,
    [CONVERT_EXCHANGE_TYPE] = to_exchange_type,
    [CONVERT_EXCHANGE_IDENTIFIER] = to_exchange_identifier,
    [CONVERT_CLASS] = to_class,
    [CONVERT_UPPER] = to_upper,
    [CONVERT_HOST_IP] = to_host_ip,
    [CONVERT_HOST_NAME] = to_host_name,
    [CONVERT_HOST_PORT] = to_host_port,
    [CONVERT_PAGE] = to_page,
};

static bool
is_number(const struct value *v)
{
	return v->type != VALUE_TEXT;
}

static bool
has_number(const struct job *job, int64_t least, int64_t most)
{
	struct value *v = job->out;

	return (is_number(v) || to_int(job)) && v->number >= least && v->number <= most;
}

/* Brings the value into its field's form; false where it has none. */
static bool
shape(enum shape shape, const struct job *job)
{
	struct value *v = job->out;

	switch (shape) {
	case SHAPE_PORT:
		return has_number(job, 0, UINT16_MAX);
	case SHAPE_ASN:
		return (is_number(v) || to_as_number(job)) &&
		       has_number(job, 1, UINT32_MAX);
	case SHAPE_COUNTRY:
		v->text = is_number(v) ? v->text : fold(job->arena, v->text, 'a');
		return true;
	case SHAPE_SMALL:
		v->text = is_number(v) ? v->text : fold(job->arena, v->text, 'A');
		return true;
	case SHAPE_NAME:
		if (!is_number(v) &&
		    !to_name(&(struct job){v->text, job->row, job->arena, v}))
			return false;
		v->text = is_number(v) ? v->text : fold(job->arena, v->text, 'A');
		return true;
	case SHAPE_ANY:
		break;
	}
	return true;
}

bool
convert(const struct fact_column *fact, const char *cell, const struct row *row,
    struct arena *arena, struct value *out)
{
	struct job job = {.cell = cell, .row = row, .arena = arena, .out = out};

	return converters[fact->conversion](&job) && shape(fact->shape, &job);
}
