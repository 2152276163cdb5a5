/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_url.c -- a document that stands at one place: blocklists, feeds, exports.
 *
 * The server is asked for it if it has changed (If-None-Match, If-Modified-Since); where
 * it does not know, the digest tells. One document at a time is in our hands: the next
 * look waits until the engine has the last one. What the server said of it is kept in
 * memory until then, and becomes state with it.
 */
#include "base/mem.h"
#include "role/fetch.h"

#include <stdio.h>
#include <string.h>

static struct curl_slist *
conditions(const struct fetch *f)
{
	static const struct {
		const char *key, *header;
	} known[] = {{"etag", "If-None-Match"}, {"modified", "If-Modified-Since"}};
	struct curl_slist *headers = NULL;
	char line[2 * FETCH_TEXT];

	for (size_t i = 0; i < 2; i++) {
		const char *value = fetch_state_text(f, known[i].key);

		if (value == NULL)
			continue;
		(void)snprintf(line, sizeof line, "%s: %s", known[i].header, value);
		headers = curl_slist_append(headers, line);
	}
	return headers;
}

static bool
keep(struct fetch *f, const struct fetch_reply *reply, struct err *err)
{
	const char *before = fetch_state_text(f, "digest");
	json_t *pending = fetch_state_object(f, "pending");
	char digest[33];

	(void)id128_text(&reply->digest, digest);
	if (before != NULL && strcmp(before, digest) == 0) {
		f->unchanged++;
		return true;
	}
	(void)json_object_set_new(pending, "etag", json_string(reply->etag));
	(void)json_object_set_new(pending, "modified", json_string(reply->modified));
	return fetch_keep(f, digest, reply->name, err);
}

static bool
url_look(struct fetch *f, struct err *err)
{
	struct fetch_ask ask = {.url = f->conf->url};
	struct fetch_reply reply;
	bool good;

	if (f->count > 0)
		f->no_room = true;
	if (f->count > 0 || !fetch_open(f))
		return true;
	ask.headers = conditions(f);
	good = fetch_http(f, &ask, &reply, err);
	curl_slist_free_all(ask.headers);
	if (good && reply.status == 304)
		f->unchanged++;
	else if (good)
		good = keep(f, &reply, err);
	return good;
}

static bool
url_settle(struct fetch *f, struct err *err)
{
	json_t *pending = fetch_state_object(f, "pending");

	(void)err;
	for (size_t i = 0; i < f->count; i++) {
		struct fetch_document *d = &f->documents[i];
		char digest[DOCUMENT_KEY + 1];

		if (!d->taken)
			continue;
		fetch_key(d, digest);
		fetch_state_set(f, "digest", digest);
		fetch_state_set(
		    f, "etag", json_string_value(json_object_get(pending, "etag")));
		fetch_state_set(f, "modified",
		    json_string_value(json_object_get(pending, "modified")));
		(void)json_object_clear(pending);
		d->settled = true;
	}
	return true;
}

const struct fetcher fetcher_url = {
    .type = FETCH_URL,
    .look = url_look,
    .settle = url_settle,
};
