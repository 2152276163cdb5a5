/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_memory.c -- what a flood of made-up addresses costs the detectors' process.
 *
 * usage: bench_memory [EVENTS]
 *
 * Feeds the runner (merge, pair, ledger, all detectors) with events, by default ten
 * million, each of another line of ours and another stranger: a third tries telnet
 * without an answer, a third reaches a listed endpoint (a finding each), a third is
 * one-way and waits for its other direction. Twice: spread over hours, and all within one
 * epoch. Memory was set by the sizes in `runner_env` alone; the process may have no more
 * than that (runner_memory before the first event) and SLACK. Exit status 1 if it has.
 */
#include "base/mem.h"
#include "base/when.h"
#include "detect/runner.h"
#include "detect/weights.h"
#include "intel/indicators.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 10000000, LINES = 1 << 16, LISTED = 8192 };
enum { PORT_LISTED = 8080, PORT_TELNET = 23 };
enum { THIRDS = 3, HOURS = 3 };

static const int64_t START = 15000 * WHEN_DAY;
static const size_t SLACK = 8 << 20;

struct flood {
	uint32_t events;
	int64_t span; /* µs of event time */
	struct weight_table *weights;
	struct indicators *set;
	uint64_t sightings;
};

static size_t
resident(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f == NULL || fscanf(f, "%*u %lu", &pages) != 1)
		fatal("/proc/self/statm cannot be read");
	(void)fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void
count_sighting(void *ctx, const struct sighting *s)
{
	struct flood *flood = ctx;

	(void)s;
	flood->sightings++;
}

/* Line n of 2^32 in 2001:db8::/32, each a /64 of its own. */
static struct addr
made_up(uint32_t n)
{
	struct addr a = {{0x20, 0x01, 0x0d, 0xb8}};

	for (int i = 0; i < 4; i++)
		a.b[4 + i] = (uint8_t)(n >> (24 - 8 * i));
	a.b[15] = 1;
	return a;
}

/* So many that none becomes popular and is suspended. */
static struct addr
listed(uint32_t n)
{
	return addr_v4(0x4e000000 + n / THIRDS % LISTED);
}

static void
make_event(const struct flood *flood, uint32_t n, struct event *ev)
{
	int64_t t = START + (int64_t)((double)flood->span * n / flood->events);
	uint32_t third = n % THIRDS;
	struct addr us = made_up(n);
	bool silent = third != 1;

	*ev = (struct event){.kind = EVENT_FLOW,
	    .ready = t,
	    .first = t - WHEN_SECOND,
	    .last = t,
	    .seq = n + 1,
	    .sampling = 1,
	    .src = us,
	    .line = line_key_of(0, &us, 64),
	    .dst = third == 1 ? listed(n) : addr_v4(0x50000000 + n),
	    .sport = 40000,
	    .dport = third == 1 ? PORT_LISTED : PORT_TELNET,
	    .proto = PROTO_TCP,
	    .ours = OURS_SRC,
	    .answer = silent ? ANSWER_SILENT : ANSWER_ANSWERED,
	    .packets = {silent ? 1 : 9, silent ? 0 : 8},
	    .bytes = {silent ? 60 : 1200, silent ? 0 : 9000},
	    .tcp_flags = {silent ? TCP_SYN : TCP_SYN | TCP_ACK | TCP_PSH},
	    .one_way = third == 2};
}

static void
know_endpoints(struct flood *flood)
{
	char value[ADDR_TEXT];
	struct indicator_row row = {.value = value,
	    .port = PORT_LISTED,
	    .confidence = 95,
	    .family = "Testbot",
	    .source = "list",
	    .from = INT64_MIN,
	    .until = WHEN_NEVER};
	struct err err;

	flood->weights = weights_read(NULL, &err);
	flood->set = indicators_new();
	if (flood->weights == NULL)
		fatal("%s", err.text);
	for (uint32_t i = 0; i < LISTED; i++) {
		struct addr addr = listed(i * THIRDS);

		(void)addr_text(&addr, value);
		if (!indicators_add(flood->set, &row, &err))
			fatal("%s", err.text);
	}
	indicators_seal(flood->set);
}

/* The most that was resident at the end of any batch. */
static size_t
feed(struct runner *r, const struct flood *flood)
{
	struct batch *batch = batch_new();
	size_t most = resident(), now;
	struct event ev = {.kind = 0};
	uint32_t n = 0;

	while (n < flood->events) {
		batch_reset(batch);
		while (n < flood->events && batch->count < BATCH_EVENTS) {
			make_event(flood, n++, &ev);
			*batch_add(batch) = ev;
		}
		batch->watermark = n < flood->events ? ev.ready - 1 : WHEN_NEVER;
		if (!runner_put(r, batch))
			fatal("no such source");
		now = resident();
		most = now > most ? now : most;
	}
	batch_free(batch);
	return most;
}

static bool
run(const char *name, struct flood *flood)
{
	struct runner_env env;
	struct runner_stat stat;
	struct runner *r;
	size_t before = resident(), configured, most;
	clock_t began = clock();
	bool good;

	runner_preset(&env);
	env.lines = env.flows = LINES;
	env.weights = flood->weights;
	env.indicators = flood->set;
	env.out = (struct runner_out){.ctx = flood, .sighting = count_sighting};
	r = runner_new(&env);
	configured = runner_memory(r);
	most = feed(r, flood) - before;
	stat = runner_stat(r);
	good = most <= configured + SLACK && stat.events == flood->events;
	printf(
	    "%-14s %u sources, %llu findings, %llu sightings: configured %.1f MiB, "
	    "most resident %.1f MiB, lines kept %llu, forgotten %llu, %.1f s CPU  %s\n",
	    name, flood->events, (unsigned long long)stat.findings,
	    (unsigned long long)flood->sightings, (double)configured / (1 << 20),
	    (double)most / (1 << 20), (unsigned long long)stat.lines,
	    (unsigned long long)stat.lines_evicted,
	    (double)(clock() - began) / CLOCKS_PER_SEC, good ? "ok" : "FAILED");
	runner_free(r);
	return good;
}

int
main(int argc, char **argv)
{
	struct flood flood = {.events = EVENTS, .span = HOURS * WHEN_HOUR};
	bool good;

	if (argc > 1)
		flood.events = (uint32_t)strtoul(argv[1], NULL, 10);
	know_endpoints(&flood);
	good = run("over hours", &flood);
	flood.span = MERGE_EPOCH / 2;
	flood.sightings = 0;
	good = run("in one epoch", &flood) && good;
	weights_free(flood.weights);
	indicators_free(flood.set);
	return good ? 0 : 1;
}
