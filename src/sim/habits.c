/* SPDX-License-Identifier: Apache-2.0 */
/*
 * habits.c -- ordinary devices, and what the Internet does to everybody.
 *
 * A household has one to six devices of four sorts. People's habits (pages with their
 * name look-ups, file sharing, a speed test) follow the hour of the local day: tries come
 * as a Poisson process and are thinned. Machines' habits (time, telemetry, push
 * connections, a service that is gone for good) come at their period with some jitter.
 * From outside come scans, among them ones from addresses on every list.
 *
 * Rates are chosen for about 150 flows a line and day in all.
 */
#include "sim/habits.h"

enum { SORT_PC, SORT_PHONE, SORT_TV, SORT_THING, SORTS };

enum { SITES = 6000, HABIT = 0x20 };

/* Percent of a day's peak by the hour, local time (UTC + 2). */
static const uint8_t day_shape[24] = {18, 10, 6, 5, 5, 8, 20, 38, 45, 48, 50, 52, 58, 55,
    52, 55, 62, 72, 82, 92, 100, 95, 70, 40};

#define DAY_MEAN (1138.0 / 2400) /* of day_shape, as a share of its peak */

struct machine_habit {
	act *act;
	uint32_t address, servers;
	uint16_t port;
	uint8_t proto;
	double per_day[SORTS];
};

static void act_time(struct world *w, struct actor *a);
static void act_telemetry(struct world *w, struct actor *a);
static void act_push(struct world *w, struct actor *a);

static const struct machine_habit machines[] = {
    {act_time, NET_SERVICES + 0x100, 12, 123, UDP, {4, 3, 3, 6}},
    {act_telemetry, NET_SERVICES + 0x200, 40, 443, TCP, {10, 8, 10, 24}},
    {act_push, NET_SERVICES + 0x300, 24, 5228, TCP, {3, 9, 0, 4}},
};

enum { MACHINES = sizeof machines / sizeof machines[0] };

static const double pages_per_day[SORTS] = {8.7, 10.3, 3.9, 0};

static uint16_t
ephemeral(struct rng *rng)
{
	return (uint16_t)rng_range(rng, 32768, 60999);
}

void
talk_answered(struct talk *t, struct rng *rng, uint32_t up, uint32_t down)
{
	uint32_t head = t->proto == TCP ? 5 : 1;

	t->packets[0] = head + up / 1400 + down / 2900;
	t->packets[1] = head - (t->proto == TCP) + down / 1400 + up / 2900;
	t->bytes[0] = up + t->packets[0] * 40;
	t->bytes[1] = down + t->packets[1] * 40;
	if (t->duration == 0)
		t->duration = 30000 + rng_gap(rng, 4 * WHEN_SECOND);
	if (t->proto == TCP) {
		t->flags[0] = SYN | ACK | PSH | FIN;
		t->flags[1] = SYN | ACK | PSH | FIN;
	}
}

void
talk_failed(struct talk *t, struct rng *rng, bool refused)
{
	bool tcp = t->proto == TCP;
	int from = t->inbound ? 1 : 0;

	t->packets[from] = refused ? 1 : rng_range(rng, 1, 3);
	t->packets[1 - from] = refused ? 1 : 0;
	t->duration = refused ? 40000 : (t->packets[from] - 1) * 3 * WHEN_SECOND;
	t->bytes[from] = t->packets[from] * (tcp ? 60 : 128);
	t->bytes[1 - from] = refused ? 40 : 0;
	t->flags[from] = tcp ? SYN : 0;
	t->flags[1 - from] = tcp && refused ? RST | ACK : 0;
}

static struct talk
talk_to(
    const struct actor *a, struct rng *rng, uint32_t remote, uint16_t port, uint8_t proto)
{
	return (struct talk){.line = a->line,
	    .first = a->time,
	    .remote = remote,
	    .remote_port = port,
	    .our_port = ephemeral(rng),
	    .proto = proto};
}

static void
look_up(struct world *w, struct actor *a)
{
	struct talk t = talk_to(a, &a->rng, RESOLVER, 53, UDP);

	t.duration = 2000 + rng_gap(&a->rng, 15000);
	talk_answered(
	    &t, &a->rng, rng_range(&a->rng, 28, 50), rng_range(&a->rng, 44, 300));
	(void)world_talk(w, t);
}

/* Whether somebody is up: thins a Poisson process of the peak's rate. */
static bool
awake(const struct actor *a, struct rng *rng)
{
	int64_t hour = a->time / WHEN_HOUR + 2;

	return rng_below(rng, 100) < day_shape[hour % 24];
}

/* A page: its name, then connections to the site and to what the page draws in. */
static void
act_page(struct world *w, struct actor *a)
{
	int64_t begun = a->time;
	struct rng *rng = &a->rng;
	uint32_t connections = rng_range(rng, 1, 5);

	if (awake(a, rng)) {
		look_up(w, a);
		for (uint32_t i = 0; i < connections; i++) {
			double u = rng_real(rng);
			uint32_t site = (uint32_t)(SITES * u * u * u);
			struct talk t;
			uint64_t luck;

			a->time += 30000 + rng_gap(rng, 400000);
			t = talk_to(a, rng, NET_SITES + site, 443, TCP);
			luck = rng_below(rng, 1000);
			if (luck < 12)
				talk_failed(&t, rng, luck < 6);
			else
				talk_answered(&t, rng, 600 + (uint32_t)rng_gap(rng, 4000),
				    3000 + (uint32_t)rng_gap(rng, 120000));
			t.v6 = w->lines[a->line].scheme == SCHEME_STATIC && site % 2;
			(void)world_talk(w, t);
		}
	}
	a->time = begun + rng_gap(rng, a->gap);
}

/* The next time of a machine: its period, a tenth more or less. */
static void
again(struct actor *a)
{
	a->time += a->gap * 9 / 10 + (int64_t)rng_below(&a->rng, (uint64_t)a->gap / 5);
}

static void
act_time(struct world *w, struct actor *a)
{
	struct talk t = talk_to(a, &a->rng, a->remote, a->port, UDP);

	t.our_port = 123;
	t.duration = 3000 + rng_gap(&a->rng, 20000);
	talk_answered(&t, &a->rng, 48, 48);
	(void)world_talk(w, t);
	again(a);
}

static void
act_telemetry(struct world *w, struct actor *a)
{
	struct talk t;
	int64_t begun = a->time;

	if (rng_below(&a->rng, 6) == 0) {
		look_up(w, a);
		a->time += 50000;
	}
	t = talk_to(a, &a->rng, a->remote, a->port, TCP);
	t.duration = 200000 + rng_gap(&a->rng, 300000);
	talk_answered(&t, &a->rng, 900 + a->device * 37u, 400);
	(void)world_talk(w, t);
	a->time = begun;
	again(a);
}

/* A connection that is kept open: mostly until the device sleeps, now and then for as
 * long as the network lets it. */
static void
act_push(struct world *w, struct actor *a)
{
	struct talk t = talk_to(a, &a->rng, a->remote, a->port, TCP);

	t.duration = rng_range(&a->rng, 2 * 60, 28 * 60) * WHEN_SECOND;
	if (rng_below(&a->rng, 15) == 0)
		t.duration = a->gap * 85 / 100;
	talk_answered(&t, &a->rng, (uint32_t)(t.duration / WHEN_MINUTE) * 40,
	    (uint32_t)(t.duration / WHEN_MINUTE) * 60);
	t.packets[0] += (uint32_t)(t.duration / (4 * WHEN_MINUTE));
	t.packets[1] += (uint32_t)(t.duration / (4 * WHEN_MINUTE));
	(void)world_talk(w, t);
	again(a);
}

/* A device that has not heard that its service is gone. */
static void
act_dead(struct world *w, struct actor *a)
{
	struct talk t = talk_to(a, &a->rng, a->remote, a->port, TCP);

	talk_failed(&t, &a->rng, a->state == 1);
	(void)world_talk(w, t);
	again(a);
}

/* An evening of file sharing: peers all over, many of them gone. */
static void
act_torrent(struct world *w, struct actor *a)
{
	int64_t begun = a->time;
	struct rng *rng = &a->rng;
	uint32_t peers = awake(a, rng) ? rng_range(rng, 60, 160) : 0;

	for (uint32_t i = 0; i < peers; i++) {
		uint32_t remote = NET_PEERS + (uint32_t)rng_below(rng, 1 << 24);
		uint16_t port = (uint16_t)rng_range(rng, 6881, 65000);
		struct talk t =
		    talk_to(a, rng, remote, port, rng_below(rng, 10) < 7 ? UDP : TCP);

		if (t.proto == UDP)
			t.our_port = a->port;
		if (rng_below(rng, 100) < 45)
			talk_failed(&t, rng, rng_below(rng, 5) == 0);
		else
			talk_answered(&t, rng, (uint32_t)rng_gap(rng, 200000),
			    (uint32_t)rng_gap(rng, 900000));
		(void)world_talk(w, t);
		a->time += rng_gap(rng, 40 * WHEN_SECOND);
	}
	a->time = begun + rng_gap(rng, a->gap);
}

static void
act_speed_test(struct world *w, struct actor *a)
{
	uint32_t server = NET_SERVICES + 0x400 + (uint32_t)rng_below(&a->rng, 8);

	int streams = awake(a, &a->rng) ? 4 : 0;

	for (int i = 0; i < streams; i++) {
		struct talk t = talk_to(a, &a->rng, server, 8080, TCP);

		t.first += i * 1000;
		t.duration = 10 * WHEN_SECOND + rng_range(&a->rng, 0, 500000);
		talk_answered(&t, &a->rng, rng_range(&a->rng, 4000000, 40000000),
		    rng_range(&a->rng, 60000000, 300000000));
		(void)world_talk(w, t);
	}
	a->time += rng_gap(&a->rng, a->gap);
}

/* Scans from outside, at everybody. One in eight comes from a control server's address,
 * which every list knows: being looked at by it makes nobody a bot. */
static void
act_noise(struct world *w, struct actor *a)
{
	static const uint16_t ports[] = {23, 22, 445, 3389, 80, 2323, 5555};
	struct rng *rng = &a->rng;
	uint32_t from = rng_below(rng, 8) == 0
			    ? NET_CONTROL + 1
			    : NET_NOISE + (uint32_t)rng_below(rng, 5000);
	struct talk t = talk_to(a, rng, from, ephemeral(rng), TCP);

	t.our_port = ports[rng_below(rng, 7)];
	t.inbound = true;
	talk_failed(&t, rng, rng_below(rng, 5) == 0);
	if (w->lines[a->line].scheme != SCHEME_CGNAT)
		(void)world_talk(w, t);
	a->time += rng_gap(rng, a->gap);
}

/* A habit that falls due `per_day` times a day, the first time within its gap. */
static struct actor *
habit(struct world *w, act *what, uint32_t line, uint32_t device, double per_day)
{
	uint64_t kind = what == act_page      ? 0
			: what == act_torrent ? 1
			: what == act_noise   ? 2
			: what == act_dead    ? 3
			: what == act_time    ? 4
			: what == act_push    ? 5
					      : 6 + (what == act_telemetry);
	struct actor *a = world_actor(
	    w, what, w->config.start, HABIT + kind, (uint64_t)line * 16 + device);

	a->line = line;
	a->device = (uint16_t)device;
	a->gap = (int64_t)((double)WHEN_DAY / per_day);
	a->time += (int64_t)rng_below(&a->rng, (uint64_t)a->gap);
	return a;
}

static void
add_device(struct world *w, uint32_t line, uint32_t device, struct rng *rng)
{
	static const uint8_t of_ten[10] = {SORT_PHONE, SORT_PC, SORT_TV, SORT_PHONE,
	    SORT_THING, SORT_PC, SORT_PHONE, SORT_THING, SORT_TV, SORT_PHONE};
	uint8_t sort = of_ten[rng_below(rng, 10)];

	if (pages_per_day[sort] > 0)
		(void)habit(w, act_page, line, device, pages_per_day[sort] / DAY_MEAN);
	for (int i = 0; i < MACHINES; i++) {
		const struct machine_habit *m = &machines[i];
		struct actor *a;

		if (m->per_day[sort] <= 0)
			continue;
		a = habit(w, m->act, line, device, m->per_day[sort]);
		a->remote = m->address + (uint32_t)rng_below(rng, m->servers);
		a->port = m->port;
	}
	w->stat->devices++;
}

/* What only some households have. */
static void
add_quirks(struct world *w, uint32_t line, struct rng *rng)
{
	struct actor *a;

	(void)habit(w, act_noise, line, 0, 2);
	(void)habit(w, act_speed_test, line, 0, 0.05 / DAY_MEAN);
	if (rng_below(rng, 100) < 3) {
		a = habit(w, act_dead, line, 0, 24);
		a->remote = NET_DEAD + (uint32_t)rng_below(rng, 200);
		a->port = 8443;
		a->state = (uint8_t)rng_below(rng, 2); /* 1: refused, not silent */
	}
	if (rng_below(rng, 1000) < 12) {
		a = habit(w, act_torrent, line, 0, 0.8 / DAY_MEAN);
		a->port = (uint16_t)rng_range(rng, 20000, 60000);
	}
}

void
habits_begin(struct world *w)
{
	/* Devices a household, in twentieths. */
	static const uint8_t sizes[20] = {
	    1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 6};
	struct rng rng;

	rng_seed(&rng, hash_u64(HABIT, w->config.seed));
	for (uint32_t line = 0; line < w->config.lines; line++) {
		w->lines[line].devices = sizes[rng_below(&rng, 20)];
		for (uint32_t d = 0; d < w->lines[line].devices; d++)
			add_device(w, line, d, &rng);
		add_quirks(w, line, &rng);
	}
}
