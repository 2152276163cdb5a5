/* SPDX-License-Identifier: Apache-2.0 */
/*
 * indicator.c -- lines that talk, try to talk, or ask for the name of what is listed as
 * malicious code's (intel/indicators.h).
 *
 * A connection counts if both sides sent two packets or, where one direction only is
 * exported, ours acknowledged; without answer it takes two tries. What reaches a line
 * from outside counts only beyond three packets each way, and then as little as shared
 * hosting: listed addresses scan everybody. One query for a listed name counts.
 *
 * A line keeps the four hits of most worth; the finding is the best one's. From 10,000
 * lines active within an hour on, an indicator that 50 lines and more than 0.1 % of them
 * hit within that hour is suspended: it is a bad indicator or an outbreak, which a person
 * must tell apart. What rested on it is withdrawn. Counts of lines are HyperLogLogs.
 *
 * Not handled: popularity beyond this process; encrypted DNS; addresses that a listed
 * name resolved to.
 */
#include "base/hash.h"
#include "base/mem.h"
#include "base/sketch.h"
#include "base/table.h"
#include "base/when.h"
#include "detect/detect.h"
#include "detect/weights.h"
#include "intel/indicators.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	HITS = 4,
	ACTIVE_PARTS = 16, /* HyperLogLogs that share the lines: error 3 % */
	POPULAR = 4096,    /* indicators whose hits are counted at once */
	SAVE_VERSION = 1
};

static const char *const bin_weights[BIN_COUNT] = {NULL, "indicator.shared",
    "indicator.c2_prefix", "indicator.distribution", "indicator.c2_address",
    "indicator.c2_endpoint", "indicator.c2_domain", "indicator.c2_confirmed",
    "indicator.sinkhole"};

struct options {
	int64_t active_lines, hit_lines;
	double share;
	int64_t again;
};

/* clang-format off */
#define OPT(field, type, preset, min, max, help) \
	{#field, type, offsetof(struct options, field), preset, min, max, help, \
	 NULL, NULL, NULL, 0, false}

static const struct conf_opt indicator_options[] = {
	OPT(active_lines, CONF_INT,      10000, 10,   1e9,   "lines active in an hour from which popularity is known"),
	OPT(hit_lines,    CONF_INT,      50,    2,    1e9,   "lines that hit an indicator before it can be suspended"),
	OPT(share,        CONF_REAL,     .001,  1e-6, 1,     "share of the active lines above which it is"),
	OPT(again,        CONF_DURATION, 600e6, 1e6,  864e8, "least time between two reports of the same weight"),
	{.type = CONF_END},
};
/* clang-format on */

struct hit {
	uint64_t id;
	uint8_t bin, role, data_class;
	bool inbound;
	uint32_t contacts, tries, queries;
	int64_t first, last;
	uint64_t packets[2];
	struct addr peer;
	uint16_t port;
	char value[INDICATOR_LABEL + 16], family[INDICATOR_LABEL],
	    source[INDICATOR_LABEL];
};

struct hit_line {
	struct hit hits[HITS]; /* id 0: free */
	uint32_t next, count;  /* flows */
	struct flow_record flows[SIGHTING_FLOWS];
	uint8_t told_bin;
	int64_t told_at;
};

struct popularity {
	int64_t hour;
	struct hll64 lines;
	bool suspended;
};

struct self {
	struct options opt;
	const struct indicators *set;
	uint64_t seed;
	int64_t hold;
	double weights[BIN_COUNT];
	struct table *lines, *popular;
	int64_t hour;
	struct hll64 active[ACTIVE_PARTS];
	double active_before; /* in the hour before */
};

static void *
indicator_open(const struct detect_env *env)
{
	struct self *s = xcalloc(1, sizeof *s);

	s->opt = *(const struct options *)env->options;
	s->set = env->indicators;
	s->seed = env->seed;
	s->hold = env->hold;
	for (int bin = BIN_SHARED; bin < BIN_COUNT; bin++)
		s->weights[bin] = weights_get(env->weights, bin_weights[bin]);
	s->lines = table_new(env->lines / 16 + 256, sizeof(struct line_key),
	    sizeof(struct hit_line), env->seed);
	s->popular =
	    table_new(POPULAR, sizeof(uint64_t), sizeof(struct popularity), env->seed);
	return s;
}

static void
indicator_close(void *self)
{
	struct self *s = self;

	table_free(s->lines);
	table_free(s->popular);
	free(s);
}

static uint64_t
line_hash(const struct self *s, const struct line_key *key)
{
	return hash_bytes(key, sizeof *key, s->seed);
}

static double
active_lines(const struct self *s)
{
	double sum = 0;

	for (size_t i = 0; i < ACTIVE_PARTS; i++)
		sum += hll64_count(&s->active[i]);
	return sum;
}

static void
count_active(struct self *s, const struct event *ev)
{
	uint64_t hash = line_hash(s, &ev->line);
	int64_t hour = ev->ready / WHEN_HOUR;

	if (hour != s->hour) {
		s->active_before = hour == s->hour + 1 ? active_lines(s) : 0;
		memset(s->active, 0, sizeof s->active);
		s->hour = hour;
	}
	(void)hll64_add(&s->active[hash % ACTIVE_PARTS], hash_u64(hash, s->seed));
}

static bool
holds(const struct hit *h)
{
	return h->id != 0 && (h->contacts >= 1 || h->tries >= 2 || h->queries >= 1);
}

static const struct hit *
best_hit(const struct hit_line *l)
{
	const struct hit *best = NULL;

	for (size_t i = 0; i < HITS; i++)
		if (holds(&l->hits[i]) && (best == NULL || l->hits[i].bin > best->bin))
			best = &l->hits[i];
	return best;
}

/* The hit for the indicator, new or known; the one of least worth gives way. */
static struct hit *
hit_for(struct self *s, struct hit_line *l, const struct indicator *i, bool inbound)
{
	struct hit *place = &l->hits[0];
	char value[INDICATOR_NAME + 8];

	for (size_t k = 0; k < HITS; k++)
		if (l->hits[k].id == i->id && l->hits[k].inbound == inbound)
			return &l->hits[k];
	for (size_t k = 1; k < HITS; k++)
		if (l->hits[k].bin < place->bin)
			place = &l->hits[k];
	*place = (struct hit){.id = i->id,
	    .bin = inbound ? BIN_SHARED : i->bin,
	    .role = i->role,
	    .inbound = inbound,
	    .first = INT64_MAX};
	(void)snprintf(
	    place->value, sizeof place->value, "%s", indicator_value(s->set, i, value));
	(void)snprintf(
	    place->family, sizeof place->family, "%s", indicator_text(s->set, i->family));
	(void)snprintf(
	    place->source, sizeof place->source, "%s", indicator_text(s->set, i->source));
	return place;
}

static const char *
role_text(const struct hit *h)
{
	switch ((enum indicator_role)h->role) {
	case INDICATOR_SINKHOLE:
		return "a sinkhole";
	case INDICATOR_DISTRIBUTION:
		return "a source of malware";
	case INDICATOR_C2:
		break;
	}
	return "a command server";
}

static void
what_happened(const struct hit *h, char *out, size_t size)
{
	unsigned long long sent = h->packets[0], back = h->packets[1];

	if (h->queries > 0)
		(void)snprintf(
		    out, size, "asked %u times for the name %s", h->queries, h->value);
	else if (h->contacts == 0)
		(void)snprintf(out, size, "tried %u times to reach %s, unanswered",
		    h->tries, h->value);
	else if (h->inbound)
		(void)snprintf(out, size,
		    "%u connections from %s (%llu packets out, %llu in)", h->contacts,
		    h->value, sent, back);
	else
		(void)snprintf(out, size,
		    "%u connections to %s (%llu packets out, %llu in)", h->contacts,
		    h->value, sent, back);
}

static void
fill_finding(const struct self *s, const struct hit_line *l, const struct hit *h,
    struct finding *f)
{
	char what[116];

	f->weight = s->weights[h->bin];
	f->gold = h->bin >= BIN_CONFIRMED;
	f->remote_c2 =
	    h->role == INDICATOR_C2 && h->bin == BIN_CONFIRMED && h->contacts > 0;
	f->data_class = h->data_class;
	f->first = h->first;
	f->last = h->last;
	f->count = h->contacts + h->tries + h->queries;
	f->remote = h->peer;
	f->remote_port = h->port;
	(void)snprintf(f->family, sizeof f->family, "%s", h->family);
	if (h->queries > 0)
		(void)snprintf(f->remote_name, sizeof f->remote_name, "%s", h->value);
	what_happened(h, what, sizeof what);
	(void)snprintf(f->why, sizeof f->why, "%s, listed by %.20s as %s%s%.20s", what,
	    h->source[0] ? h->source : "an unnamed list", role_text(h),
	    h->family[0] ? " of " : "", h->family);
	f->flow_count = (uint8_t)l->count;
	for (uint32_t i = 0; i < l->count; i++)
		f->flows[i] =
		    l->flows[(l->next + SIGHTING_FLOWS - l->count + i) % SIGHTING_FLOWS];
}

/* Without a hit that holds, a finding of weight 0 withdraws the one reported. */
static void
report(struct self *s, const struct line_key *line, struct hit_line *l, int64_t now,
    struct findings *out)
{
	const struct hit *best = best_hit(l);
	struct finding f = {.detector = "indicator",
	    .line = *line,
	    .group = GROUP_INTEL,
	    .kind = KIND_C2,
	    .data_class = DATA_TRAFFIC,
	    .first = now,
	    .last = now};

	if (best != NULL)
		fill_finding(s, l, best, &f);
	else
		(void)snprintf(f.why, sizeof f.why, "the indicator was suspended");
	f.window = f.last - f.last % WHEN_DAY;
	finding_report(out, &f);
	l->told_bin = best != NULL ? best->bin : BIN_NONE;
	l->told_at = now;
}

struct withdrawal {
	struct self *self;
	struct findings *out;
	uint64_t id;
	int64_t now;
};

static void
withdraw(void *ctx, const void *key, void *record)
{
	const struct withdrawal *w = ctx;
	struct hit_line *l = record;
	struct line_key line;
	bool rested = false;

	for (size_t i = 0; i < HITS; i++) {
		if (l->hits[i].id != w->id)
			continue;
		rested = true;
		l->hits[i] = (struct hit){.id = 0};
	}
	memcpy(&line, key, sizeof line);
	if (rested && l->told_bin != BIN_NONE)
		report(w->self, &line, l, w->now, w->out);
}

static void
suspend(struct self *s, const struct indicator *i, double hit, double active, int64_t now,
    struct findings *out)
{
	struct withdrawal w = {.self = s, .out = out, .id = i->id, .now = now};
	char value[INDICATOR_NAME + 8], text[INDICATOR_NAME + 240];

	(void)snprintf(text, sizeof text,
	    "%s (%s) suspended: hit by some %.0f of %.0f lines within an hour, %.2f %%; "
	    "either a bad indicator or an outbreak",
	    indicator_value(s->set, i, value), indicator_text(s->set, i->source), hit,
	    active, 100 * hit / active);
	finding_notice(out, "indicator", text);
	table_each(s->lines, withdraw, &w);
}

/* Counts the line; true if the indicator is, or thereby becomes, too popular. */
static bool
too_popular(struct self *s, const struct indicator *i, const struct event *ev,
    struct findings *out)
{
	struct popularity *p = table_get(s->popular, &i->id, ev->ready, 0, NULL);
	double active, hit;

	if (i->review == REVIEW_KEEP)
		p->suspended = false;
	else if (p->suspended)
		return true;
	if (p->hour != ev->ready / WHEN_HOUR) {
		p->hour = ev->ready / WHEN_HOUR;
		memset(&p->lines, 0, sizeof p->lines);
	}
	if (!hll64_add(&p->lines, hash_u64(line_hash(s, &ev->line), s->seed)))
		return false;
	hit = hll64_count(&p->lines);
	if (hit < (double)s->opt.hit_lines)
		return false; /* before the dearer count */
	active = active_lines(s);
	if (active < s->active_before)
		active = s->active_before;
	if (i->review == REVIEW_KEEP || active < (double)s->opt.active_lines ||
	    hit <= s->opt.share * active)
		return false;
	p->suspended = true;
	suspend(s, i, hit, active, ev->ready, out);
	return true;
}

enum sign { SIGN_NONE, SIGN_TRY, SIGN_CONTACT };

static enum sign
sign_of(const struct event *ev)
{
	uint64_t least = ev->sampling > 1 ? 1 : 2;
	bool spoke = ev->proto == PROTO_TCP && (ev->tcp_flags[0] & TCP_ACK);

	if (ev->proto != PROTO_TCP && ev->proto != PROTO_UDP)
		return SIGN_NONE;
	if (ev->ours == OURS_DST)
		return ev->answer == ANSWER_ANSWERED && ev->packets[0] > 3 &&
			       ev->packets[1] > 3
			   ? SIGN_CONTACT
			   : SIGN_NONE;
	switch ((enum answer)ev->answer) {
	case ANSWER_ANSWERED:
		return ev->packets[0] >= least && ev->packets[1] >= least ? SIGN_CONTACT
									  : SIGN_TRY;
	case ANSWER_UNKNOWN:
		return spoke && ev->packets[0] >= least ? SIGN_CONTACT : SIGN_TRY;
	case ANSWER_REFUSED:
	case ANSWER_SILENT:
		break;
	}
	return SIGN_TRY;
}

static void
keep_flow(struct hit_line *l, const struct event *ev, bool inbound)
{
	int us = inbound ? 1 : 0;

	l->flows[l->next] = (struct flow_record){.first = ev->first,
	    .last = ev->last,
	    .peer = inbound ? ev->src : ev->dst,
	    .packets = {ev->packets[us], ev->packets[!us]},
	    .bytes = {ev->bytes[us], ev->bytes[!us]},
	    .our_port = inbound ? ev->dport : ev->sport,
	    .peer_port = inbound ? ev->sport : ev->dport,
	    .proto = ev->proto,
	    .answer = ev->answer};
	l->next = (l->next + 1) % SIGHTING_FLOWS;
	l->count += l->count < SIGHTING_FLOWS;
}

static void
account_flow(struct hit *h, const struct event *ev, enum sign sign)
{
	int us = h->inbound ? 1 : 0;

	if (sign == SIGN_CONTACT)
		h->contacts += !ev->continued;
	else
		h->tries += ev->packets[0] >= 2 ? 2 : 1;
	h->packets[0] += ev->packets[us];
	h->packets[1] += ev->packets[!us];
	h->peer = h->inbound ? ev->src : ev->dst;
	h->port = h->inbound ? ev->sport : ev->dport;
	h->data_class = DATA_TRAFFIC;
}

static void
take_hit(struct self *s, const struct event *ev, const struct indicator *i,
    enum sign sign, struct findings *out)
{
	bool inbound = ev->kind == EVENT_FLOW && ev->ours == OURS_DST;
	struct hit_line *l;
	const struct hit *best;
	struct hit *h;

	if (too_popular(s, i, ev, out))
		return;
	l = table_get(s->lines, &ev->line, ev->ready, line_ttl(&ev->line, s->hold), NULL);
	h = hit_for(s, l, i, inbound);
	if (ev->kind == EVENT_FLOW) {
		account_flow(h, ev, sign);
		keep_flow(l, ev, inbound);
	} else {
		h->queries++;
		h->data_class = DATA_NAME;
	}
	if (ev->first < h->first)
		h->first = ev->first;
	if (ev->last > h->last)
		h->last = ev->last;
	best = best_hit(l);
	if (best != NULL &&
	    (best->bin > l->told_bin || ev->ready - l->told_at >= s->opt.again))
		report(s, &ev->line, l, ev->ready, out);
}

static void
feed_flow(struct self *s, const struct view *v, uint32_t k, struct findings *out)
{
	const struct event *ev = v->events[k];
	bool inbound = ev->ours == OURS_DST;
	enum sign sign = sign_of(ev);
	const struct indicator *i;

	if (sign == SIGN_NONE)
		return;
	i = indicators_match(s->set, inbound ? &ev->src : &ev->dst, ev->proto,
	    inbound ? ev->sport : ev->dport, ev->first);
	if (i == NULL || i->bin == BIN_NONE)
		return;
	take_hit(s, ev, i, sign, out);
	view_claim(v, k, GROUP_INTEL);
}

/* A question, or the answer if only that was seen; not both, they are one event each. */
static void
feed_name(struct self *s, const struct view *v, uint32_t k, struct findings *out)
{
	const struct event *ev = v->events[k];
	const struct indicator *i;

	if (ev->dns_response || ev->ours != OURS_SRC)
		return;
	i = indicators_match_name(
	    s->set, batch_name(v->batch, ev), ev->name_size, ev->first);
	if (i == NULL || i->bin == BIN_NONE)
		return;
	take_hit(s, ev, i, SIGN_NONE, out);
	view_claim(v, k, GROUP_INTEL);
}

static void
indicator_feed(void *self, const struct view *v, struct findings *out)
{
	enum { AHEAD = 8 };
	struct self *s = self;

	if (s->set == NULL)
		return;
	for (uint32_t k = 0; k < v->count; k++) {
		const struct event *ev = v->events[k];

		if (k + AHEAD < v->count) {
			const struct event *ahead = v->events[k + AHEAD];

			indicators_prefetch(
			    s->set, ahead->ours == OURS_DST ? &ahead->src : &ahead->dst);
		}
		count_active(s, ev);
		if (!view_free(v, k, GROUP_INTEL))
			continue;
		if (ev->kind == EVENT_FLOW)
			feed_flow(s, v, k, out);
		else if (ev->kind == EVENT_DNS)
			feed_name(s, v, k, out);
	}
}

static void
indicator_advance(void *self, int64_t now, struct findings *out)
{
	(void)self;
	(void)now;
	(void)out;
}

static void
indicator_line_changed(void *self, const struct line_key *old, int64_t t)
{
	struct self *s = self;

	(void)t;
	table_drop(s->lines, old);
}

static void
indicator_save(const void *self, struct wr *w)
{
	const struct self *s = self;
	uint64_t before;

	memcpy(&before, &s->active_before, sizeof before);
	wr_u32(w, SAVE_VERSION);
	table_save(s->lines, w);
	table_save(s->popular, w);
	wr_u64(w, (uint64_t)s->hour);
	wr_u64(w, before);
	wr_put(w, s->active, sizeof s->active);
}

static bool
indicator_load(void *self, struct rd *r)
{
	struct self *s = self;
	uint64_t before;

	if (rd_u32(r) != SAVE_VERSION || !table_load(s->lines, r) ||
	    !table_load(s->popular, r))
		return false;
	s->hour = (int64_t)rd_u64(r);
	before = rd_u64(r);
	memcpy(&s->active_before, &before, sizeof before);
	return rd_copy(r, s->active, sizeof s->active);
}

static size_t
indicator_memory(const void *self)
{
	const struct self *s = self;

	return sizeof *s + table_stat(s->lines).bytes + table_stat(s->popular).bytes;
}

const struct detector detector_indicator = {
    .name = "indicator",
    .summary = "lines in touch with what is listed as a botnet's",
    .wants = EVENT_FLOW | EVENT_DNS,
    .classes = DATA_TRAFFIC | DATA_NAME,
    .group = GROUP_INTEL,
    .options = indicator_options,
    .options_size = sizeof(struct options),
    .open = indicator_open,
    .feed = indicator_feed,
    .advance = indicator_advance,
    .line_changed = indicator_line_changed,
    .save = indicator_save,
    .load = indicator_load,
    .memory = indicator_memory,
    .close = indicator_close,
};
