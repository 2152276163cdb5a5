/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.c -- `botkoll check -c FILE`: is this a configuration, and what does it come to?
 *
 * What is printed is the effective configuration as YAML; read back, it gives itself.
 */
#include "base/conf.h"
#include "cmd/command.h"
#include "role/config.h"
#include "role/fetch.h"

#include <stdio.h>

enum { PRINTED = 16 << 20 };

struct check_options {
	char *config;
	bool quiet;
};

static const struct command_opt check_options[] = {
    {'c', "FILE",
	{COMMAND_FIELD(check_options, config), .type = CONF_TEXT, .required = true,
	    .help = "the configuration, see botkoll.yaml(5)"}},
    {'q', NULL,
	{COMMAND_FIELD(check_options, quiet), .type = CONF_FLAG,
	    .help = "print nothing if it is right"}},
    COMMAND_OPT_END,
};

/* Files with secrets: there, and for their owner's eyes alone. */
static bool
check_secrets(const struct config *config, struct err *err)
{
	for (size_t i = 0; i < config->fetch.count; i++) {
		const struct config_fetch *f = config_fetch(config, i);
		char secret[FETCH_SECRET];
		struct err inner;

		if (f->password_file == NULL)
			continue;
		if (!fetch_secret(f->password_file, secret, &inner))
			return err_set(
			    err, "fetch \"%s\": %s", f->report.name, inner.text);
		sodium_memzero(secret, sizeof secret);
	}
	return true;
}

static int
check_run(const struct command_call *call)
{
	const struct check_options *opt = call->options;
	struct err err;
	struct config *config = config_read(opt->config, &err);
	struct wr text;

	if (config == NULL)
		return command_fail(call, STATUS_USAGE, "%s", err.text);
	if (!check_secrets(config, &err)) {
		config_free(config);
		return command_fail(call, STATUS_USAGE, "%s", err.text);
	}
	wr_init(&text, PRINTED);
	if (!opt->quiet) {
		conf_print(config_options(), config, &text);
		(void)fputs(wr_string(&text), stdout);
	}
	wr_fini(&text);
	config_free(config);
	return STATUS_DONE;
}

const struct command command_check = {
    .name = "check",
    .summary = "check a configuration and print what it comes to",
    .help = "Prints the effective configuration, defaults included, as YAML.\n"
	    "Read back, it gives the same configuration.",
    .options = check_options,
    .options_size = sizeof(struct check_options),
    .run = check_run,
};
