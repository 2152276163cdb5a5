/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leases.c -- addresses change hands.
 *
 * Lines with leases leave after some days (an hour to a week), mostly with a release,
 * sometimes by vanishing; then the address comes back when its lease expires. The pool
 * has hardly more addresses than there are lines and gives out the one that has been free
 * for longest, so that an address soon belongs to somebody else. The log is Kea's
 * forensic log: local time with a zone abbreviation (Kea's manual, section "Forensic
 * logging").
 *
 * Behind address sharing a line keeps its inside address; outside it has a block of ports
 * of an address that it shares with others, newly dealt every night at 03:00. Those
 * blocks are the plain CSV.
 */
#include "sim/leases.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum state { JOIN, STAY, LEAVE };

enum { SPARE_SHARE = 50, SPARE_LEAST = 12, OWN_NUMBERS = 0x11, BLOCKS = 0x12 };

#define LEASE    (24 * WHEN_HOUR)
#define SETTLE   (60 * WHEN_SECOND) /* least time between two holders */
#define ZONE     (2 * WHEN_HOUR)    /* CEST */
#define ONE_MOVE (60 * WHEN_HOUR)   /* mean time that a line stays on one address */

struct freed {
	uint32_t addr, holder;
	int64_t since;
};

struct lease_pool {
	struct freed *free; /* in the order in which they are to be given out */
	size_t free_count;
	uint32_t shared_count;
};

const char *
leases_circuit(uint32_t line, char out[16])
{
	(void)snprintf(out, 16, "sim-%05u", line);
	return out;
}

const char *
leases_circuit_hex(uint32_t line, char out[48])
{
	char text[16], *at = out;

	(void)leases_circuit(line, text);
	for (const char *p = text; *p != '\0'; p++)
		at += snprintf(at, 4, "%s%02x", p == text ? "" : ":", (uint8_t)*p);
	return out;
}

static void
log_lease(struct world *w, uint32_t line, int64_t t, const char *what)
{
	struct civil c = when_to_civil(t + ZONE);
	char addr[ADDR_TEXT], circuit[16], hex[48];

	(void)fprintf(w->leases,
	    "%04d-%02u-%02u %02u:%02u:%02u CEST Address: %s has been %s ", c.year,
	    c.month, c.day, c.hour, c.minute, c.second,
	    world_addr(w->lines[line].addr, addr), what);
	if (strcmp(what, "released") == 0)
		(void)fputs("from", w->leases);
	else
		(void)fprintf(
		    w->leases, "for %d hrs 0 mins 0 secs to", (int)(LEASE / WHEN_HOUR));
	(void)fprintf(w->leases,
	    " a device with hardware address: hwtype=1 02:00:5e:00:%02x:%02x,"
	    " client-id: 01:02:00:5e:00:%02x:%02x, connected via relay at address:"
	    " 10.0.0.1, identified by circuit-id: ",
	    line >> 8, line & 0xff, line >> 8, line & 0xff);
	(void)fprintf(w->leases, "%s (%s)\n", leases_circuit_hex(line, hex),
	    leases_circuit(line, circuit));
	w->stat->leases++;
}

static void
give_back(struct lease_pool *pool, uint32_t addr, uint32_t holder, int64_t t)
{
	size_t at = pool->free_count++;

	for (; at > 0 && pool->free[at - 1].since > t; at--)
		pool->free[at] = pool->free[at - 1];
	pool->free[at] = (struct freed){addr, holder, t};
}

/* The address free for longest, if there is one for the line at `t`; else 0. A line that
 * left does not get the same one again while others wait. */
static uint32_t
take(struct world *w, uint32_t line, int64_t t)
{
	struct lease_pool *pool = w->pool;
	struct freed first;

	if (pool->free_count == 0 || pool->free[0].since > t)
		return 0;
	first = pool->free[0];
	pool->free_count--;
	memmove(pool->free, pool->free + 1, pool->free_count * sizeof *pool->free);
	if (first.holder != line && first.holder != UINT32_MAX)
		w->stat->changes++;
	return first.addr;
}

static int64_t
whole(int64_t t)
{
	return t - t % WHEN_SECOND;
}

static void
join(struct world *w, struct actor *a)
{
	struct line *line = &w->lines[a->line];
	uint32_t addr = line->scheme == SCHEME_DHCP ? take(w, a->line, a->time)
						    : NET_INSIDE + 0x100 + a->line;

	if (addr == 0) {
		a->time += SETTLE;
		return;
	}
	line->addr = addr;
	line->online = a->time + WHEN_SECOND;
	line->leave = WHEN_NEVER;
	if (line->scheme == SCHEME_DHCP)
		line->leave = whole(a->time + WHEN_HOUR + rng_gap(&a->rng, a->gap));
	log_lease(w, a->line, a->time, "assigned");
	a->state = STAY;
	a->until = a->time + LEASE;
}

static void
leave(struct world *w, struct actor *a)
{
	struct line *line = &w->lines[a->line];
	int64_t gone = a->until; /* end of the lease, should the line just vanish */

	if (rng_below(&a->rng, 4) > 0) {
		log_lease(w, a->line, a->time, "released");
		gone = a->time;
	}
	give_back(w->pool, line->addr, a->line, gone + SETTLE);
	line->addr = 0;
	a->state = JOIN;
	a->time += SETTLE + rng_range(&a->rng, 0, 600) * WHEN_SECOND;
}

/* `until` is here the end of the lease, `state` what comes next. */
static void
act_lease(struct world *w, struct actor *a)
{
	const struct line *line = &w->lines[a->line];

	if (a->state == JOIN) {
		join(w, a);
		if (a->state == JOIN)
			return;
	} else if (a->state == LEAVE) {
		leave(w, a);
		return;
	} else {
		log_lease(w, a->line, a->time, "renewed");
		a->until = a->time + LEASE;
	}
	a->time += LEASE / 2;
	if (line->leave <= a->time) {
		/* Flows end a moment before the address is given up. */
		a->time = line->leave + WHEN_SECOND;
		a->state = LEAVE;
	}
}

static void
log_block(struct world *w, uint32_t line, int64_t from, int64_t to)
{
	const struct line *l = &w->lines[line];
	char start[WHEN_TEXT], end[WHEN_TEXT], addr[ADDR_TEXT], circuit[16];

	(void)fprintf(w->blocks, "%s,start,%s,%u,%u,%s,%s\n", when_text(from, start),
	    world_addr(l->shared, addr), l->port_lo, l->port_lo + PORT_BLOCK - 1u,
	    leases_circuit(line, circuit), when_text(to, end));
	w->stat->leases++;
}

/* Deals the blocks of one shared address (a->line is its number) for the coming day. */
static void
act_blocks(struct world *w, struct actor *a)
{
	uint32_t seats[PORT_BLOCKS], count = PORT_BLOCKS, seen = 0;
	int64_t next = a->time + WHEN_DAY;

	if (a->state == 0)
		next = w->config.start + 3 * WHEN_HOUR;
	for (uint32_t i = 0; i < count; i++)
		seats[i] = i;
	for (uint32_t i = 0; i < w->config.lines; i++) {
		uint32_t pick;

		if (w->lines[i].scheme != SCHEME_CGNAT || seen++ / PORT_BLOCKS != a->line)
			continue;
		pick = (uint32_t)rng_below(&a->rng, count);
		w->lines[i].shared = NET_SHARED + 1 + a->line;
		w->lines[i].port_lo = (uint16_t)(1024 + seats[pick] * PORT_BLOCK);
		seats[pick] = seats[--count];
		log_block(w, i, a->time, next);
	}
	a->state = 1;
	a->time = next;
}

static void
fill_pool(struct world *w, uint32_t lines)
{
	struct lease_pool *pool = w->pool;
	uint32_t spare = lines / SPARE_SHARE, count;
	struct rng rng;

	rng_seed(&rng, hash_u64(OWN_NUMBERS, w->config.seed));
	count = lines + (spare > SPARE_LEAST ? spare : SPARE_LEAST);
	pool->free = xcalloc(count, sizeof *pool->free);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = (uint32_t)rng_below(&rng, i + 1);

		pool->free[i] = pool->free[at];
		pool->free[at] =
		    (struct freed){NET_POOL + 0x100 + i, UINT32_MAX, INT64_MIN};
	}
	pool->free_count = count;
}

static void
add_actors(struct world *w)
{
	const struct sim_config *c = &w->config;
	uint32_t shared = 0;

	for (uint32_t i = 0; i < c->lines; i++) {
		struct actor *a;

		shared += w->lines[i].scheme == SCHEME_CGNAT;
		if (w->lines[i].scheme == SCHEME_STATIC) {
			w->lines[i].addr = NET_STATIC + 0x100 + i;
			w->lines[i].online = INT64_MIN;
			w->lines[i].leave = WHEN_NEVER;
			continue;
		}
		a = world_actor(w, act_lease, c->start, OWN_NUMBERS, i);
		a->line = i;
		a->gap = w->lines[i].bot ? ONE_MOVE / 2 : ONE_MOVE;
	}
	w->pool->shared_count = (shared + PORT_BLOCKS - 1) / PORT_BLOCKS;
	for (uint32_t i = 0; i < w->pool->shared_count; i++)
		world_actor(w, act_blocks, c->start, BLOCKS, i)->line = i;
}

/* Everybody came online within the hour before the story begins. */
static void
stagger(struct world *w)
{
	struct queue early = {0};

	while (w->agenda.count > 0) {
		struct queue_item item = queue_take(&w->agenda);
		struct actor *a = &w->actors[item.slot];

		if (a->act == act_lease)
			a->time -= rng_range(&a->rng, 1, 3600) * WHEN_SECOND;
		else
			a->time -= WHEN_HOUR;
		queue_put(&early, a->time, item.order, item.slot);
	}
	queue_fini(&w->agenda);
	w->agenda = early;
}

bool
leases_begin(struct world *w, struct err *err)
{
	uint32_t lines = 0;

	w->pool = xcalloc(1, sizeof *w->pool);
	for (uint32_t i = 0; i < w->config.lines; i++)
		lines += w->lines[i].scheme == SCHEME_DHCP;
	fill_pool(w, lines);
	if (!world_file(w, "kea-forensic.log", &w->leases, err) ||
	    !world_file(w, "port-blocks.csv", &w->blocks, err))
		return false;
	(void)fputs(
	    "time,action,address,port_lo,port_hi,subscriber,expires\n", w->blocks);
	add_actors(w);
	stagger(w);
	return true;
}

bool
leases_finish(struct world *w, struct err *err)
{
	bool ok = w->leases == NULL || world_close(&w->leases, "kea-forensic.log", err);

	ok = (w->blocks == NULL || world_close(&w->blocks, "port-blocks.csv", err)) && ok;
	if (w->pool != NULL)
		free(w->pool->free);
	free(w->pool);
	w->pool = NULL;
	return ok;
}
