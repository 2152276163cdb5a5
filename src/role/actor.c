/* SPDX-License-Identifier: Apache-2.0 */
/*
 * actor.c -- carries orders out, and remembers which it has begun and which it has done.
 *
 * The journal is a file of fixed records {key, state}: never content, never a target. An
 * order whose key is DONE there is answered without doing it again: the answer had been
 * lost, not the message. One that had only begun is done again (the same bytes). When the
 * engine has written the outcome down, the key is settled, and its record serves another.
 *
 * Whoever begins must be able to write down that it is done, on a disk that has filled up
 * meanwhile: a record's state changes in its place, which takes no room. (On a file
 * system that copies what it overwrites it may, and a letter may then go twice.)
 */
#include "action/action.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sandbox.h"
#include "role/place.h"
#include "role/role.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ACTIONS = 16, TEXT = 200 };
enum journal_state { JOURNAL_BEGUN = 1, JOURNAL_DONE, JOURNAL_SETTLED };

struct record {
	struct id128 key;
	uint8_t state;
};

struct actor {
	struct role *role;
	void *actions_open[ACTIONS]; /* parallel to actions[] */
	struct msg_peer *engine;
	int journal;
	struct record *records; /* as in the file */
	size_t count, room;
	uint64_t orders, done, later, refused, repeated;
	struct order order;
};

/* ---- the journal */

static struct record *
find_record(struct actor *a, const struct id128 *key)
{
	for (size_t i = a->count; i-- > 0;)
		if (memcmp(&a->records[i].key, key, sizeof *key) == 0)
			return &a->records[i];
	return NULL;
}

/* The key's record, else one that is settled, else a new one. */
static struct record *
place_record(struct actor *a, const struct id128 *key)
{
	struct record *r = find_record(a, key);

	for (size_t i = 0; r == NULL && i < a->count; i++)
		if (a->records[i].state == JOURNAL_SETTLED)
			r = &a->records[i];
	if (r != NULL)
		return r;
	if (a->count == a->room) {
		a->room = a->room ? 2 * a->room : 64;
		a->records = xrealloc(a->records, a->room * sizeof *a->records);
	}
	return &a->records[a->count++];
}

static bool
write_record(const struct actor *a, size_t i)
{
	return pwrite(a->journal, &a->records[i], sizeof *a->records,
		   (off_t)(i * sizeof *a->records)) == (ssize_t)sizeof *a->records;
}

/* Without the journal nothing may be begun. */
static void
note(struct actor *a, const struct id128 *key, enum journal_state state)
{
	struct record *r = place_record(a, key);
	struct err err;

	*r = (struct record){*key, (uint8_t)state};
	if (!write_record(a, (size_t)(r - a->records)) || fdatasync(a->journal) < 0) {
		(void)err_errno(&err, "write the journal of actions");
		role_fail(&err);
	}
}

/* The journal without what is settled, beside the old one and then in its place. */
static bool
rewrite(struct actor *a, struct err *err)
{
	char *from = place_path(a->role->config, "actor.journal.new");
	char *to = place_path(a->role->config, "actor.journal");
	bool good;

	(void)unlink(from);
	a->journal = place_file(a->role->config, "actor.journal.new", err);
	good = a->journal >= 0;
	for (size_t i = 0; good && i < a->count; i++)
		good = write_record(a, i);
	good = good && fdatasync(a->journal) == 0 && rename(from, to) == 0;
	if (!good)
		(void)err_errno(err, "write %s", to);
	free(from);
	free(to);
	return good;
}

static bool
open_journal(struct actor *a, struct err *err)
{
	int old = place_file(a->role->config, "actor.journal", err);
	struct record r;
	size_t kept = 0;

	if (old < 0)
		return false;
	while (read(old, &r, sizeof r) == (ssize_t)sizeof r)
		*place_record(a, &r.key) = r;
	(void)close(old);
	for (size_t i = 0; i < a->count; i++)
		if (a->records[i].state != JOURNAL_SETTLED)
			a->records[kept++] = a->records[i];
	a->count = kept;
	return rewrite(a, err);
}

/* ---- orders */

static void
answer(struct actor *a, const struct id128 *key, enum outcome outcome, const char *text)
{
	struct wr w;

	wr_init(&w, 1024);
	wr_put(&w, key->b, sizeof key->b);
	wr_u8(&w, (uint8_t)outcome);
	wr_put(&w, text, strnlen(text, TEXT));
	if (a->engine != NULL)
		msg_send(a->engine, WIRE_OUTCOME, w.bytes, w.size, -1);
	wr_fini(&w);
	a->done += outcome == OUTCOME_DONE;
	a->later += outcome == OUTCOME_LATER;
	a->refused += outcome == OUTCOME_REFUSED;
	role_changed(a->role);
}

static enum outcome
carry_out(struct actor *a, const struct order *order, struct err *err)
{
	for (size_t i = 0; actions[i] != NULL; i++) {
		const struct action *act = actions[i];

		if (strcmp(act->kind, order->kind) != 0)
			continue;
		if (order->verb == ORDER_UNDO)
			return act->undo(a->actions_open[i], order, err);
		if (!act->prepare(a->actions_open[i], order, err))
			return OUTCOME_REFUSED;
		note(a, &order->key, JOURNAL_BEGUN);
		return act->apply(a->actions_open[i], order, err);
	}
	(void)err_set(err, "no action is called so");
	return OUTCOME_REFUSED;
}

static void
on_order(struct actor *a, const struct order *order)
{
	const struct record *r = find_record(a, &order->key);
	struct err err = {""};
	enum outcome outcome;

	a->orders++;
	if (order->verb == ORDER_APPLY && r != NULL && r->state >= JOURNAL_DONE) {
		a->repeated++;
		answer(a, &order->key, OUTCOME_DONE, "");
		return;
	}
	outcome = carry_out(a, order, &err);
	if (outcome == OUTCOME_DONE)
		note(a, &order->key, JOURNAL_DONE);
	answer(a, &order->key, outcome, outcome == OUTCOME_DONE ? "" : err.text);
}

static void
on_message(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	struct actor *a = ctx;
	struct id128 key;

	if (msg->type == WIRE_ORDER && order_read(&a->order, &msg->body))
		on_order(a, &a->order);
	else if (msg->type == WIRE_SETTLED && rd_copy(&msg->body, key.b, sizeof key.b)) {
		if (find_record(a, &key) != NULL)
			note(a, &key, JOURNAL_SETTLED);
	} else
		msg_violation(peer, "an order does not read");
}

static void
on_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	struct actor *a = ctx;

	role_tell_violation(a->role, ENGINE_ROLE, 0, why);
	msg_peer_free(peer);
	a->engine = NULL;
}

static const struct msg_calls calls = {on_message, on_gone, NULL};

static void
actor_connect(void *self, const struct role_link *link)
{
	struct actor *a = self;

	msg_peer_free(a->engine);
	a->engine = msg_peer_new(a->role->loop, link->fd, &calls, a);
}

static void *
actor_warm(struct role *role, struct err *err)
{
	struct actor *a = xcalloc(1, sizeof *a);

	a->role = role;
	for (size_t i = 0; actions[i] != NULL; i++) {
		a->actions_open[i] =
		    actions[i]->open(config_of_action(role->config, actions[i]), err);
		if (a->actions_open[i] == NULL)
			return NULL;
	}
	return open_journal(a, err) ? a : NULL;
}

static void
actor_status(void *self, struct jw *j)
{
	const struct actor *a = self;

	jw_uint(j, "orders", a->orders);
	jw_uint(j, "done", a->done);
	jw_uint(j, "later", a->later);
	jw_uint(j, "refused", a->refused);
	jw_uint(j, "repeated", a->repeated);
}

const struct role_ops actor_ops = {
    .name = "actor",
    .allow = SANDBOX_CONNECT,
    .warm = actor_warm,
    .connect = actor_connect,
    .status = actor_status,
};
