/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parent.c -- see parent.h.
 *
 * Every role is in one table. A role is `ready` when it has entered its jail and opened
 * what it needs; whenever one becomes ready, it is joined with all ready roles that it
 * talks to (links[]). The console reads the store, which is the engine's to make: it is
 * started when the engine is ready first.
 *
 * Restart: at once (BACKOFF_FIRST) for a role that had worked a while, then later
 * each time, BACKOFF_MOST at the latest.
 */
#include "role/parent.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/ring.h"
#include "role/feeds.h"
#include "role/place.h"
#include "role/role.h"
#include "role/spool.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	BACKOFF_FIRST = 10000,
	BACKOFF_MOST = 1000000,
	WORKED = 100000, /* µs of life after which a death is no loop of deaths */
	VIOLATIONS = 3,
	VIOLATION_SPAN = 60000000,
	STOP_PATIENCE = 10000000,
	STATUS_MOST = 256 * 1024, /* bytes */
	ENGINE_QUEUE = 4 << 20    /* bytes that may wait for the engine */
};

struct parent;

struct child {
	struct parent *parent;
	enum role_kind kind;
	unsigned index;
	pid_t pid; /* 0: not running */
	struct msg_peer *peer;
	bool ready, down;
	bool wanted; /* batch: again, once this one has ended */
	int64_t ready_at, backoff;
	uint32_t restarts;
	int64_t violations[VIOLATIONS]; /* monotonic times, newest last */
	uint8_t *status;
	size_t status_size;
};

struct parent {
	const struct config *config;
	struct place place;
	struct loop *loop;
	struct child *children;
	size_t count;
	struct spool *spool;
	struct feeds *feeds;
	bool stopping, finished;
};

static const struct {
	enum role_kind from, to;
	bool ring;
} links[] = {
    {DECODE_ROLE, DETECT_ROLE, true},
    {DETECT_ROLE, ENGINE_ROLE, false},
    {INTAKE_ROLE, ENGINE_ROLE, false},
    {LEASES_ROLE, ENGINE_ROLE, false},
    {LEASES_ROLE, DETECT_ROLE, false},
    {ACTOR_ROLE, ENGINE_ROLE, false},
    {CONSOLE_ROLE, ENGINE_ROLE, false},
    {BATCH_ROLE, ENGINE_ROLE, false},
};

static struct child *
find(struct parent *p, enum role_kind kind, unsigned index)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->children[i].kind == kind && p->children[i].index == index)
			return &p->children[i];
	return NULL;
}

/* ---- telling roles */

static void
tell_link(struct child *to, const struct child *about, int fd, int ring)
{
	uint8_t body[5] = {(uint8_t)about->kind, (uint8_t)(about->index >> 24),
	    (uint8_t)(about->index >> 16), (uint8_t)(about->index >> 8),
	    (uint8_t)about->index};

	if (ring >= 0)
		msg_send(to->peer, WIRE_RING, "", 0, ring);
	msg_send(to->peer, WIRE_CONNECT, body, sizeof body, fd);
}

static void
join(struct child *a, struct child *b, bool with_ring)
{
	int fds[2], ring = with_ring ? ring_memory() : -1;

	msg_pair(fds);
	tell_link(a, b, fds[0], with_ring ? dup(ring) : -1);
	tell_link(b, a, fds[1], ring);
}

static void
join_all(struct parent *p, struct child *c)
{
	for (size_t i = 0; i < p->count; i++) {
		struct child *other = &p->children[i];

		for (size_t k = 0; other->ready && k < sizeof links / sizeof links[0];
		     k++)
			if ((links[k].from == c->kind && links[k].to == other->kind) ||
			    (links[k].to == c->kind && links[k].from == other->kind))
				join(c, other, links[k].ring);
	}
}

/* The engine answers for everybody's status. */
static void
tell_engine(struct parent *p, const struct child *about)
{
	struct child *engine = find(p, ENGINE_ROLE, 0);
	struct wr w;

	if (engine == NULL || !engine->ready)
		return;
	wr_init(&w, MSG_MAX);
	wr_u8(&w, (uint8_t)about->kind);
	wr_u32(&w, about->index);
	wr_u32(&w, (uint32_t)about->pid);
	wr_u8(&w, about->ready);
	wr_u8(&w, about->down);
	wr_u32(&w, about->restarts);
	wr_blob(&w, about->status, about->status_size);
	msg_send(engine->peer, WIRE_ROLE, w.bytes, w.size, -1);
	wr_fini(&w);
}

static void start(void *ctx);

static void
tell_finish(struct parent *p, struct child *c)
{
	if (p->finished && c->kind == DECODE_ROLE && c->ready)
		msg_send(c->peer, WIRE_FINISH, "", 0, -1);
}

/* ---- what roles say */

static void
on_role_ready(struct parent *p, struct child *c)
{
	c->ready = true;
	c->ready_at = clock_monotonic();
	join_all(p, c);
	tell_finish(p, c);
	if (c->kind == INTAKE_ROLE)
		spool_to(p->spool, c->peer);
	if (c->kind == FETCH_ROLE)
		feeds_to(p->feeds, c->index, c->peer);
	if (c->kind != ENGINE_ROLE) {
		tell_engine(p, c);
		return;
	}
	for (size_t i = 0; i < p->count; i++) {
		tell_engine(p, &p->children[i]);
		if (p->children[i].kind == CONSOLE_ROLE)
			start(&p->children[i]);
	}
}

/* What does not fit is left out; the next one tells as much. */
static void
on_role_status(struct parent *p, struct child *c, struct msg *msg)
{
	const struct child *engine = find(p, ENGINE_ROLE, 0);

	if (rd_left(&msg->body) > STATUS_MOST ||
	    (engine->peer != NULL && msg_queued(engine->peer) > ENGINE_QUEUE))
		return;
	c->status_size = rd_left(&msg->body);
	c->status = xrealloc(c->status, c->status_size);
	(void)rd_copy(&msg->body, c->status, c->status_size);
	tell_engine(p, c);
}

static void
leave_down(struct parent *p, struct child *c)
{
	char index[16];

	(void)snprintf(index, sizeof index, "%u", c->index);
	c->down = true;
	log_event(LEVEL_ERROR, "left down after three violations in a minute", "role",
	    role_ops[c->kind]->name, "index", index, NULL);
	tell_engine(p, c);
}

static void
count_violation(struct parent *p, struct child *c)
{
	memmove(c->violations, c->violations + 1, sizeof c->violations - sizeof(int64_t));
	c->violations[VIOLATIONS - 1] = clock_monotonic();
	if (c->violations[0] != 0 &&
	    c->violations[VIOLATIONS - 1] - c->violations[0] <= VIOLATION_SPAN)
		leave_down(p, c);
	if (c->pid > 0)
		(void)kill(c->pid, SIGKILL);
}

/* Every link goes from the role that is trusted less to the one that is trusted more. */
static bool
may_accuse(enum role_kind teller, enum role_kind accused)
{
	for (size_t k = 0; k < sizeof links / sizeof links[0]; k++)
		if (links[k].from == accused && links[k].to == teller)
			return true;
	return false;
}

/* An accusation against the stream falls back on its teller, who gets a fresh pair by
 * being started anew: whoever reads strangers' bytes could else talk the engine down. */
static void
on_violation(struct parent *p, struct child *teller, struct msg *msg)
{
	enum role_kind kind = (enum role_kind)rd_u8(&msg->body);
	unsigned index = rd_u32(&msg->body);
	bool believed = !msg->body.bad && may_accuse(teller->kind, kind);
	struct child *c = believed ? find(p, kind, index) : teller;
	char why[128] = "";

	(void)rd_copy(&msg->body, why,
	    rd_left(&msg->body) < sizeof why - 1 ? rd_left(&msg->body) : sizeof why - 1);
	if (c == NULL || !c->ready)
		return;
	log_event(LEVEL_WARNING, "malformed message", "from", role_ops[c->kind]->name,
	    "told_by", role_ops[teller->kind]->name, "why", why, NULL);
	count_violation(p, c);
}

static void
start_batch(struct parent *p)
{
	struct child *c = find(p, BATCH_ROLE, 0);

	if (c == NULL || c->pid != 0) {
		if (c != NULL)
			c->wanted = true;
		return;
	}
	c->restarts++;
	start(c);
}

static void
on_message(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	struct child *c = ctx;
	struct parent *p = c->parent;

	if (msg->type == WIRE_READY && !c->ready)
		on_role_ready(p, c);
	else if (msg->type == WIRE_STATUS)
		on_role_status(p, c, msg);
	else if (msg->type == WIRE_VIOLATION)
		on_violation(p, c, msg);
	else if (msg->type == WIRE_REPLAY_END && c->kind == ENGINE_ROLE) {
		p->finished = true;
		for (size_t i = 0; i < p->count; i++)
			tell_finish(p, &p->children[i]);
	} else if (msg->type == WIRE_BATCH_START && c->kind == ENGINE_ROLE) {
		start_batch(p);
	} else if (msg->type == WIRE_RELOAD && c->kind == ENGINE_ROLE) {
		for (size_t i = 0; i < p->count; i++)
			if (p->children[i].kind == DETECT_ROLE && p->children[i].ready)
				msg_send(p->children[i].peer, WIRE_STOP, "", 0, -1);
	} else if (msg->type == WIRE_REPORT_TAKEN && c->kind == INTAKE_ROLE) {
		spool_taken(p->spool, rd_u64(&msg->body));
	} else if (c->kind != FETCH_ROLE ||
		   !feeds_message(p->feeds, p->spool, c->index, msg))
		msg_violation(peer, "a role may not say this to the parent");
}

static void
on_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	struct child *c = ctx;

	(void)peer;
	if (why != NULL)
		count_violation(c->parent, c);
}

static const struct msg_calls calls = {on_message, on_gone, NULL};

/* ---- starting */

static int
compare_fds(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The child keeps the standard descriptors, its pair and what was opened for it. */
static void
close_others(const struct role *role, int pair)
{
	int keep[ROLE_FDS + 2], count = 0;
	unsigned from = 3;

	keep[count++] = pair;
	for (int i = 0; i < ROLE_FDS; i++)
		if (role->fds[i] >= 0)
			keep[count++] = role->fds[i];
	qsort(keep, (size_t)count, sizeof keep[0], compare_fds);
	for (int i = 0; i < count; from = (unsigned)keep[i++] + 1)
		if ((unsigned)keep[i] > from)
			(void)close_range(from, (unsigned)keep[i] - 1, 0);
	(void)close_range(from, ~0U, 0);
}

static void
give_sockets(const struct parent *p, struct role *role)
{
	for (int i = 0; i < ROLE_FDS; i++)
		role->fds[i] = -1;
	if (role->kind == DECODE_ROLE)
		role->fds[0] = p->place.sources[role->index];
	else if (role->kind == ENGINE_ROLE)
		role->fds[0] = p->place.control;
	else if (role->kind == CONSOLE_ROLE)
		role->fds[0] = p->place.console;
	role->port = role->kind == DECODE_ROLE    ? p->place.source_ports[role->index]
		     : role->kind == CONSOLE_ROLE ? p->place.console_port
						  : 0;
}

static _Noreturn void
be_role(const struct parent *p, const struct child *c, int pair)
{
	struct role *role = xcalloc(1, sizeof *role);

	role->ops = role_ops[c->kind];
	role->config = p->config;
	role->kind = c->kind;
	role->index = c->index;
	memcpy(role->slots.key, p->place.key, sizeof role->slots.key);
	give_sockets(p, role);
	close_others(role, pair);
	role_run(role, pair);
}

static void
start(void *ctx)
{
	struct child *c = ctx;
	struct parent *p = c->parent;
	int fds[2];

	if (p->stopping || c->down || c->pid != 0)
		return;
	c->wanted = false;
	msg_pair(fds);
	c->pid = fork();
	if (c->pid < 0)
		fatal("fork: %s", strerrordesc_np(errno));
	if (c->pid == 0)
		be_role(p, c, fds[1]);
	(void)close(fds[1]);
	c->peer = msg_peer_new(p->loop, fds[0], &calls, c);
}

/* ---- ending */

static void
tell_death(const struct child *c, int status)
{
	char why[64], index[16];

	if (WIFSIGNALED(status))
		(void)snprintf(why, sizeof why, "signal %d", WTERMSIG(status));
	else
		(void)snprintf(why, sizeof why, "status %d", WEXITSTATUS(status));
	(void)snprintf(index, sizeof index, "%u", c->index);
	log_event(LEVEL_WARNING, "role ended", "role", role_ops[c->kind]->name, "index",
	    index, "by", why, NULL);
}

static void
on_death(struct parent *p, struct child *c, int status)
{
	bool worked = c->ready && clock_monotonic() - c->ready_at > WORKED;

	if (!p->stopping && !(c->kind == BATCH_ROLE && status == 0))
		tell_death(c, status);
	if (c->kind == INTAKE_ROLE)
		spool_to(p->spool, NULL);
	if (c->kind == FETCH_ROLE)
		feeds_to(p->feeds, c->index, NULL);
	msg_peer_free(c->peer);
	c->peer = NULL;
	c->pid = 0;
	c->ready = false;
	c->backoff = worked || c->backoff == 0 ? BACKOFF_FIRST : 3 * c->backoff / 2;
	c->backoff = c->backoff > BACKOFF_MOST ? BACKOFF_MOST : c->backoff;
	if (c->kind == BATCH_ROLE) {
		tell_engine(p, c);
		if (c->wanted)
			start_batch(p);
		return;
	}
	c->restarts++;
	tell_engine(p, c);
	if (!p->stopping && !c->down)
		(void)loop_after(p->loop, c->backoff, start, c);
}

static void
on_sigchld(void *ctx)
{
	struct parent *p = ctx;
	size_t alive = 0;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < p->count; i++)
			if (p->children[i].pid == pid)
				on_death(p, &p->children[i], status);
	for (size_t i = 0; i < p->count; i++)
		alive += p->children[i].pid > 0;
	if (p->stopping && alive == 0)
		loop_stop(p->loop);
}

static void
kill_rest(void *ctx)
{
	struct parent *p = ctx;

	for (size_t i = 0; i < p->count; i++)
		if (p->children[i].pid > 0)
			(void)kill(p->children[i].pid, SIGKILL);
}

static void
stop(void *ctx)
{
	struct parent *p = ctx;

	if (p->stopping)
		return;
	p->stopping = true;
	for (size_t i = 0; i < p->count; i++)
		if (p->children[i].ready)
			msg_send(p->children[i].peer, WIRE_STOP, "", 0, -1);
		else if (p->children[i].pid > 0)
			(void)kill(p->children[i].pid, SIGKILL);
	(void)loop_after(p->loop, STOP_PATIENCE, kill_rest, p);
	on_sigchld(p);
}

/* ---- the table */

static void
add(struct parent *p, enum role_kind kind, size_t count)
{
	p->children = xrealloc(p->children, (p->count + count) * sizeof *p->children);
	for (size_t i = 0; i < count; i++)
		p->children[p->count++] =
		    (struct child){.parent = p, .kind = kind, .index = (unsigned)i};
}

static void
make_table(struct parent *p)
{
	const struct config *c = p->config;

	add(p, ENGINE_ROLE, 1);
	add(p, ACTOR_ROLE, 1);
	add(p, LEASES_ROLE, c->leases.count > 0);
	add(p, DETECT_ROLE, c->sources.count > 0 ? (size_t)c->detect.processes : 0);
	add(p, DECODE_ROLE, c->decoder_count);
	add(p, INTAKE_ROLE, config_report_count(c) > 0);
	add(p, FETCH_ROLE, c->fetch.count);
	add(p, CONSOLE_ROLE, c->console.enabled);
	add(p, BATCH_ROLE, 1);
}

static void
raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void
on_taken(void *ctx, size_t entry, const char *name)
{
	struct parent *p = ctx;

	if (entry >= p->config->reports.count)
		feeds_taken(p->feeds, entry - p->config->reports.count, name);
}

bool
parent_run(const struct config *config, struct err *err)
{
	struct parent p = {.config = config};

	if (!place_open(&p.place, config, err))
		return false;
	raise_limits();
	(void)umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	p.loop = loop_new();
	p.feeds = feeds_new(config);
	p.spool = spool_new(config, p.loop, on_taken, &p);
	make_table(&p);
	loop_signal(p.loop, SIGCHLD, on_sigchld, &p);
	loop_signal(p.loop, SIGTERM, stop, &p);
	loop_signal(p.loop, SIGINT, stop, &p);
	for (size_t i = 0; i < p.count; i++)
		if (p.children[i].kind != BATCH_ROLE &&
		    p.children[i].kind != CONSOLE_ROLE)
			start(&p.children[i]);
	loop_run(p.loop);
	for (size_t i = 0; i < p.count; i++)
		free(p.children[i].status);
	spool_free(p.spool);
	feeds_free(p.feeds);
	loop_free(p.loop);
	free(p.children);
	place_close(&p.place);
	return true;
}
