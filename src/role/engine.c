/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine.c -- the only writer of the store: its peers, and its life.
 *
 * The judging is desk.h's, the order of things engine_epoch.c's. This process opens the
 * databases itself, inside its jail and as the configured user, since nobody else may.
 */
#include "role/engine_inside.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sandbox.h"
#include "base/when.h"
#include "exchange/contacts.h"
#include "role/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REGISTRY_MAX = 1 << 30, ANSWER_MAX = MSG_MAX - 64, TICK = 1000000 };

/* ---- producers: detect, intake, leases */

static void
say_number(struct msg_peer *peer, uint32_t type, uint64_t number)
{
	struct wr w;

	wr_init(&w, 64);
	wr_u64(&w, number);
	msg_send(peer, type, w.bytes, w.size, -1);
	wr_fini(&w);
}

static bool
take_input(struct producer *p, struct rd *body)
{
	char name[STREAM_NAME] = "";
	size_t size = rd_left(body);

	if (p->kind != INTAKE_ROLE || size >= sizeof name)
		return false;
	(void)rd_copy(body, name, size);
	if (strncmp(name, "report/", 7) != 0 || strlen(name) != size)
		return false;
	p->stream = engine_stream(p->engine, name);
	say_number(p->peer, WIRE_HELLO, p->stream->in.durable);
	return true;
}

static bool
take_handles(struct producer *p, struct rd *body)
{
	uint32_t count = rd_u32(body);
	struct err err;
	struct wr w;

	if (p->kind != LEASES_ROLE)
		return false;
	wr_init(&w, MSG_MAX);
	wr_u32(&w, count);
	for (uint32_t i = 0; i < count && !body->bad && !w.bad; i++) {
		struct rd key = rd_blob(body);
		char text[128] = "";
		uint32_t handle;

		if (rd_left(&key) >= sizeof text)
			body->bad = true;
		else
			(void)rd_copy(&key, text, rd_left(&key));
		if (body->bad)
			break;
		if (!desk_handle(p->engine->desk, text, &handle, &err))
			role_fail(&err); /* disk full: asked again after the restart */
		wr_u32(&w, handle);
	}
	if (!body->bad && !w.bad)
		msg_send(p->peer, WIRE_HANDLES, w.bytes, w.size, -1);
	wr_fini(&w);
	return !body->bad;
}

static bool
take_leases(const struct producer *p)
{
	struct err err;

	if (p->kind != LEASES_ROLE)
		return false;
	if (p->engine->leases != NULL && !leases_refresh(p->engine->leases, &err))
		log_line(LEVEL_WARNING, "leases: %s", err.text);
	return true;
}

static bool
take(struct producer *p, struct msg *msg)
{
	switch (msg->type) {
	case WIRE_SIGHTING:
		return engine_take_sighting(p->engine, p, &msg->body);
	case WIRE_FATE:
		return engine_take_fate(p->engine, p, &msg->body);
	case WIRE_WATERMARK:
		return engine_take_watermark(p->engine, p, &msg->body);
	case WIRE_HELLO:
	case WIRE_ACK:
		return engine_take_marks_number(p->engine, p, msg);
	case WIRE_INPUT:
		return take_input(p, &msg->body);
	case WIRE_HANDLES_ASK:
		return take_handles(p, &msg->body);
	case WIRE_LEASES:
		return take_leases(p);
	default:
		return false;
	}
}

static void
on_producer(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	if (!take(ctx, msg))
		msg_violation(peer, "a message to the engine does not read");
}

static void
on_producer_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	struct producer *p = ctx;

	role_tell_violation(p->engine->role, p->kind, p->index, why);
	msg_peer_free(peer);
	p->peer = NULL;
	p->paused = p->hears = false;
}

/* ---- actor */

static void
on_actor(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	struct engine *e = ctx;

	if (msg->type != WIRE_OUTCOME || !engine_take_outcome(e, &msg->body))
		msg_violation(peer, "an outcome does not read");
}

static void
on_actor_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	struct engine *e = ctx;

	role_tell_violation(e->role, ACTOR_ROLE, 0, why);
	msg_peer_free(peer);
	e->actor = NULL;
	engine_actor_lost(e);
}

/* ---- console and control socket */

static void
answer(struct engine *e, uint64_t ticket, const struct wr *reply)
{
	static const char too_long[] =
	    "{\"ok\":false,\"error\":\"the answer is too long\"}";
	struct wr w;

	wr_init(&w, MSG_MAX);
	wr_u64(&w, ticket);
	if (reply->size <= ANSWER_MAX)
		wr_put(&w, reply->bytes, reply->size);
	else
		wr_text(&w, too_long);
	msg_send(e->console, WIRE_ANSWER, w.bytes, w.size, -1);
	wr_fini(&w);
}

/* What the console's pages need. It talks to the network, so it is no operator: no
 * reveals, erasures or new staff from there; before a login nothing but that, and the
 * counts that it may be configured to show. */
static bool
console_may(uint32_t actor, const json_t *request)
{
	static const char *const verbs[] = {"status", "case.explain", "case.note",
	    "case.hold", "case.release", "case.close", "staff.password",
	    "report.unread.list", "report.unread.show", "report.unread.done",
	    "report.unread.item", "report.reporters", NULL};
	const char *verb = json_string_value(json_object_get(request, "verb"));

	if (verb == NULL || actor == 0)
		return verb != NULL &&
		       (strcmp(verb, "staff.login") == 0 || strcmp(verb, "metrics") == 0);
	for (size_t i = 0; verbs[i] != NULL; i++)
		if (strcmp(verb, verbs[i]) == 0)
			return true;
	return false;
}

static void
on_console(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	struct engine *e = ctx;
	uint64_t ticket = rd_u64(&msg->body);
	uint32_t actor = rd_u32(&msg->body);
	struct err err;
	json_t *request =
	    json_read((const char *)msg->body.at, rd_left(&msg->body), &err);
	struct wr reply;

	if (msg->type != WIRE_ASK || msg->body.bad || !json_is_object(request) ||
	    !console_may(actor, request)) {
		json_decref(request);
		msg_violation(peer, "a question that the console may not ask");
		return;
	}
	wr_init(&reply, MSG_MAX);
	engine_verb(e, actor, request, &reply);
	answer(e, ticket, &reply);
	wr_fini(&reply);
	json_decref(request);
}

static void
on_console_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	struct engine *e = ctx;

	role_tell_violation(e->role, CONSOLE_ROLE, 0, why);
	msg_peer_free(peer);
	e->console = NULL;
}

/* A password set by the local root, perhaps because somebody else knew the old one. */
static void
log_out(struct engine *e, const struct wr *reply)
{
	struct err err;
	json_t *answer = json_read((const char *)reply->bytes, reply->size, &err);
	json_int_t staff = json_integer_value(
	    json_object_get(json_object_get(answer, "result"), "staff"));
	struct wr w;

	json_decref(answer);
	if (staff <= 0 || e->console == NULL)
		return;
	wr_init(&w, 64);
	wr_u32(&w, (uint32_t)staff);
	msg_send(e->console, WIRE_LOGOUT, w.bytes, w.size, -1);
	wr_fini(&w);
}

static bool
on_control(void *ctx, uint64_t ticket, const json_t *request, struct wr *reply)
{
	const char *verb = json_string_value(json_object_get(request, "verb"));

	if (verb != NULL && strcmp(verb, "measure.today") == 0)
		return engine_ask_batch(
		    ctx, ticket, json_object_get(request, "args"), reply);
	engine_verb(ctx, 0, request, reply);
	if (verb != NULL && strcmp(verb, "staff.onetime") == 0)
		log_out(ctx, reply);
	return true;
}

static const struct msg_calls producer_calls = {on_producer, on_producer_gone, NULL};
static const struct msg_calls actor_calls = {on_actor, on_actor_gone, NULL};
static const struct msg_calls console_calls = {on_console, on_console_gone, NULL};

static void
connect_producer(struct engine *e, const struct role_link *link)
{
	for (size_t i = 0; i < e->producer_count; i++) {
		struct producer *p = &e->producers[i];

		if (p->kind != link->kind || p->index != link->index)
			continue;
		msg_peer_free(p->peer);
		p->paused = p->hears = false;
		p->peer = msg_peer_new(e->role->loop, link->fd, &producer_calls, p);
		if (p->kind == DETECT_ROLE)
			say_number(p->peer, WIRE_HELLO, p->stream->in.durable);
		if (p->kind == LEASES_ROLE)
			e->day_told = INT64_MIN;
		engine_schedule(e);
		return;
	}
	(void)close(link->fd);
}

static void
engine_connect(void *self, const struct role_link *link)
{
	struct engine *e = self;

	if (link->kind == ACTOR_ROLE) {
		msg_peer_free(e->actor);
		e->actor = msg_peer_new(e->role->loop, link->fd, &actor_calls, e);
		engine_actor_lost(e);
		engine_schedule(e);
	} else if (link->kind == CONSOLE_ROLE) {
		msg_peer_free(e->console);
		e->console = msg_peer_new(e->role->loop, link->fd, &console_calls, e);
	} else if (link->kind == BATCH_ROLE)
		engine_connect_batch(e, link->fd);
	else
		connect_producer(e, link);
}

static void
engine_told(void *self, struct msg *msg)
{
	if (msg->type == WIRE_ROLE)
		engine_take_role(self, &msg->body);
}

/* ---- life */

static void
add_producers(struct engine *e, enum role_kind kind, size_t count)
{
	e->producers =
	    xrealloc(e->producers, (e->producer_count + count) * sizeof *e->producers);
	for (size_t i = 0; i < count; i++)
		e->producers[e->producer_count++] = (struct producer){.engine = e,
		    .kind = kind,
		    .index = (unsigned)i,
		    .watermark = INT64_MIN,
		    .newest = INT64_MIN,
		    .marks_until = INT64_MIN};
}

static void *
engine_warm(struct role *role, struct err *err)
{
	struct engine *e = xcalloc(1, sizeof *e);
	const struct config *c = role->config;
	char *leases = place_path(c, "leases");

	e->role = role;
	e->owner = geteuid();
	e->marks_until = INT64_MIN;
	clock_init(&e->clock, (enum clock_kind)c->clock);
	e->policy = policy_read(c->policy, err);
	e->weights = e->policy == NULL ? NULL : weights_read(c->weights, err);
	if (e->weights == NULL)
		return NULL;
	if (c->complaints.contacts != NULL &&
	    (e->contacts = contacts_read(c->complaints.contacts, NULL, err)) == NULL)
		return NULL;
	wr_init(&e->registry, REGISTRY_MAX);
	if (c->registry != NULL && !file_read(c->registry, &e->registry, err))
		return NULL;
	e->leases_directory = open(leases, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (e->leases_directory < 0) {
		(void)err_errno(err, "open %s", leases);
		return NULL;
	}
	free(leases);
	add_producers(
	    e, DETECT_ROLE, c->sources.count > 0 ? (size_t)c->detect.processes : 0);
	add_producers(e, INTAKE_ROLE, config_report_count(c) > 0);
	add_producers(e, LEASES_ROLE, c->leases.count > 0);
	return e;
}

static void
open_store(struct engine *e)
{
	const struct config *c = e->role->config;
	struct err err;

	e->store = store_open(c->directory, true, &err);
	if (e->store == NULL || !store_durable(e->store, c->clock == CLOCK_WALL, &err))
		role_fail(&err);
	e->identity = identity_open(c->directory, &err);
	if (e->identity == NULL)
		role_fail(&err);
	if (c->leases.count > 0)
		e->leases = leases_open(e->leases_directory, false, &err);
	if (c->leases.count > 0 && e->leases == NULL)
		role_fail(&err);
	e->closed = (int64_t)store_stream(e->store, "clock");
	if (e->closed == 0)
		e->closed = INT64_MIN;
	clock_advance(&e->clock, e->closed);
}

static void
open_desk(struct engine *e)
{
	const struct config *c = e->role->config;
	struct desk_config dc = {.directory = c->directory,
	    .policy = e->policy,
	    .weights = e->weights,
	    .ours = &c->ours,
	    .reports = &c->reports,
	    .leases = e->leases,
	    .marks = c->sources.count > 0,
	    .shadow = c->shadow,
	    .seed = (uint64_t)c->seed,
	    .from_name = c->notices.from_name,
	    .site_url = c->notices.site_url};
	struct err err;

	dc.complaints = (struct desk_complaints){.contacts = e->contacts,
	    .mail = c->complaints.mail,
	    .policy = {c->complaints.remind, c->complaints.end},
	    .per_hour = c->complaints.per_hour};
	for (size_t i = 0; i < c->leases.count; i++)
		if (config_lease(c, i)->clock_error > dc.clock_error)
			dc.clock_error = config_lease(c, i)->clock_error;
	e->desk = desk_new(&dc, e->store, e->identity, &err);
	if (e->desk == NULL)
		role_fail(&err);
}

static void
remember_registry(struct engine *e, const char *digest)
{
	struct err err;

	if (!store_begin(e->store, &err) ||
	    !store_setting_set(e->store, "registry", digest, &err) ||
	    !store_commit(e->store, &err))
		role_fail(&err);
}

static void
import_lines(struct engine *e)
{
	json_t *request = json_pack("{s:s,s:{s:s%}}", "verb", "lines.import", "args",
	    "csv", (const char *)e->registry.bytes, e->registry.size);
	struct wr reply;
	struct err err;

	if (request == NULL) {
		(void)err_set(&err, "%s: the line registry is not UTF-8",
		    e->role->config->registry);
		role_fail(&err);
	}
	wr_init(&reply, MSG_MAX);
	desk_control(e->desk, engine_now(e), 0, request, &reply);
	json_decref(request);
	log_line(LEVEL_INFO, "line registry: %s", wr_string(&reply));
	if (strstr((const char *)reply.bytes, "\"ok\":true") == NULL) {
		(void)err_set(&err, "%s: not taken in", e->role->config->registry);
		role_fail(&err);
	}
	wr_fini(&reply);
}

/* Taken in when its content has changed. */
static void
read_registry(struct engine *e)
{
	struct digest d;
	struct id128 id;
	char text[33], *before;

	if (e->role->config->registry == NULL)
		return;
	digest_init(&d);
	digest_field(&d, e->registry.bytes, e->registry.size);
	id = digest_id(&d);
	(void)id128_text(&id, text);
	before = store_setting(e->store, "registry");
	if (before == NULL || strcmp(before, text) != 0) {
		import_lines(e);
		remember_registry(e, text);
	}
	free(before);
	sodium_memzero(e->registry.bytes, e->registry.size);
	wr_fini(&e->registry);
}

static bool
note(struct engine *e, const char *key, struct err *err)
{
	if (!store_begin(e->store, err))
		return false;
	if (store_setting_set(e->store, key, "yes", err) && store_commit(e->store, err))
		return true;
	store_rollback(e->store);
	return false;
}

/* Statistics must know whose daily counts do not compare; what was so once stays noted.
 */
static void
note_deltas(struct engine *e)
{
	const struct config *c = e->role->config;
	struct err err;

	for (size_t i = 0; i < config_report_count(c); i++) {
		const struct config_report *r = config_report(c, i);
		char key[64], *noted;

		(void)snprintf(key, sizeof key, "delta.%.50s", r->name);
		noted = r->delta ? store_setting(e->store, key) : NULL;
		if (r->delta && noted == NULL && !note(e, key, &err))
			log_line(LEVEL_WARNING, "delta of %s not noted: %s", r->name,
			    err.text);
		free(noted);
	}
}

/* WALL: time goes on by itself. */
static void
tick(void *ctx)
{
	struct engine *e = ctx;

	e->orders_due = true;
	engine_schedule(e);
	(void)loop_after(e->role->loop, TICK, tick, e);
}

static void
engine_start(void *self)
{
	struct engine *e = self;
	char name[STREAM_NAME];

	open_store(e);
	open_desk(e);
	read_registry(e);
	note_deltas(e);
	for (size_t i = 0; i < e->producer_count; i++) {
		struct producer *p = &e->producers[i];

		(void)snprintf(name, sizeof name, "detect/%u/%d", p->index,
		    (int)e->role->config->detect.processes);
		if (p->kind == DETECT_ROLE)
			p->stream = engine_stream(e, name);
	}
	e->orders_due = true;
	e->control =
	    control_server_new(e->role->loop, e->role->fds[0], e->owner, on_control, e);
	if (e->role->config->clock == CLOCK_WALL)
		(void)loop_after(e->role->loop, TICK, tick, e);
}

static void
engine_stop(void *self)
{
	struct engine *e = self;

	control_server_free(e->control);
	desk_free(e->desk);
	identity_close(e->identity);
	store_close(e->store);
}

const struct role_ops engine_ops = {
    .name = "engine",
    .allow = SANDBOX_FILES | SANDBOX_ACCEPT,
    .warm = engine_warm,
    .start = engine_start,
    .connect = engine_connect,
    .told = engine_told,
    .stop = engine_stop,
};
