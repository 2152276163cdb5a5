/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_taxii.c -- a client of TAXII 2.1 (OASIS): the objects of one collection.
 *
 * `url` is the collection's, or that of a discovery document or API root, and
 * `collection` then says which. Asked for are the objects added after the last one, page
 * by page (`limit`, `next`); what all pages hold becomes one document, since objects
 * speak of each other across pages. A document of half of `size` is ended with its page.
 *
 * Where we are is the date that the server says of the last object
 * (X-TAXII-Date-Added-Last), less a microsecond where more pages follow: objects of the
 * same date may stand on both sides of a page's end. It is part of the document's key,
 * and becomes state with it. A server that does not say it is asked for everything each
 * time, which the engine knows already.
 *
 * Not handled: TAXII 1 and 2.0; the status of what was pushed (we only read).
 */
#include "base/mem.h"
#include "base/when.h"
#include "role/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES = 10000, URL = 8 * FETCH_TEXT };

static const char accept_taxii[] = "Accept: application/taxii+json;version=2.1";

static json_t *
get(struct fetch *f, const char *url, struct wr *text, struct fetch_reply *reply,
    struct err *err)
{
	struct fetch_ask ask = {.url = url, .text = text};
	json_t *value = NULL;

	ask.headers = curl_slist_append(NULL, accept_taxii);
	if (fetch_http(f, &ask, reply, err))
		value = fetch_read_json(text, err);
	curl_slist_free_all(ask.headers);
	if (value != NULL && !json_is_object(value)) {
		(void)err_set(err, "the server gives no TAXII object");
		json_decref(value);
		value = NULL;
	}
	return value;
}

/* ---- which collection */

/* `reference` as seen from `base`. */
static bool
join_url(const char *base, const char *reference, char out[URL])
{
	CURLU *u = curl_url();
	char *whole = NULL;
	bool good = u != NULL && curl_url_set(u, CURLUPART_URL, base, 0) == CURLUE_OK &&
		    curl_url_set(u, CURLUPART_URL, reference, 0) == CURLUE_OK &&
		    curl_url_get(u, CURLUPART_URL, &whole, 0) == CURLUE_OK &&
		    strncmp(whole, "https://", 8) == 0 && strlen(whole) + 2 < URL;

	if (good)
		(void)snprintf(
		    out, URL, "%s%s", whole, whole[strlen(whole) - 1] == '/' ? "" : "/");
	curl_free(whole);
	curl_url_cleanup(u);
	return good;
}

static bool
same_text(const json_t *object, const char *key, const char *text)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value != NULL && text != NULL && strcmp(value, text) == 0;
}

static const char *
collection_id(const json_t *list, const char *called)
{
	size_t i;
	json_t *c;

	json_array_foreach(json_object_get(list, "collections"), i, c)
	{
		if (json_is_false(json_object_get(c, "can_read")))
			continue;
		if (called == NULL || same_text(c, "id", called) ||
		    same_text(c, "alias", called) || same_text(c, "title", called))
			return json_string_value(json_object_get(c, "id"));
	}
	return NULL;
}

/* It becomes a part of a path. */
static bool
id_sound(const char *id)
{
	size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789-_.~");

	return n > 0 && n < 128 && id[n] == 0 && id[0] != '.';
}

static bool
find_root(struct fetch *f, char root[URL], struct wr *text, struct err *err)
{
	struct fetch_reply reply;
	json_t *answer = get(f, f->conf->url, text, &reply, err);
	const json_t *roots;
	const char *reference;
	bool good;

	if (answer == NULL)
		return false;
	roots = json_object_get(answer, "api_roots");
	reference = json_string_value(json_object_get(answer, "default"));
	if (reference == NULL)
		reference = json_string_value(json_array_get(roots, 0));
	good = join_url(f->conf->url, reference != NULL ? reference : "", root) ||
	       err_set(err, "the discovery names no API root under https");
	json_decref(answer);
	return good;
}

static bool
find_collection(struct fetch *f, char out[URL], struct err *err)
{
	char root[URL], list[URL + 32];
	struct fetch_reply reply;
	struct wr text;
	json_t *answer = NULL;
	const char *id;
	bool good;

	if (strstr(f->conf->url, "/collections/") != NULL)
		return join_url(f->conf->url, "", out) ||
		       err_set(err, "url does not read");
	wr_init(&text, FETCH_JSON);
	good = find_root(f, root, &text, err);
	if (good) {
		wr_reset(&text);
		(void)snprintf(list, sizeof list, "%scollections/", root);
		answer = get(f, list, &text, &reply, err);
		good = answer != NULL;
	}
	id = good ? collection_id(answer, f->conf->collection) : NULL;
	if (good && (id == NULL || !id_sound(id)))
		good = err_set(err, "the server has no such collection for us");
	if (good) {
		char below[FETCH_TEXT];

		(void)snprintf(below, sizeof below, "collections/%s/", id);
		good = join_url(root, below, out) || err_set(err, "url does not read");
	}
	json_decref(answer);
	wr_fini(&text);
	return good;
}

/* ---- where we are */

/* The date in a document's key, or in the state: µs since 1970; INT64_MIN: none. */
static int64_t
date_of(const char *text)
{
	char *end;
	long long t = strtoll(text, &end, 10);

	return end != text && (*end == '+' || *end == 0) ? (int64_t)t : INT64_MIN;
}

static int64_t
added_after(const struct fetch *f)
{
	const char *state = fetch_state_text(f, "after");
	int64_t after = state != NULL ? date_of(state) : INT64_MIN;

	for (size_t i = 0; i < f->count; i++) {
		int64_t t = date_of(f->documents[i].name);

		after = t > after ? t : after;
	}
	return after;
}

static void
add_escaped(struct fetch *f, struct wr *w, const char *name, const char *text)
{
	char *escaped = curl_easy_escape(f->curl, text, 0);

	if (escaped != NULL)
		wr_printf(w, "&%s=%s", name, escaped);
	curl_free(escaped);
}

static void
page_url(struct fetch *f, const char *collection, int64_t after, const char *next,
    struct wr *w)
{
	char date[WHEN_TEXT];

	wr_reset(w);
	wr_printf(w, "%sobjects/?limit=%lld", collection, (long long)f->conf->limit);
	if (after != INT64_MIN)
		add_escaped(f, w, "added_after", when_text(after, date));
	for (size_t i = 0; i < f->conf->types.count; i++)
		wr_printf(
		    w, "%s%s", i == 0 ? "&match[type]=" : ",", f->conf->types.items[i]);
	if (next[0] != 0)
		add_escaped(f, w, "next", next);
	(void)wr_string(w);
}

/* The objects of some pages, on their way into one document. */
struct round {
	struct fetch *fetch;
	char next[FETCH_TEXT]; /* the server's token; "": no more pages */
	char added_last[FETCH_TEXT];
	struct digest digest;
	uint64_t size;
	size_t objects;
};

static bool
put(struct round *r, const char *text, size_t size, struct err *err)
{
	digest_field(&r->digest, text, size);
	r->size += size;
	return fetch_write(r->fetch, text, size, err);
}

static bool
put_objects(struct round *r, const json_t *objects, struct err *err)
{
	bool good = true;
	size_t i;
	json_t *object;

	json_array_foreach(objects, i, object)
	{
		char *text = json_dumps(object, JSON_COMPACT | JSON_ENCODE_ANY);

		if (text == NULL)
			fatal("no memory for an object");
		good = put(r, r->objects == 0 ? "{\"objects\":[" : ",\n",
			   r->objects == 0 ? 12 : 2, err) &&
		       put(r, text, strlen(text), err);
		free(text);
		if (!good)
			return false;
		r->objects++;
	}
	return true;
}

static bool
keep_round(struct round *r, struct err *err)
{
	char key[DOCUMENT_KEY + 1], date[32] = "none", digest[33];
	struct id128 id;
	int64_t last;

	if (r->objects == 0)
		return true;
	if (!put(r, "]}\n", 3, err))
		return false;
	if (when_parse(r->added_last, &last, NULL))
		(void)snprintf(date, sizeof date, "%lld",
		    (long long)(r->next[0] != 0 ? last - 1 : last));
	id = digest_id(&r->digest);
	(void)snprintf(key, sizeof key, "%s+%s", date, id128_text(&id, digest));
	if (fetch_find(r->fetch, key) != NULL)
		return true;
	return fetch_keep(r->fetch, key, "envelope.json", err);
}

static bool
take_page(struct round *r, const char *url, struct err *err)
{
	struct fetch_reply reply;
	struct wr text;
	json_t *envelope;
	const char *token;
	bool more, good;

	wr_init(&text, FETCH_JSON);
	envelope = get(r->fetch, url, &text, &reply, err);
	wr_fini(&text);
	if (envelope == NULL)
		return false;
	token = json_string_value(json_object_get(envelope, "next"));
	more = json_is_true(json_object_get(envelope, "more")) && token != NULL &&
	       strlen(token) < FETCH_TEXT && strcmp(token, r->next) != 0;
	good = put_objects(r, json_object_get(envelope, "objects"), err);
	(void)snprintf(r->next, sizeof r->next, "%s", more ? token : "");
	if (reply.added_last[0] != 0)
		memcpy(r->added_last, reply.added_last, sizeof r->added_last);
	json_decref(envelope);
	return good;
}

/* Pages until the last, or until the document is large enough. False: also if there is
 * no room (then without a sentence). */
static bool
take_round(struct round *r, const char *collection, int64_t after, struct err *err)
{
	struct wr url;
	bool good = fetch_open(r->fetch);
	int pages = 0;

	if (!good)
		return false;
	r->objects = 0;
	r->size = 0;
	digest_init(&r->digest);
	wr_init(&url, URL + 8 * FETCH_TEXT);
	do {
		page_url(r->fetch, collection, after, r->next, &url);
		good = url.bad ? err_set(err, "types: too many")
			       : take_page(r, (const char *)url.bytes, err);
	} while (good && r->next[0] != 0 && ++pages < PAGES &&
		 r->size < (uint64_t)r->fetch->conf->size / 2);
	wr_fini(&url);
	return good && keep_round(r, err);
}

static bool
taxii_look(struct fetch *f, struct err *err)
{
	struct round r = {.fetch = f};
	char collection[URL];
	int64_t after = added_after(f);

	if (!find_collection(f, collection, err))
		return false;
	do {
		if (!take_round(&r, collection, after, err))
			return f->no_room;
	} while (r.next[0] != 0);
	return true;
}

static bool
taxii_settle(struct fetch *f, struct err *err)
{
	const char *state = fetch_state_text(f, "after");
	int64_t after = state != NULL ? date_of(state) : INT64_MIN;
	char text[32];

	(void)err;
	for (size_t i = 0; i < f->count; i++) {
		struct fetch_document *d = &f->documents[i];
		int64_t t = date_of(d->name);

		if (!d->taken)
			continue;
		after = t > after ? t : after;
		d->settled = true;
	}
	if (after != INT64_MIN) {
		(void)snprintf(text, sizeof text, "%lld", (long long)after);
		fetch_state_set(f, "after", text);
	}
	return true;
}

const struct fetcher fetcher_taxii = {
    .type = FETCH_TAXII,
    .look = taxii_look,
    .settle = taxii_settle,
};
