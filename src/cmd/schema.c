/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.c -- `botkoll report schema update FILE`: the vendor's newer schema.
 *
 * Becomes the site's own table of facts, DIRECTORY/shadowserver.facts, which intake reads
 * at its start instead of the built-in one, and `parse --schema` on demand.
 */
#include "report/schema.h"
#include "base/file.h"
#include "cmd/command.h"
#include "cmd/output.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

struct schema_options {
	char *directory;
	bool dry_run;
};

static const struct command_opt schema_options[] = {
    {'d', "DIRECTORY",
	{COMMAND_FIELD(schema_options, directory), .type = CONF_TEXT,
	    .preset_text = "/var/lib/botkoll", .help = "directory of the daemon"}},
    {'n', NULL,
	{COMMAND_FIELD(schema_options, dry_run), .type = CONF_FLAG,
	    .help = "say what would change, and write nothing"}},
    COMMAND_OPT_END,
};

static const struct output_column schema_columns[] = {
    {"change", "CHANGE", false},
    {"type", "TYPE", false},
    {"column", "COLUMN", false},
    {"before", "BEFORE", false},
    {"after", "AFTER", false},
    {NULL, NULL, false},
};

static void
print_change(void *ctx, const struct schema_change *c)
{
	struct output *out = ctx;
	struct jw *j = output_object(out);

	jw_text(j, "change", c->what);
	jw_text(j, "type", c->type);
	if (c->column != NULL)
		jw_text(j, "column", c->column);
	if (c->before != NULL)
		jw_text(j, "before", c->before);
	if (c->after != NULL)
		jw_text(j, "after", c->after);
	output_object_end(out);
}

static bool
update(const struct command_call *call, const char *path, struct err *err)
{
	const struct schema_options *opt = call->options;
	struct output out;
	struct wr json, table;
	bool good;

	wr_init(&json, FACTS_SIZE);
	wr_init(&table, FACTS_SIZE);
	output_begin(&out, call, schema_columns);
	good = file_read(call->operands[1], &json, err) &&
	       schema_update(facts_shadowserver(), (const char *)json.bytes, json.size,
		   &table, print_change, &out, err);
	output_end(&out);
	if (good && !opt->dry_run)
		good = file_replace(path, &table, err);
	wr_fini(&json);
	wr_fini(&table);
	return good;
}

static int
schema_run(const struct command_call *call)
{
	const struct schema_options *opt = call->options;
	struct err err;
	char path[PATH_MAX];

	if (call->count != 2 || strcmp(call->operands[0], "update") != 0)
		return command_misuse(call, "\"update\" and one FILE");
	(void)snprintf(path, sizeof path, "%s/shadowserver.facts", opt->directory);
	if (!facts_use_site(opt->directory, &err))
		return command_fail(call, STATUS_USAGE, "%s", err.text);
	if (!update(call, path, &err))
		return command_fail(
		    call, STATUS_NO, "%s: %s", call->operands[1], err.text);
	if (!opt->dry_run)
		command_say(call, "wrote %s; intake reads it at its next start", path);
	return STATUS_DONE;
}

extern const struct command command_report_schema;
const struct command command_report_schema = {
    .name = "schema",
    .summary = "take the vendor's newer schema of Shadowserver reports",
    .operands = "update FILE",
    .help = "FILE is intelmq.json of the vendor's report_schema. Prints new types, new\n"
	    "columns and changed fields, and writes DIRECTORY/shadowserver.facts, which\n"
	    "intake reads at its start and parse by its option --schema.",
    .options = schema_options,
    .options_size = sizeof(struct schema_options),
    .run = schema_run,
};
