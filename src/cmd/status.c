/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status.c -- `botkoll status`: how the running daemon is, as one object or, for people,
 * in short tables: roles, sources, reports, leases, the store, what stops notices.
 *
 * What a role tells of itself stands in its own status; `roles` is looked through for it.
 */
#include "cmd/ask.h"

#include <stdio.h>
#include <string.h>

struct status_options {
	char *directory;
	bool metrics;
};

static const struct command_opt status_options[] = {
    ASK_OPTION(status_options),
    {0, NULL,
	{COMMAND_FIELD(status_options, metrics), .type = CONF_FLAG,
	    .help = "print what Prometheus reads, for its textfile collector"}},
    COMMAND_OPT_END,
};

static const struct output_column role_columns[] = {
    {"role", "role", false},
    {"index", "index", true},
    {"pid", "pid", true},
    {"alive", "alive", false},
    {"down", "down", false},
    {"restarts", "restarts", true},
    {NULL, NULL, false},
};

static const struct output_column source_columns[] = {
    {"source", "source", false},
    {"type", "type", false},
    {"port", "port", true},
    {"records", "records", true},
    {"malformed", "malformed", true},
    {"lost_flows", "lost flows", true},
    {"dropped", "dropped", true},
    {"late", "late", true},
    {"evicted", "evicted", true},
    {"dropped_batches", "batches dropped", true},
    {"watermark", "watermark", false},
    {"ended", "ended", false},
    {NULL, NULL, false},
};

static const struct output_column detect_columns[] = {
    {"lines", "detect: lines", true},
    {"marked", "marked", true},
    {"findings", "findings", true},
    {"sightings", "sightings", true},
    {"lines_evicted", "evicted", true},
    {"forced", "forced", true},
    {"now", "now", false},
    {"notices", "suspended", false},
    {NULL, NULL, false},
};

static const struct output_column intake_columns[] = {
    {"files", "report files", true},
    {"taken_in", "taken in", true},
    {"refused", "refused", true},
    {"items", "items", true},
    {"sightings", "sightings", true},
    {"rows_refused", "rows refused", true},
    {NULL, NULL, false},
};

static const struct output_column format_columns[] = {
    {"format", "report format", false},
    {"files", "files", true},
    {"rows", "rows", true},
    {NULL, NULL, false},
};

static const struct output_column log_columns[] = {
    {"type", "lease log", false},
    {"lines", "lines", true},
    {"refused", "refused", true},
    {NULL, NULL, false},
};

static const struct output_column lease_columns[] = {
    {"leases", "leases", true},
    {"subscribers", "subscribers", true},
    {"changes", "changes", true},
    {"caught_up", "caught up", false},
    {NULL, NULL, false},
};

static const struct output_column store_columns[] = {
    {"now", "store: now", false},
    {"closed", "taken in until", false},
    {"sightings", "sightings", true},
    {"late", "late", true},
    {"pending", "pending", true},
    {"store_full", "disk full", false},
    {NULL, NULL, false},
};

static const struct output_column outbox_columns[] = {
    {"waiting", "letters: waiting", true},
    {"sent_out", "under way", true},
    {"done", "done", true},
    {"failed", "failed", true},
    {"cancelled", "cancelled", true},
    {NULL, NULL, false},
};

static const struct output_column brake_columns[] = {
    {"shadow", "brakes: shadow", false},
    {"judged", "cases judged", true},
    {"notices_this_hour", "notices this hour", true},
    {"notices_per_hour", "at most", true},
    {NULL, NULL, false},
};

static const struct output_column held_columns[] = {
    {"cause", "on HOLD", false},
    {"since", "since", false},
    {NULL, NULL, false},
};

static void
print_one(
    const struct command_call *call, json_t *object, const struct output_column *columns)
{
	json_t *list = object != NULL ? json_pack("[O]", object) : NULL;

	output_table(call, list, columns);
	json_decref(list);
}

/* A table of what all roles of this name say, or of the lists that they hold. */
static void
print_of_roles(const struct command_call *call, const json_t *status, const char *name,
    const char *list, const struct output_column *columns)
{
	json_t *rows = json_array(), *role, *told;
	const char *role_name;
	size_t i;

	json_array_foreach(json_object_get(status, "roles"), i, role)
	{
		role_name = json_string_value(json_object_get(role, "role"));
		told = json_object_get(role, "status");
		if (role_name == NULL || strcmp(role_name, name) != 0 || told == NULL)
			continue;
		if (list == NULL)
			(void)json_array_append(rows, told);
		else
			(void)json_array_extend(rows, json_object_get(told, list));
	}
	output_table(call, rows, columns);
	json_decref(rows);
}

static void
print_human(const struct command_call *call, json_t *status)
{
	json_t *brakes = json_object_get(status, "brakes");

	output_table(call, json_object_get(status, "roles"), role_columns);
	output_table(call, json_object_get(status, "sources"), source_columns);
	print_of_roles(call, status, "detect", NULL, detect_columns);
	print_of_roles(call, status, "intake", NULL, intake_columns);
	print_of_roles(call, status, "intake", "formats", format_columns);
	print_of_roles(call, status, "leases", NULL, lease_columns);
	print_of_roles(call, status, "leases", "logs", log_columns);
	print_one(call, status, store_columns);
	print_one(call, json_object_get(status, "outbox"), outbox_columns);
	print_one(call, brakes, brake_columns);
	output_table(call, json_object_get(brakes, "held"), held_columns);
}

static int
print_metrics(const struct command_call *call)
{
	const struct status_options *opt = call->options;
	json_t *answer = ask(call, opt->directory, "metrics", NULL);
	const char *text = json_string_value(json_object_get(answer, "text"));

	if (text != NULL)
		(void)fputs(text, stdout);
	json_decref(answer);
	return text != NULL && text[0] != '\0' ? STATUS_DONE : STATUS_NO;
}

static int
status_run(const struct command_call *call)
{
	const struct status_options *opt = call->options;
	json_t *status;

	if (opt->metrics)
		return print_metrics(call);
	if (!call->human)
		return ask_print(call, opt->directory, "status", NULL, NULL);
	status = ask(call, opt->directory, "status", NULL);
	if (status == NULL)
		return STATUS_NO;
	print_human(call, status);
	json_decref(status);
	return STATUS_DONE;
}

const struct command command_status = {
    .name = "status",
    .summary = "say how the running daemon is",
    .help =
	"For people short tables: the roles; what each source, report format and lease\n"
	"log has brought and lost, and up to when (watermark); the store; letters; what\n"
	"stops notices: shadow, caps, causes on HOLD, suspended indicators.\n"
	"With --json one object, with streams and counters besides; with --metrics the\n"
	"same as Prometheus reads it.",
    .options = status_options,
    .options_size = sizeof(struct status_options),
    .run = status_run,
};
