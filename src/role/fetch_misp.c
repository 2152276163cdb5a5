/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_misp.c -- a MISP feed: a directory with manifest.json and one file an event.
 *
 * The manifest says of each event when it last changed; an event that is new or has
 * changed since we took it in becomes a document. Which version of each we have is the
 * state; events that left the manifest are forgotten.
 */
#include "base/mem.h"
#include "role/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UUID = 36, FAILURES = 10 };

static void
file_url(const struct fetch *f, const char *name, char out[4 * FETCH_TEXT])
{
	const char *base = f->conf->url;
	size_t n = strlen(base);

	(void)snprintf(out, 4 * FETCH_TEXT, "%s%s%s", base,
	    n > 0 && base[n - 1] == '/' ? "" : "/", name);
}

/* "uuid=version"; false: not an event. */
static bool
version_key(const char *uuid, const json_t *event, char out[DOCUMENT_KEY + 1])
{
	const json_t *stamp = json_object_get(event, "timestamp");
	const char *text = json_string_value(stamp);
	char number[32];

	if (strlen(uuid) != UUID || strspn(uuid, "0123456789abcdefABCDEF-") != UUID)
		return false;
	(void)snprintf(
	    number, sizeof number, "%lld", (long long)json_integer_value(stamp));
	if (text == NULL)
		text = number;
	if (*text == 0 || strlen(text) > 20 || strspn(text, "0123456789") != strlen(text))
		return false;
	(void)snprintf(out, DOCUMENT_KEY + 1, "%s=%s", uuid, text);
	return true;
}

static bool
is_fresh(struct fetch *f, const char *uuid, const char *key)
{
	const char *had =
	    json_string_value(json_object_get(fetch_state_object(f, "have"), uuid));

	return (had == NULL || strcmp(had, key + UUID + 1) != 0) &&
	       fetch_find(f, key) == NULL;
}

static bool
take_event(struct fetch *f, const char *uuid, const char *key, struct err *err)
{
	char name[UUID + 8], url[4 * FETCH_TEXT];
	struct fetch_ask ask = {.url = url};
	struct fetch_reply reply;

	(void)snprintf(name, sizeof name, "%s.json", uuid);
	file_url(f, name, url);
	return fetch_http(f, &ask, &reply, err) && fetch_keep(f, key, name, err);
}

static bool
take_events(struct fetch *f, json_t *manifest, size_t *fresh, struct err *err)
{
	const char *uuid;
	json_t *event;
	int bad = 0;

	json_object_foreach(manifest, uuid, event)
	{
		char key[DOCUMENT_KEY + 1];

		if (!version_key(uuid, event, key) || !is_fresh(f, uuid, key))
			continue;
		++*fresh;
		if (!fetch_open(f))
			return true;
		if (!take_event(f, uuid, key, err) && (++bad == FAILURES || f->no_room))
			return false;
	}
	return bad == 0;
}

static void
forget_gone(struct fetch *f, const json_t *manifest)
{
	json_t *have = fetch_state_object(f, "have"), *value;
	const char *uuid;
	void *next;

	json_object_foreach_safe(have, next, uuid, value)
	{
		if (json_object_get(manifest, uuid) == NULL)
			(void)json_object_del(have, uuid);
	}
}

static bool
misp_look(struct fetch *f, struct err *err)
{
	char url[4 * FETCH_TEXT];
	struct fetch_ask ask = {.url = url};
	struct fetch_reply reply;
	size_t fresh = 0;
	json_t *manifest;
	bool good;

	file_url(f, "manifest.json", url);
	manifest = fetch_json(f, &ask, &reply, err);
	if (manifest == NULL)
		return false;
	good = json_is_object(manifest) ? take_events(f, manifest, &fresh, err)
					: err_set(err, "manifest.json is no object");
	if (good && fresh == 0)
		f->unchanged++;
	if (good)
		forget_gone(f, manifest);
	json_decref(manifest);
	return good;
}

static bool
misp_settle(struct fetch *f, struct err *err)
{
	json_t *have = fetch_state_object(f, "have");

	(void)err;
	for (size_t i = 0; i < f->count; i++) {
		struct fetch_document *d = &f->documents[i];
		char key[DOCUMENT_KEY + 1];

		if (!d->taken)
			continue;
		d->settled = true;
		fetch_key(d, key);
		if (strlen(key) <= UUID + 1)
			continue;
		key[UUID] = 0;
		(void)json_object_set_new(have, key, json_string(key + UUID + 1));
	}
	return true;
}

const struct fetcher fetcher_misp = {
    .type = FETCH_MISP,
    .look = misp_look,
    .settle = misp_settle,
};
