/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bots.c -- planted bots.
 *
 * Bots are dealt over the kinds of the table in turn, so that each way of being seen, and
 * of not being seen, occurs. A bot lives from a day within the first half of the story to
 * its end, or is cleaned after one to three days. What it does beside the household's own
 * traffic: bursts of telnet tries at random addresses, calls to a control server, calls
 * to a sinkhole. Bots that call an unlisted server only are the dark number: no source
 * here can tell them.
 *
 * One bot's own traffic is not in the flow export but in a packet capture, as if its line
 * hung on a mirror port.
 */
#include "sim/bots.h"

#include "base/mem.h"
#include "sim/habits.h"
#include "sim/reports.h"

#include <assert.h>

enum { BOT = 0x40, CONTROLS = 4, CAPTURED_TRIES = 300 };

static const struct bot_kind kinds[] = {
    {"mirai", SIGN_SCAN | SIGN_CONTROL | SIGN_CAPTURE, SCHEME_STATIC},
    {"mirai", SIGN_SCAN | SIGN_CONTROL, SCHEME_DHCP},
    {"andromeda", SIGN_SINKHOLE, SCHEME_STATIC},
    {"necurs", SIGN_SINKHOLE, SCHEME_DHCP},
    {"proxybot", SIGN_UNLISTED, SCHEME_DHCP},
    {"qakbot", SIGN_CONTROL, SCHEME_DHCP},
    {"mirai", SIGN_SCAN | SIGN_SINKHOLE, SCHEME_CGNAT},
    {"mozi", SIGN_SCAN, SCHEME_DHCP},
    {"necurs", SIGN_SINKHOLE | SIGN_PORTLESS, SCHEME_CGNAT},
    {"qakbot", SIGN_CONTROL | SIGN_SINKHOLE, SCHEME_DHCP},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* A line of the scheme without a bot, from a random place on. */
static uint32_t
choose_line(struct world *w, enum scheme scheme, struct rng *rng)
{
	uint32_t at = (uint32_t)rng_below(rng, w->config.lines);

	for (uint32_t i = 0; i < w->config.lines; i++) {
		uint32_t line = (at + i) % w->config.lines;

		if (w->lines[line].scheme == scheme && w->lines[line].bot == 0)
			return line;
	}
	fatal("no line left to plant a bot on"); /* sim_run checks the numbers */
}

static const struct bot_kind *
kind_of(uint32_t number)
{
	/* The capture holds one bot only. */
	return &kinds[number < KINDS ? number : 1 + (number - KINDS) % (KINDS - 1)];
}

void
bots_plant(struct world *w)
{
	struct rng rng;

	rng_seed(&rng, hash_u64(BOT, w->config.seed));
	w->bots = xcalloc(w->config.bots + 1, sizeof *w->bots);
	for (uint32_t i = 0; i < w->config.bots; i++) {
		struct bot *b = &w->bots[i];
		int64_t days = w->config.days * WHEN_DAY;

		b->kind = kind_of(i);
		b->line = choose_line(w, b->kind->scheme, &rng);
		b->from = w->config.start + days / 20 +
			  (int64_t)rng_below(&rng, (uint64_t)days / 2);
		b->from -= b->from % WHEN_SECOND;
		b->to = WHEN_NEVER;
		if (rng_below(&rng, 3) == 0)
			b->to = b->from + rng_range(&rng, 24, 72) * WHEN_HOUR;
		if (b->to > w->end)
			b->to = WHEN_NEVER;
		b->control = NET_CONTROL + 1 + (uint32_t)rng_below(&rng, CONTROLS);
		if (b->kind->signs & SIGN_UNLISTED)
			b->control = NET_UNLISTED + (uint32_t)rng_below(&rng, CONTROLS);
		w->lines[b->line].bot = 1;
	}
}

/* A burst of tries: SYNs to strangers, hardly one of whom answers. */
static void
act_scan(struct world *w, struct actor *a)
{
	int64_t begun = a->time;
	uint32_t tries = rng_range(&a->rng, 60, 180);

	for (uint32_t i = 0; i < tries && a->time < a->until; i++) {
		uint64_t luck = rng_below(&a->rng, 1000);
		struct talk t = {.line = a->line,
		    .first = a->time,
		    .remote = NET_WORLD + (uint32_t)rng_below(&a->rng, 2u << 24),
		    .remote_port = rng_below(&a->rng, 10) == 0 ? 2323 : 23,
		    .our_port = (uint16_t)rng_range(&a->rng, 1024, 65000),
		    .proto = TCP};

		if (luck < 15)
			talk_answered(&t, &a->rng, 200, 300);
		else
			talk_failed(&t, &a->rng, luck < 100);
		(void)world_talk(w, t);
		a->time += rng_gap(&a->rng, 4 * WHEN_SECOND);
	}
	a->time = begun + rng_gap(&a->rng, a->gap);
	if (a->time >= a->until)
		a->time = WHEN_NEVER;
}

/* A call home; to a sinkhole (state 1) it will be reported. */
static void
act_call(struct world *w, struct actor *a)
{
	struct talk t = {.line = a->line,
	    .first = a->time,
	    .remote = a->remote,
	    .remote_port = a->port,
	    .our_port = (uint16_t)rng_range(&a->rng, 32768, 60999),
	    .duration = 500000 + rng_gap(&a->rng, 3 * WHEN_SECOND),
	    .proto = TCP};

	talk_answered(
	    &t, &a->rng, rng_range(&a->rng, 200, 500), rng_range(&a->rng, 200, 900));
	if (world_talk(w, t) && a->state == 1)
		reports_contact(w, &w->bots[a->device], a->time, t.our_port);
	a->time += a->gap * 4 / 5 + (int64_t)rng_below(&a->rng, (uint64_t)a->gap * 2 / 5);
	if (a->time >= a->until)
		a->time = WHEN_NEVER;
}

static struct actor *
bot_actor(struct world *w, uint32_t number, act *what, uint64_t trade, int64_t gap)
{
	const struct bot *b = &w->bots[number];
	struct actor *a = world_actor(w, what, b->from, BOT + trade, number);

	a->line = b->line;
	a->gap = gap;
	a->until = b->to < w->end ? b->to : w->end;
	a->remote = b->control;
	a->time += rng_range(&a->rng, 60, 900) * WHEN_SECOND;
	return a;
}

static void
add_bot(struct world *w, uint32_t number)
{
	const struct bot *b = &w->bots[number];
	unsigned signs = b->kind->signs;
	struct actor *a;

	if (signs & SIGN_CAPTURE)
		return;
	if (signs & SIGN_SCAN)
		(void)bot_actor(w, number, act_scan, 1, 5 * WHEN_HOUR);
	if (signs & (SIGN_CONTROL | SIGN_UNLISTED)) {
		a = bot_actor(w, number, act_call, 2, 50 * WHEN_MINUTE);
		a->port = signs & SIGN_UNLISTED ? 443 : 48101;
	}
	if (signs & SIGN_SINKHOLE) {
		a = bot_actor(w, number, act_call, 3, 3 * WHEN_HOUR);
		a->remote = NET_SINKHOLE + 1 + number % 3;
		a->port = 80;
		a->state = 1;
		a->device = (uint16_t)number;
	}
}

/* A TCP conversation with a few bytes each way. */
static void
capture_call(struct world *w, const struct bot *b, int64_t t, struct rng *rng)
{
	static const char hello[] = "simulated bot calls home\n";
	uint32_t ours = NET_STATIC + 0x100 + b->line, seq = 1000, ack = 5000;
	uint16_t port = (uint16_t)rng_range(rng, 32768, 60999);
	struct packet up = {
	    .src = ours, .dst = b->control, .sport = port, .dport = 48101};
	struct packet down = {
	    .src = b->control, .dst = ours, .sport = 48101, .dport = port};
	static const struct {
		bool up;
		uint8_t flags;
		bool data;
	} steps[] = {{true, SYN, false}, {false, SYN | ACK, false}, {true, ACK, false},
	    {true, PSH | ACK, true}, {false, ACK, false}, {false, PSH | ACK, true},
	    {true, ACK, false}, {true, FIN | ACK, false}, {false, FIN | ACK, false},
	    {true, ACK, false}};

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct packet *p = steps[i].up ? &up : &down;
		uint32_t *mine = steps[i].up ? &seq : &ack;

		p->time = t + (int64_t)i * 30000;
		p->flags = steps[i].flags;
		p->payload = hello;
		p->size = steps[i].data ? sizeof hello - 1 : 0;
		p->seq = *mine;
		p->ack = p->flags & ACK ? (steps[i].up ? ack : seq) : 0;
		capture_put(&w->packets, p);
		*mine += (uint32_t)p->size + ((p->flags & (SYN | FIN)) != 0);
	}
	w->stat->packets += sizeof steps / sizeof steps[0];
}

static void
capture_bot(struct world *w, const struct bot *b)
{
	int64_t t = b->from + WHEN_MINUTE;
	struct rng rng;

	rng_seed(&rng, hash_u64(b->line, hash_u64(BOT, w->config.seed)));
	for (int i = 0; i < CAPTURED_TRIES; i++) {
		struct packet p = {.time = t,
		    .src = NET_STATIC + 0x100 + b->line,
		    .dst = NET_WORLD + (uint32_t)rng_below(&rng, 2u << 24),
		    .sport = (uint16_t)rng_range(&rng, 1024, 65000),
		    .dport = rng_below(&rng, 10) == 0 ? 2323 : 23,
		    .seq = (uint32_t)rng_u64(&rng),
		    .flags = SYN};

		if (i % 100 == 50)
			capture_call(w, b, t, &rng);
		t += WHEN_SECOND + rng_gap(&rng, 3 * WHEN_SECOND);
		p.time = t;
		capture_put(&w->packets, &p);
		w->stat->packets++;
	}
}

static void
put_sources(FILE *f, unsigned signs)
{
	const char *comma = "";

	if (signs & SIGN_SCAN) {
		(void)fprintf(f, "\"scan\"");
		comma = ",";
	}
	if (signs & SIGN_CONTROL) {
		(void)fprintf(f, "%s\"indicator\"", comma);
		comma = ",";
	}
	if (signs & SIGN_SINKHOLE && !(signs & SIGN_PORTLESS))
		(void)fprintf(f, "%s\"report\"", comma);
}

static bool
write_truth(const struct world *w, struct err *err)
{
	static const char *const schemes[] = {"lease", "static", "shared"};
	FILE *f;

	if (!world_file(w, "truth.jsonl", &f, err))
		return false;
	for (uint32_t i = 0; i < w->config.bots; i++) {
		const struct bot *b = &w->bots[i];
		char from[WHEN_TEXT], to[WHEN_TEXT];

		(void)fprintf(f,
		    "{\"line\":\"%u\",\"family\":\"%s\",\"from\":\"%s\",\"to\":%s%s%s,"
		    "\"addressing\":\"%s\",\"input\":\"%s\",\"seen_by\":[",
		    LINE_NUMBER + b->line, b->kind->family, when_text(b->from, from),
		    b->to == WHEN_NEVER ? "" : "\"",
		    b->to == WHEN_NEVER ? "null" : when_text(b->to, to),
		    b->to == WHEN_NEVER ? "" : "\"", schemes[b->kind->scheme],
		    b->kind->signs & SIGN_CAPTURE ? "pcap" : "netflow");
		put_sources(f, b->kind->signs);
		(void)fputs("]}\n", f);
	}
	return world_close(&f, "truth.jsonl", err);
}

bool
bots_begin(struct world *w, struct err *err)
{
	for (uint32_t i = 0; i < w->config.bots; i++) {
		if (w->bots[i].kind->signs & SIGN_CAPTURE)
			capture_bot(w, &w->bots[i]);
		add_bot(w, i);
	}
	return write_truth(w, err);
}
