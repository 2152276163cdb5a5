/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_imap.c -- a mailbox: each mail that is new is a document.
 *
 * libcurl connects, negotiates TLS (from the first byte, or by STARTTLS, without which it
 * goes no further) and logs in; from there on we speak ourselves (imap.h), since its own
 * FETCH would mark a mail as seen before anybody has it.
 *
 * The mailbox is the state: new is what is not marked \Seen (or, with `done`, what still
 * lies in the folder). A mail is marked, or moved, when the engine has committed it. Its
 * key is UIDVALIDITY and UID: where the server has given the folder new numbers, what we
 * hold cannot be marked, is found again under its new number, and is known by its bytes.
 *
 * Not handled: IDLE, names of folders beyond ASCII (write them as the server does).
 */
#include "base/log.h"
#include "base/mem.h"
#include "role/fetch.h"
#include "role/imap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { UIDS = 10000, PIECE = 16384, COMMAND = 1024, CAN_MOVE = 1, CAN_UIDPLUS = 2 };

struct session {
	struct fetch *fetch;
	CURL *curl;
	struct curl_slist *resolved;
	curl_socket_t socket;
	struct imap imap;
	unsigned commands, can; /* set of CAN_ */
	uint32_t validity;
	uint32_t *uids;
	size_t count;
	uint64_t size; /* of the mail that was asked about */
	uint64_t got;  /* bytes of the one that is fetched */
};

/* ---- what the server says */

static void
on_validity(void *ctx, uint32_t number)
{
	((struct session *)ctx)->validity = number;
}

static void
on_found(void *ctx, uint32_t uid)
{
	struct session *s = ctx;

	if (s->count < UIDS)
		s->uids[s->count++] = uid;
}

static void
on_capability(void *ctx, const char *word)
{
	struct session *s = ctx;

	if (strcasecmp(word, "MOVE") == 0)
		s->can |= CAN_MOVE;
	if (strcasecmp(word, "UIDPLUS") == 0)
		s->can |= CAN_UIDPLUS;
}

static void
on_size(void *ctx, uint64_t size)
{
	((struct session *)ctx)->size = size;
}

static bool
on_bytes(void *ctx, const uint8_t *bytes, size_t size, struct err *err)
{
	struct session *s = ctx;

	s->got += size;
	if (s->got > s->size)
		return err_set(err, "the mail server gives more than it said");
	return fetch_write(s->fetch, bytes, size, err);
}

static const struct imap_calls calls = {
    .validity = on_validity,
    .found = on_found,
    .capability = on_capability,
    .size = on_size,
    .bytes = on_bytes,
};

/* ---- the connection */

static void
on_socket(void *ctx, int fd, unsigned ready)
{
	struct session *s = ctx;

	(void)ready;
	loop_forget(s->fetch->role->loop, fd); /* asked again when it is waited for */
}

/* Until the socket has something, or `deadline` (monotonic). */
static bool
wait_socket(struct session *s, unsigned want, int64_t deadline)
{
	int64_t left = deadline - clock_monotonic();

	if (left <= 0)
		return false;
	loop_fd(s->fetch->role->loop, (int)s->socket, want, on_socket, s);
	fetch_serve(s->fetch, left);
	loop_forget(s->fetch->role->loop, (int)s->socket);
	return true;
}

static bool
send_all(struct session *s, const char *text, size_t size, struct err *err)
{
	int64_t deadline = clock_monotonic() + s->fetch->conf->timeout;

	while (size > 0) {
		size_t n = 0;
		CURLcode rc = curl_easy_send(s->curl, text, size, &n);

		if (rc == CURLE_AGAIN && wait_socket(s, LOOP_WRITE, deadline))
			continue;
		if (rc != CURLE_OK)
			return err_set(err, "the mail server does not listen");
		text += n;
		size -= n;
	}
	return true;
}

static bool
receive(struct session *s, struct err *err)
{
	int64_t deadline = clock_monotonic() + s->fetch->conf->timeout;
	uint8_t piece[PIECE];

	while (s->imap.done == IMAP_NOT_YET) {
		size_t n = 0;
		CURLcode rc = curl_easy_recv(s->curl, piece, sizeof piece, &n);

		if (rc == CURLE_AGAIN && wait_socket(s, LOOP_READ, deadline))
			continue;
		if (rc == CURLE_AGAIN)
			return err_set(err, "the mail server does not answer");
		if (rc != CURLE_OK || n == 0)
			return err_set(err, "the mail server hangs up");
		if (!imap_take(&s->imap, piece, n, err))
			return false;
	}
	return true;
}

/* One command and its answer. False: no answer, or another than OK. */
static bool
command(struct session *s, const char *text, const char *what, struct err *err)
{
	char line[COMMAND + 32], tag[16];
	int n;

	(void)snprintf(tag, sizeof tag, "B%u", ++s->commands);
	n = snprintf(line, sizeof line, "%s %s\r\n", tag, text);
	if (n < 0 || (size_t)n >= sizeof line)
		return err_set(err, "a command that is too long");
	imap_expect(&s->imap, tag);
	if (!send_all(s, line, (size_t)n, err) || !receive(s, err))
		return false;
	return s->imap.done == IMAP_OK ||
	       err_set(err, "the mail server refuses %s", what);
}

/* With the name of a folder in it. */
static bool
folder_command(struct session *s, const char *verb, const char *folder, const char *what,
    struct err *err)
{
	struct wr w;
	bool good;

	wr_init(&w, COMMAND);
	wr_printf(&w, "%s ", verb);
	good = imap_quote(folder, &w)
		   ? command(s, wr_string(&w), what, err)
		   : err_set(err, "a folder's name holds a quote or non-ASCII");
	wr_fini(&w);
	return good;
}

static bool
log_in(struct session *s, struct err *err)
{
	const struct config_fetch *c = s->fetch->conf;
	CURLcode rc;

	if (!fetch_set_up(s->fetch, s->curl, c->url, err))
		return false;
	(void)curl_easy_getinfo(s->curl, CURLINFO_PRIVATE, (char **)&s->resolved);
	(void)curl_easy_setopt(s->curl, CURLOPT_PROTOCOLS_STR, "imap,imaps");
	(void)curl_easy_setopt(s->curl, CURLOPT_USERNAME, c->user);
	(void)curl_easy_setopt(s->curl, CURLOPT_PASSWORD, s->fetch->password);
	(void)curl_easy_setopt(s->curl, CURLOPT_CONNECT_ONLY, 1L);
	rc = curl_easy_perform(s->curl);
	if (rc == CURLE_OK &&
	    curl_easy_getinfo(s->curl, CURLINFO_ACTIVESOCKET, &s->socket) == CURLE_OK &&
	    s->socket != CURL_SOCKET_BAD)
		return true;
	return err_set(err, "%s",
	    rc == CURLE_OK ? "the mail server hangs up" : curl_easy_strerror(rc));
}

static void
hang_up(struct session *s)
{
	curl_easy_cleanup(s->curl);
	curl_slist_free_all(s->resolved);
	imap_fini(&s->imap);
	free(s->uids);
}

/* Logged in, with the folder open. On failure nothing stays. */
static bool
open_folder(struct session *s, struct fetch *f, struct err *err)
{
	*s = (struct session){.fetch = f, .socket = CURL_SOCKET_BAD};
	imap_init(&s->imap, &calls, s);
	s->uids = xcalloc(UIDS, sizeof *s->uids);
	s->curl = curl_easy_init();
	if (s->curl == NULL)
		fatal("no memory for libcurl");
	if (log_in(s, err) && command(s, "CAPABILITY", "to say what it can", err) &&
	    folder_command(s, "SELECT", f->conf->folder, "the folder", err) &&
	    (s->validity != 0 || err_set(err, "the mail server tells no UIDVALIDITY")))
		return true;
	hang_up(s);
	return false;
}

static void
log_out(struct session *s)
{
	struct err err;

	if (s->imap.done != IMAP_NOT_YET)
		(void)command(s, "LOGOUT", "to end", &err);
	hang_up(s);
}

/* ---- looking */

/* The command has failed; whether the session is still good for another one. */
static bool
still_there(const struct session *s)
{
	return s->imap.done == IMAP_NO;
}

static bool
ask_size(struct session *s, uint32_t uid, struct err *err)
{
	char text[64];

	s->size = 0;
	(void)snprintf(text, sizeof text, "UID FETCH %u (RFC822.SIZE)", uid);
	return command(s, text, "the size of a mail", err);
}

static bool
bring(struct session *s, uint32_t uid, const char *key, struct err *err)
{
	char text[64], name[32];

	s->got = 0;
	(void)snprintf(text, sizeof text, "UID FETCH %u (BODY.PEEK[])", uid);
	if (!command(s, text, "a mail", err))
		return false;
	if (s->got == 0 || s->got != s->size)
		return err_set(err, "the mail server gives %llu bytes of a mail of %llu",
		    (unsigned long long)s->got, (unsigned long long)s->size);
	(void)snprintf(name, sizeof name, "%u.eml", uid);
	return fetch_keep(s->fetch, key, name, err);
}

/* One mail. False: the session is over. `*bad`: this one could not be had. */
static bool
take_mail(struct session *s, uint32_t uid, bool *bad, struct err *err)
{
	struct fetch *f = s->fetch;
	char key[DOCUMENT_KEY + 1];

	(void)snprintf(key, sizeof key, "%u.%u", s->validity, uid);
	if (fetch_find(f, key) != NULL)
		return true;
	if (!ask_size(s, uid, err)) {
		*bad = true;
		return still_there(s);
	}
	if (s->size == 0)
		return true; /* gone meanwhile */
	if (s->size > (uint64_t)f->conf->size) {
		*bad = true;
		(void)err_set(err, "a mail is larger than %lld bytes (size)",
		    (long long)f->conf->size);
		return true;
	}
	if (!fetch_open(f))
		return false;
	if (bring(s, uid, key, err))
		return true;
	*bad = true;
	return !f->no_room && still_there(s);
}

static bool
take_mails(struct session *s, struct err *err)
{
	bool bad = false;

	for (size_t i = 0; i < s->count; i++)
		if (!take_mail(s, s->uids[i], &bad, err))
			break;
	return !bad;
}

static bool
imap_look(struct fetch *f, struct err *err)
{
	struct session s;
	bool good;

	if (!open_folder(&s, f, err))
		return false;
	good = command(&s,
		   f->conf->done == NULL ? "UID SEARCH UNSEEN UNDELETED"
					 : "UID SEARCH UNDELETED",
		   "to search", err) &&
	       take_mails(&s, err);
	log_out(&s);
	return good;
}

/* ---- settling */

static bool
remove_from_folder(struct session *s, uint32_t uid, struct err *err)
{
	char text[64];

	(void)snprintf(
	    text, sizeof text, "UID STORE %u +FLAGS.SILENT (\\Seen \\Deleted)", uid);
	if (!command(s, text, "to mark a mail", err))
		return false;
	(void)snprintf(text, sizeof text, "UID EXPUNGE %u", uid);
	return (s->can & CAN_UIDPLUS) == 0 || command(s, text, "to remove a mail", err);
}

static bool
acknowledge(struct session *s, uint32_t uid, struct err *err)
{
	const char *done = s->fetch->conf->done;
	char text[64];

	if (done == NULL) {
		(void)snprintf(
		    text, sizeof text, "UID STORE %u +FLAGS.SILENT (\\Seen)", uid);
		return command(s, text, "to mark a mail", err);
	}
	(void)snprintf(
	    text, sizeof text, "UID %s %u", s->can & CAN_MOVE ? "MOVE" : "COPY", uid);
	if (!folder_command(s, text, done, "to move a mail", err))
		return false;
	return (s->can & CAN_MOVE) != 0 || remove_from_folder(s, uid, err);
}

static bool
imap_settle(struct fetch *f, struct err *err)
{
	struct session s;
	bool good = true;

	if (!open_folder(&s, f, err))
		return false;
	for (size_t i = 0; i < f->count && good; i++) {
		struct fetch_document *d = &f->documents[i];
		unsigned validity, uid;

		if (!d->taken)
			continue;
		if (sscanf(d->name, "%u.%u,", &validity, &uid) == 2 &&
		    validity == s.validity)
			good = acknowledge(&s, uid, err);
		d->settled = good;
	}
	log_out(&s);
	return good;
}

const struct fetcher fetcher_imap = {
    .type = FETCH_IMAP,
    .look = imap_look,
    .settle = imap_settle,
};
