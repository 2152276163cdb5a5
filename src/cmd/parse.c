/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse.c -- `botkoll parse [-f FORMAT] FILE...`: what reports say, one item an object.
 *
 * Names are IntelMQ's. What was refused goes to stderr with file and line.
 */
#include "base/near.h"
#include "cmd/command.h"
#include "cmd/feed.h"
#include "cmd/output.h"
#include "report/facts.h"
#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { OBJECT = 64 << 20 };

struct parse_options {
	char *format, *schema, *map;
};

static const struct command_opt parse_options[] = {
    {'f', "FORMAT",
	{COMMAND_FIELD(parse_options, format), .type = CONF_TEXT,
	    .help = "the reports' format; by default it is recognised"}},
    {0, "FILE",
	{COMMAND_FIELD(parse_options, schema), .type = CONF_TEXT,
	    .help = "a table of facts that `report schema update` wrote"}},
    {0, "FILE",
	{COMMAND_FIELD(parse_options, map), .type = CONF_TEXT,
	    .help = "a mapping, botkoll.yaml(5): what the columns of FILE mean"}},
    COMMAND_OPT_END,
};

static const struct output_column parse_columns[] = {
    {"time.source", "TIME", false},
    {"source.ip", "ADDRESS", false},
    {"source.port", "PORT", true},
    {"classification.type", "TYPE", false},
    {"classification.identifier", "IDENTIFIER", false},
    {"malware.name", "MALWARE", false},
    {NULL, NULL, false},
};

struct parse {
	const struct command_call *call;
	const char *file;
	struct report_map *map;
	struct output out;
	struct wr text;
};

static void
print_item(void *ctx, const struct item *item)
{
	struct parse *p = ctx;
	struct err err;
	json_t *object;

	wr_reset(&p->text);
	item_json(item, &p->text);
	if (!p->call->human) {
		wr_u8(&p->text, '\n');
		(void)fwrite(p->text.bytes, 1, p->text.size, stdout);
		return;
	}
	object = json_read((const char *)p->text.bytes, p->text.size, &err);
	if (object != NULL)
		output_json(&p->out, object);
	json_decref(object);
}

static void
print_refusal(void *ctx, const struct refusal *refusal)
{
	const struct parse *p = ctx;

	command_say(
	    p->call, "%s:%" PRIu64 ": %s", p->file, refusal->row, refusal->reason);
}

static int
parse_file(struct parse *p, const char *format, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct report_input in = {
	    .name = slash != NULL ? slash + 1 : path, .format = format, .map = p->map};
	const struct report_sink sink = {
	    .item = print_item, .refuse = print_refusal, .ctx = p};
	struct report_stat stat;
	struct err err;
	bool good;

	p->file = path;
	in.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (in.fd < 0)
		return command_fail(
		    p->call, STATUS_NO, "open %s: %s", path, strerror(errno));
	good = report_read(&in, &sink, &stat, &err);
	(void)close(in.fd);
	if (stat.repaired > 0)
		command_say(p->call, "%s: %" PRIu64 " of %" PRIu64 " rows were ragged",
		    path, stat.repaired, stat.rows);
	if (!good)
		return command_fail(p->call, STATUS_NO, "%s: %s", path, err.text);
	return stat.refused > 0 ? STATUS_NO : STATUS_DONE;
}

/* What the operand names: a file, or the events of a MISP feed's directory. */
struct operand {
	struct parse *parse;
	const char *format;
};

static bool
parse_one(void *ctx, const char *path)
{
	const struct operand *operand = ctx;

	return parse_file(operand->parse, operand->format, path) == STATUS_DONE;
}

static bool
parse_operand(struct parse *p, const char *format, const char *path)
{
	struct operand operand = {p, format};
	struct err err;
	bool good;

	if (!feed_is(path))
		return parse_one(&operand, path);
	good = feed_each(path, parse_one, &operand, &err);
	if (!good && err.text[0] != 0)
		command_say(p->call, "%s", err.text);
	return good;
}

static bool
known_format(const char *name, struct err *err)
{
	const char *names[NEAR_FEW];
	char nearest[160];
	size_t count = 0;

	for (const struct format *const *f = formats; *f != NULL; f++) {
		if (strcmp((*f)->name, name) == 0)
			return true;
		if (count < NEAR_FEW)
			names[count++] = (*f)->name;
	}
	near_list(name, names, count, nearest, sizeof nearest);
	return err_set(
	    err, "no report format is called \"%.60s\"; there are: %s", name, nearest);
}

static int
parse_run(const struct command_call *call)
{
	const struct parse_options *opt = call->options;
	struct parse p = {.call = call};
	int status = STATUS_DONE;
	struct err err;

	if (call->count == 0)
		return command_misuse(call, "which file?");
	if (opt->format != NULL && opt->map != NULL)
		return command_misuse(call, "a format or a mapping, not both");
	if (opt->format != NULL && !known_format(opt->format, &err))
		return command_misuse(call, "%s", err.text);
	if (opt->schema != NULL && !facts_use(opt->schema, &err))
		return command_fail(call, STATUS_USAGE, "%s", err.text);
	if (opt->map != NULL && (p.map = map_read(opt->map, &err)) == NULL)
		return command_fail(call, STATUS_USAGE, "%s", err.text);
	wr_init(&p.text, OBJECT);
	output_begin(&p.out, call, parse_columns);
	for (size_t i = 0; i < call->count; i++)
		if (!parse_operand(&p, opt->format, call->operands[i]))
			status = STATUS_NO;
	output_end(&p.out);
	wr_fini(&p.text);
	map_free(p.map);
	return status;
}

const struct command command_parse = {
    .name = "parse",
    .summary = "read reports and print their items",
    .operands = "FILE...",
    .help =
	"Prints one object for each row or statement, with IntelMQ's field names.\n"
	"Files may be gzip, xz, zstd or zip, or the directory of a MISP feed. What is\n"
	"refused goes to stderr, with file and line. Formats: shadowserver (known by\n"
	"the file's name), mail, xarf, stix, misp, iodef.",
    .options = parse_options,
    .options_size = sizeof(struct parse_options),
    .run = parse_run,
};
