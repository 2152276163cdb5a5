/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch.h -- what the files of the role fetch share: one feed, its documents, its state.
 *
 * There is one process for each entry of `fetch`: it knows one secret, and a slow server
 * holds up nobody else. So the code goes straight on and waits where it waits; meanwhile
 * the loop serves the parent (fetch_serve). A kind of feed is a struct fetcher:
 *
 *     look     what is new at the origin becomes documents (feeds.h), each whole
 *     settle   what the engine has committed is acknowledged at the origin, or noted in
 *              the state, which is durable before the documents are dropped
 *
 * Killed between any two steps, a fetch finds in the list of documents and in its state
 * where it was; what is then fetched a second time has the same bytes, and the engine
 * knows it (intake.c, streams named by digest).
 */
#ifndef ROLE_FETCH_H
#define ROLE_FETCH_H

#include "base/digest.h"
#include "role/feeds.h"
#include "role/role.h"

#include <curl/curl.h>

enum { FETCH_JSON = 32 << 20 }; /* bytes of an answer that is read as JSON */
enum { FETCH_SECRET = 4096, FETCH_TEXT = 256, FETCH_HOSTS = 8 };

struct fetch_document {
	char name[DOCUMENT_NAME + 1]; /* "key,name" */
	bool taken;                   /* the engine has committed it */
	bool settled;                 /* acknowledged: may be dropped */
};

struct fetch_host { /* an address found while files could be read, or by DNS later */
	char host[FETCH_TEXT], addresses[FETCH_TEXT];
};

struct fetch {
	struct role *role;
	const struct config_fetch *conf;
	const struct fetcher *fetcher;
	CURL *curl;
	struct wr authorities;       /* PEM */
	char password[FETCH_SECRET]; /* "" none */
	char key[FETCH_SECRET];      /* Shadowserver's */
	struct fetch_host hosts[FETCH_HOSTS];
	json_t *state; /* object; fetch_save makes it durable */
	unsigned slot; /* that is overwritten next */
	uint64_t generation;
	struct fetch_document *documents;
	size_t count;
	int fd; /* of the document being written; -1 */
	bool answered, kept, begun, busy, no_room;
	uint64_t timer, sequence;
	int64_t next, last, settle_next; /* wall, µs */
	int64_t retry_after;             /* µs that the server asks for; 0: not told */
	unsigned failed;                 /* in a row */
	uint64_t fetched, bytes, failures, waits, unchanged;
	char reason[sizeof((struct err *)0)->text]; /* "" if all is well */
};

struct fetcher {
	enum fetch_type type;
	/* True also if there was no room for all (no_room). */
	MUST_CHECK bool (*look)(struct fetch *f, struct err *err);
	/* Sets `settled` of documents that are `taken`. */
	MUST_CHECK bool (*settle)(struct fetch *f, struct err *err);
};

extern const struct fetcher fetcher_url, fetcher_misp, fetcher_taxii,
    fetcher_shadowserver, fetcher_imap;

/* ---- fetch.c */
/* Lets the parent be heard; waits `timeout` µs at most. */
void fetch_serve(struct fetch *f, int64_t timeout);
/* An empty file in f->fd for the next document; false: no room, and no_room is set. */
bool fetch_open(struct fetch *f);
/* What was written is complete: from now on it is ours. `name` is made sound. */
MUST_CHECK bool fetch_keep(
    struct fetch *f, const char *key, const char *name, struct err *err);
/* A document whose name begins with `key` and a comma; NULL. */
const struct fetch_document *fetch_find(const struct fetch *f, const char *key);
/* What the document is at its origin: the name up to the comma. */
void fetch_key(const struct fetch_document *d, char out[DOCUMENT_KEY + 1]);
/* Writes all of it to the document; false with a sentence, no_room where that is it. */
MUST_CHECK bool fetch_write(
    struct fetch *f, const void *bytes, size_t size, struct err *err);
int64_t fetch_now(void);
/* A small file that only its owner may read. */
MUST_CHECK bool fetch_secret(const char *path, char out[FETCH_SECRET], struct err *err);

/* ---- fetch_state.c */
MUST_CHECK bool fetch_load(struct fetch *f, struct err *err);
MUST_CHECK bool fetch_save(struct fetch *f, struct err *err);
/* Borrowed; NULL. */
const char *fetch_state_text(const struct fetch *f, const char *key);
/* NULL or "" takes the key away. */
void fetch_state_set(struct fetch *f, const char *key, const char *text);
/* An object within the state, made where it is missing. */
json_t *fetch_state_object(struct fetch *f, const char *key);

/* ---- fetch_http.c */
struct fetch_ask {
	const char *url;
	const char *body;           /* POST; NULL: GET */
	struct curl_slist *headers; /* borrowed */
	struct wr *text;            /* the answer goes here; NULL: into the document */
};

struct fetch_reply {
	long status; /* 200, or 304 */
	uint64_t size;
	struct id128 digest;
	char name[FETCH_TEXT]; /* last part of the path where it was found */
	char etag[FETCH_TEXT], modified[FETCH_TEXT], added_last[FETCH_TEXT];
};

/* What resolving and TLS need of the disk; before the jail. */
MUST_CHECK bool fetch_http_warm(struct fetch *f, struct err *err);
MUST_CHECK bool fetch_http(struct fetch *f, const struct fetch_ask *ask,
    struct fetch_reply *reply, struct err *err);
json_t *fetch_read_json(const struct wr *text, struct err *err);
/* As fetch_http, and the answer read as JSON: the caller's; NULL with a sentence. */
json_t *fetch_json(
    struct fetch *f, struct fetch_ask *ask, struct fetch_reply *reply, struct err *err);
/* Options that every transfer has: authorities, resolved addresses, limits. False: the
 * host has no address. */
MUST_CHECK bool fetch_set_up(
    struct fetch *f, CURL *curl, const char *url, struct err *err);

#endif
