/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.c -- `botkoll report ...`: what others report, from people's side.
 *
 * `report unread` is the tray of what no parser understood; `report reporters` says who
 * is believed how far, and `report grade` changes it; `report mail` (report_mail.c) takes
 * one mail from an MTA; `report schema` is schema.c's.
 */
#include "cmd/ask.h"
#include "cmd/report_mail.h"

extern const struct command command_report_schema;

struct list_options {
	char *directory;
	bool done;
	int64_t limit;
};

static const struct command_opt list_options[] = {
    ASK_OPTION(list_options),
    {0, NULL,
	{COMMAND_FIELD(list_options, done), .type = CONF_FLAG,
	    .help = "what people have done instead, newest first"}},
    {'n', "COUNT",
	{COMMAND_FIELD(list_options, limit), .type = CONF_INT, .preset = 100, .min = 1,
	    .max = 1000, .help = "this many at most"}},
    COMMAND_OPT_END,
};

static const struct output_column list_columns[] = {
    {"number", "number", true},
    {"received", "received", false},
    {"severity", "severity", false},
    {"source", "source", false},
    {"reporter", "reporter", false},
    {"place", "line", true},
    {"items", "items", true},
    {"reason", "why", false},
    {NULL, NULL, false},
};

static int
list_run(const struct command_call *call)
{
	const struct list_options *opt = call->options;

	return ask_print(call, opt->directory, "report.unread.list",
	    json_pack("{s:b, s:I}", "done", opt->done, "limit", (json_int_t)opt->limit),
	    list_columns);
}

struct show_options {
	char *directory;
};

static const struct command_opt show_options[] = {
    ASK_OPTION(show_options),
    COMMAND_OPT_END,
};

static int
show_run(const struct command_call *call)
{
	const struct show_options *opt = call->options;

	if (call->count != 1)
		return command_misuse(call, "say which, by its number in the list");
	return ask_print(call, opt->directory, "report.unread.show",
	    json_pack("{s:s}", "number", call->operands[0]), NULL);
}

struct done_options {
	char *directory, *outcome;
};

static const struct command_opt done_options[] = {
    ASK_OPTION(done_options),
    {'m', "TEXT",
	{COMMAND_FIELD(done_options, outcome), .type = CONF_TEXT,
	    .help = "what came of it"}},
    COMMAND_OPT_END,
};

static int
done_run(const struct command_call *call)
{
	const struct done_options *opt = call->options;

	if (call->count != 1)
		return command_misuse(call, "say which, by its number in the list");
	if (opt->outcome == NULL)
		return command_misuse(call, "say what came of it: -m TEXT");
	return ask_print(call, opt->directory, "report.unread.done",
	    json_pack("{s:s, s:s}", "number", call->operands[0], "outcome", opt->outcome),
	    NULL);
}

struct item_options {
	char *directory, *address, *time, *class, *family;
	int64_t port, realm;
};

static const struct command_opt item_options[] = {
    ASK_OPTION(item_options),
    {'a', "ADDRESS",
	{COMMAND_FIELD(item_options, address), .type = CONF_TEXT,
	    .help = "the address at fault"}},
    {'t', "TIME",
	{COMMAND_FIELD(item_options, time), .type = CONF_TEXT,
	    .help = "when it was, with its zone"}},
    {'c', "CLASS",
	{COMMAND_FIELD(item_options, class), .type = CONF_TEXT,
	    .help = "RSIT type, as infected-system, scanner, spam, c2-server"}},
    {0, "PORT",
	{COMMAND_FIELD(item_options, port), .type = CONF_INT, .min = 0, .max = 65535,
	    .help = "source port: needed where addresses are shared"}},
    {0, "NAME",
	{COMMAND_FIELD(item_options, family), .type = CONF_TEXT,
	    .help = "malware family"}},
    {0, "NUMBER",
	{COMMAND_FIELD(item_options, realm), .type = CONF_INT, .min = 0, .max = 4e9,
	    .help = "realm of the address"}},
    COMMAND_OPT_END,
};

static int
item_run(const struct command_call *call)
{
	const struct item_options *opt = call->options;
	json_t *args;

	if (call->count != 1)
		return command_misuse(call, "say which, by its number in the list");
	if (opt->address == NULL || opt->time == NULL || opt->class == NULL)
		return command_misuse(
		    call, "say the --address, the --time and the --class");
	args = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "number", call->operands[0],
	    "address", opt->address, "time", opt->time, "class", opt->class, "port",
	    (json_int_t)opt->port, "realm", (json_int_t)opt->realm);
	if (args != NULL && opt->family != NULL)
		(void)json_object_set_new(args, "family", json_string(opt->family));
	return ask_print(call, opt->directory, "report.unread.item", args, NULL);
}

static const struct output_column reporter_columns[] = {
    {"reporter", "reporter", false},
    {"claims", "claims", true},
    {"confirmed", "confirmed", true},
    {"refuted", "refuted", true},
    {"silent", "silent", true},
    {"assigned", "assigned", false},
    {"present", "present", false},
    {"by", "by", false},
    {"believed", "believed", true},
    {"weight", "weight", true},
    {NULL, NULL, false},
};

static int
reporters_run(const struct command_call *call)
{
	const struct show_options *opt = call->options;

	return ask_print(
	    call, opt->directory, "report.reporters", NULL, reporter_columns);
}

struct grade_options {
	char *directory, *why;
};

static const struct command_opt grade_options[] = {
    ASK_OPTION(grade_options),
    {'w', "TEXT",
	{COMMAND_FIELD(grade_options, why), .type = CONF_TEXT,
	    .help = "why: goes into the audit chain"}},
    COMMAND_OPT_END,
};

static int
grade_run(const struct command_call *call)
{
	const struct grade_options *opt = call->options;

	if (call->count != 2)
		return command_misuse(call, "a reporter and a grade are needed");
	if (opt->why == NULL)
		return command_misuse(call, "say why: --why TEXT");
	return ask_print(call, opt->directory, "report.grade",
	    json_pack("{s:s, s:s, s:s}", "reporter", call->operands[0], "grade",
		call->operands[1], "why", opt->why),
	    NULL);
}

static const struct command command_list = {
    .name = "list",
    .summary = "what waits, severest first, then oldest",
    .help = "One row may stand for more pieces of one file that were refused for the\n"
	    "same reason; `items` says how many.",
    .options = list_options,
    .options_size = sizeof(struct list_options),
    .run = list_run,
};

static const struct command command_show = {
    .name = "show",
    .summary = "what was written",
    .operands = "NUMBER",
    .help = "Is written into the audit chain before it is answered. Pieces are kept for\n"
	    "as long as sightings without a case, and of each 64 KiB at most.",
    .options = show_options,
    .options_size = sizeof(struct show_options),
    .run = show_run,
};

static const struct command command_done = {
    .name = "done",
    .summary = "a person has read it; its text is erased",
    .operands = "NUMBER",
    .options = done_options,
    .options_size = sizeof(struct done_options),
    .run = done_run,
};

static const struct command command_item = {
    .name = "item",
    .summary = "a person says what it means",
    .operands = "NUMBER",
    .help = "It then goes the way of every other report: attributed, weighed, judged.",
    .options = item_options,
    .options_size = sizeof(struct item_options),
    .run = item_run,
};

static const struct command *const unread_subs[] = {
    &command_list, &command_show, &command_done, &command_item, NULL};

static const struct command command_unread = {
    .name = "unread",
    .summary = "what no parser understood",
    .subs = unread_subs,
};

static const struct command command_reporters = {
    .name = "reporters",
    .summary = "who reports, and how far each is believed",
    .help =
	"`assigned` is the grade by configuration or a person, `present` what the\n"
	"record makes of it; `weight` is what a report of an infection is worth now,\n"
	"in nats.",
    .options = show_options,
    .options_size = sizeof(struct show_options),
    .run = reporters_run,
};

static const struct command command_grade = {
    .name = "grade",
    .summary = "say how far a reporter is to be believed",
    .operands = "REPORTER A|B|C|D|E|F",
    .help = "Its record begins anew. Cases that are open are not judged again.",
    .options = grade_options,
    .options_size = sizeof(struct grade_options),
    .run = grade_run,
};

static const struct command *const report_subs[] = {&command_unread, &command_reporters,
    &command_grade, &command_report_mail, &command_report_schema, NULL};

const struct command command_report = {
    .name = "report",
    .summary = "reports by others: the unread, the reporters, what columns mean",
    .subs = report_subs,
};
