/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure.c -- `botkoll measure today`: how many lines are infected, and how sure that
 * is.
 *
 * Reads the store beside a running daemon, or without one. The time is the daemon's: that
 * up to which all inputs are in.
 */
#include "cmd/ask.h"
#include "measure/today.h"

enum { TEXT = 16 << 20 };

struct today_options {
	char *directory;
	int64_t days;
};

static const struct command_opt today_options[] = {
    ASK_OPTION(today_options),
    {'n', "DAYS",
	{COMMAND_FIELD(today_options, days), .type = CONF_INT, .preset = 30, .min = 1,
	    .max = 400, .help = "days of history"}},
    COMMAND_OPT_END,
};

static const struct output_column day_columns[] = {
    {"day", "day", false},
    {"active", "active lines", true},
    {"new", "new episodes", true},
    {NULL, NULL, false},
};

static const struct output_column family_columns[] = {
    {"family", "family", false},
    {"active", "active lines", true},
    {"new", "new in 10 days", true},
    {NULL, NULL, false},
};

/* For people: the heading figures, then families, then days. */
static void
print_human(const struct command_call *call, json_t *figures)
{
	json_t *days = json_incref(json_object_get(figures, "days"));
	json_t *families = json_incref(json_object_get(figures, "families"));
	struct output out;

	(void)json_object_del(figures, "days");
	(void)json_object_del(figures, "families");
	output_begin(&out, call, NULL);
	output_json(&out, figures);
	output_end(&out);
	output_table(call, families, family_columns);
	output_table(call, days, day_columns);
	json_decref(days);
	json_decref(families);
}

static int
print(const struct command_call *call, struct store *store, int64_t now, int64_t days)
{
	json_t *figures;
	struct err err;
	struct wr text;
	struct jw j;

	wr_init(&text, TEXT);
	jw_begin(&j, &text);
	measure_json(store, now, days, &j, NULL);
	figures = json_read((const char *)text.bytes, text.size, &err);
	wr_fini(&text);
	if (figures == NULL)
		return command_fail(call, STATUS_NO, "%s", err.text);
	if (call->human) {
		print_human(call, figures);
	} else {
		struct output out;

		output_begin(&out, call, NULL);
		output_json(&out, figures);
		output_end(&out);
	}
	json_decref(figures);
	return STATUS_DONE;
}

static int
today_run(const struct command_call *call)
{
	const struct today_options *opt = call->options;
	struct store *store = ask_store(call, opt->directory);
	int64_t now;
	int status;

	if (store == NULL)
		return STATUS_NO;
	now = measure_now(store);
	if (now == 0)
		status = command_fail(
		    call, STATUS_NO, "the store in %s is empty yet", opt->directory);
	else
		status = print(call, store, now, opt->days);
	store_close(store);
	return status;
}

static const struct command command_today = {
    .name = "today",
    .summary = "lines active in the last 10 days, and new ones",
    .help = "Counts lines with at least one attributed sighting of a bot in the last 10\n"
	    "days, and episodes that began each day, by method CM-1, against the\n"
	    "subscribed lines. Says the method's version, the sources, the share of\n"
	    "sightings that could not be attributed, and the interval of the sampling\n"
	    "error alone.",
    .options = today_options,
    .options_size = sizeof(struct today_options),
    .run = today_run,
};

static const struct command *const measure_subs[] = {&command_today, NULL};

const struct command command_measure = {
    .name = "measure",
    .summary = "figures: how many lines are infected",
    .subs = measure_subs,
};
