/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim.c -- the simulation from its seed to its last byte.
 *
 * Lines are dealt to kinds of addressing, bots to lines, actors to both. Then the agenda
 * is worked off in the order of time; what the border router has to export is sent
 * whenever its time has come. The export goes into a pcap file as UDP datagrams to port
 * 2055, which is also what `botkoll demo` sends over the loopback interface.
 */
#include "sim/sim.h"

#include "base/mem.h"
#include "sim/bots.h"
#include "sim/habits.h"
#include "sim/leases.h"
#include "sim/reports.h"
#include "sim/setup.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { LINES = 0x70, COLLECTOR_PORT = 2055, ROUTER_PORT = 52055 };

#define ROUTER    UINT32_C(0x0a000001) /* 10.0.0.1 */
#define COLLECTOR UINT32_C(0x0a000002)

static void
emit(void *ctx, int64_t time, const uint8_t *bytes, size_t size)
{
	struct world *w = ctx;
	struct packet p = {.time = time,
	    .src = ROUTER,
	    .dst = COLLECTOR,
	    .sport = ROUTER_PORT,
	    .dport = COLLECTOR_PORT,
	    .payload = bytes,
	    .size = size};

	capture_put(&w->export, &p);
	w->stat->datagrams++;
}

/* Of a hundred lines four have fixed addresses and six share theirs. */
static void
deal_lines(struct world *w)
{
	struct rng rng;

	rng_seed(&rng, hash_u64(LINES, w->config.seed));
	w->lines = xcalloc(w->config.lines, sizeof *w->lines);
	for (uint32_t i = 0; i < w->config.lines; i++) {
		uint64_t luck = rng_below(&rng, 100);

		w->lines[i].scheme = luck < 4    ? SCHEME_STATIC
				     : luck < 10 ? SCHEME_CGNAT
						 : SCHEME_DHCP;
	}
}

static bool
check(const struct sim_config *c, struct err *err)
{
	if (c->lines < 100 || c->lines > SIM_LINES_MAX)
		return err_set(err, "lines: 100 to %d, not %u", SIM_LINES_MAX, c->lines);
	if (c->days < 1 || c->days > SIM_DAYS_MAX)
		return err_set(err, "days: 1 to %d, not %u", SIM_DAYS_MAX, c->days);
	if (c->bots > c->lines / 10)
		return err_set(err,
		    "bots: at most a tenth of the lines, which is %u, not %u",
		    c->lines / 10, c->bots);
	return true;
}

static bool
begin(struct world *w, struct err *err)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof path, "%s/reports", w->directory) >=
	    sizeof path)
		return err_set(err, "%s: the directory's name is too long", w->directory);
	if (mkdir(path, 0755) != 0 && errno != EEXIST)
		return err_errno(err, "create %s", path);
	(void)snprintf(path, sizeof path, "%s/netflow.pcap", w->directory);
	if (!capture_open(&w->export, path, err))
		return false;
	(void)snprintf(path, sizeof path, "%s/bot.pcap", w->directory);
	if (!capture_open(&w->packets, path, err))
		return false;
	deal_lines(w);
	bots_plant(w);
	if (!leases_begin(w, err))
		return false;
	habits_begin(w);
	return bots_begin(w, err) && setup_write(w, err);
}

static void
run(struct world *w, sim_progress *progress, void *ctx)
{
	int64_t told = w->config.start;

	while (w->agenda.count > 0 && queue_first(&w->agenda)->time < w->end) {
		struct queue_item item = queue_take(&w->agenda);
		struct actor *a = &w->actors[item.slot];

		world_export(w, item.time);
		a->act(w, a);
		if (a->time < w->end)
			queue_put(&w->agenda, a->time, item.order, item.slot);
		if (progress != NULL && item.time - told > WHEN_HOUR) {
			told = item.time;
			progress(ctx, told - w->config.start, w->end - w->config.start);
		}
	}
	world_export(w, WHEN_NEVER);
	v9_flush(&w->v9, w->end + WHEN_MINUTE);
}

static bool
finish(struct world *w, bool ok, struct err *err)
{
	ok = ok && reports_finish(w, err);
	ok = leases_finish(w, err) && ok;
	ok = (w->export.file == NULL || capture_close(&w->export, err)) && ok;
	ok = (w->packets.file == NULL || capture_close(&w->packets, err)) && ok;
	queue_fini(&w->agenda);
	queue_fini(&w->pending);
	free(w->lines);
	free(w->actors);
	free(w->records);
	free(w->free_records);
	free(w->bots);
	free(w->rows);
	return ok;
}

bool
sim_run(const struct sim_config *config, const char *directory, sim_progress *progress,
    void *ctx, struct sim_stat *stat, struct err *err)
{
	struct world w = {.config = *config, .stat = stat, .directory = directory};
	bool ok;

	*stat = (struct sim_stat){0};
	if (!check(config, err))
		return false;
	w.end = config->start + config->days * WHEN_DAY;
	v9_init(&w.v9, 1, config->start - WHEN_DAY, emit, &w);
	ok = begin(&w, err);
	if (ok)
		run(&w, progress, ctx);
	return finish(&w, ok, err);
}
