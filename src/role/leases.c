/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leases.c -- the ISP's own lease logs become segments, and changes of holders.
 *
 * A log is read a chunk at a time. The subscriber keys of a chunk that are new to us are
 * asked of the engine in one message; with the answer the chunk is applied to the
 * segments (line/lease.h), and each change of an address's holder becomes a numbered
 * message to the detect roles.
 *
 * REPLAY: all logs are read before anything is told, so that what the engine sees never
 * depends on how far reading had come; the segments are made anew, since the logs are
 * all there. WALL: logs are followed as they grow; segments of earlier runs stay, and
 * a line of the log that is read again changes nothing (lease.h).
 *
 * Not handled: logs rotated while we were down (their last lines are then missing).
 */
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sandbox.h"
#include "base/table.h"
#include "base/when.h"
#include "case/policy.h"
#include "line/lease.h"
#include "line/lease_source.h"
#include "role/place.h"
#include "role/role.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	CHUNK = 64 * 1024,
	LOOK_EVERY = 1000000,
	TARGETS = 16,
	KEY_BYTES = sizeof(((struct lease_event *)0)->subscriber)
};

struct log {
	const struct config_lease *conf;
	const struct lease_reader *reader;
	void *state;
	int fd;
	char *text; /* of a chunk, and what is left of the one before */
	size_t size;
	bool ended;
	uint64_t lines, refused;
	bool misfits; /* a lease was refused for its length */
};

struct known { /* a subscriber's handle */
	char key[KEY_BYTES];
	uint32_t handle; /* 0: not used */
};

struct pending {
	struct lease_event event;
	uint32_t realm;
};

struct change {
	int64_t time;
	uint64_t order; /* among equal times */
	uint32_t realm;
	struct addr addr;
	uint16_t port_lo, port_hi;
};

struct watcher { /* a detect role */
	struct leases_role *owner;
	struct msg_peer *peer;
	bool said;
};

struct leases_role {
	struct role *role;
	struct leases *leases;
	int directory;
	struct log *logs;
	size_t log_count, current;
	struct pending *pending; /* of the present chunk, in order */
	size_t pending_count, pending_room;
	struct known *known; /* open addressing, by key */
	size_t known_count, known_room;
	size_t *asked; /* pending entries whose key was asked for */
	size_t asked_count;
	struct change *changes;
	size_t change_count, change_room;
	size_t changes_told;     /* WALL: of these, told so far */
	uint64_t numbers_before; /* WALL: the receiver counted on from here */
	int64_t keep;            /* µs that an ended lease is kept (policy) */
	int64_t now, retired; /* as the engine told; when old ones were forgotten last */
	struct watcher watchers[TARGETS];
	struct msg_peer *engine;
	bool waiting, caught_up, scheduled;
};

/* ---- handles */

static struct known *
find_known(struct leases_role *l, const char *key)
{
	size_t at = hash_bytes(key, strlen(key), 1) % l->known_room;

	while (l->known[at].handle != 0 && strcmp(l->known[at].key, key) != 0)
		at = (at + 1) % l->known_room;
	return &l->known[at];
}

static void
remember(struct leases_role *l, const char *key, uint32_t handle)
{
	struct known *k;

	if (2 * (l->known_count + 1) > l->known_room) {
		struct known *old = l->known;
		size_t room = l->known_room;

		l->known_room = room ? 2 * room : 1024;
		l->known = xcalloc(l->known_room, sizeof *l->known);
		for (size_t i = 0; i < room; i++)
			if (old[i].handle != 0)
				*find_known(l, old[i].key) = old[i];
		free(old);
	}
	k = find_known(l, key);
	l->known_count += k->handle == 0;
	(void)strncpy(k->key, key, sizeof k->key - 1);
	k->handle = handle;
}

static uint32_t
handle_of(struct leases_role *l, const char *key)
{
	return l->known_room > 0 ? find_known(l, key)->handle : 0;
}

/* ---- a chunk */

/* Said once: the log's lines hold people's keys, and there may be many. */
static void
refuse_misfit(struct log *log, const char *sentence)
{
	log->refused++;
	if (!log->misfits)
		log_line(LEVEL_WARNING, "%s:%llu: %s; counted from now on",
		    log->conf->path, (unsigned long long)log->lines, sentence);
	log->misfits = true;
}

static void
take_event(struct leases_role *l, struct log *log, const struct lease_event *event)
{
	struct err err;

	if (!lease_event_fits(event, (uint8_t)l->role->config->v6_prefix, &err)) {
		refuse_misfit(log, err.text);
		return;
	}
	if (l->pending_count == l->pending_room) {
		l->pending_room = l->pending_room ? 2 * l->pending_room : 256;
		l->pending = xrealloc(l->pending, l->pending_room * sizeof *l->pending);
	}
	l->pending[l->pending_count++] =
	    (struct pending){*event, log->conf->realm_number};
}

static void
take_line(struct leases_role *l, struct log *log, const char *text, size_t size)
{
	struct lease_event events[LEASE_EVENTS];
	struct err err;
	int n = log->reader->line(log->state, text, size, events, &err);

	log->lines++;
	log->refused += n < 0;
	while (n > 0) {
		for (int i = 0; i < n; i++)
			take_event(l, log, &events[i]);
		n = log->reader->more != NULL ? log->reader->more(log->state, events) : 0;
	}
}

static void
take_lines(struct leases_role *l, struct log *log, bool last)
{
	char *at = log->text, *end = log->text + log->size, *newline;

	while ((newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		take_line(l, log, at, (size_t)(newline - at));
		at = newline + 1;
	}
	if (end - at == 2 * CHUNK || (last && end > at)) {
		take_line(l, log, at, (size_t)(end - at));
		at = end;
	}
	log->size = (size_t)(end - at);
	memmove(log->text, at, log->size);
}

/* False: nothing more to read now. */
static bool
read_chunk(struct leases_role *l, struct log *log)
{
	ssize_t n = read(log->fd, log->text + log->size, CHUNK);

	if (n > 0)
		log->size += (size_t)n;
	else if (l->role->config->clock == CLOCK_WALL)
		return false;
	else
		log->ended = true;
	take_lines(l, log, log->ended);
	return true;
}

/* Asks for each key that is new, once. False: none is. */
static bool
ask(struct leases_role *l)
{
	struct wr w, keys;

	wr_init(&keys, MSG_MAX - 16);
	l->asked = xrealloc(l->asked, (l->pending_count + 1) * sizeof *l->asked);
	l->asked_count = 0;
	for (size_t i = 0; i < l->pending_count; i++) {
		const char *key = l->pending[i].event.subscriber;

		if (key[0] == 0 || handle_of(l, key) != 0)
			continue;
		remember(l, key, UINT32_MAX); /* asked for */
		l->asked[l->asked_count++] = i;
		wr_blob(&keys, key, strlen(key));
	}
	wr_init(&w, MSG_MAX);
	wr_u32(&w, (uint32_t)l->asked_count);
	wr_put(&w, keys.bytes, keys.size);
	if (l->asked_count > 0)
		msg_send(l->engine, WIRE_HANDLES_ASK, w.bytes, w.size, -1);
	wr_fini(&keys);
	wr_fini(&w);
	return l->asked_count > 0;
}

static void
note_change(struct leases_role *l, const struct lease *lease)
{
	struct line_key key =
	    line_key_of(lease->realm, &lease->addr, (uint8_t)l->role->config->v6_prefix);

	if (l->change_count == l->change_room) {
		l->change_room = l->change_room ? 2 * l->change_room : 256;
		l->changes = xrealloc(l->changes, l->change_room * sizeof *l->changes);
	}
	l->changes[l->change_count] = (struct change){lease->start, l->change_count,
	    lease->realm, key.addr, lease->port_lo, lease->port_hi};
	l->change_count++;
}

static void
apply(struct leases_role *l, const struct pending *p)
{
	const struct lease_event *e = &p->event;
	/* One address of IPv6 is its own: others of its /64 may be other lines'. */
	struct lease lease = {.addr = e->addr,
	    .realm = p->realm,
	    .port_lo = e->port_lo,
	    .port_hi = e->port_hi,
	    .start = e->time,
	    .end = e->expires,
	    .handle = handle_of(l, e->subscriber)};

	if (e->change == LEASE_ENDED)
		leases_end(l->leases, &lease, e->time);
	else if (leases_add(l->leases, &lease))
		note_change(l, &lease);
}

static void
apply_chunk(struct leases_role *l)
{
	for (size_t i = 0; i < l->pending_count; i++)
		apply(l, &l->pending[i]);
	l->pending_count = 0;
}

/* ---- telling */

static int
compare_changes(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static void
send_change(const struct leases_role *l, struct msg_peer *peer, size_t i)
{
	const struct change *c = &l->changes[i];
	struct wr w;

	wr_init(&w, 256);
	wr_u64(&w, l->numbers_before + i + 1);
	wr_u64(&w, (uint64_t)c->time);
	wr_u32(&w, c->realm);
	wr_put(&w, c->addr.b, sizeof c->addr.b);
	wr_u16(&w, c->port_lo);
	wr_u16(&w, c->port_hi);
	msg_send(peer, WIRE_CHANGE, w.bytes, w.size, -1);
	wr_fini(&w);
}

static int64_t
wall_now(void)
{
	struct clock wall;

	clock_init(&wall, CLOCK_WALL);
	return clock_now(&wall);
}

/* REPLAY: everything has been told. WALL: the log is this fresh. */
static int64_t
watermark(const struct leases_role *l)
{
	return l->role->config->clock == CLOCK_REPLAY ? WHEN_NEVER
						      : wall_now() - LOOK_EVERY;
}

static void
send_watermark(const struct leases_role *l, struct msg_peer *peer)
{
	struct wr w;

	wr_init(&w, 64);
	wr_u64(&w, (uint64_t)watermark(l));
	if (peer == l->engine)
		wr_u64(&w, (uint64_t)INT64_MIN);
	msg_send(peer, WIRE_WATERMARK, w.bytes, w.size, -1);
	wr_fini(&w);
}

/* Tells what is new to those who have said what they know. */
static void
tell(struct leases_role *l)
{
	for (size_t i = 0; i < TARGETS; i++) {
		if (!l->watchers[i].said)
			continue;
		for (size_t k = l->changes_told; k < l->change_count; k++)
			send_change(l, l->watchers[i].peer, k);
		send_watermark(l, l->watchers[i].peer);
	}
	l->changes_told = l->change_count;
	if (l->engine != NULL) {
		msg_send(l->engine, WIRE_LEASES, "", 0, -1);
		send_watermark(l, l->engine);
	}
	role_changed(l->role);
}

/* What ended longer ago than policy keeps it. Attribution leaves it out by itself, so
 * nobody notices when this happens. */
static void
forget_old(struct leases_role *l)
{
	struct err err;

	if (!l->caught_up || l->retired == l->now)
		return;
	l->retired = l->now;
	if (!leases_retire(l->leases, l->now - l->keep, &err))
		log_line(LEVEL_WARNING, "leases past their time are kept: %s", err.text);
	if (l->engine != NULL)
		msg_send(l->engine, WIRE_LEASES, "", 0, -1);
	role_changed(l->role);
}

static void
catch_up(struct leases_role *l)
{
	struct err err;

	if (!leases_sync(l->leases, &err)) {
		log_line(LEVEL_WARNING, "%s", err.text);
		return; /* tried again with the next look */
	}
	if (!l->caught_up)
		qsort(l->changes, l->change_count, sizeof *l->changes, compare_changes);
	l->caught_up = true;
	forget_old(l);
	tell(l);
}

/* ---- work */

static void work(void *ctx);

static void
schedule(struct leases_role *l, int64_t delay)
{
	if (l->scheduled)
		return;
	l->scheduled = true;
	(void)loop_after(l->role->loop, delay, work, l);
}

static void
work(void *ctx)
{
	struct leases_role *l = ctx;

	l->scheduled = false;
	if (l->engine == NULL || l->waiting)
		return;
	for (; l->current < l->log_count; l->current++) {
		if (!read_chunk(l, &l->logs[l->current]))
			continue;
		l->waiting = ask(l);
		if (!l->waiting)
			apply_chunk(l);
		l->current += l->logs[l->current].ended;
		schedule(l, 0);
		return;
	}
	if (l->role->config->clock == CLOCK_WALL) {
		l->current = 0;
		catch_up(l);
		schedule(l, LOOK_EVERY);
	} else if (!l->caught_up) {
		catch_up(l);
		if (!l->caught_up)
			schedule(l, LOOK_EVERY);
	}
}

/* ---- peers */

static void
on_handles(struct leases_role *l, struct msg_peer *peer, struct msg *msg)
{
	if (!l->waiting || rd_u32(&msg->body) != l->asked_count) {
		msg_violation(peer, "handles that were not asked for");
		return;
	}
	for (size_t i = 0; i < l->asked_count; i++)
		remember(l, l->pending[l->asked[i]].event.subscriber, rd_u32(&msg->body));
	l->waiting = false;
	apply_chunk(l);
	schedule(l, 0);
}

static void
on_engine(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	struct leases_role *l = ctx;

	if (msg->type == WIRE_HANDLES)
		on_handles(l, peer, msg);
	else if (msg->type == WIRE_TIME && rd_left(&msg->body) == 8) {
		l->now = (int64_t)rd_u64(&msg->body);
		forget_old(l);
	} else
		msg_violation(peer, "the engine may not say this to leases");
}

static void
on_engine_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	struct leases_role *l = ctx;

	role_tell_violation(l->role, ENGINE_ROLE, 0, why);
	msg_peer_free(peer);
	l->engine = NULL;
}

static void
on_watcher(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	struct watcher *w = ctx;
	struct leases_role *l = w->owner;
	uint64_t number = rd_u64(&msg->body);

	if (msg->body.bad || (msg->type != WIRE_HELLO && msg->type != WIRE_ACK)) {
		msg_violation(peer, "detect may not say this to leases");
		return;
	}
	if (msg->type != WIRE_HELLO)
		return;
	w->said = true;
	if (l->role->config->clock == CLOCK_WALL && l->change_count == 0 &&
	    number > l->numbers_before)
		l->numbers_before = number;
	for (uint64_t i = 0; l->caught_up && i < l->changes_told; i++)
		if (l->numbers_before + i + 1 > number)
			send_change(l, peer, (size_t)i);
	if (l->caught_up)
		send_watermark(l, peer);
}

static void
on_watcher_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	struct watcher *w = ctx;

	role_tell_violation(
	    w->owner->role, DETECT_ROLE, (unsigned)(w - w->owner->watchers), why);
	msg_peer_free(peer);
	w->peer = NULL;
	w->said = false;
}

static const struct msg_calls engine_calls = {on_engine, on_engine_gone, NULL};
static const struct msg_calls watcher_calls = {on_watcher, on_watcher_gone, NULL};

/* A fresh engine has not answered what the former one was asked. */
static void
connect_engine(struct leases_role *l, int fd)
{
	struct wr w;

	msg_peer_free(l->engine);
	l->engine = msg_peer_new(l->role->loop, fd, &engine_calls, l);
	if (l->waiting) {
		wr_init(&w, MSG_MAX);
		wr_u32(&w, (uint32_t)l->asked_count);
		for (size_t i = 0; i < l->asked_count; i++) {
			const char *key = l->pending[l->asked[i]].event.subscriber;

			wr_blob(&w, key, strlen(key));
		}
		msg_send(l->engine, WIRE_HANDLES_ASK, w.bytes, w.size, -1);
		wr_fini(&w);
	}
	if (l->caught_up) {
		msg_send(l->engine, WIRE_LEASES, "", 0, -1);
		send_watermark(l, l->engine);
	}
	schedule(l, 0);
}

static void
leases_connect(void *self, const struct role_link *link)
{
	struct leases_role *l = self;
	struct watcher *w = &l->watchers[link->index % TARGETS];

	if (link->kind == ENGINE_ROLE) {
		connect_engine(l, link->fd);
		return;
	}
	msg_peer_free(w->peer);
	w->owner = l;
	w->said = false;
	w->peer = msg_peer_new(l->role->loop, link->fd, &watcher_calls, w);
}

/* ---- life */

static bool
open_log(struct log *log, const struct config_lease *conf, struct err *err)
{
	log->conf = conf;
	log->reader = lease_readers[conf->type];
	log->fd = open(conf->path, O_RDONLY | O_CLOEXEC);
	if (log->fd < 0)
		return err_errno(err, "leases: open %s", conf->path);
	log->state = log->reader->open(conf->zone_offset);
	log->text = xmalloc(3 * CHUNK);
	return true;
}

static void *
leases_warm(struct role *role, struct err *err)
{
	struct leases_role *l = xcalloc(1, sizeof *l);
	char *path = place_path(role->config, "leases");
	struct policy *policy = policy_read(role->config->policy, err);

	if (policy == NULL)
		return NULL;
	l->keep = policy->retention.leases;
	policy_free(policy);
	l->role = role;
	l->log_count = role->config->leases.count;
	l->logs = xcalloc(l->log_count, sizeof *l->logs);
	for (size_t i = 0; i < l->log_count; i++)
		if (!open_log(&l->logs[i], config_lease(role->config, i), err))
			return NULL;
	l->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->directory < 0) {
		(void)err_errno(err, "open %s", path);
		return NULL;
	}
	free(path);
	return l;
}

/* Names first: the directory is not changed while it is read. */
static void
empty_directory(int directory)
{
	DIR *dir = fdopendir(dup(directory));
	struct dirent *entry;

	if (dir == NULL)
		return;
	rewinddir(dir);
	while ((entry = readdir(dir)) != NULL) /* NOLINT: one thread */
		if (entry->d_name[0] != '.')
			(void)unlinkat(directory, entry->d_name, 0);
	(void)closedir(dir);
}

static void
leases_start(void *self)
{
	struct leases_role *l = self;
	struct err err;

	if (l->role->config->clock == CLOCK_REPLAY)
		empty_directory(l->directory);
	l->leases = leases_open(l->directory, true, &err);
	if (l->leases == NULL)
		role_fail(&err);
}

static void
leases_status(void *self, struct jw *j)
{
	const struct leases_role *l = self;
	uint64_t lines = 0, refused = 0;

	for (size_t i = 0; i < l->log_count; i++) {
		lines += l->logs[i].lines;
		refused += l->logs[i].refused;
	}
	jw_uint(j, "lines", lines);
	jw_uint(j, "refused", refused);
	jw_uint(j, "leases", l->leases != NULL ? leases_count(l->leases) : 0);
	jw_uint(j, "subscribers", l->known_count);
	jw_uint(j, "changes", l->change_count);
	jw_flag(j, "caught_up", l->caught_up);
	jw_array(j, "logs");
	for (size_t i = 0; i < l->log_count; i++) {
		jw_object(j, NULL);
		jw_text(j, "type", l->logs[i].reader->name);
		jw_uint(j, "lines", l->logs[i].lines);
		jw_uint(j, "refused", l->logs[i].refused);
		jw_end(j);
	}
	jw_end(j);
}

static void
leases_stop(void *self)
{
	struct leases_role *l = self;
	struct err err;

	if (l->leases != NULL && !leases_sync(l->leases, &err))
		log_line(LEVEL_WARNING, "%s", err.text);
}

const struct role_ops leases_ops = {
    .name = "leases",
    .allow = SANDBOX_FILES,
    .warm = leases_warm,
    .start = leases_start,
    .connect = leases_connect,
    .status = leases_status,
    .stop = leases_stop,
};
