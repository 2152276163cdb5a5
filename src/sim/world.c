/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.c -- actors, and how a conversation becomes flow records.
 *
 * The border router keeps a conversation as one record a direction, exports it when it
 * ended (TCP at once, UDP and unanswered tries when nothing followed for 15 s) or when it
 * has been open for 30 minutes, and then goes on with a new record (RFC 3954, section
 * 3.1). Records wait in a heap until their time of export, so that the export stream is
 * in its own order, not in that of the events.
 */
#include "sim/world.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { INSIDE = 1, OUTSIDE = 2 }; /* interfaces */

#define ACTIVE   (30 * WHEN_MINUTE)
#define INACTIVE (15 * WHEN_SECOND)

struct actor *
world_actor(
    struct world *w, act *what_to_do, int64_t time, uint64_t what, uint64_t number)
{
	struct actor *a;

	if (w->actor_count == w->actor_room) {
		w->actor_room = w->actor_room ? 2 * w->actor_room : 4096;
		w->actors = xrealloc(w->actors, w->actor_room * sizeof *w->actors);
	}
	a = &w->actors[w->actor_count];
	*a = (struct actor){.act = what_to_do, .time = time, .until = w->end};
	rng_seed(&a->rng, hash_u64(number, hash_u64(what, w->config.seed)));
	queue_put(&w->agenda, time, w->actor_count, (uint32_t)w->actor_count);
	w->actor_count++;
	return a;
}

uint32_t
rng_range(struct rng *rng, uint32_t lo, uint32_t hi)
{
	return lo + (uint32_t)rng_below(rng, (uint64_t)hi - lo + 1);
}

int64_t
rng_gap(struct rng *rng, int64_t mean)
{
	return 1 + (int64_t)rng_exponential(rng, (double)mean);
}

static uint32_t
record_slot(struct world *w)
{
	if (w->free_count > 0)
		return w->free_records[--w->free_count];
	if (w->record_count % 4096 == 0) {
		size_t room = w->record_count + 4096;

		w->records = xrealloc(w->records, room * sizeof *w->records);
		w->free_records = xrealloc(w->free_records, room * sizeof(uint32_t));
	}
	return (uint32_t)w->record_count++;
}

static void
enqueue(struct world *w, const struct v9_record *r, int64_t due)
{
	uint32_t slot = record_slot(w);

	w->records[slot] = *r;
	queue_put(&w->pending, due, w->order++, slot);
	w->stat->records++;
}

void
world_export(struct world *w, int64_t now)
{
	const struct queue_item *first;

	while ((first = queue_first(&w->pending)) != NULL && first->time <= now) {
		struct queue_item item = queue_take(&w->pending);

		v9_put(&w->v9, &w->records[item.slot], item.time);
		w->free_records[w->free_count++] = item.slot;
	}
}

/* Addresses of both ends: the line's and the remote's, twins in IPv6 if asked for. */
static void
set_ends(
    const struct world *w, const struct talk *t, struct addr *ours, struct addr *remote)
{
	static const uint8_t our_prefix[4] = {0x20, 0x01, 0x0d, 0xb8};
	static const uint8_t world_prefix[4] = {0x3f, 0xff, 0x0f, 0xff};
	uint32_t at = w->lines[t->line].addr;

	*ours = addr_v4(at);
	*remote = addr_v4(t->remote);
	if (!t->v6)
		return;
	memset(ours->b, 0, 12);
	memset(remote->b, 0, 12);
	memcpy(ours->b, our_prefix, 4);
	memcpy(remote->b, world_prefix, 4);
	ours->b[4] = (uint8_t)(t->line >> 8);
	ours->b[5] = (uint8_t)t->line;
	memset(ours->b + 12, 0, 3);
	ours->b[15] = (uint8_t)(1 + t->our_port % 5); /* the household's devices */
}

static uint32_t
share(uint64_t whole, uint32_t piece, uint32_t pieces)
{
	return (uint32_t)(whole * (piece + 1) / pieces - whole * piece / pieces);
}

/* One direction of one piece: d 0 is from the line. */
static void
put_direction(
    struct world *w, const struct talk *t, int d, uint32_t piece, uint32_t pieces)
{
	int64_t length = t->duration / pieces;
	/* The answer comes a little after the question. */
	int64_t lag = (d == 0) == t->inbound ? (length < 40000 ? length / 2 : 20000) : 0;
	struct addr ours, remote;
	struct v9_record r = {
	    .first = t->first + piece * length + lag,
	    .last = t->first + (piece + 1) * length - (piece + 1 < pieces ? 1000 : 0),
	    .packets = share(t->packets[d], piece, pieces),
	    .bytes = share(t->bytes[d], piece, pieces),
	    .sport = d == 0 ? t->our_port : t->remote_port,
	    .dport = d == 0 ? t->remote_port : t->our_port,
	    .input = d == 0 ? INSIDE : OUTSIDE,
	    .output = d == 0 ? OUTSIDE : INSIDE,
	    .proto = t->proto,
	    .flags = t->flags[d],
	};
	bool ended = (t->flags[0] | t->flags[1]) & (FIN | RST);

	if (r.packets == 0)
		return;
	if (pieces > 1 && piece > 0)
		r.flags &= (uint8_t)~SYN;
	if (pieces > 1 && piece + 1 < pieces)
		r.flags &= (uint8_t) ~(FIN | RST);
	set_ends(w, t, &ours, &remote);
	r.src = d == 0 ? ours : remote;
	r.dst = d == 0 ? remote : ours;
	enqueue(w, &r,
	    r.last +
		(piece + 1 < pieces || (ended && t->proto == TCP) ? 500000 : INACTIVE));
}

bool
world_talk(struct world *w, struct talk t)
{
	const struct line *line = &w->lines[t.line];
	int64_t leave = line->leave < w->end ? line->leave : w->end;
	uint32_t pieces;

	if (line->addr == 0 || t.first < line->online || t.first >= leave)
		return false;
	if (t.first + t.duration > leave)
		t.duration = leave - t.first;
	pieces = 1 + (uint32_t)(t.duration / ACTIVE);
	if (pieces > 1 && (t.packets[0] < pieces || t.packets[1] < pieces))
		pieces = 1;
	for (uint32_t piece = 0; piece < pieces; piece++) {
		put_direction(w, &t, 0, piece, pieces);
		put_direction(w, &t, 1, piece, pieces);
	}
	w->stat->flows++;
	return true;
}

bool
world_file(const struct world *w, const char *name, FILE **out, struct err *err)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof path, "%s/%s", w->directory, name) >=
	    sizeof path)
		return err_set(err, "%s: the directory's name is too long", w->directory);
	*out = fopen(path, "w");
	return *out != NULL || err_errno(err, "create %s", path);
}

bool
world_close(FILE **file, const char *name, struct err *err)
{
	FILE *f = *file;
	bool failed = ferror(f) != 0;

	*file = NULL;
	if (fclose(f) != 0 || failed)
		return err_errno(err, "write %s", name);
	return true;
}

const char *
world_addr(uint32_t addr, char *out)
{
	struct addr a = addr_v4(addr);

	return addr_text(&a, out);
}
