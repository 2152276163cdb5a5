/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.c -- the role console: the staff's API and pages (web/console.h) in a jail.
 *
 * It reads the store, read-only, and never sees the identity database. What it asks of
 * the engine travels as WIRE_ASK and comes back as WIRE_ANSWER; without an engine,
 * requests that need it are refused at once, and those that wait are told so.
 */
#include "web/console.h"

#include "base/mem.h"
#include "base/sandbox.h"
#include "measure/today.h"
#include "role/role.h"

#include <stdlib.h>
#include <time.h>

enum { SOCKET_FD = 0 };

struct console_role {
	struct role *role;
	struct store *store;
	struct console *console;
	struct msg_peer *engine; /* NULL: not there */
	uint64_t timer;
	uint64_t asked, answered;
};

static void serve(void *ctx);

/* libmicrohttpd's own time-outs, besides its descriptor. */
static void
arm(struct console_role *c)
{
	int64_t delay = console_timeout(c->console);

	loop_cancel(c->role->loop, c->timer);
	c->timer = delay < 0 ? 0 : loop_after(c->role->loop, delay, serve, c);
}

static void
serve(void *ctx)
{
	struct console_role *c = ctx;

	c->timer = 0;
	console_run(c->console);
	arm(c);
}

static void
serve_fd(void *ctx, int fd, unsigned ready)
{
	(void)fd;
	(void)ready;
	serve(ctx);
}

static bool
ask(void *ctx, uint64_t ticket, uint32_t actor, const char *json, size_t size)
{
	struct console_role *c = ctx;
	struct wr w;
	bool good;

	if (c->engine == NULL)
		return false;
	wr_init(&w, MSG_MAX);
	wr_u64(&w, ticket);
	wr_u32(&w, actor);
	wr_put(&w, json, size);
	if (!w.bad)
		msg_send(c->engine, WIRE_ASK, w.bytes, w.size, -1);
	good = !w.bad;
	c->asked += good;
	wr_fini(&w);
	return good;
}

static void
engine_message(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	struct console_role *c = ctx;
	uint64_t ticket;

	if (msg->type == WIRE_LOGOUT && rd_left(&msg->body) == 4) {
		console_end_sessions(c->console, rd_u32(&msg->body));
		return;
	}
	ticket = rd_u64(&msg->body);
	if (msg->type != WIRE_ANSWER || msg->body.bad) {
		msg_violation(peer, "not an answer");
		return;
	}
	c->answered++;
	console_answer(
	    c->console, ticket, (const char *)msg->body.at, rd_left(&msg->body));
	arm(c);
}

static void
engine_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	struct console_role *c = ctx;

	if (why != NULL)
		role_tell_violation(c->role, ENGINE_ROLE, 0, why);
	msg_peer_free(peer);
	c->engine = NULL;
	console_engine_lost(c->console);
	arm(c);
}

static const struct msg_calls engine_calls = {
    .message = engine_message, .gone = engine_gone};

static void
console_connect(void *self, const struct role_link *link)
{
	struct console_role *c = self;

	if (c->engine != NULL) {
		msg_peer_free(c->engine);
		console_engine_lost(c->console);
	}
	c->engine = msg_peer_new(c->role->loop, link->fd, &engine_calls, c);
}

static void *
console_warm(struct role *role, struct err *err)
{
	struct console_role *c = xcalloc(1, sizeof *c);

	(void)err;
	tzset();             /* libmicrohttpd dates its replies */
	json_object_seed(0); /* else jansson would read /dev/urandom */
	c->role = role;
	return c;
}

/* The store is the engine's to make: the parent waits for that. Once it is open no file
 * is opened any more: the identity database, which belongs to the same
 * user, is out of reach. */
static void
console_start(void *self)
{
	struct console_role *c = self;
	struct console_config config = {.listen_fd = c->role->fds[SOCKET_FD],
	    .metrics = c->role->config->console.metrics,
	    .ask = ask,
	    .ask_ctx = c};
	struct err err;

	c->store = config.store = store_open(c->role->config->directory, false, &err);
	if (c->store == NULL)
		role_fail(&err);
	c->console = console_new(&config, &err);
	if (c->console == NULL)
		role_fail(&err);
	(void)measure_now(c->store); /* a first reading opens what readers need */
	if (!sandbox_narrow(SANDBOX_ACCEPT, &err))
		role_fail(&err);
	loop_fd(c->role->loop, console_fd(c->console), LOOP_READ, serve_fd, c);
	serve(c);
}

static void
console_status(void *self, struct jw *j)
{
	const struct console_role *c = self;

	jw_uint(j, "port", c->role->port);
	jw_uint(j, "asked", c->asked);
	jw_uint(j, "answered", c->answered);
}

static void
console_stop(void *self)
{
	struct console_role *c = self;

	console_free(c->console);
	store_close(c->store);
}

const struct role_ops console_ops = {
    .name = "console",
    .allow = SANDBOX_FILES | SANDBOX_ACCEPT,
    .warm = console_warm,
    .start = console_start,
    .connect = console_connect,
    .status = console_status,
    .stop = console_stop,
};
