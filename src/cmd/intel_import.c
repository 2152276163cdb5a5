/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intel_import.c -- see intel_import.h. A file that a format of exchange recognises is
 * read by it, item by item (report/indicate.h); every other is a list (intel/import.h).
 */
#include "cmd/intel_import.h"

#include "base/file.h"
#include "cmd/feed.h"
#include "report/indicate.h"
#include "report/report.h"

#include <inttypes.h>
#include <string.h>

const struct output_column intel_import_columns[] = {
    {"file", "file", false},
    {"lines", "lines", true},
    {"taken", "taken", true},
    {"aside", "aside", true},
    {"refused", "refused", true},
    {NULL, NULL, false},
};

struct import {
	const struct command_call *call;
	struct indicators *set;
	const struct indicator_row *preset;
	struct output *out;
	const char *file;
	struct import_stat stat;
	uint64_t aside; /* items that are no indicators */
};

static void
say_refused(void *ctx, uint64_t line, const char *sentence)
{
	const struct import *import = ctx;

	command_say(import->call, "%s:%" PRIu64 ": %s", import->file, line, sentence);
}

static void
take_item(void *ctx, const struct item *item)
{
	struct import *import = ctx;
	struct indicator_row rows[ITEM_INDICATORS];
	const char *reason;
	size_t count = item_to_indicators(item, import->preset, rows, &reason);
	struct err err;

	import->stat.lines++;
	import->aside += count == 0;
	for (size_t i = 0; i < count; i++)
		if (indicators_take(import->set, &rows[i], &err)) {
			import->stat.taken++;
		} else {
			import->stat.refused++;
			say_refused(import, item->row, err.text);
		}
}

static void
take_refusal(void *ctx, const struct refusal *refusal)
{
	struct import *import = ctx;

	import->stat.lines++;
	import->stat.refused++;
	say_refused(import, refusal->row, refusal->reason);
}

/* Is it a document of one of the formats that hold indicators? */
static bool
is_report(const struct report_input *in)
{
	struct err err;
	const struct format *format = report_format(in, &err);

	return format == &format_iodef || format == &format_misp ||
	       format == &format_stix;
}

static bool
take_text(struct import *import, const struct wr *text)
{
	const char *slash = strrchr(import->file, '/');
	const struct report_sink sink = {
	    .item = take_item, .refuse = take_refusal, .ctx = import};
	struct report_input in = {.name = slash != NULL ? slash + 1 : import->file,
	    .fd = -1,
	    .bytes = text->bytes,
	    .size = text->size};
	struct report_stat stat;
	struct err err;

	if (!is_report(&in)) {
		import->stat = indicators_import(import->set, import->preset,
		    (const char *)text->bytes, text->size, say_refused, import);
		return true;
	}
	if (report_read(&in, &sink, &stat, &err))
		return true;
	command_say(import->call, "%s: %s", import->file, err.text);
	return false;
}

static bool
import_file(void *ctx, const char *path)
{
	struct import *import = ctx;
	struct err err;
	struct jw *j;
	struct wr text;
	bool good;

	import->file = path;
	import->stat = (struct import_stat){0};
	import->aside = 0;
	wr_init(&text, IMPORT_FILE_MOST);
	good = file_read(path, &text, &err);
	if (!good)
		command_say(import->call, "%s", err.text);
	else
		good = take_text(import, &text);
	wr_fini(&text);
	if (!good)
		return false;
	j = output_object(import->out);
	jw_text(j, "file", path);
	jw_uint(j, "lines", import->stat.lines);
	jw_uint(j, "taken", import->stat.taken);
	jw_uint(j, "aside", import->aside);
	jw_uint(j, "refused", import->stat.refused);
	output_object_end(import->out);
	return import->stat.refused == 0;
}

bool
intel_import_operand(const struct command_call *call, struct indicators *set,
    const struct indicator_row *preset, const char *path, struct output *out)
{
	struct import import = {.call = call, .set = set, .preset = preset, .out = out};
	struct err err;
	bool good;

	if (!feed_is(path))
		return import_file(&import, path);
	good = feed_each(path, import_file, &import, &err);
	if (!good && err.text[0] != 0)
		command_say(call, "%s", err.text);
	return good;
}
