/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leases.c -- `botkoll leases import|stat`: directories of lease segments without a
 * daemon.
 */
#include "base/when.h"
#include "cmd/command.h"
#include "cmd/lease_book.h"
#include "cmd/output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

struct leases_options {
	char *directory, *reader;
	int64_t realm, zone_east;
};

/* clang-format off */
static const struct command_opt import_options[] = {
    {'d', "DIRECTORY", {COMMAND_FIELD(leases_options, directory), .type = CONF_TEXT, .required = true,
	.help = "where the segments are; made if it is missing"}},
    {'r', "REALM", {COMMAND_FIELD(leases_options, realm), .type = CONF_INT, .min = 0, .max = UINT32_MAX,
	.help = "number of the address realm"}},
    {'k', "READER", {COMMAND_FIELD(leases_options, reader), .type = CONF_TEXT,
	.help = "the log's reader, as `type` of leases: in botkoll.yaml(5); by default it is recognised"}},
    {0, "MINUTES", {COMMAND_FIELD(leases_options, zone_east), .type = CONF_INT, .min = -1440, .max = 1440,
	.help = "how far east of UTC local times of the log are whose zone is not known"}},
    COMMAND_OPT_END,
};

static const struct command_opt stat_options[] = {
    {'d', "DIRECTORY", {COMMAND_FIELD(leases_options, directory), .type = CONF_TEXT, .required = true,
	.help = "where the segments are"}},
    COMMAND_OPT_END,
};
/* clang-format on */

struct import {
	const struct command_call *call;
	const char *file;
	struct lease_book *book;
};

static void
import_event(void *ctx, const struct lease_event *event)
{
	lease_book_event(((struct import *)ctx)->book, event);
}

static void
import_refuse(void *ctx, uint64_t line, const char *reason)
{
	const struct import *i = ctx;

	command_say(i->call, "%s:%" PRIu64 ": %s", i->file, line, reason);
}

static int
import_file(struct import *i, struct output *out)
{
	const struct leases_options *opt = i->call->options;
	struct lease_log log = {.reader = opt->reader,
	    .zone_offset = -opt->zone_east * WHEN_MINUTE,
	    .event = import_event,
	    .refuse = import_refuse,
	    .ctx = i};
	int fd = open(i->file, O_RDONLY | O_CLOEXEC);
	struct err err;
	struct jw *j;
	bool good;

	if (fd < 0)
		return command_fail(
		    i->call, STATUS_NO, "open %s: %s", i->file, strerror(errno));
	good = lease_log_read(&log, fd, &err);
	(void)close(fd);
	if (!good || !lease_book_sync(i->book, &err))
		return command_fail(i->call, STATUS_NO, "%s: %s", i->file, err.text);
	j = output_object(out);
	jw_text(j, "file", i->file);
	jw_uint(j, "lines", log.lines);
	jw_uint(j, "events", log.events);
	jw_uint(j, "refused", log.refused);
	output_object_end(out);
	return log.refused > 0 ? STATUS_NO : STATUS_DONE;
}

static int
import_run(const struct command_call *call)
{
	const struct leases_options *opt = call->options;
	struct import i = {.call = call};
	struct output out;
	struct err err;
	int status = STATUS_DONE;

	if (call->count == 0)
		return command_misuse(call, "which log?");
	if (opt->reader != NULL && lease_reader_named(opt->reader, &err) == NULL)
		return command_misuse(call, "%s", err.text);
	i.book = lease_book_open(opt->directory, true, &err);
	if (i.book == NULL)
		return command_fail(call, STATUS_NO, "%s", err.text);
	lease_book_realm(i.book, (uint32_t)opt->realm);
	output_begin(&out, call, NULL);
	for (size_t n = 0; n < call->count; n++) {
		i.file = call->operands[n];
		if (import_file(&i, &out) != STATUS_DONE)
			status = STATUS_NO;
	}
	output_end(&out);
	lease_book_close(i.book);
	return status;
}

static int
stat_run(const struct command_call *call)
{
	const struct leases_options *opt = call->options;
	struct err err;
	struct lease_book *book = lease_book_open(opt->directory, false, &err);
	struct leases_stat stat;
	struct output out;
	struct jw *j;

	if (book == NULL)
		return command_fail(call, STATUS_NO, "%s", err.text);
	stat = leases_stat(lease_book_leases(book));
	output_begin(&out, call, NULL);
	j = output_object(&out);
	jw_uint(j, "leases", stat.leases);
	jw_uint(j, "open", stat.open);
	jw_uint(j, "segments", stat.segments);
	jw_uint(j, "bytes", stat.bytes);
	output_object_end(&out);
	output_end(&out);
	lease_book_close(book);
	return STATUS_DONE;
}

static const struct command leases_import = {
    .name = "import",
    .summary = "read lease logs into segments",
    .operands = "FILE...",
    .help = "Files may be gzip, xz, zstd or zip. A log read twice changes nothing.\n"
	    "Subscriber keys are kept beside the segments, in the file handles.",
    .options = import_options,
    .options_size = sizeof(struct leases_options),
    .run = import_run,
};

static const struct command leases_stat_command = {
    .name = "stat",
    .summary = "count what the segments hold",
    .options = stat_options,
    .options_size = sizeof(struct leases_options),
    .run = stat_run,
};

static const struct command *const leases_subs[] = {
    &leases_import,
    &leases_stat_command,
    NULL,
};

const struct command command_leases = {
    .name = "leases",
    .summary = "lease segments: import logs, count",
    .subs = leases_subs,
};
