/* SPDX-License-Identifier: Apache-2.0 */
/*
 * case.c -- `botkoll case ...`: the cases of the running daemon, through its socket.
 *
 * Each subcommand is one verb of the engine (role/desk_*.c). JSON comes out as it is;
 * people get a table, and `explain` a page that goes weight by weight.
 */
#include "case/brakes.h"
#include "cmd/ask.h"

#include <stdio.h>
#include <string.h>

/* ---- list */

struct list_options {
	char *directory;
	bool open;
	int state; /* CASE_NONE: any */
	int64_t limit;
};

static const struct command_opt list_options[] = {
    ASK_OPTION(list_options),
    {'o', NULL,
	{COMMAND_FIELD(list_options, open), .type = CONF_FLAG,
	    .help = "only cases that have not ended"}},
    {'s', "STATE",
	{COMMAND_FIELD(list_options, state), .type = CONF_CHOICE, .choices = state_names,
	    .help = "only cases in this state"}},
    {'n', "COUNT",
	{COMMAND_FIELD(list_options, limit), .type = CONF_INT, .preset = 100, .min = 1,
	    .max = 10000, .help = "at most so many, newest first"}},
    COMMAND_OPT_END,
};

static const struct output_column case_columns[] = {
    {"code", "case", false},
    {"class", "class", false},
    {"state", "state", false},
    {"held", "held", false},
    {"shadow", "shadow", false},
    {"posterior", "posterior", true},
    {"opened", "opened", false},
    {"last_evidence", "last evidence", false},
    {"notices", "notices", true},
    {NULL, NULL, false},
};

static int
list_run(const struct command_call *call)
{
	const struct list_options *opt = call->options;
	json_t *args =
	    json_pack("{s:b, s:I}", "open", opt->open, "limit", (json_int_t)opt->limit);

	if (opt->state != CASE_NONE)
		(void)json_object_set_new(
		    args, "state", json_string(state_names[opt->state]));
	return ask_print(call, opt->directory, "case.list", args, case_columns);
}

/* ---- one case */

struct one_options {
	char *directory;
};

static const struct command_opt one_options[] = {
    ASK_OPTION(one_options),
    COMMAND_OPT_END,
};

static const struct output_column log_columns[] = {
    {"number", "no", true},
    {"time", "time", false},
    {"type", "entry", false},
    {"actor", "by", false},
    {"score", "score", true},
    {"posterior", "posterior", true},
    {"note", "note", false},
    {NULL, NULL, false},
};

static const struct output_column evidence_columns[] = {
    {"cause", "cause", false},
    {"group", "group", false},
    {"kind", "kind", false},
    {"last", "last", false},
    {"days", "days", true},
    {"weight", "weight", true},
    {"weight_now", "now", true},
    {"counts", "counts", false},
    {"address", "address", false},
    {"attribution", "attribution", false},
    {"why", "why", false},
    {NULL, NULL, false},
};

static const struct output_column lease_columns[] = {
    {"address", "address held", false},
    {"start", "from", false},
    {"end", "until", false},
    {"this_line", "by this line", false},
    {NULL, NULL, false},
};

static const struct output_column flow_columns[] = {
    {"first", "flow", false},
    {"peer", "peer", false},
    {"peer_port", "port", true},
    {"protocol", "protocol", true},
    {"packets", "packets", false},
    {"answer", "answer", false},
    {NULL, NULL, false},
};

/* What is known of one case: as it is for machines, a page for people. */
static int
one_run(const struct command_call *call, const char *verb,
    void (*page)(const struct command_call *call, const json_t *result))
{
	const struct one_options *opt = call->options;
	json_t *args, *result;

	if (call->count != 1)
		return command_misuse(call, "one case is needed, by its code or number");
	args = json_pack("{s:s}", "case", call->operands[0]);
	if (!call->human)
		return ask_print(call, opt->directory, verb, args, NULL);
	result = ask(call, opt->directory, verb, args);
	if (result == NULL)
		return STATUS_NO;
	page(call, result);
	json_decref(result);
	return STATUS_DONE;
}

/* The case itself, as a table of one row. */
static void
head(const struct command_call *call, const json_t *result)
{
	json_t *list = json_pack("[O]", json_object_get(result, "case"));

	output_table(call, list, case_columns);
	json_decref(list);
}

static void
show_page(const struct command_call *call, const json_t *result)
{
	head(call, result);
	output_table(call, json_object_get(result, "log"), log_columns);
}

static int
show_run(const struct command_call *call)
{
	return one_run(call, "case.show", show_page);
}

/* The leases and flows behind each piece, under it. */
static void
explain_pieces(const struct command_call *call, const json_t *pieces)
{
	for (size_t i = 0; i < json_array_size(pieces); i++) {
		json_t *piece = json_array_get(pieces, i);
		const char *id = json_string_value(json_object_get(piece, "sighting"));

		if (json_array_size(json_object_get(piece, "leases")) == 0 &&
		    json_array_size(json_object_get(piece, "flows")) == 0)
			continue;
		(void)printf("Behind sighting %s:\n", id != NULL ? id : "");
		output_table(call, json_object_get(piece, "leases"), lease_columns);
		output_table(call, json_object_get(piece, "flows"), flow_columns);
	}
}

static void
explain_page(const struct command_call *call, const json_t *result)
{
	static const struct output_column group_columns[] = {{"group", "group", false},
	    {"weight", "weight", true}, {"gold", "gold", false}, {NULL, NULL, false}};
	const char *verdict = json_string_value(json_object_get(result, "verdict"));

	head(call, result);
	output_table(call, json_object_get(result, "evidence"), evidence_columns);
	output_table(call, json_object_get(result, "groups"), group_columns);
	(void)printf("Sum %.2f nats on a prior of %g: posterior %.4f, %s.\n\n",
	    json_number_value(json_object_get(result, "score")),
	    json_number_value(json_object_get(result, "prior")),
	    json_number_value(json_object_get(result, "posterior")),
	    verdict != NULL ? verdict : "");
	explain_pieces(call, json_object_get(result, "evidence"));
	output_table(call, json_object_get(result, "log"), log_columns);
}

static int
explain_run(const struct command_call *call)
{
	return one_run(call, "case.explain", explain_page);
}

/* ---- acts */

struct act_options {
	char *directory, *note, *cause;
};

static const struct command_opt note_options[] = {
    ASK_OPTION(act_options),
    {'m', "TEXT",
	{COMMAND_FIELD(act_options, note), .type = CONF_TEXT, .required = true,
	    .help = "the remark; it is erased with the case's payloads"}},
    COMMAND_OPT_END,
};

#define NOTE_OPTION                                                                      \
	{                                                                                \
		'm', "TEXT",                                                             \
		{                                                                        \
			COMMAND_FIELD(act_options, note), .type = CONF_TEXT,             \
							  .help = "why"                  \
		}                                                                        \
	}

static const struct command_opt hold_options[] = {
    ASK_OPTION(act_options),
    NOTE_OPTION,
    {'x', "CAUSE",
	{COMMAND_FIELD(act_options, cause), .type = CONF_TEXT,
	    .help = "instead of a case: report:TYPE, detector:NAME, indicator:NAME, or "
		    "site for all"}},
    COMMAND_OPT_END,
};

struct close_options {
	struct act_options act;
	int as;
};

static const char *const ends[] = {"false_positive", "moved", "expired", NULL};

static const struct command_opt close_options[] = {
    ASK_OPTION(act_options),
    NOTE_OPTION,
    {'a', "END",
	{COMMAND_FIELD(close_options, as), .type = CONF_CHOICE, .choices = ends,
	    .help = "how it ends"}},
    COMMAND_OPT_END,
};

struct judge_options {
	char *directory, *note;
	int verdict;
};

static const char *const verdicts[] = {"wrong", "right", NULL};

static const struct command_opt judge_options[] = {
    ASK_OPTION(judge_options),
    {'m', "TEXT", {COMMAND_FIELD(judge_options, note), .type = CONF_TEXT, .help = "why"}},
    {'v', "VERDICT",
	{COMMAND_FIELD(judge_options, verdict), .type = CONF_CHOICE, .choices = verdicts,
	    .required = true, .help = "right or wrong"}},
    COMMAND_OPT_END,
};

static const struct command_opt retract_options[] = {
    ASK_OPTION(act_options),
    {'x', "CAUSE",
	{COMMAND_FIELD(act_options, cause), .type = CONF_TEXT, .required = true,
	    .help = "report:TYPE, detector:NAME, indicator:NAME, source:NAME or "
		    "upstream:NAME"}},
    COMMAND_OPT_END,
};

/* Asks with what was given; `as`: how a case is to end, or NULL. */
static int
act(const struct command_call *call, const char *verb, const char *as)
{
	const struct act_options *opt = call->options;
	const char *name = call->count == 1 ? call->operands[0] : NULL;

	if (call->count + (opt->cause != NULL) != 1)
		return command_misuse(call,
		    opt->cause != NULL ? "a cause or a case, not both"
				       : "one case is needed, by its code or number");
	return ask_print(call, opt->directory, verb,
	    json_pack("{s:s*, s:s*, s:s*, s:s*}", "note", opt->note, "cause", opt->cause,
		"as", as, "case", name),
	    NULL);
}

/* The same where a cause may be given; `held`: one that can be held. */
static int
act_on_cause(const struct command_call *call, const char *verb, bool held)
{
	const struct act_options *opt = call->options;
	struct err err;

	if (opt->cause != NULL && !cause_named(opt->cause, held, &err))
		return command_misuse(call, "%s", err.text);
	return act(call, verb, NULL);
}

static int
note_run(const struct command_call *call)
{
	return act(call, "case.note", NULL);
}

static int
hold_run(const struct command_call *call)
{
	return act_on_cause(call, "case.hold", true);
}

static int
release_run(const struct command_call *call)
{
	return act_on_cause(call, "case.release", true);
}

static int
close_run(const struct command_call *call)
{
	const struct close_options *opt = call->options;

	return act(call, "case.close", ends[opt->as]);
}

static int
judge_run(const struct command_call *call)
{
	const struct judge_options *opt = call->options;
	json_t *args;

	if (call->count != 1)
		return command_misuse(call, "one case is needed, by its code or number");
	args = json_pack("{s:s, s:b, s:s*}", "case", call->operands[0], "right",
	    opt->verdict == 1, "note", opt->note);
	return ask_print(call, opt->directory, "case.judge", args, NULL);
}

static int
retract_run(const struct command_call *call)
{
	return act_on_cause(call, "case.retract", false);
}

static const struct command command_list = {
    .name = "list",
    .summary = "cases, newest first",
    .options = list_options,
    .options_size = sizeof(struct list_options),
    .run = list_run,
};

static const struct command command_show = {
    .name = "show",
    .summary = "one case and its log",
    .operands = "CASE",
    .options = one_options,
    .options_size = sizeof(struct one_options),
    .run = show_run,
};

static const struct command command_explain = {
    .name = "explain",
    .summary = "why: weight by weight, with the flows and leases behind each",
    .operands = "CASE",
    .help =
	"Each sighting of the case with its weight, decayed to now; the groups; prior\n"
	"and posterior; the flows that carried a sighting and the leases by which it\n"
	"was attributed; the log.",
    .options = one_options,
    .options_size = sizeof(struct one_options),
    .run = explain_run,
};

static const struct command command_note = {
    .name = "note",
    .summary = "add a remark to a case",
    .operands = "CASE",
    .options = note_options,
    .options_size = sizeof(struct act_options),
    .run = note_run,
};

static const struct command command_hold = {
    .name = "hold",
    .summary = "stop all letters of a case, or of a cause",
    .operands = "[CASE]",
    .options = hold_options,
    .options_size = sizeof(struct act_options),
    .run = hold_run,
};

static const struct command command_release = {
    .name = "release",
    .summary = "let a held case, or all of a cause, go on",
    .operands = "[CASE]",
    .help = "A cause that was held by itself is not held again for a day.",
    .options = hold_options,
    .options_size = sizeof(struct act_options),
    .run = release_run,
};

static const struct command command_close = {
    .name = "close",
    .summary = "end a case by a person's judgement",
    .operands = "CASE",
    .help = "As a false positive, whoever was told gets a correction; a case that has\n"
	    "ended can still be revised to that.",
    .options = close_options,
    .options_size = sizeof(struct close_options),
    .run = close_run,
};

static const struct command command_judge = {
    .name = "judge",
    .summary = "say whether a case is right: the sample that ends shadow mode",
    .operands = "CASE",
    .help = "A new installation sends no notices until some days have passed and a\n"
	    "person has judged a sample of cases (policy: shadow). A case that is wrong\n"
	    "is closed as a false positive.",
    .options = judge_options,
    .options_size = sizeof(struct judge_options),
    .run = judge_run,
};

static const struct command command_retract = {
    .name = "retract",
    .summary = "take a cause back: close what stands on it alone, and say so",
    .help =
	"Every case that would not stand without the cause becomes a false positive:\n"
	"open ones are closed, ended ones revised.\n"
	"Whoever was told gets one correction; the statistics are revised.\n"
	"Cases whose evidence has been erased cannot be judged again and are only\n"
	"counted (unjudged).\n"
	"A cause that nothing bears is refused, and the nearest are named.",
    .options = retract_options,
    .options_size = sizeof(struct act_options),
    .run = retract_run,
};

static const struct command *const case_subs[] = {&command_list, &command_show,
    &command_explain, &command_note, &command_hold, &command_release, &command_close,
    &command_judge, &command_retract, NULL};

const struct command command_case = {
    .name = "case",
    .summary = "cases: list, show, explain, act",
    .subs = case_subs,
};
