/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.c -- `botkoll policy check [FILE]`: is this a policy, and what does it come to?
 *
 * Without FILE the built-in se-default. What is printed is the effective policy as YAML,
 * defaults included; read back, it gives itself. A policy past its review date is still a
 * policy, but says so and exits with 1.
 */
#include "case/policy.h"
#include "base/clock.h"
#include "base/when.h"
#include "cmd/command.h"

#include <stdio.h>

enum { PRINTED = 1 << 20 };

struct policy_cmd_options {
	bool quiet;
};

static const struct command_opt policy_cmd_options[] = {
    {'q', NULL,
	{COMMAND_FIELD(policy_cmd_options, quiet), .type = CONF_FLAG,
	    .help = "print nothing if it is right"}},
    COMMAND_OPT_END,
};

static bool
is_overdue(const struct policy *policy)
{
	struct clock clock;

	clock_init(&clock, CLOCK_WALL);
	return policy->review_by != 0 && policy->review_by < clock_now(&clock);
}

static int
check_run(const struct command_call *call)
{
	const struct policy_cmd_options *opt = call->options;
	struct err err;
	struct policy *policy;
	struct wr text;
	char date[WHEN_TEXT];
	int status = STATUS_DONE;

	if (call->count > 1)
		return command_misuse(call, "one policy at a time");
	policy = policy_read(call->count == 1 ? call->operands[0] : NULL, &err);
	if (policy == NULL)
		return command_fail(call, STATUS_USAGE, "%s", err.text);
	wr_init(&text, PRINTED);
	if (!opt->quiet) {
		conf_print(policy_options, policy, &text);
		(void)fputs(wr_string(&text), stdout);
	}
	if (is_overdue(policy))
		status = command_fail(call, STATUS_NO, "%s was to be reviewed by %s",
		    policy->name, when_text(policy->review_by, date));
	wr_fini(&text);
	policy_free(policy);
	return status;
}

static const struct command command_policy_check = {
    .name = "check",
    .summary = "check a policy and print what it comes to",
    .operands = "[FILE]",
    .help = "Prints the effective policy, defaults included, as YAML; without FILE the\n"
	    "built-in se-default. Exit status 1: it is past its review date.",
    .options = policy_cmd_options,
    .options_size = sizeof(struct policy_cmd_options),
    .run = check_run,
};

static const struct command *const policy_subs[] = {&command_policy_check, NULL};

const struct command command_policy = {
    .name = "policy",
    .summary = "what evidence leads to what contact",
    .subs = policy_subs,
};
