/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulate.c -- `botkoll simulate -o DIR`: a simulated provider's files, and the truth.
 */
#include "base/when.h"
#include "cmd/command.h"
#include "cmd/output.h"
#include "cmd/progress.h"
#include "sim/sim.h"

#include <errno.h>
#include <sys/stat.h>

struct simulate_options {
	char *output;
	int64_t lines, days, bots, seed;
};

static const struct command_opt simulate_options[] = {
    {'o', "DIR",
	{COMMAND_FIELD(simulate_options, output), .type = CONF_TEXT, .required = true,
	    .help = "directory to write into; made if missing"}},
    {0, "N",
	{COMMAND_FIELD(simulate_options, lines), .type = CONF_INT, .preset = 2000,
	    .min = 100, .max = SIM_LINES_MAX, .help = "lines of the provider"}},
    {0, "N",
	{COMMAND_FIELD(simulate_options, days), .type = CONF_INT, .preset = 7, .min = 1,
	    .max = SIM_DAYS_MAX, .help = "simulated days, from 2026-09-07 on"}},
    {0, "N",
	{COMMAND_FIELD(simulate_options, bots), .type = CONF_INT, .preset = 25, .min = 0,
	    .max = SIM_LINES_MAX / 10,
	    .help = "planted bots, at most a tenth of the lines"}},
    {0, "S",
	{COMMAND_FIELD(simulate_options, seed), .type = CONF_INT, .preset = 1, .min = 0,
	    .max = 9e15, .help = "what all of it follows from"}},
    COMMAND_OPT_END,
};

static void
show(void *ctx, int64_t done, int64_t total)
{
	(void)total;
	progress_at(ctx, (uint64_t)(done / WHEN_HOUR));
}

static void
print(
    const struct command_call *call, const struct sim_config *c, const struct sim_stat *s)
{
	struct output out;
	struct jw *j;

	output_begin(&out, call, NULL);
	j = output_object(&out);
	jw_uint(j, "lines", c->lines);
	jw_uint(j, "days", c->days);
	jw_uint(j, "bots", c->bots);
	jw_uint(j, "seed", c->seed);
	jw_uint(j, "devices", s->devices);
	jw_uint(j, "flows", s->flows);
	jw_fixed(j, "flows_per_line_day",
	    (double)s->flows / ((double)c->lines * (double)c->days), 1);
	jw_uint(j, "records", s->records);
	jw_uint(j, "datagrams", s->datagrams);
	jw_uint(j, "packets", s->packets);
	jw_uint(j, "lease_entries", s->leases);
	jw_uint(j, "address_changes", s->changes);
	jw_uint(j, "report_rows", s->report_rows);
	output_object_end(&out);
	output_end(&out);
}

static int
simulate_run(const struct command_call *call)
{
	const struct simulate_options *opt = call->options;
	const struct sim_config config = {.seed = (uint64_t)opt->seed,
	    .lines = (uint32_t)opt->lines,
	    .days = (uint32_t)opt->days,
	    .bots = (uint32_t)opt->bots,
	    .start = SIM_START};
	struct progress progress;
	struct sim_stat stat;
	struct err err;
	bool ok;

	if (config.bots > config.lines / 10)
		return command_misuse(
		    call, "--bots: at most a tenth of the lines, %u", config.lines / 10);
	if (mkdir(opt->output, 0755) != 0 && errno != EEXIST) {
		(void)err_errno(&err, "create %s", opt->output);
		return command_fail(call, STATUS_NO, "%s", err.text);
	}
	progress_begin(&progress, "simulating", "h", config.days * UINT64_C(24));
	ok = sim_run(&config, opt->output, show, &progress, &stat, &err);
	progress_end(&progress);
	if (!ok)
		return command_fail(call, STATUS_NO, "%s", err.text);
	print(call, &config, &stat);
	command_say(call,
	    "%s/botkoll.yaml is ready for botkoll run: replay time, shadow mode "
	    "off, mail to 127.0.0.1:1025",
	    opt->output);
	return STATUS_DONE;
}

const struct command command_simulate = {
    .name = "simulate",
    .summary = "write a simulated provider's traffic, leases, reports and the truth",
    .help =
	"Writes flow export (NetFlow 9 in a pcap file), one bot's packets, lease logs,\n"
	"third-party reports, a line registry, an indicator list, a configuration and\n"
	"truth.jsonl: which lines are bots, from when to when, and which source can "
	"tell.\n"
	"The same seed gives the same bytes. Traffic is about 150 flows a line and day,\n"
	"a hundredth of what real lines do.",
    .options = simulate_options,
    .options_size = sizeof(struct simulate_options),
    .run = simulate_run,
};
