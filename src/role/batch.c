/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.c -- short-lived: statistics over the store, so that the engine is never busy
 * with them.
 *
 * The parent starts it when the engine asks. It opens the store read-only in its jail,
 * answers each MEASURE with an ANSWER, and ends when the engine lets the pair go.
 */
#include "base/mem.h"
#include "base/sandbox.h"
#include "measure/today.h"
#include "role/role.h"

#include <stdlib.h>
#include <unistd.h>

struct batch_role {
	struct role *role;
	struct store *store;
	struct msg_peer *engine;
};

static void
measure(struct msg_peer *peer, struct msg *msg, struct store *store)
{
	uint64_t ticket = rd_u64(&msg->body);
	int64_t now = (int64_t)rd_u64(&msg->body);
	uint32_t days = rd_u32(&msg->body);
	struct wr w;
	struct jw j;

	if (msg->type != WIRE_MEASURE || msg->body.bad || rd_left(&msg->body) > 0) {
		msg_violation(peer, "a question to batch does not read");
		return;
	}
	wr_init(&w, MSG_MAX);
	wr_u64(&w, ticket);
	jw_begin(&j, &w);
	jw_object(&j, NULL);
	jw_flag(&j, "ok", true);
	measure_json(store, now, days, &j, "result");
	jw_end(&j);
	if (w.bad) /* the asker is told when we end */
		_exit(1);
	msg_send(peer, WIRE_ANSWER, w.bytes, w.size, -1);
	wr_fini(&w);
}

static void
on_engine(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	const struct batch_role *b = ctx;

	measure(peer, msg, b->store);
}

static void
on_engine_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	struct batch_role *b = ctx;

	(void)peer;
	role_tell_violation(b->role, ENGINE_ROLE, 0, why);
	store_close(b->store);
	_exit(0);
}

static const struct msg_calls calls = {on_engine, on_engine_gone, NULL};

static void
batch_connect(void *self, const struct role_link *link)
{
	struct batch_role *b = self;

	msg_peer_free(b->engine);
	b->engine = msg_peer_new(b->role->loop, link->fd, &calls, b);
}

static void *
batch_warm(struct role *role, struct err *err)
{
	struct batch_role *b = xcalloc(1, sizeof *b);

	(void)err;
	b->role = role;
	return b;
}

static void
batch_start(void *self)
{
	struct batch_role *b = self;
	struct err err;

	b->store = store_open(b->role->config->directory, false, &err);
	if (b->store == NULL)
		role_fail(&err);
}

const struct role_ops batch_ops = {
    .name = "batch",
    .allow = SANDBOX_FILES,
    .warm = batch_warm,
    .start = batch_start,
    .connect = batch_connect,
};
