/* SPDX-License-Identifier: Apache-2.0 */
/*
 * complaint.c -- `botkoll complaint ...`: requests to other networks, through the running
 * daemon (role/desk_complaints.c).
 */
#include "case/complaint.h"
#include "cmd/ask.h"

struct list_options {
	char *directory;
	int state; /* COMPLAINT_STATES: any */
	int64_t limit;
};

static const char *const state_choices[] = {
    "waiting", "sent", "reminded", "ended", "closed", "given-up", "any", NULL};

static const struct command_opt list_options[] = {
    ASK_OPTION(list_options),
    {'s', "STATE",
	{COMMAND_FIELD(list_options, state), .type = CONF_CHOICE,
	    .choices = state_choices, .preset = COMPLAINT_STATES,
	    .help = "only complaints in this state"}},
    {'n', "COUNT",
	{COMMAND_FIELD(list_options, limit), .type = CONF_INT, .preset = 100, .min = 1,
	    .max = 10000, .help = "at most so many, newest first"}},
    COMMAND_OPT_END,
};

static const struct output_column columns[] = {
    {"number", "number", false},
    {"address", "address", false},
    {"kind", "kind", false},
    {"family", "family", false},
    {"state", "state", false},
    {"last", "last seen", false},
    {"count", "times", true},
    {"mails", "mails", true},
    {"contact", "contact", false},
    {"mail_error", "mail", false},
    {NULL, NULL, false},
};

static int
list_run(const struct command_call *call)
{
	const struct list_options *opt = call->options;
	json_t *args = json_pack("{s:I}", "limit", (json_int_t)opt->limit);

	if (opt->state != COMPLAINT_STATES)
		(void)json_object_set_new(
		    args, "state", json_string(complaint_state_names[opt->state]));
	return ask_print(call, opt->directory, "complaint.list", args, columns);
}

struct close_options {
	char *directory, *why;
};

static const struct command_opt close_options[] = {
    ASK_OPTION(close_options),
    {'w', "TEXT",
	{COMMAND_FIELD(close_options, why), .type = CONF_TEXT,
	    .help = "why: its digest goes into the audit chain"}},
    COMMAND_OPT_END,
};

static int
close_run(const struct command_call *call)
{
	const struct close_options *opt = call->options;

	if (call->count != 1)
		return command_misuse(call, "one complaint, as BK-000042");
	if (opt->why == NULL)
		return command_misuse(call, "say why: --why TEXT");
	return ask_print(call, opt->directory, "complaint.close",
	    json_pack("{s:s, s:s}", "number", call->operands[0], "why", opt->why), NULL);
}

static const struct command command_list = {
    .name = "list",
    .summary = "what was complained of, and what became of it",
    .help =
	"`contact` says whether somebody is known to answer for the address: without\n"
	"one a complaint waits (botkoll.yaml(5), complaints).",
    .options = list_options,
    .options_size = sizeof(struct list_options),
    .run = list_run,
};

static const struct command command_close = {
    .name = "close",
    .summary = "end a complaint, as after an answer",
    .operands = "NUMBER",
    .options = close_options,
    .options_size = sizeof(struct close_options),
    .run = close_run,
};

static const struct command *const subs[] = {&command_list, &command_close, NULL};

const struct command command_complaint = {
    .name = "complaint",
    .summary = "requests to other networks to end what comes from there",
    .subs = subs,
};
