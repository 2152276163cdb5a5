/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.c -- see ledger.h.
 *
 * Two tables sized at start: every line seen (some 80 bytes each), and the findings, for
 * which there is room on one line in sixteen; where that is too little the finding idle
 * for longest is lost, and counted. A third, as large, holds the marks.
 *
 * A finding of weight 0 withdraws the detector's earlier one: it is handed out if that
 * one was, and then forgotten.
 *
 * Not handled here: who holds an address. Each generation of a lease is a line of its
 * own; a line without generation is believed to be the same line for `hold`, so findings
 * that ended longer ago are dropped.
 */
#include "detect/ledger.h"

#include "base/mem.h"
#include "base/table.h"
#include "base/when.h"
#include "detect/weights.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DETECTORS_MOST = 32, SAVE_VERSION = 2 };

static const int64_t REMEMBER = 45 * WHEN_DAY; /* by then little is left of a weight */
static const int64_t TELL_AGAIN = WHEN_HOUR;
static const double TELL_STEP = .5; /* nats */

struct line {
	int64_t first, last, alert;
	uint64_t flows;
	uint8_t traffic_grounds, name_grounds; /* sets of 1 << enum basis */
};

struct held_key {
	struct line_key line;
	uint32_t detector;
};

struct held {
	struct finding finding; /* .detector is not kept: the key tells */
	uint32_t days;          /* distinct windows in which the claim was made */
	bool told, told_gold;
	double told_weight;
	int64_t told_window, told_last;
};

struct findings {
	struct ledger *ledger;
	uint32_t detector;
};

struct ledger {
	struct runner_env env;
	struct findings desk;
	struct table *lines, *held, *marks;
	struct line_key *dirty;
	size_t dirty_count, dirty_room;
	int64_t swept;
	uint64_t findings, sightings, suspended;
};

_Static_assert(sizeof(struct line_key) == 28, "a key without padding");
_Static_assert(sizeof(struct held_key) == 32, "a key without padding");

static uint32_t
count_detectors(void)
{
	uint32_t n = 0;

	while (detectors[n] != NULL)
		n++;
	assert(n <= DETECTORS_MOST);
	return n;
}

struct ledger *
ledger_new(const struct runner_env *env)
{
	struct ledger *l = xcalloc(1, sizeof *l);

	l->env = *env;
	l->desk.ledger = l;
	l->swept = INT64_MIN;
	l->lines = table_new(
	    env->lines, sizeof(struct line_key), sizeof(struct line), env->seed);
	l->held = table_new(env->lines / 16 + 256, sizeof(struct held_key),
	    sizeof(struct held), env->seed);
	l->marks = table_new(
	    env->lines / 16 + 4096, sizeof(struct line_key), sizeof(int64_t), env->seed);
	return l;
}

void
ledger_free(struct ledger *l)
{
	if (l == NULL)
		return;
	table_free(l->lines);
	table_free(l->held);
	table_free(l->marks);
	free(l->dirty);
	free(l);
}

struct findings *
ledger_desk(struct ledger *l, uint32_t detector)
{
	l->desk.detector = detector;
	return &l->desk;
}

void
ledger_prefetch(const struct ledger *l, const struct line_key *key)
{
	table_prefetch(l->lines, key);
}

void
ledger_note(struct ledger *l, const struct event *ev)
{
	bool fresh;
	struct line *line = table_get(l->lines, &ev->line, ev->ready, REMEMBER, &fresh);

	if (fresh)
		*line = (struct line){.first = ev->first, .last = ev->last};
	if (ev->first < line->first)
		line->first = ev->first;
	if (ev->last > line->last)
		line->last = ev->last;
	line->flows += ev->kind == EVENT_FLOW && !ev->continued;
	if (ev->kind == EVENT_FLOW)
		line->traffic_grounds |= ev->grounds;
	else
		line->name_grounds |= ev->grounds;
}

/* The basis of a finding: that of the sources that told of the line in the finding's
 * class of data, since all of these events moved the belief up or down. Of several the
 * one that allows least: what came together under several grounds may be used only as far
 * as each of them reaches. Nothing at all without a basis; a test network's data for
 * tests only; consent can be taken back; a contract binds two; a duty and the network's
 * security bind by law. */
static uint8_t
basis_of(const struct ledger *l, const struct finding *f)
{
	static const uint8_t narrowest_first[] = {BASIS_NONE, BASIS_OWN_TEST_NETWORK,
	    BASIS_CONSENT, BASIS_CONTRACT, BASIS_LEGAL_OBLIGATION,
	    BASIS_NETWORK_SECURITY};
	const struct line *line = table_find(l->lines, &f->line);
	unsigned set = 0;

	if (line != NULL && (f->data_class & DATA_TRAFFIC) != 0)
		set |= line->traffic_grounds;
	if (line != NULL && (f->data_class & DATA_NAME) != 0)
		set |= line->name_grounds;
	for (size_t i = 0; i < sizeof narrowest_first; i++)
		if (set & 1u << narrowest_first[i])
			return narrowest_first[i];
	return BASIS_NONE;
}

static int
compare_keys(const void *a, const void *b)
{
	const struct line_key *x = a, *y = b;
	int order = addr_compare(&x->addr, &y->addr);

	if (x->realm != y->realm)
		return x->realm < y->realm ? -1 : 1;
	if (order != 0)
		return order;
	if (x->port_lo != y->port_lo)
		return x->port_lo < y->port_lo ? -1 : 1;
	if (x->lease_gen != y->lease_gen)
		return x->lease_gen < y->lease_gen ? -1 : 1;
	return x->port_hi < y->port_hi ? -1 : x->port_hi > y->port_hi;
}

static bool
has_findings(const struct ledger *l, const struct line_key *line)
{
	struct held_key key = {.line = *line};

	for (key.detector = 0; detectors[key.detector] != NULL; key.detector++)
		if (table_find(l->held, &key) != NULL)
			return true;
	return false;
}

/* Leaves out repeats, and lines whose findings gave way to others': at most one line for
 * each finding held is left, however many an epoch brings. */
static void
compact_dirty(struct ledger *l)
{
	size_t kept = 0;

	qsort(l->dirty, l->dirty_count, sizeof *l->dirty, compare_keys);
	for (size_t i = 0; i < l->dirty_count; i++)
		if ((kept == 0 || !line_key_equal(&l->dirty[kept - 1], &l->dirty[i])) &&
		    has_findings(l, &l->dirty[i]))
			l->dirty[kept++] = l->dirty[i];
	l->dirty_count = kept;
}

static void
set_dirty(struct ledger *l, const struct line_key *key)
{
	if (l->dirty_count > 0 && line_key_equal(&l->dirty[l->dirty_count - 1], key))
		return;
	if (l->dirty_count >= 2 * table_stat(l->held).slots)
		compact_dirty(l);
	if (l->dirty_count == l->dirty_room) {
		l->dirty_room = l->dirty_room ? l->dirty_room * 2 : 64;
		l->dirty = xrealloc(l->dirty, l->dirty_room * sizeof *l->dirty);
	}
	l->dirty[l->dirty_count++] = *key;
}

/* Times of touch are those of the evidence: what is oldest gives way first. */
void
finding_report(struct findings *out, const struct finding *f)
{
	struct ledger *l = out->ledger;
	struct held_key key = {.line = f->line, .detector = out->detector};
	struct held *h = table_find(l->held, &key);

	if (h == NULL && !(f->weight > 0))
		return;
	h = table_get(l->held, &key, f->last, 0, NULL);
	h->days += h->days == 0 || h->finding.window < f->window;
	h->finding = *f;
	h->finding.detector = NULL;
	if (f->line.lease_gen == 0 && f->last - f->first > l->env.hold)
		h->finding.first = f->last - l->env.hold;
	l->findings++;
	set_dirty(l, &f->line);
}

void
finding_notice(struct findings *out, const char *detector, const char *text)
{
	struct runner_out *to = &out->ledger->env.out;

	out->ledger->suspended++;
	if (to->notice != NULL)
		to->notice(to->ctx, detector, text);
}

/* What is held already is told at the end of the epoch. */
void
ledger_mark(struct ledger *l, const struct line_key *key, int64_t now, int64_t until)
{
	int64_t *mark;

	if (until <= now) {
		ledger_forget_mark(l, key);
		return;
	}
	mark = table_get(l->marks, key, until, 0, NULL);
	*mark = until;
	set_dirty(l, key);
}

void
ledger_forget_mark(struct ledger *l, const struct line_key *key)
{
	table_drop(l->marks, key);
}

static bool
is_marked(const struct ledger *l, const struct line_key *key, int64_t now)
{
	const int64_t *until = table_find(l->marks, key);

	return until != NULL && *until > now;
}

/* The line's findings that still count, in the order of detectors[]. */
struct gathered {
	struct held *held[DETECTORS_MOST];
	struct evidence evidence[DETECTORS_MOST];
	uint32_t detector[DETECTORS_MOST];
	uint32_t count;
};

static void
gather(
    const struct ledger *l, const struct line_key *line, int64_t now, struct gathered *g)
{
	struct held_key key = {.line = *line};

	g->count = 0;
	for (key.detector = 0; detectors[key.detector] != NULL; key.detector++) {
		struct held *h = table_find(l->held, &key);
		uint32_t i = g->count;

		if (h == NULL)
			continue;
		if (line->lease_gen == 0 && h->finding.last < now - l->env.hold)
			continue;
		g->held[i] = h;
		g->detector[i] = key.detector;
		g->evidence[i] = (struct evidence){.group = h->finding.group,
		    .kind = h->finding.kind,
		    .gold = h->finding.gold,
		    .weight = h->finding.weight,
		    .last = h->finding.last,
		    .days = h->days};
		g->count++;
	}
}

static bool
worth_telling(const struct held *h)
{
	const struct finding *f = &h->finding;

	if (!h->told || f->window != h->told_window || f->gold != h->told_gold)
		return true;
	return fabs(f->weight - h->told_weight) >= TELL_STEP ||
	       f->last - h->told_last >= TELL_AGAIN;
}

static void
fill_sighting(struct sighting *s, const struct finding *f, const char *name)
{
	*s = (struct sighting){.first = f->first,
	    .last = f->last,
	    .addr = f->line.addr,
	    .realm = f->line.realm,
	    .port = f->line.port_lo,
	    .role = ROLE_BOT,
	    .kind = f->kind,
	    .group = f->group,
	    .severity = SEVERITY_HIGH,
	    .grade = 'B',
	    .gold = f->gold,
	    .remote_c2 = f->remote_c2,
	    .data_class = f->data_class,
	    .weight = f->weight,
	    .confidence = 1,
	    .count = f->count,
	    .remote = f->remote,
	    .remote_port = f->remote_port,
	    .flow_count = f->flow_count};
	(void)snprintf(s->tlp, sizeof s->tlp, "amber");
	(void)snprintf(s->source, sizeof s->source, "%s", name);
	(void)snprintf(s->upstream, sizeof s->upstream, "own");
	(void)snprintf(s->identifier, sizeof s->identifier, "%s", name);
	(void)snprintf(s->rsit, sizeof s->rsit, "malicious-code/infected-system");
	memcpy(s->family, f->family, sizeof s->family);
	memcpy(s->remote_name, f->remote_name, sizeof s->remote_name);
	memcpy(s->why, f->why, sizeof s->why);
	memcpy(s->flows, f->flows, sizeof s->flows);
}

static void
tell(struct ledger *l, struct held *h, uint32_t detector, int64_t now)
{
	const struct finding *f = &h->finding;
	struct sighting s;

	fill_sighting(&s, f, detectors[detector]->name);
	if (s.flow_count > 0)
		s.proto = s.flows[0].proto;
	s.received = now;
	s.basis = basis_of(l, f);
	s.weights_version = weights_version(l->env.weights);
	sighting_set_id(&s, &(struct id128){{0}}, f->window);
	h->told = true;
	h->told_gold = f->gold;
	h->told_weight = f->weight;
	h->told_window = f->window;
	h->told_last = f->last;
	l->sightings++;
	if (l->env.out.sighting != NULL)
		l->env.out.sighting(l->env.out.ctx, &s);
}

static void
set_alert(
    struct ledger *l, const struct line_key *key, const struct gathered *g, int64_t now)
{
	struct line *line = table_find(l->lines, key);
	int64_t last = INT64_MIN;

	for (uint32_t i = 0; i < g->count; i++)
		if (g->evidence[i].last > last)
			last = g->evidence[i].last;
	if (line != NULL && line->alert == 0)
		line->alert = last < now ? last : now;
}

static void
close_line(struct ledger *l, const struct line_key *line, int64_t now)
{
	struct held_key key = {.line = *line};
	struct gathered g;
	struct score score;
	bool telling;

	gather(l, line, now, &g);
	score_evidence(g.evidence, g.count, l->env.prior, now, &score);
	if (score.verdict == VERDICT_INFECTED)
		set_alert(l, line, &g, now);
	telling = score.posterior >= RUNNER_TELL || is_marked(l, line, now);
	for (uint32_t i = 0; i < g.count; i++) {
		struct held *h = g.held[i];
		bool withdrawn = !(h->finding.weight > 0);

		if ((telling || (withdrawn && h->told)) && worth_telling(h))
			tell(l, h, g.detector[i], now);
		key.detector = g.detector[i];
		if (withdrawn)
			table_drop(l->held, &key);
	}
}

static void
sweep(struct ledger *l, int64_t now)
{
	if (now - WHEN_HOUR < l->swept)
		return;
	l->swept = now;
	table_expire(l->lines, now - REMEMBER, NULL, NULL);
	table_expire(l->held, now - REMEMBER, NULL, NULL);
	table_expire(l->marks, now, NULL, NULL);
}

void
ledger_close_epoch(struct ledger *l, int64_t end)
{
	if (l->dirty_count > 1)
		qsort(l->dirty, l->dirty_count, sizeof *l->dirty, compare_keys);
	for (size_t i = 0; i < l->dirty_count; i++)
		if (i == 0 || !line_key_equal(&l->dirty[i], &l->dirty[i - 1]))
			close_line(l, &l->dirty[i], end);
	l->dirty_count = 0;
	sweep(l, end);
}

struct key_list {
	struct line_key *keys;
	size_t count;
};

static void
list_key(void *ctx, const void *key, void *record)
{
	struct key_list *list = ctx;

	(void)record;
	memcpy(&list->keys[list->count++], key, sizeof *list->keys);
}

static void
visit_line(struct ledger *l, const struct line_key *key, int64_t now,
    void (*visit)(void *ctx, const struct runner_line *line), void *ctx)
{
	const struct line *line = table_find(l->lines, key);
	struct finding findings[DETECTORS_MOST];
	const struct finding *listed[DETECTORS_MOST];
	struct runner_line out = {.key = *key, .findings = listed};
	struct gathered g;

	gather(l, key, now, &g);
	for (uint32_t i = 0; i < g.count; i++) {
		findings[i] = g.held[i]->finding;
		findings[i].detector = detectors[g.detector[i]]->name;
		listed[i] = &findings[i];
	}
	out.first = line->first;
	out.last = line->last;
	out.alert = line->alert;
	out.flows = line->flows;
	out.finding_count = g.count;
	score_evidence(g.evidence, g.count, l->env.prior, now, &out.score);
	visit(ctx, &out);
}

void
ledger_each_line(struct ledger *l, int64_t now,
    void (*visit)(void *ctx, const struct runner_line *line), void *ctx)
{
	struct key_list list = {.count = 0};

	list.keys = xcalloc(table_stat(l->lines).live, sizeof *list.keys);
	table_each(l->lines, list_key, &list);
	qsort(list.keys, list.count, sizeof *list.keys, compare_keys);
	for (size_t i = 0; i < list.count; i++)
		visit_line(l, &list.keys[i], now, visit, ctx);
	free(list.keys);
}

void
ledger_stat(const struct ledger *l, struct runner_stat *out)
{
	struct table_stat lines = table_stat(l->lines), held = table_stat(l->held),
			  marks = table_stat(l->marks);

	out->lines = lines.live;
	out->lines_evicted = lines.evictions;
	out->marked = marks.live;
	out->marks_evicted = marks.evictions;
	out->findings = l->findings;
	out->findings_evicted = held.evictions;
	out->sightings = l->sightings;
	out->suspended = l->suspended;
}

size_t
ledger_memory(const struct ledger *l)
{
	return sizeof *l + table_stat(l->lines).bytes + table_stat(l->held).bytes +
	       table_stat(l->marks).bytes + l->dirty_room * sizeof *l->dirty;
}

void
ledger_save(const struct ledger *l, struct wr *w)
{
	wr_u32(w, SAVE_VERSION);
	wr_u32(w, count_detectors());
	table_save(l->lines, w);
	table_save(l->held, w);
	table_save(l->marks, w);
	wr_u64(w, (uint64_t)l->swept);
	wr_u64(w, l->findings);
	wr_u64(w, l->sightings);
	wr_u64(w, l->suspended);
	wr_blob(w, l->dirty, l->dirty_count * sizeof *l->dirty);
}

bool
ledger_load(struct ledger *l, struct rd *r)
{
	struct rd dirty;

	if (rd_u32(r) != SAVE_VERSION || rd_u32(r) != count_detectors())
		return false;
	if (!table_load(l->lines, r) || !table_load(l->held, r) ||
	    !table_load(l->marks, r))
		return false;
	l->swept = (int64_t)rd_u64(r);
	l->findings = rd_u64(r);
	l->sightings = rd_u64(r);
	l->suspended = rd_u64(r);
	dirty = rd_blob(r);
	while (rd_left(&dirty) >= sizeof(struct line_key)) {
		struct line_key key;

		(void)rd_copy(&dirty, &key, sizeof key);
		set_dirty(l, &key);
	}
	return !r->bad && !dirty.bad && rd_left(&dirty) == 0;
}
