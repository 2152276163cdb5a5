/* SPDX-License-Identifier: Apache-2.0 */
/* status.c -- `botkoll status`: how the running daemon is, all of it or role by role. */
#include "cmd/ask.h"
#include "cmd/command.h"
#include "cmd/output.h"

struct status_options {
	char *directory;
};

static const struct command_opt status_options[] = {
    ASK_OPTION(status_options),
    COMMAND_OPT_END,
};

static const struct output_column columns[] = {
    {"role", "role", false},
    {"index", "index", true},
    {"pid", "pid", true},
    {"alive", "alive", false},
    {"restarts", "restarts", true},
    {NULL, NULL, false},
};

static void
print_roles(const struct command_call *call, json_t *roles)
{
	struct output out;
	size_t i;
	json_t *role;

	output_begin(&out, call, columns);
	json_array_foreach(roles, i, role) output_json(&out, role);
	output_end(&out);
}

static int
status_run(const struct command_call *call)
{
	const struct status_options *opt = call->options;
	json_t *status = ask(call, opt->directory, "status", NULL);

	if (status == NULL)
		return STATUS_NO;
	if (call->human)
		print_roles(call, json_object_get(status, "roles"));
	else
		(void)json_dumpf(status, stdout, JSON_COMPACT);
	if (!call->human)
		(void)fputc('\n', stdout);
	json_decref(status);
	return STATUS_DONE;
}

const struct command command_status = {
    .name = "status",
    .summary = "say how the running daemon is",
    .help =
	"For people a table of the roles; with --json one object with roles, sources, "
	"streams, the outbox and the clock.",
    .options = status_options,
    .options_size = sizeof(struct status_options),
    .run = status_run,
};
