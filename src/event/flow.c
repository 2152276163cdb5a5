/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow.c -- see flow.h. The key of a flow has its ends in the order of their bytes, so
 * both directions find it; the record says which end began. Times may fall back a little
 * (packets out of order); the table's own time does not. A touched flow moves in the
 * order of age at most once a second, so a flow may stay up to a second longer than
 * `idle`.
 *
 * Later fragments have no ports: those of the first are remembered by (ends, protocol,
 * id). A fragment that precedes its first makes a flow without ports.
 */
#include "event/flow.h"

#include "base/lru.h"
#include "base/mem.h"
#include "base/when.h"
#include "event/answer.h"

#include <stdlib.h>

enum { FRAGMENTS = 1024, CAPTURE_TRUST = 4 };

struct flow_key {
	struct addr end[2]; /* end[0] <= end[1], or equal addresses by port */
	uint16_t port[2];
	uint32_t proto;
};
_Static_assert(sizeof(struct flow_key) == 40, "no padding in a hashed key");

struct flow {
	int64_t first, last;
	uint64_t packets[2], bytes[2]; /* [0] from the end that began */
	uint8_t flags[2];
	uint8_t began; /* which end of the key */
	uint8_t icmp_type, icmp_code;
	uint8_t refused, continued, answer;
};

struct fragment_key {
	struct addr src, dst;
	uint32_t id, proto;
};

struct fragment {
	uint16_t sport, dport;
};

struct flows {
	struct flow_config config;
	struct lru *table, *fragments;
	struct ways ways;
	int64_t now;
	uint64_t evicted;
};

struct flows *
flows_new(const struct flow_config *config)
{
	struct flows *f = xcalloc(1, sizeof *f);

	f->config = *config;
	f->table = lru_new(
	    config->flows, sizeof(struct flow_key), sizeof(struct flow), config->seed);
	f->fragments = lru_new(FRAGMENTS, sizeof(struct fragment_key),
	    sizeof(struct fragment), config->seed);
	f->now = INT64_MIN;
	return f;
}

void
flows_free(struct flows *f)
{
	if (f == NULL)
		return;
	lru_free(f->table);
	lru_free(f->fragments);
	free(f);
}

/* Returns which end of the key is `src`. */
static uint8_t
make_key(struct flow_key *key, const struct addr *src, const struct addr *dst,
    uint16_t sport, uint16_t dport)
{
	int order = addr_compare(src, dst);
	uint8_t src_end = order > 0 || (order == 0 && sport > dport);

	key->end[src_end] = *src;
	key->end[!src_end] = *dst;
	key->port[src_end] = sport;
	key->port[!src_end] = dport;
	return src_end;
}

static void
emit(struct flows *f, const struct flow *flow, flow_sink *sink, void *ctx)
{
	const struct flow_key *key = lru_key(f->table, flow);
	struct event ev = {.kind = EVENT_FLOW,
	    .first = flow->first,
	    .last = flow->last,
	    .src = key->end[flow->began],
	    .dst = key->end[!flow->began],
	    .sport = key->port[flow->began],
	    .dport = key->port[!flow->began],
	    .packets = {flow->packets[0], flow->packets[1]},
	    .bytes = {flow->bytes[0], flow->bytes[1]},
	    .tcp_flags = {flow->flags[0], flow->flags[1]},
	    .proto = (uint8_t)key->proto,
	    .icmp_type = flow->icmp_type,
	    .icmp_code = flow->icmp_code,
	    .continued = flow->continued,
	    .direction = 255,
	    .sampling = 1};

	ways_learn(&f->ways, &ev);
	ev.answer = (uint8_t)answer_of(&ev, ways_both(&f->ways, CAPTURE_TRUST),
	    flow->refused, (enum answer)flow->answer);
	sink(ctx, &ev);
}

static void
drop(struct flows *f, struct flow *flow, flow_sink *sink, void *ctx)
{
	emit(f, flow, sink, ctx);
	lru_drop(f->table, flow);
}

/* Whether the first packet seen was sent by the end that answers. */
static bool
is_reply(const struct packet *p)
{
	enum { BOTH = TCP_SYN | TCP_ACK };

	if (p->proto == PROTO_TCP && (p->tcp_flags & TCP_SYN) != 0)
		return (p->tcp_flags & BOTH) == BOTH;
	if (p->proto == PROTO_TCP)
		return p->sport < 1024 && p->dport >= 1024;
	return (p->proto == PROTO_ICMP && p->icmp_type == 0) ||
	       (p->proto == PROTO_ICMP6 && p->icmp_type == 129);
}

static struct flow *
begin(struct flows *f, const struct flow_key *key, uint8_t src_end,
    const struct packet *p, flow_sink *sink, void *ctx)
{
	struct flow *flow;

	if (lru_full(f->table)) {
		f->evicted++;
		drop(f, lru_oldest(f->table, NULL), sink, ctx);
	}
	flow = lru_add(f->table, key, f->now);
	flow->began = is_reply(p) ? !src_end : src_end;
	flow->icmp_type = p->icmp_type;
	flow->icmp_code = p->icmp_code;
	return flow;
}

/* The rest of a long flow keeps who began and the answer. */
static void
cut(struct flows *f, struct flow *flow, flow_sink *sink, void *ctx)
{
	uint8_t began = flow->began, type = flow->icmp_type, code = flow->icmp_code;
	bool answered = flow->packets[1] > 0 || flow->answer == ANSWER_ANSWERED;

	emit(f, flow, sink, ctx);
	*flow = (struct flow){.began = began,
	    .icmp_type = type,
	    .icmp_code = code,
	    .continued = 1,
	    .answer = answered ? ANSWER_ANSWERED : ANSWER_UNKNOWN};
}

static bool
begins_anew(const struct flow *flow, const struct packet *p)
{
	return p->proto == PROTO_TCP && (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
	       ((flow->flags[0] | flow->flags[1]) & (TCP_FIN | TCP_RST)) != 0;
}

static void
count(struct flow *flow, const struct packet *p, bool back, int64_t t)
{
	if (flow->packets[0] + flow->packets[1] == 0) {
		flow->first = flow->last = t;
	} else {
		flow->first = t < flow->first ? t : flow->first;
		flow->last = t > flow->last ? t : flow->last;
	}
	flow->packets[back]++;
	flow->bytes[back] += p->length;
	flow->flags[back] |= p->tcp_flags;
}

/* True: the error spoke of a flow of ours and needs none of its own. */
static bool
note_error(struct flows *f, const struct packet *p)
{
	const struct packet_quote *q = &p->quote;
	struct flow_key key = {.proto = q->proto};
	struct flow *flow;
	uint8_t src_end;

	if (!p->unreachable || q->proto == 0)
		return false;
	src_end = make_key(&key, &q->src, &q->dst, q->sport, q->dport);
	flow = lru_find(f->table, &key);
	if (flow == NULL)
		return false;
	if (flow->began == src_end)
		flow->refused = 1;
	return true;
}

static void
note_fragment(struct flows *f, const struct packet *p, uint16_t *sport, uint16_t *dport)
{
	struct fragment_key key = {
	    .src = p->src, .dst = p->dst, .id = p->fragment_id, .proto = p->proto};
	struct fragment *known = lru_find(f->fragments, &key);

	if (p->later_fragment) {
		if (known != NULL) {
			*sport = known->sport;
			*dport = known->dport;
		}
		return;
	}
	if (known == NULL) {
		if (lru_full(f->fragments))
			lru_drop(f->fragments, lru_oldest(f->fragments, NULL));
		known = lru_add(f->fragments, &key, f->now);
	}
	*known = (struct fragment){p->sport, p->dport};
}

void
flows_packet(
    struct flows *f, const struct packet *p, int64_t t, flow_sink *sink, void *ctx)
{
	struct flow_key key = {.proto = p->proto};
	uint16_t sport = p->sport, dport = p->dport;
	struct flow *flow;
	uint8_t src_end;

	if (t > f->now)
		f->now = t;
	if (note_error(f, p))
		return;
	if (p->first_fragment || p->later_fragment)
		note_fragment(f, p, &sport, &dport);
	src_end = make_key(&key, &p->src, &p->dst, sport, dport);
	flow = lru_find(f->table, &key);
	if (flow != NULL && begins_anew(flow, p)) {
		drop(f, flow, sink, ctx);
		flow = NULL;
	} else if (flow != NULL && t - flow->first >= f->config.active) {
		cut(f, flow, sink, ctx);
	}
	if (flow == NULL)
		flow = begin(f, &key, src_end, p, sink, ctx);
	count(flow, p, src_end != flow->began, t);
	if (f->now - lru_touched(f->table, flow) >= WHEN_SECOND)
		lru_touch(f->table, flow, f->now);
}

void
flows_advance(struct flows *f, int64_t now, flow_sink *sink, void *ctx)
{
	struct flow *flow;
	int64_t touched;

	while ((flow = lru_oldest(f->table, &touched)) != NULL &&
	       (now == WHEN_NEVER || touched + WHEN_SECOND + f->config.idle <= now))
		drop(f, flow, sink, ctx);
}

uint64_t
flows_evicted(const struct flows *f)
{
	return f->evicted;
}

size_t
flows_memory(const struct flows *f)
{
	return sizeof *f + lru_memory(f->table) + lru_memory(f->fragments);
}

void
flows_save(const struct flows *f, struct wr *w)
{
	lru_save(f->table, w);
	lru_save(f->fragments, w);
	wr_put(w, &f->ways, sizeof f->ways);
	wr_u64(w, (uint64_t)f->now);
	wr_u64(w, f->evicted);
}

bool
flows_load(struct flows *f, struct rd *r)
{
	if (!lru_load(f->table, r) || !lru_load(f->fragments, r))
		return false;
	(void)rd_copy(r, &f->ways, sizeof f->ways);
	f->now = (int64_t)rd_u64(r);
	f->evicted = rd_u64(r);
	return !r->bad;
}
