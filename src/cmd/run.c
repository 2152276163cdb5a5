/* SPDX-License-Identifier: Apache-2.0 */
/* run.c -- `botkoll run -c FILE`: the daemon, in the foreground, until SIGTERM. */
#include "base/log.h"
#include "cmd/command.h"
#include "role/parent.h"

struct run_options {
	char *config;
};

static const struct command_opt run_options[] = {
    {'c', "FILE",
	{COMMAND_FIELD(run_options, config), .type = CONF_TEXT, .required = true,
	    .help = "the configuration, see botkoll.yaml(5)"}},
    COMMAND_OPT_END,
};

static int
run_run(const struct command_call *call)
{
	const struct run_options *opt = call->options;
	struct config *config;
	struct err err;
	bool good;

	log_setup("parent", LEVEL_INFO);
	config = config_read(opt->config, &err);
	if (config == NULL)
		return command_fail(call, STATUS_USAGE, "%s", err.text);
	good = parent_run(config, &err);
	config_free(config);
	return good ? STATUS_DONE : command_fail(call, STATUS_NO, "%s", err.text);
}

const struct command command_run = {
    .name = "run",
    .summary = "run the daemon",
    .help =
	"Stays in the foreground; logs go to stderr with a syslog priority.\n"
	"SIGTERM and SIGINT end it in order. A second daemon in the same directory is "
	"refused.",
    .options = run_options,
    .options_size = sizeof(struct run_options),
    .run = run_run,
};
