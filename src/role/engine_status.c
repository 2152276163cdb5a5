/* SPDX-License-Identifier: Apache-2.0 */
/* engine_status.c -- one JSON of how everything is; and the way of all other verbs. */
#include "role/engine_inside.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/when.h"
#include "role/metrics.h"

#include <stdlib.h>
#include <string.h>

static struct role_line *
find_line(struct engine *e, enum role_kind kind, unsigned index)
{
	struct role_line *line;

	for (size_t i = 0; i < e->role_count; i++)
		if (e->roles[i].kind == kind && e->roles[i].index == index)
			return &e->roles[i];
	e->roles = xrealloc(e->roles, (e->role_count + 1) * sizeof *e->roles);
	line = &e->roles[e->role_count++];
	*line = (struct role_line){.kind = kind, .index = index};
	return line;
}

/* Epochs do not wait for a role that stays down. */
static void
mark_down(struct engine *e, const struct role_line *line)
{
	for (size_t i = 0; i < e->producer_count; i++)
		if (e->producers[i].kind == line->kind &&
		    e->producers[i].index == line->index)
			e->producers[i].down = line->down;
	engine_schedule(e);
}

void
engine_take_role(struct engine *e, struct rd *body)
{
	enum role_kind kind = (enum role_kind)rd_u8(body);
	struct role_line *line = find_line(e, kind, rd_u32(body));
	struct rd status;
	struct err err;

	line->pid = rd_u32(body);
	line->alive = rd_u8(body);
	line->down = rd_u8(body);
	line->restarts = rd_u32(body);
	status = rd_blob(body);
	if (rd_left(&status) > 0) {
		json_decref(line->status);
		line->status = json_read((const char *)status.at, rd_left(&status), &err);
	}
	if (line->down)
		mark_down(e, line);
	if (kind == BATCH_ROLE)
		engine_batch_told(e, line->alive, line->restarts);
}

static void
put_when(struct jw *j, const char *name, int64_t t)
{
	if (t == INT64_MIN || t == WHEN_NEVER)
		jw_null(j, name);
	else
		jw_when(j, name, t);
}

static void
put_roles(const struct engine *e, struct jw *j)
{
	jw_array(j, "roles");
	for (size_t i = 0; i < e->role_count; i++) {
		const struct role_line *line = &e->roles[i];

		if (line->kind == BATCH_ROLE && !line->alive)
			continue; /* it is not there most of the time */
		jw_object(j, NULL);
		jw_text(j, "role", role_ops[line->kind]->name);
		jw_uint(j, "index", line->index);
		jw_uint(j, "pid", line->pid);
		jw_flag(j, "alive", line->alive);
		jw_flag(j, "down", line->down);
		jw_uint(j, "restarts", line->restarts);
		if (line->status != NULL && line->kind != DECODE_ROLE)
			jw_value(j, "status", line->status);
		jw_end(j);
	}
	jw_end(j);
	jw_array(j, "sources");
	for (size_t i = 0; i < e->role_count; i++)
		if (e->roles[i].kind == DECODE_ROLE && e->roles[i].status != NULL)
			jw_value(j, NULL, e->roles[i].status);
	jw_end(j);
}

static void
put_streams(const struct engine *e, struct jw *j)
{
	jw_array(j, "streams");
	for (size_t i = 0; i < e->producer_count; i++) {
		const struct producer *p = &e->producers[i];

		jw_object(j, NULL);
		jw_text(j, "from", role_ops[p->kind]->name);
		jw_uint(j, "index", p->index);
		jw_flag(j, "connected", p->peer != NULL);
		jw_flag(j, "ended", p->watermark == WHEN_NEVER);
		put_when(j, "watermark", p->watermark);
		put_when(j, "newest", p->newest);
		if (p->stream != NULL) {
			jw_text(j, "stream", p->stream->name);
			jw_uint(j, "taken", p->stream->in.taken);
			jw_uint(j, "durable", p->stream->in.durable);
		}
		if (p->kind == DETECT_ROLE)
			jw_uint(j, "marks_told", p->marks_told);
		jw_end(j);
	}
	jw_end(j);
}

static bool
put_count(void *ctx, const char *name, uint64_t value)
{
	jw_uint(ctx, name, value);
	return true;
}

static void
put_outbox(struct engine *e, struct jw *j)
{
	static const char *const names[] = {
	    "waiting", "sent_out", "done", "failed", "cancelled"};

	jw_object(j, "outbox");
	for (int i = OUTBOX_WAITING; i <= OUTBOX_CANCELLED; i++)
		jw_uint(
		    j, names[i], store_outbox_count(e->store, (enum outbox_state)i, 0));
	jw_end(j);
}

static void
put_status(struct engine *e, struct jw *j)
{
	bool replay = e->role->config->clock == CLOCK_REPLAY;

	jw_text(j, "clock", replay ? "replay" : "wall");
	put_when(j, "now", engine_now(e));
	jw_text(j, "replay", !replay ? NULL : e->replay_done ? "done" : "running");
	put_when(j, "closed", e->closed);
	jw_uint(j, "epochs", e->epochs);
	jw_uint(j, "sightings", e->sightings);
	jw_uint(j, "late", e->late);
	jw_uint(j, "pending", e->heap_count);
	jw_uint(j, "in_flight", e->in_flight);
	jw_flag(j, "store_full", e->troubled);
	jw_flag(j, "shadow", e->role->config->shadow);
	jw_uint(j, "leases", e->leases != NULL ? leases_count(e->leases) : 0);
	put_roles(e, j);
	put_streams(e, j);
	put_outbox(e, j);
	desk_brakes(e->desk, engine_now(e), j);
	desk_report_status(e->desk, j);
	jw_object(j, "counters");
	store_counts(e->store, put_count, j);
	jw_end(j);
}

static void
put_metrics(struct engine *e, struct jw *j)
{
	struct wr status, text;
	struct jw inner;
	struct err err;
	json_t *json;

	wr_init(&status, MSG_MAX);
	wr_init(&text, MSG_MAX / 2);
	jw_begin(&inner, &status);
	jw_object(&inner, NULL);
	put_status(e, &inner);
	jw_end(&inner);
	json = json_read((const char *)status.bytes, status.size, &err);
	metrics_write(json, &text);
	jw_text(j, "text", text.bad ? "" : wr_string(&text));
	json_decref(json);
	wr_fini(&text);
	wr_fini(&status);
}

/* Verbs that are not the desk's; all but these two only for the local root. */
static bool
is_ours(const char *verb, uint32_t actor)
{
	return verb != NULL &&
	       (strcmp(verb, "status") == 0 || strcmp(verb, "metrics") == 0 ||
		   (actor == 0 && (strcmp(verb, "replay.end") == 0 ||
				      strcmp(verb, "intel.reload") == 0)));
}

void
engine_verb(struct engine *e, uint32_t actor, const json_t *request, struct wr *reply)
{
	const char *verb = json_string_value(json_object_get(request, "verb"));
	struct jw j;

	if (!is_ours(verb, actor)) {
		desk_control(e->desk, engine_now(e), actor, request, reply);
		engine_schedule(e); /* it may have set a timer, or put out an order */
		return;
	}
	jw_begin(&j, reply);
	jw_object(&j, NULL);
	jw_flag(&j, "ok", true);
	jw_object(&j, "result");
	if (strcmp(verb, "status") == 0)
		put_status(e, &j);
	else if (strcmp(verb, "metrics") == 0)
		put_metrics(e, &j);
	else
		msg_send(e->role->parent,
		    strcmp(verb, "replay.end") == 0 ? WIRE_REPLAY_END : WIRE_RELOAD, "",
		    0, -1);
	jw_end(&j);
	jw_end(&j);
}
