/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_shadowserver.c -- the vendor's reports API (transform.shadowserver.org/api2/).
 *
 * Each call is a POST of a JSON object with our key in it; the header HMAC2 carries its
 * HMAC-SHA256 under our secret, in hexadecimal. `reports/list` names the reports of the
 * last days, page by page; what is not yet known is downloaded by its id, as CSV from
 * where the vendor keeps the files, or else through `reports/download`. A day without
 * reports is an empty list, no failure. Which ids were taken in is the state; an id is
 * forgotten when its day is no longer asked for.
 *
 * The answer's own words about an error are not repeated: they may hold the key.
 * Documentation: github.com/The-Shadowserver-Foundation/api_utils, wiki.
 */
#include "base/mem.h"
#include "base/when.h"
#include "role/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES = 100, FAILURES = 10, DAY_TEXT = 11 };

static void
day_text(int64_t t, char out[DAY_TEXT])
{
	char text[WHEN_TEXT];

	(void)snprintf(out, DAY_TEXT, "%.10s", when_text(t, text));
}

/* "HMAC2: ..." of the body. */
static void
sign(const struct fetch *f, const char *body, char *out, size_t room)
{
	crypto_auth_hmacsha256_state state;
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	char hex[2 * sizeof mac + 1];

	crypto_auth_hmacsha256_init(
	    &state, (const uint8_t *)f->password, strlen(f->password));
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)body, strlen(body));
	crypto_auth_hmacsha256_final(&state, mac);
	(void)sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
	(void)snprintf(out, room, "HMAC2: %s", hex);
}

static void
method_url(const struct fetch *f, const char *method, char out[4 * FETCH_TEXT])
{
	const char *base = f->conf->url;
	size_t n = strlen(base);

	(void)snprintf(out, 4 * FETCH_TEXT, "%s%s%s", base,
	    n > 0 && base[n - 1] == '/' ? "" : "/", method);
}

/* Asks; the answer goes into the document, or (with `answer`) is given as JSON. `request`
 * is taken. */
static bool
call(struct fetch *f, const char *method, json_t *request, json_t **answer,
    struct err *err)
{
	struct fetch_ask ask = {0};
	struct fetch_reply reply;
	char url[4 * FETCH_TEXT], header[128], *body;
	bool good;

	(void)json_object_set_new(request, "apikey", json_string(f->key));
	body = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	if (body == NULL)
		return err_set(err, "the key is not UTF-8");
	sign(f, body, header, sizeof header);
	method_url(f, method, url);
	ask.url = url;
	ask.body = body;
	ask.headers =
	    curl_slist_append(curl_slist_append(NULL, header), "Content-Type: text/json");
	if (answer != NULL) {
		*answer = fetch_json(f, &ask, &reply, err);
		good = *answer != NULL;
	} else
		good = fetch_http(f, &ask, &reply, err);
	curl_slist_free_all(ask.headers);
	sodium_memzero(body, strlen(body));
	free(body);
	return good;
}

static json_t *
list_page(struct fetch *f, int page, struct err *err)
{
	char from[DAY_TEXT], to[DAY_TEXT], range[2 * DAY_TEXT];
	json_t *request = json_object(), *answer = NULL;
	int64_t now = fetch_now();

	day_text(now - (f->conf->days - 1) * WHEN_DAY, from);
	day_text(now, to);
	(void)snprintf(range, sizeof range, "%s:%s", from, to);
	(void)json_object_set_new(request, "date", json_string(range));
	(void)json_object_set_new(request, "limit", json_integer(f->conf->limit));
	if (page > 1)
		(void)json_object_set_new(request, "page", json_integer(page));
	if (!call(f, "reports/list", request, &answer, err))
		return NULL;
	if (json_is_array(answer))
		return answer;
	(void)err_set(err, json_object_get(answer, "error") != NULL
			       ? "the API refuses the request: see key and secret"
			       : "the API gives no list of reports");
	json_decref(answer);
	return NULL;
}

static bool
wanted(const struct fetch *f, const json_t *entry)
{
	const char *type = json_string_value(json_object_get(entry, "type"));

	for (size_t i = 0; i < f->conf->types.count; i++)
		if (type != NULL && strcmp(type, f->conf->types.items[i]) == 0)
			return true;
	return f->conf->types.count == 0;
}

/* The id of a report that we do not have; NULL. */
static const char *
fresh_id(struct fetch *f, const json_t *entry)
{
	const char *id = json_string_value(json_object_get(entry, "id"));

	if (id == NULL || *id == 0 || strlen(id) > DOCUMENT_KEY || !wanted(f, entry) ||
	    strspn(
		id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") !=
		strlen(id) ||
	    json_object_get(fetch_state_object(f, "have"), id) != NULL)
		return NULL;
	return fetch_find(f, id) != NULL ? NULL : id;
}

static bool
download(struct fetch *f, const char *id, const json_t *entry, struct err *err)
{
	const char *file = json_string_value(json_object_get(entry, "file"));
	char url[4 * FETCH_TEXT];
	struct fetch_ask ask = {.url = url};
	struct fetch_reply reply;
	bool good;

	if (f->conf->download != NULL) {
		(void)snprintf(url, sizeof url, "%s%s", f->conf->download, id);
		good = fetch_http(f, &ask, &reply, err);
	} else
		good =
		    call(f, "reports/download", json_pack("{s:s}", "id", id), NULL, err);
	return good && fetch_keep(f, id, file != NULL ? file : "", err);
}

static bool
may_go_on(const struct fetch *f, int bad)
{
	return bad < FAILURES && !f->no_room;
}

/* How many of the page's reports could not be had; one that cannot does not keep us from
 * the others. */
static int
take_page(struct fetch *f, const json_t *page, int bad, struct err *err)
{
	size_t i;
	json_t *entry;

	json_array_foreach(page, i, entry)
	{
		const char *id = fresh_id(f, entry);

		if (id != NULL && (!fetch_open(f) || !download(f, id, entry, err)))
			bad += !f->no_room;
		if (!may_go_on(f, bad))
			break;
	}
	return bad;
}

/* A server that knows no pages gives the first one again. */
static bool
same_page(const json_t *a, const json_t *b)
{
	return json_equal(json_array_get(a, 0), json_array_get(b, 0)) == 1;
}

static bool
shadowserver_look(struct fetch *f, struct err *err)
{
	json_t *page = list_page(f, 1, err), *next;
	bool good = page != NULL;
	int bad = 0;

	for (int number = 2; good && page != NULL; number++) {
		bad = take_page(f, page, bad, err);
		if ((int64_t)json_array_size(page) < f->conf->limit || number > PAGES ||
		    !may_go_on(f, bad))
			break;
		next = list_page(f, number, err);
		good = next != NULL;
		if (good && same_page(page, next)) {
			json_decref(next);
			break;
		}
		json_decref(page);
		page = next;
	}
	json_decref(page);
	return good && bad == 0;
}

static void
forget_old(struct fetch *f)
{
	json_t *have = fetch_state_object(f, "have"), *value;
	char oldest[DAY_TEXT];
	const char *id;
	void *next;

	day_text(fetch_now() - (f->conf->days + 2) * WHEN_DAY, oldest);
	json_object_foreach_safe(have, next, id, value)
	{
		const char *day = json_string_value(value);

		if (day == NULL || strcmp(day, oldest) < 0)
			(void)json_object_del(have, id);
	}
}

static bool
shadowserver_settle(struct fetch *f, struct err *err)
{
	json_t *have = fetch_state_object(f, "have");
	char today[DAY_TEXT];

	(void)err;
	day_text(fetch_now(), today);
	for (size_t i = 0; i < f->count; i++) {
		struct fetch_document *d = &f->documents[i];
		char id[DOCUMENT_KEY + 1];

		if (!d->taken)
			continue;
		fetch_key(d, id);
		(void)json_object_set_new(have, id, json_string(today));
		d->settled = true;
	}
	forget_old(f);
	return true;
}

const struct fetcher fetcher_shadowserver = {
    .type = FETCH_SHADOWSERVER,
    .look = shadowserver_look,
    .settle = shadowserver_settle,
};
