/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pair.c -- see pair.h.
 *
 * A flow is seen from our end: side 0 is what our line sent, side 1 what it got. `open`
 * holds the flows that wait, in the order of their last record; `told` remembers, for as
 * long as a flow may be held, where flows that went out were observed and who began them.
 * `by_line` chains the open flows of each line, for a change of holder.
 *
 * Who began: the side whose flags show SYN without ACK; the other side of one that only
 * reset; the earlier first packet; the higher port, when the ports differ in class; at
 * last the side that was seen, or ours.
 *
 * Whether an exporter shows both directions is learnt per exporter (answer.h).
 *
 * Not handled: a flow whose observation point changes in mid-life (a route change) is not
 * counted further until it has been silent for `hold`. An ICMP unreachable among flow
 * records carries no ports; it counts for what our line sent to that address within
 * `wait`, if the host itself answered; from a router on the way it cannot be assigned.
 */
#include "event/pair.h"

#include "base/lru.h"
#include "base/mem.h"
#include "base/table.h"
#include "base/when.h"
#include "event/answer.h"
#include "event/holder.h"

#include <stdlib.h>

enum { EXPORTERS = 1024, UNREACHABLE = 4096, FLOW_KEY_SIZE = 44, EXPORTER_TRUST = -4 };

struct flow_key {
	uint32_t realm;
	struct addr ours, peer;
	uint16_t our_port, peer_port;
	uint32_t proto;
};
_Static_assert(sizeof(struct flow_key) == FLOW_KEY_SIZE, "no padding in a hashed key");

struct point {
	uint32_t source, exporter, ingress, direction;
};

/* The last record accepted, to know its copies, and the sums since the flow last went
 * out. */
struct side {
	struct point point;
	int64_t record_first, record_last;
	uint64_t record_packets, record_bytes;
	int64_t first, last;
	uint64_t packets, bytes;
	uint8_t flags, icmp_type, icmp_code;
	uint8_t seen; /* ever, also before it last went out */
};

enum began { BEGAN_UNKNOWN, BEGAN_OURS, BEGAN_PEER };

struct told {
	struct side side[2];
	uint32_t lease_gen;
	uint8_t began, answer;
};

struct open {
	struct side side[2];
	struct event ev; /* the first record, with the line completed */
	int64_t opened;  /* ready of the first record */
	uint64_t serial;
	uint8_t began, answer;      /* as told before, if ev.continued */
	struct open *newer, *older; /* of the same line, by serial */
};

struct pair {
	struct pair_config config;
	struct lru *open, *told, *by_line;
	struct lru *unreachable; /* (our address, peer) -> nothing; when */
	struct table *exporters;
	struct holders *holders;
	uint64_t serial;
	struct pair_stat stat;
};

struct line_flows {
	struct open *newest;
};

struct pair *
pair_new(const struct pair_config *config)
{
	struct pair *p = xcalloc(1, sizeof *p);
	uint64_t seed = config->seed;

	p->config = *config;
	p->open = lru_new(config->flows, FLOW_KEY_SIZE, sizeof(struct open), seed);
	p->told = lru_new(2 * config->flows, FLOW_KEY_SIZE, sizeof(struct told), seed);
	p->by_line = lru_new(
	    config->flows, sizeof(struct line_key), sizeof(struct line_flows), seed);
	p->unreachable = lru_new(UNREACHABLE, 2 * sizeof(struct addr), 1, seed);
	p->exporters = table_new(EXPORTERS, 8, sizeof(struct ways), seed);
	p->holders = holders_new(config->lines, seed);
	return p;
}

void
pair_free(struct pair *p)
{
	if (p == NULL)
		return;
	lru_free(p->open);
	lru_free(p->told);
	lru_free(p->by_line);
	lru_free(p->unreachable);
	table_free(p->exporters);
	holders_free(p->holders);
	free(p);
}

/* Called in the order of serials. */
static void
line_link(struct pair *p, struct open *o)
{
	struct line_flows *flows = lru_find(p->by_line, &o->ev.line);

	if (flows == NULL)
		flows = lru_add(p->by_line, &o->ev.line, 0);
	o->newer = NULL;
	o->older = flows->newest;
	if (o->older != NULL)
		o->older->newer = o;
	flows->newest = o;
}

static void
line_unlink(struct pair *p, const struct open *o)
{
	struct line_flows *flows;

	if (o->older != NULL)
		o->older->newer = o->newer;
	if (o->newer != NULL) {
		o->newer->older = o->older;
		return;
	}
	flows = lru_find(p->by_line, &o->ev.line);
	flows->newest = o->older;
	if (flows->newest == NULL)
		lru_drop(p->by_line, flows);
}

static uint64_t
exporter_key(const struct event *ev)
{
	return (uint64_t)ev->source << 32 | ev->exporter;
}

static bool
exports_both(const struct pair *p, const struct event *ev)
{
	uint64_t key = exporter_key(ev);
	const struct ways *ways = table_find(p->exporters, &key);

	return ways != NULL && ways_both(ways, EXPORTER_TRUST);
}

static enum began
began_by_flags(const struct side *ours, const struct side *peer)
{
	enum { BOTH = TCP_SYN | TCP_ACK };
	bool ours_syn = (ours->flags & BOTH) == TCP_SYN;
	bool peer_syn = (peer->flags & BOTH) == TCP_SYN;

	if (ours_syn != peer_syn)
		return ours_syn ? BEGAN_OURS : BEGAN_PEER;
	ours_syn = (ours->flags & TCP_SYN) != 0;
	peer_syn = (peer->flags & TCP_SYN) != 0;
	if (ours->packets > 0 && peer->packets > 0 && ours_syn != peer_syn)
		return ours_syn ? BEGAN_OURS : BEGAN_PEER;
	return BEGAN_UNKNOWN;
}

static enum began
began_by_ports(const struct event *ev)
{
	uint16_t ours = ev->ours == OURS_SRC ? ev->sport : ev->dport;
	uint16_t peer = ev->ours == OURS_SRC ? ev->dport : ev->sport;

	if ((ours < 1024) == (peer < 1024))
		return BEGAN_UNKNOWN;
	return peer < 1024 ? BEGAN_OURS : BEGAN_PEER;
}

static bool
is_echo_request(const struct side *side, uint8_t proto)
{
	return side->packets > 0 && ((proto == PROTO_ICMP && side->icmp_type == 8) ||
					(proto == PROTO_ICMP6 && side->icmp_type == 128));
}

static enum began
began_by_time(const struct side *ours, const struct side *peer)
{
	if (ours->packets == 0 || peer->packets == 0 || ours->first == peer->first)
		return BEGAN_UNKNOWN;
	return ours->first < peer->first ? BEGAN_OURS : BEGAN_PEER;
}

/* Whether a lone direction is that of the beginner: TCP without SYN is seen in mid-flow,
 * and of an exporter of one direction it may as well be the answer. */
static bool
lone_side_began(const struct pair *p, const struct open *o)
{
	uint8_t flags = o->side[0].flags | o->side[1].flags;

	if (o->ev.proto == PROTO_TCP && flags != 0 && (flags & TCP_SYN) == 0)
		return false;
	return exports_both(p, &o->ev);
}

static enum began
who_began(const struct pair *p, const struct open *o)
{
	const struct side *ours = &o->side[0], *peer = &o->side[1];
	enum began began = BEGAN_UNKNOWN;
	bool lone = ours->packets == 0 || peer->packets == 0;

	if (o->began != BEGAN_UNKNOWN)
		return o->began;
	if (is_echo_request(ours, o->ev.proto) || is_echo_request(peer, o->ev.proto))
		return is_echo_request(ours, o->ev.proto) ? BEGAN_OURS : BEGAN_PEER;
	if (o->ev.proto == PROTO_TCP)
		began = began_by_flags(ours, peer);
	if (began == BEGAN_UNKNOWN)
		began = began_by_time(ours, peer);
	if (began == BEGAN_UNKNOWN && !(lone && lone_side_began(p, o)))
		began = began_by_ports(&o->ev);
	if (began == BEGAN_UNKNOWN)
		began = ours->packets > 0 ? BEGAN_OURS : BEGAN_PEER;
	return began;
}

static bool
is_unreachable(uint8_t proto, uint8_t type)
{
	return (proto == PROTO_ICMP && type == 3) || (proto == PROTO_ICMP6 && type == 1);
}

static bool
was_unreachable(const struct pair *p, const struct open *o)
{
	struct addr key[2] = {o->ev.src, o->ev.dst};
	const void *record;

	if (o->ev.ours == OURS_DST) {
		key[0] = o->ev.dst;
		key[1] = o->ev.src;
	}
	record = lru_find(p->unreachable, key);
	return record != NULL &&
	       lru_touched(p->unreachable, record) >= o->opened - p->config.wait;
}

/* An ICMP unreachable between the two, or as what came back (the pair shares no ports).
 */
static bool
was_refused(const struct pair *p, const struct open *o, bool by_ours)
{
	const struct side *back = &o->side[by_ours];

	if (back->packets > 0)
		return is_unreachable(o->ev.proto, back->icmp_type);
	return by_ours && was_unreachable(p, o);
}

/* The event as it leaves: from the beginner to the other, sums of both sides. */
static void
orient(const struct open *o, bool by_ours, struct event *ev)
{
	bool src_is_ours = o->ev.ours == OURS_SRC;

	*ev = o->ev;
	if (src_is_ours != by_ours) {
		ev->src = o->ev.dst;
		ev->dst = o->ev.src;
		ev->sport = o->ev.dport;
		ev->dport = o->ev.sport;
	}
	ev->ours = by_ours ? OURS_SRC : OURS_DST;
	ev->one_way = o->side[0].packets == 0 || o->side[1].packets == 0;
	for (size_t i = 0; i < 2; i++) {
		const struct side *side = &o->side[by_ours ? i : 1 - i];

		ev->packets[i] = side->packets;
		ev->bytes[i] = side->bytes;
		ev->tcp_flags[i] = side->flags;
		if (side->packets == 0)
			continue;
		if (side->first < ev->first)
			ev->first = side->first;
		if (side->last > ev->last)
			ev->last = side->last;
		if (i == 0) {
			ev->icmp_type = side->icmp_type;
			ev->icmp_code = side->icmp_code;
		}
	}
}

static void
remember(struct pair *p, const struct flow_key *key, const struct open *o,
    const struct event *ev)
{
	struct told *told = lru_find(p->told, key);

	if (told == NULL) {
		if (lru_full(p->told))
			lru_drop(p->told, lru_oldest(p->told, NULL));
		told = lru_add(p->told, key, ev->ready);
	}
	told->began = ev->ours == OURS_SRC ? BEGAN_OURS : BEGAN_PEER;
	told->answer = ev->answer;
	told->lease_gen = ev->line.lease_gen;
	for (size_t i = 0; i < 2; i++) {
		told->side[i] = o->side[i];
		told->side[i].packets = told->side[i].bytes = 0;
		told->side[i].flags = 0;
	}
}

static struct ways *
ways_of(struct pair *p, const struct event *ev)
{
	uint64_t key = exporter_key(ev);

	return table_get(p->exporters, &key, ev->ready, 0, NULL);
}

/* Sends the flow and forgets it, save what `told` keeps. `now`: when it counts as known.
 */
static void
send(struct pair *p, struct open *o, int64_t now, pair_sink *sink, void *ctx)
{
	struct flow_key key;
	struct event ev;
	bool by_ours;

	by_ours = who_began(p, o) == BEGAN_OURS;
	orient(o, by_ours, &ev);
	ways_learn(ways_of(p, &ev), &ev);
	ev.answer = (uint8_t)answer_of(&ev, exports_both(p, &ev),
	    was_refused(p, o, by_ours), (enum answer)o->answer);
	ev.ready = now;
	p->stat.out++;
	p->stat.paired += !ev.one_way;
	memcpy(&key, lru_key(p->open, o), sizeof key);
	remember(p, &key, o, &ev);
	line_unlink(p, o);
	lru_drop(p->open, o);
	sink(ctx, &ev, NULL);
}

static struct flow_key
key_of(const struct event *ev)
{
	bool ours = ev->ours == OURS_SRC;
	bool ports = ev->proto != PROTO_ICMP && ev->proto != PROTO_ICMP6;

	return (struct flow_key){.realm = ev->line.realm,
	    .ours = ours ? ev->src : ev->dst,
	    .peer = ours ? ev->dst : ev->src,
	    .our_port = !ports ? 0
			: ours ? ev->sport
			       : ev->dport,
	    .peer_port = !ports ? 0
			 : ours ? ev->dport
				: ev->sport,
	    .proto = ev->proto};
}

static bool
is_copy(const struct side *side, const struct event *ev)
{
	const struct point *at = &side->point;

	if (!side->seen)
		return false;
	if (at->source != ev->source || at->exporter != ev->exporter ||
	    at->ingress != ev->ingress || at->direction != ev->direction)
		return true;
	return side->record_first == ev->first && side->record_last == ev->last &&
	       side->record_packets == ev->packets[0] &&
	       side->record_bytes == ev->bytes[0];
}

static void
side_add(struct side *side, const struct event *ev)
{
	side->seen = 1;
	side->point =
	    (struct point){ev->source, ev->exporter, ev->ingress, ev->direction};
	side->record_first = ev->first;
	side->record_last = ev->last;
	side->record_packets = ev->packets[0];
	side->record_bytes = ev->bytes[0];
	if (side->packets == 0 || ev->first < side->first)
		side->first = ev->first;
	if (side->packets == 0 || ev->last > side->last)
		side->last = ev->last;
	if (side->packets == 0) {
		side->icmp_type = ev->icmp_type;
		side->icmp_code = ev->icmp_code;
	}
	side->packets += ev->packets[0] > 0 ? ev->packets[0] : 1;
	side->bytes += ev->bytes[0];
	side->flags |= ev->tcp_flags[0];
}

static void
inherit(struct pair *p, struct open *o, struct told *told)
{
	if (told->lease_gen == o->ev.line.lease_gen) {
		memcpy(o->side, told->side, sizeof o->side);
		o->began = told->began;
		o->answer = told->answer;
		o->ev.continued = true;
	}
	lru_drop(p->told, told);
}

static struct open *
open_flow(struct pair *p, const struct flow_key *key, const struct event *ev,
    pair_sink *sink, void *ctx)
{
	struct told *told;
	struct open *o;

	if (lru_full(p->open)) {
		p->stat.evicted++;
		send(p, lru_oldest(p->open, NULL), ev->ready, sink, ctx);
	}
	told = lru_find(p->told, key);
	o = lru_add(p->open, key, ev->ready);
	o->ev = *ev;
	o->opened = ev->ready;
	o->serial = ++p->serial;
	if (told != NULL)
		inherit(p, o, told);
	line_link(p, o);
	return o;
}

static void
note_unreachable(struct pair *p, const struct event *ev)
{
	struct addr key[2] = {ev->dst, ev->src};
	void *record;

	if (ev->ours != OURS_DST || !is_unreachable(ev->proto, ev->icmp_type))
		return;
	record = lru_find(p->unreachable, key);
	if (record != NULL) {
		lru_touch(p->unreachable, record, ev->ready);
		return;
	}
	if (lru_full(p->unreachable))
		lru_drop(p->unreachable, lru_oldest(p->unreachable, NULL));
	(void)lru_add(p->unreachable, key, ev->ready);
}

static void
one_way(struct pair *p, const struct event *ev, pair_sink *sink, void *ctx)
{
	size_t way = ev->ours == OURS_SRC ? 0 : 1;
	struct flow_key key = key_of(ev);
	struct open *o = lru_find(p->open, &key);
	const struct told *told = o == NULL ? lru_find(p->told, &key) : NULL;

	if ((o != NULL && is_copy(&o->side[way], ev)) ||
	    (told != NULL && is_copy(&told->side[way], ev))) {
		p->stat.copies++;
		return;
	}
	note_unreachable(p, ev);
	if (o != NULL && o->ev.line.lease_gen != ev->line.lease_gen) {
		send(p, o, ev->ready, sink, ctx);
		o = NULL;
	}
	if (o == NULL)
		o = open_flow(p, &key, ev, sink, ctx);
	else
		p->stat.merged++;
	side_add(&o->side[way], ev);
	o->ev.grounds |= ev->grounds;
	lru_touch(p->open, o, ev->ready);
	if (ev->ready - o->opened >= p->config.hold)
		send(p, o, ev->ready, sink, ctx);
}

void
pair_event(
    struct pair *p, const struct event *ev, const char *name, pair_sink *sink, void *ctx)
{
	struct event complete = *ev;
	uint16_t port = ev->ours == OURS_SRC ? ev->sport : ev->dport;

	p->stat.in++;
	complete.grounds = 0;
	if (p->config.grounds != NULL)
		complete.grounds = (uint8_t)(1u << p->config.grounds[ev->source]);
	holders_complete(p->holders, &complete.line, port, ev->ready);
	if (ev->kind == EVENT_FLOW && ev->one_way) {
		one_way(p, &complete, sink, ctx);
		return;
	}
	p->stat.out++;
	sink(ctx, &complete, name);
}

bool
pair_change(struct pair *p, const struct line_change *change, struct line_key *old,
    pair_sink *sink, void *ctx)
{
	bool known = holders_change(p->holders, change, old);
	const struct line_flows *flows;

	while ((flows = lru_find(p->by_line, old)) != NULL)
		send(p, flows->newest, change->time, sink, ctx);
	return known;
}

bool
pair_holder(const struct pair *p, struct line_key *key, int64_t as_of)
{
	return holders_at(p->holders, key, as_of);
}

void
pair_advance(struct pair *p, int64_t now, pair_sink *sink, void *ctx)
{
	struct open *o;
	int64_t touched;

	while ((o = lru_oldest(p->open, &touched)) != NULL &&
	       (now == WHEN_NEVER || touched + p->config.wait <= now))
		send(p, o, now == WHEN_NEVER ? touched + p->config.wait : now, sink, ctx);
	while (lru_oldest(p->told, &touched) != NULL && now != WHEN_NEVER &&
	       touched + p->config.hold <= now)
		lru_drop(p->told, lru_oldest(p->told, NULL));
}

struct pair_stat
pair_stat(const struct pair *p)
{
	return p->stat;
}

size_t
pair_memory(const struct pair *p)
{
	return sizeof *p + lru_memory(p->open) + lru_memory(p->told) +
	       lru_memory(p->by_line) + lru_memory(p->unreachable) +
	       table_stat(p->exporters).bytes + holders_memory(p->holders);
}

void
pair_save(const struct pair *p, struct wr *w)
{
	lru_save(p->open, w);
	lru_save(p->told, w);
	lru_save(p->unreachable, w);
	table_save(p->exporters, w);
	holders_save(p->holders, w);
	wr_u64(w, p->serial);
	wr_put(w, &p->stat, sizeof p->stat);
}

static int
by_serial(const void *a, const void *b)
{
	const struct open *x = *(struct open *const *)a, *y = *(struct open *const *)b;

	return x->serial < y->serial ? -1 : x->serial > y->serial;
}

/* The chains by line are pointers and are built anew, in the order they had. */
static void
link_all(struct pair *p)
{
	size_t count = lru_count(p->open), i = 0;
	struct open **all = xcalloc(count + 1, sizeof(struct open *));

	for (struct open *o = lru_oldest(p->open, NULL); o != NULL;
	     o = lru_newer(p->open, o))
		all[i++] = o;
	qsort(all, count, sizeof(struct open *), by_serial);
	for (i = 0; i < count; i++)
		line_link(p, all[i]);
	free(all);
}

bool
pair_load(struct pair *p, struct rd *r)
{
	if (!lru_load(p->open, r) || !lru_load(p->told, r) ||
	    !lru_load(p->unreachable, r) || !table_load(p->exporters, r) ||
	    !holders_load(p->holders, r))
		return false;
	p->serial = rd_u64(r);
	(void)rd_copy(r, &p->stat, sizeof p->stat);
	link_all(p);
	return !r->bad;
}
