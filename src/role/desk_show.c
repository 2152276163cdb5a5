/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_show.c -- verbs that show: case.list, case.show, case.explain, case.reveal.
 *
 * All but the last are pseudonymous. case.explain goes weight by weight: each sighting of
 * the case with its decay, the flows that carried it and the lease trail behind its
 * attribution, then the groups, the prior and the posterior at the time of asking.
 * case.reveal shows who a line is, for a stated purpose, and is audited before it
 * answers.
 */
#include "case/render.h"
#include "event/event.h"
#include "role/desk_inside.h"

#include <stdio.h>
#include <stdlib.h>

enum { LIST_DEFAULT = 100, LIST_MOST = 10000, REVEAL_MEMORY = 1 << 16 };

static bool
list_one(void *ctx, const struct case_record *record)
{
	render_case(ctx, NULL, record);
	return true;
}

static int
state_named(const char *name)
{
	for (int i = 0; i < CASE_STATES; i++)
		if (strcmp(state_names[i], name) == 0)
			return i;
	return -1;
}

static bool
run_list(struct verb_call *call, struct err *err)
{
	const char *state = verb_text(call, "state"), *line = verb_text(call, "line");
	const char *before = verb_text(call, "before");
	int64_t limit = json_integer_value(json_object_get(call->args, "limit"));
	struct case_filter filter = {.state = -1,
	    .open_only = json_is_true(json_object_get(call->args, "open")),
	    .line = line ? strtoull(line, NULL, 10) : 0,
	    .before_id = before ? strtoull(before, NULL, 10) : 0,
	    .limit = LIST_DEFAULT};

	if (state != NULL && (filter.state = state_named(state)) < 0)
		return err_set(err, "no state is named \"%s\"", state);
	if (limit > 0)
		filter.limit = limit < LIST_MOST ? (uint32_t)limit : LIST_MOST;
	jw_array(call->out, "result");
	store_cases(call->desk->store, &filter, list_one, call->out);
	jw_end(call->out);
	return true;
}

static bool
show_entry(void *ctx, const struct entry *entry, const void *payload, size_t size)
{
	char *note = NULL;

	if (payload != NULL) {
		note = xcalloc(1, size + 1);
		memcpy(note, payload, size);
	}
	render_entry(ctx, NULL, entry, note);
	free(note);
	return true;
}

static bool
run_show(struct verb_call *call, struct err *err)
{
	struct case_record record;

	if (!verb_case(call, &record, err))
		return false;
	jw_object(call->out, "result");
	render_case(call->out, "case", &record);
	jw_array(call->out, "log");
	store_entries(call->desk->store, record.id, show_entry, call->out);
	jw_end(call->out);
	jw_end(call->out);
	return true;
}

/* ---- explain */

static void
write_flows(struct jw *j, const struct sighting *s)
{
	static const char *const answers[] = {"unknown", "answered", "refused", "silent"};
	char peer[ADDR_TEXT];

	jw_array(j, "flows");
	for (int i = 0; i < s->flow_count; i++) {
		const struct flow_record *f = &s->flows[i];

		jw_object(j, NULL);
		jw_when(j, "first", f->first);
		jw_when(j, "last", f->last);
		jw_text(j, "peer", addr_text(&f->peer, peer));
		jw_uint(j, "peer_port", f->peer_port);
		jw_uint(j, "our_port", f->our_port);
		jw_uint(j, "protocol", f->proto);
		jw_array(j, "packets");
		jw_uint(j, NULL, f->packets[0]);
		jw_uint(j, NULL, f->packets[1]);
		jw_end(j);
		jw_array(j, "bytes");
		jw_uint(j, NULL, f->bytes[0]);
		jw_uint(j, NULL, f->bytes[1]);
		jw_end(j);
		jw_text(j, "answer", answers[f->answer & 3]);
		jw_end(j);
	}
	jw_end(j);
}

static void
write_leases(struct jw *j, const struct attributed *a)
{
	char addr[ADDR_TEXT];

	jw_array(j, "leases");
	for (uint32_t i = 0; i < a->trail_count; i++) {
		const struct lease *l = &a->trail[i];

		jw_object(j, NULL);
		jw_text(j, "address", addr_text(&l->addr, addr));
		jw_when(j, "start", l->start);
		jw_when(j, "end", l->end);
		jw_uint(j, "port_lo", l->port_lo);
		jw_uint(j, "port_hi", l->port_hi);
		jw_flag(j, "this_line", l->handle == a->handle);
		jw_end(j);
	}
	jw_end(j);
}

struct explaining {
	struct verb_call *call;
	const struct case_record *record;
	const struct gathered *g; /* what counts */
};

static const struct line_evidence *
counted_as(const struct explaining *x, const struct id128 *id)
{
	for (size_t i = 0; i < x->g->count; i++)
		if (memcmp(x->g->items[i].sighting.b, id->b, sizeof id->b) == 0)
			return &x->g->items[i];
	return NULL;
}

static void
write_numbers(struct jw *j, const struct explaining *x, const struct stored_sighting *s)
{
	const struct line_evidence *counts = counted_as(x, &s->sighting.id);
	struct line_evidence own;

	desk_evidence_of(&s->sighting, &own);
	jw_fixed(j, "weight", s->sighting.weight, 2);
	jw_fixed(j, "weight_now",
	    evidence_weight(counts ? &counts->evidence : &own.evidence, x->call->now), 2);
	jw_flag(j, "gold", s->sighting.gold);
	jw_uint(j, "days", counts ? counts->evidence.days : 1);
	jw_flag(j, "counts", counts != NULL && !s->vetoed);
	jw_flag(j, "vetoed", s->vetoed);
	jw_flag(j, "superseded", s->superseded);
}

static bool
explain_one(void *ctx, const struct stored_sighting *s)
{
	struct explaining *x = ctx;
	struct jw *j = x->call->out;
	const struct sighting *g = &s->sighting;
	char text[64];

	jw_object(j, NULL);
	jw_text(j, "sighting", id128_text(&g->id, text));
	jw_text(j, "source", g->source);
	jw_text(j, "upstream", g->upstream);
	jw_text(j, "identifier", g->identifier);
	jw_text(j, "cause", cause_of(g, (char[BRAKE_CAUSE]){0}));
	jw_text(j, "group", group_names[g->group]);
	jw_text(j, "kind", kind_names[g->kind]);
	jw_text(j, "role", role_names[g->role]);
	jw_text(j, "family", g->family[0] ? g->family : NULL);
	write_numbers(j, x, s);
	jw_when(j, "first", g->first);
	jw_when(j, "last", g->last);
	jw_when(j, "received", g->received);
	jw_uint(j, "count", g->count);
	jw_text(j, "why", g->why);
	jw_text(j, "address", addr_text(&g->addr, text));
	jw_uint(j, "port", g->port);
	jw_text(j, "attribution", attribution_names[s->attributed.answer]);
	write_flows(j, g);
	write_leases(j, &s->attributed);
	jw_end(j);
	return true;
}

static void
write_groups(struct jw *j, const struct score *score)
{
	char upstream[24];

	jw_array(j, "groups");
	for (uint32_t i = 0; i < score->group_count; i++) {
		const struct group_score *group = &score->groups[i];

		jw_object(j, NULL);
		jw_text(j, "group", group_names[group->group]);
		(void)snprintf(upstream, sizeof upstream, "%016llx",
		    (unsigned long long)group->upstream);
		jw_text(j, "upstream", group->upstream ? upstream : NULL);
		jw_fixed(j, "weight", group->weight, 2);
		jw_flag(j, "gold", group->gold);
		jw_end(j);
	}
	jw_end(j);
}

static bool
run_explain(struct verb_call *call, struct err *err)
{
	struct desk *desk = call->desk;
	struct case_record record;
	struct gathered *g;
	struct decision d;
	struct policy_view view;
	struct explaining x = {.call = call, .record = &record};

	if (!verb_case(call, &record, err))
		return false;
	g = xcalloc(1, sizeof *g);
	desk_gather(desk, record.line, call->now, NULL, g);
	view = (struct policy_view){
	    .items = g->items, .count = g->count, .open = &record, .now = call->now};
	policy_decide(desk->config.policy, (enum case_class)record.class_, &view, &d);
	x.g = g;
	jw_object(call->out, "result");
	render_case(call->out, "case", &record);
	jw_when(call->out, "now", call->now);
	jw_fixed(call->out, "score", d.score.sum, 2);
	jw_fixed(call->out, "posterior", d.score.posterior, 4);
	jw_fixed(call->out, "prior", desk->config.policy->prior, 6);
	jw_text(call->out, "verdict", verdict_names[d.score.verdict]);
	jw_text(call->out, "policy", desk->config.policy->name);
	jw_int(call->out, "policy_version", desk->config.policy->version);
	write_groups(call->out, &d.score);
	jw_array(call->out, "evidence");
	store_sightings_of_case(desk->store, record.id, explain_one, &x);
	jw_end(call->out);
	jw_array(call->out, "log");
	store_entries(desk->store, record.id, show_entry, call->out);
	jw_end(call->out);
	jw_end(call->out);
	free(g);
	return true;
}

/* ---- reveal */

static bool
audit_reveal(struct verb_call *call, uint64_t line, const char *purpose, struct err *err)
{
	struct store *store = call->desk->store;
	struct wr w;
	bool good;

	if (!store_begin(store, err))
		return false;
	wr_init(&w, 4096);
	wr_u64(&w, line);
	wr_u32(&w, call->actor);
	wr_text(&w, purpose);
	good = store_audit(store, call->now, "line.reveal", w.bytes, w.size, err) &&
	       store_commit(store, err);
	wr_fini(&w);
	if (!good)
		store_rollback(store);
	return good;
}

static bool
find_line(struct verb_call *call, uint64_t *line, struct err *err)
{
	const char *number = verb_text(call, "number"), *id = verb_text(call, "line");
	struct case_record record;

	if (number != NULL) {
		if (identity_line_by_number(call->desk->identity, number, line))
			return true;
		return err_set(err, "no line has this number");
	}
	if (id != NULL) {
		*line = strtoull(id, NULL, 10);
		return true;
	}
	if (!verb_case(call, &record, err))
		return false;
	*line = record.line;
	return true;
}

static bool
run_reveal(struct verb_call *call, struct err *err)
{
	const char *purpose = verb_text(call, "purpose");
	struct line_person p;
	struct arena *arena;
	uint64_t line;
	char id[24];
	bool known;

	if (purpose == NULL || strlen(purpose) < 3 || strlen(purpose) > 1000)
		return err_set(err, "say for what purpose the person is to be shown");
	if (!find_line(call, &line, err) || !audit_reveal(call, line, purpose, err))
		return false;
	arena = arena_new(REVEAL_MEMORY);
	known = identity_person(call->desk->identity, line, arena, &p);
	if (known) {
		(void)snprintf(id, sizeof id, "%llu", (unsigned long long)line);
		jw_object(call->out, "result");
		jw_text(call->out, "line", id);
		jw_text(call->out, "number", p.number);
		jw_text(call->out, "name", p.name);
		jw_text(call->out, "email", p.email);
		jw_text(call->out, "phone", p.phone);
		jw_text(call->out, "postal", p.postal);
		jw_text(call->out, "language", p.language);
		jw_text(call->out, "segment", p.segment);
		jw_text(call->out, "profile", p.profile);
		jw_text(call->out, "exempt", p.exempt);
		jw_text(call->out, "operator", p.operator_);
		jw_end(call->out);
	}
	arena_free(arena);
	return known || err_set(err, "the line is unknown, or was erased");
}

/* Without a line: how many are known. */
static bool
run_lines(struct verb_call *call, struct err *err)
{
	if (verb_text(call, "number") != NULL || verb_text(call, "line") != NULL)
		return run_reveal(call, err);
	jw_object(call->out, "result");
	jw_uint(call->out, "lines", identity_lines(call->desk->identity));
	jw_uint(call->out, "fixed", call->desk->static_count);
	jw_end(call->out);
	return true;
}

const struct verb desk_show_verbs[] = {
    {"case.list", false, run_list},
    {"case.show", false, run_show},
    {"case.explain", false, run_explain},
    {"case.reveal", false, run_reveal},
    {"lines.show", false, run_lines},
    {0},
};
