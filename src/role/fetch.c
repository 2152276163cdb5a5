/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch.c -- see fetch.h: the life of the role, its calendar, its documents.
 *
 * Calendar (wall clock): a look every `every`, a tenth of it by chance, so that feeds
 * that start together do not stay together. After a failure again after RETRY_FIRST,
 * doubled each time, never more often than `every` and never later than it or what the
 * server asked for (Retry-After). The time of the next look is in the state before the
 * look begins: a role that dies of what it gets does not hammer the server.
 *
 * The secret is read before the jail, by the process that uses it: neither the parent nor
 * another role ever has it in memory. It is never logged, and the state does not hold it.
 *
 * All waiting is in fetch_serve, which is entered from timers only: messages of the
 * parent are never handled inside one another.
 */
#include "role/fetch.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	RETRY_FIRST = 60000000,  /* µs */
	SETTLE_RETRY = 60000000, /* the origin does not take our acknowledgement */
	START_WITHIN = 30000000, /* all feeds start within this */
	WAKE_MOST = 600000000,
	DOUBLINGS = 12
};

static const struct fetcher *const fetchers[] = {
    &fetcher_url,
    &fetcher_misp,
    &fetcher_taxii,
    &fetcher_shadowserver,
    &fetcher_imap,
    NULL,
};

int64_t
fetch_now(void)
{
	struct clock wall;

	clock_init(&wall, CLOCK_WALL);
	return clock_now(&wall);
}

void
fetch_serve(struct fetch *f, int64_t timeout)
{
	loop_once(f->role->loop, timeout);
}

/* ---- documents */

static void
tell_parent(struct fetch *f, uint32_t type, const char *text)
{
	msg_send(f->role->parent, type, text, strlen(text), -1);
}

static void
ask_parent(struct fetch *f, uint32_t type, const char *text)
{
	f->answered = false;
	tell_parent(f, type, text);
	while (!f->answered)
		fetch_serve(f, WAKE_MOST);
}

bool
fetch_open(struct fetch *f)
{
	if (f->fd >= 0 && ftruncate(f->fd, 0) == 0 && lseek(f->fd, 0, SEEK_SET) == 0)
		return true; /* the last one was not kept */
	if (f->fd >= 0)
		(void)close(f->fd);
	f->fd = -1;
	if (f->count < (size_t)f->conf->backlog)
		ask_parent(f, WIRE_DOCUMENT_OPEN, "");
	f->no_room = f->no_room || f->fd < 0;
	return f->fd >= 0;
}

bool
fetch_write(struct fetch *f, const void *bytes, size_t size, struct err *err)
{
	const uint8_t *at = bytes;

	while (size > 0) {
		ssize_t n = write(f->fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			f->no_room = errno == ENOSPC || errno == EDQUOT;
			return err_errno(err, "write a document");
		}
		at += n;
		size -= (size_t)n;
		f->bytes += (uint64_t)n;
	}
	return true;
}

/* What a stranger called it, as a part of a file name. */
static void
sound_text(const char *text, const char *otherwise, size_t most, char *out)
{
	static const char sound[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._@=+-";
	size_t n = 0;

	for (; *text != 0 && n < most; text++)
		if (strchr(sound, *text) != NULL && !(n == 0 && *text == '.'))
			out[n++] = *text;
	out[n] = 0;
	if (n == 0)
		(void)snprintf(out, most, "%s", otherwise);
}

static void
remember(struct fetch *f, const char *name)
{
	struct fetch_document *d;

	f->documents = xrealloc(f->documents, (f->count + 1) * sizeof *f->documents);
	d = &f->documents[f->count++];
	*d = (struct fetch_document){.taken = false};
	(void)snprintf(d->name, sizeof d->name, "%s", name);
}

bool
fetch_keep(struct fetch *f, const char *key, const char *name, struct err *err)
{
	char whole[DOCUMENT_NAME + 1], part[DOCUMENT_NAME];
	size_t used;

	sound_text(key, "document", DOCUMENT_KEY, whole);
	used = strlen(whole);
	sound_text(name, "document", DOCUMENT_NAME - used - 1, part);
	(void)snprintf(whole + used, sizeof whole - used, ",%s", part);
	f->kept = false;
	ask_parent(f, WIRE_DOCUMENT_KEEP, whole);
	(void)close(f->fd);
	f->fd = -1;
	if (!f->kept) {
		f->no_room = true;
		return err_set(err, "the document could not be kept");
	}
	remember(f, whole);
	f->fetched++;
	return true;
}

static struct fetch_document *
find(struct fetch *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->documents[i].name, name) == 0)
			return &f->documents[i];
	return NULL;
}

const struct fetch_document *
fetch_find(const struct fetch *f, const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < f->count; i++)
		if (strncmp(f->documents[i].name, key, n) == 0 &&
		    f->documents[i].name[n] == ',')
			return &f->documents[i];
	return NULL;
}

void
fetch_key(const struct fetch_document *d, char out[DOCUMENT_KEY + 1])
{
	size_t n = strcspn(d->name, ",");

	n = n < DOCUMENT_KEY ? n : DOCUMENT_KEY;
	memcpy(out, d->name, n);
	out[n] = 0;
}

/* ---- looking and settling */

static void wake(void *ctx);

static void
plan(struct fetch *f)
{
	int64_t now = fetch_now(), at = f->next, left;

	for (size_t i = 0; i < f->count; i++)
		if (f->documents[i].taken && f->settle_next < at)
			at = f->settle_next;
	left = at - now;
	loop_cancel(f->role->loop, f->timer);
	f->timer = loop_after(f->role->loop,
	    left < 0           ? 0
	    : left > WAKE_MOST ? WAKE_MOST
			       : left,
	    wake, f);
}

/* Never sooner than `span`, and up to a tenth later. */
static int64_t
by_chance(int64_t span)
{
	return span + (int64_t)((double)span * randombytes_uniform(1001) / 10000);
}

static int64_t
next_after_failure(const struct fetch *f)
{
	unsigned n = f->failed < DOUBLINGS ? f->failed : DOUBLINGS;
	int64_t wait = (int64_t)RETRY_FIRST << (n > 0 ? n - 1 : 0);

	wait = wait < f->conf->every ? wait : f->conf->every;
	return wait > f->retry_after ? wait : f->retry_after;
}

static void
save(struct fetch *f)
{
	char text[32];
	struct err err;

	(void)snprintf(text, sizeof text, "%lld", (long long)f->next);
	fetch_state_set(f, "next", text);
	if (!fetch_save(f, &err))
		log_event(LEVEL_WARNING, "state of a feed not written", "feed",
		    f->conf->report.name, "why", err.text, NULL);
}

/* One line when it begins to fail, one when it works again. */
static void
note_failure(struct fetch *f, const struct err *err)
{
	f->failures++;
	f->failed++;
	if (f->failed == 1)
		log_event(LEVEL_WARNING, "feed cannot be fetched", "feed",
		    f->conf->report.name, "why", err->text, NULL);
	(void)snprintf(f->reason, sizeof f->reason, "%s", err->text);
}

static void
note_success(struct fetch *f)
{
	if (f->failed > 0)
		log_event(LEVEL_NOTICE, "feed is fetched again", "feed",
		    f->conf->report.name, NULL);
	f->failed = 0;
	f->reason[0] = 0;
	f->last = fetch_now();
}

static void
look(struct fetch *f)
{
	struct err err;
	bool good;

	f->retry_after = 0;
	f->no_room = false;
	f->failed++; /* as long as it has not succeeded */
	f->next = fetch_now() + next_after_failure(f);
	f->failed--;
	save(f);
	good = f->fetcher->look(f, &err);
	if (f->no_room)
		f->waits++;
	if (good && !f->no_room)
		note_success(f);
	else if (!good && !f->no_room)
		note_failure(f, &err);
	f->next = fetch_now() +
		  by_chance(good && !f->no_room ? f->conf->every : next_after_failure(f));
	save(f);
}

static int64_t
settle_retry(const struct fetch *f)
{
	return f->conf->every < SETTLE_RETRY ? f->conf->every : SETTLE_RETRY;
}

static void
drop_settled(struct fetch *f)
{
	for (size_t i = f->count; i-- > 0;)
		if (f->documents[i].settled) {
			tell_parent(f, WIRE_DOCUMENT_DROP, f->documents[i].name);
			f->documents[i] = f->documents[--f->count];
		}
}

/* The state is durable before what it speaks of is dropped. */
static void
settle(struct fetch *f)
{
	struct err err, not_saved;
	bool good = f->fetcher->settle(f, &err);

	if (!good)
		note_failure(f, &err);
	if (fetch_save(f, &not_saved))
		drop_settled(f);
	else {
		note_failure(f, &not_saved);
		good = false;
	}
	f->settle_next = good ? 0 : fetch_now() + settle_retry(f);
}

static bool
settling_due(const struct fetch *f, int64_t now)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->documents[i].taken)
			return now >= f->settle_next;
	return false;
}

static void
wake(void *ctx)
{
	struct fetch *f = ctx;

	if (f->busy || !f->begun)
		return;
	f->busy = true;
	if (settling_due(f, fetch_now()))
		settle(f);
	if (fetch_now() >= f->next)
		look(f);
	f->busy = false;
	plan(f);
	role_changed(f->role);
}

/* ---- the parent */

static void
begin(struct fetch *f)
{
	const char *next = fetch_state_text(f, "next");
	int64_t now = fetch_now(),
		most = f->conf->every < START_WITHIN ? f->conf->every : START_WITHIN;

	f->next = next != NULL ? strtoll(next, NULL, 10) : 0;
	if (f->next <= now)
		f->next = now + (int64_t)randombytes_uniform((uint32_t)(most / 10) + 1);
	if (f->next >
	    now + f->conf->every) /* the clock was put back, or `every` is new */
		f->next = now + f->conf->every;
	f->begun = true;
}

static void
fetch_told(void *self, struct msg *msg)
{
	struct fetch *f = self;
	char name[DOCUMENT_NAME + 1] = "";
	size_t size = rd_left(&msg->body);

	if (size < sizeof name)
		(void)rd_copy(&msg->body, name, size);
	if (msg->type == WIRE_DOCUMENT) {
		f->fd = msg_take_fd(msg);
		f->answered = true;
	} else if (msg->type == WIRE_DOCUMENT_KEPT) {
		f->kept = name[0] == 1;
		f->answered = true;
	} else if (msg->type == WIRE_DOCUMENT_HAVE)
		remember(f, name);
	else if (msg->type == WIRE_DOCUMENT_TAKEN && find(f, name) != NULL)
		find(f, name)->taken = true;
	else if (msg->type == WIRE_DOCUMENT_BEGIN)
		begin(f);
	if (f->begun && !f->busy)
		plan(f);
	role_changed(f->role);
}

/* ---- the secret */

static bool
check_secret(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "look at %s", path);
	if (!S_ISREG(st.st_mode) || st.st_size >= FETCH_SECRET)
		return err_set(err, "%s: not a small file", path);
	if ((st.st_mode & 077) != 0)
		return err_set(
		    err, "%s: others may read this secret; chmod 600 it", path);
	return true;
}

bool
fetch_secret(const char *path, char out[FETCH_SECRET], struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = 0;
	bool good;

	if (fd < 0)
		return err_errno(err, "open %s", path);
	good = check_secret(fd, path, err);
	if (good)
		n = read(fd, out, FETCH_SECRET - 1);
	(void)close(fd);
	if (!good)
		return false;
	if (n <= 0)
		return err_set(err, "%s: empty", path);
	out[n] = 0;
	return true;
}

/* The value behind "name =", as in the vendor's own configuration. */
static bool
take_line(const char *text, const char *name, char out[FETCH_SECRET])
{
	for (const char *line = text; line != NULL;
	     line = strchr(line, '\n'), line += line != NULL) {
		size_t n = strlen(name);

		line += strspn(line, " \t");
		if (strncmp(line, name, n) != 0)
			continue;
		line += n;
		line += strspn(line, " \t");
		if (*line++ != '=')
			continue;
		line += strspn(line, " \t");
		n = strcspn(line, " \t\r\n");
		memcpy(out, line, n);
		out[n] = 0;
		return n > 0;
	}
	return false;
}

static bool
read_secret(struct fetch *f, struct err *err)
{
	char text[FETCH_SECRET];
	const char *path = f->conf->password_file;
	bool good;

	if (path == NULL)
		return true;
	if (!fetch_secret(path, text, err))
		return false;
	if (f->conf->type == FETCH_SHADOWSERVER)
		good = (take_line(text, "key", f->key) &&
			   take_line(text, "secret", f->password)) ||
		       err_set(err, "%s: holds no lines key = and secret =", path);
	else {
		size_t n = strcspn(text, "\r\n");

		memcpy(f->password, text, n);
		good = n > 0 || err_set(err, "%s: its first line is empty", path);
	}
	sodium_memzero(text, sizeof text);
	return good;
}

/* ---- life */

static void *
fetch_warm(struct role *role, struct err *err)
{
	struct fetch *f = xcalloc(1, sizeof *f);

	f->role = role;
	f->conf = config_fetch(role->config, role->index);
	f->fd = -1;
	for (size_t i = 0; fetchers[i] != NULL; i++)
		if ((int)fetchers[i]->type == f->conf->type)
			f->fetcher = fetchers[i];
	if (f->fetcher == NULL) {
		(void)err_set(
		    err, "fetch \"%s\": this type is not built in", f->conf->report.name);
		return NULL;
	}
	return read_secret(f, err) && fetch_load(f, err) && fetch_http_warm(f, err)
		   ? f
		   : NULL;
}

static void
fetch_status(void *self, struct jw *j)
{
	const struct fetch *f = self;
	size_t taken = 0;

	for (size_t i = 0; i < f->count; i++)
		taken += f->documents[i].taken;
	jw_text(j, "feed", f->conf->report.name);
	jw_when(j, "last_success", f->last == 0 ? INT64_MIN : f->last);
	jw_when(j, "next", f->next == 0 ? INT64_MIN : f->next);
	jw_uint(j, "documents", f->fetched);
	jw_uint(j, "bytes", f->bytes);
	jw_uint(j, "unchanged", f->unchanged);
	jw_uint(j, "waiting", f->count);
	jw_uint(j, "to_acknowledge", taken);
	jw_uint(j, "held_back", f->waits);
	jw_uint(j, "failures", f->failures);
	jw_text(j, "reason", f->reason[0] ? f->reason : NULL);
}

/* It has no peers but the parent. */
static void
fetch_connect(void *self, const struct role_link *link)
{
	(void)self;
	(void)close(link->fd);
}

const struct role_ops fetch_ops = {
    .name = "fetch",
    .allow = SANDBOX_CONNECT | SANDBOX_RESOLVE,
    .warm = fetch_warm,
    .connect = fetch_connect,
    .told = fetch_told,
    .status = fetch_status,
};
