/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attribute.c -- `botkoll attribute -l LEASES ADDRESS[:PORT] TIME`: who held it then?
 *
 * LEASES is a lease log of any known kind, or a directory of segments. The answer may be
 * that it cannot be told; then the status is 1.
 */
#include "line/attribute.h"
#include "base/when.h"
#include "cmd/command.h"
#include "cmd/lease_book.h"
#include "cmd/output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct attribute_options {
	char *leases, *reader;
	int64_t realm, precision, clock_error, v6_length, zone_east;
};

/* clang-format off */
static const struct command_opt attribute_options[] = {
    {'l', "LEASES", {COMMAND_FIELD(attribute_options, leases), .type = CONF_TEXT, .required = true,
	.help = "a lease log, or a directory of lease segments"}},
    {'r', "REALM", {COMMAND_FIELD(attribute_options, realm), .type = CONF_INT, .min = 0, .max = UINT32_MAX,
	.help = "number of the address realm"}},
    {'k', "READER", {COMMAND_FIELD(attribute_options, reader), .type = CONF_TEXT,
	.help = "the log's reader, as `type` of leases: in botkoll.yaml(5); by default it is recognised"}},
    {0, "DURATION", {COMMAND_FIELD(attribute_options, precision), .type = CONF_DURATION, .min = 0, .max = 30 * 86400e6,
	.help = "TIME may be off by this much either way"}},
    {0, "DURATION", {COMMAND_FIELD(attribute_options, clock_error), .type = CONF_DURATION, .min = 0, .max = 86400e6,
	.help = "the log's clock may be off by this much"}},
    {0, "MINUTES", {COMMAND_FIELD(attribute_options, zone_east), .type = CONF_INT, .min = -1440, .max = 1440,
	.help = "how far east of UTC local times of the log are whose zone is not known"}},
    {0, "BITS", {COMMAND_FIELD(attribute_options, v6_length), .type = CONF_INT, .preset = 64, .min = 32, .max = 128,
	.help = "length of a delegated IPv6 prefix"}},
    COMMAND_OPT_END,
};
/* clang-format on */

/* "192.0.2.7", "192.0.2.7:4711", "2001:db8::1", "[2001:db8::1]:4711" */
static bool
parse_endpoint(const char *text, struct attribute_query *q)
{
	char host[ADDR_TEXT];
	unsigned port = 0;
	int used = 0;

	if (addr_parse(text, &q->addr))
		return true;
	if (sscanf(text, "[%47[^]]]:%5u%n", host, &port, &used) != 2) {
		used = 0;
		if (sscanf(text, "%47[^:]:%5u%n", host, &port, &used) != 2)
			return false;
	}
	q->port = (uint16_t)port;
	return used > 0 && text[used] == 0 && port <= UINT16_MAX &&
	       addr_parse(host, &q->addr);
}

static bool
parse_time(const char *text, int64_t *out)
{
	int used = 0;

	if (when_parse(text, out, NULL))
		return true;
	if (sscanf(text, "%12" SCNd64 "%n", out, &used) != 1 || text[used] != 0)
		return false;
	*out *= WHEN_SECOND;
	return true;
}

struct sink {
	const struct command_call *call;
	struct lease_book *book;
};

static void
sink_event(void *ctx, const struct lease_event *event)
{
	const struct sink *sink = ctx;
	const struct attribute_options *opt = sink->call->options;
	struct err err;

	if (lease_event_fits(event, (uint8_t)opt->v6_length, &err))
		lease_book_event(sink->book, event);
	else
		command_say(sink->call, "%s: %s (--v6-length)", opt->leases, err.text);
}

static void
sink_refuse(void *ctx, uint64_t line, const char *reason)
{
	const struct command_call *call = ((const struct sink *)ctx)->call;
	const struct attribute_options *opt = call->options;

	command_say(call, "%s:%" PRIu64 ": %s", opt->leases, line, reason);
}

static bool
read_log(const struct command_call *call, struct lease_book *book, struct err *err)
{
	const struct attribute_options *opt = call->options;
	struct sink sink = {call, book};
	struct lease_log log = {.reader = opt->reader,
	    .zone_offset = -opt->zone_east * WHEN_MINUTE,
	    .event = sink_event,
	    .refuse = sink_refuse,
	    .ctx = &sink};
	int fd = open(opt->leases, O_RDONLY | O_CLOEXEC);
	bool good;

	if (fd < 0)
		return err_errno(err, "open %s", opt->leases);
	lease_book_realm(book, (uint32_t)opt->realm);
	good = lease_log_read(&log, fd, err);
	(void)close(fd);
	return good;
}

static struct lease_book *
open_book(const struct command_call *call, struct err *err)
{
	const struct attribute_options *opt = call->options;
	struct lease_book *book;
	struct stat st;

	if (stat(opt->leases, &st) == 0 && S_ISDIR(st.st_mode))
		return lease_book_open(opt->leases, false, err);
	book = lease_book_open(NULL, true, err);
	if (book != NULL && read_log(call, book, err))
		return book;
	lease_book_close(book);
	return NULL;
}

static void
write_holder(struct jw *j, const struct lease_book *book, uint32_t handle)
{
	const char *key = lease_book_key(book, handle);

	if (handle == 0)
		return;
	jw_uint(j, "handle", handle);
	if (key != NULL)
		jw_text(j, "subscriber", key);
}

static void
write_lease(struct jw *j, const struct lease_book *book, const struct lease *lease)
{
	char addr[ADDR_TEXT];

	jw_text(j, "address", addr_text(&lease->addr, addr));
	if (lease->port_hi != 0) {
		jw_uint(j, "port_lo", lease->port_lo);
		jw_uint(j, "port_hi", lease->port_hi);
	}
	jw_when(j, "start", lease->start);
	if (lease->end != WHEN_NEVER)
		jw_when(j, "end", lease->end);
	write_holder(j, book, lease->handle);
}

static const struct output_column trail_columns[] = {
    {"address", "lease of", false},
    {"port_lo", "from port", true},
    {"port_hi", "to port", true},
    {"start", "start", false},
    {"end", "end", false},
    {"subscriber", "subscriber", false},
    {NULL, NULL, false},
};

/* People get the leases as a table under the answer. */
static void
print_trail(const struct command_call *call, const struct lease_book *book,
    const struct attributed *a)
{
	struct output out;

	if (a->trail_count == 0)
		return;
	output_begin(&out, call, trail_columns);
	for (uint32_t i = 0; i < a->trail_count; i++) {
		write_lease(output_object(&out), book, &a->trail[i]);
		output_object_end(&out);
	}
	output_end(&out);
}

static void
print_answer(const struct command_call *call, const struct lease_book *book,
    const struct attribute_query *q, const struct attributed *a)
{
	struct output out;
	struct jw *j;
	char addr[ADDR_TEXT];

	output_begin(&out, call, NULL);
	j = output_object(&out);
	jw_text(j, "address", addr_text(&q->addr, addr));
	if (q->port != 0)
		jw_uint(j, "port", q->port);
	jw_uint(j, "realm", q->realm);
	jw_when(j, "time", q->first);
	jw_text(j, "answer", attribution_names[a->answer]);
	write_holder(j, book, a->handle);
	jw_uint(j, "candidates", a->candidates);
	if (!call->human) {
		jw_array(j, "trail");
		for (uint32_t i = 0; i < a->trail_count; i++) {
			jw_object(j, NULL);
			write_lease(j, book, &a->trail[i]);
			jw_end(j);
		}
		jw_end(j);
	}
	output_object_end(&out);
	output_end(&out);
	if (call->human)
		print_trail(call, book, a);
}

static int
attribute_run(const struct command_call *call)
{
	const struct attribute_options *opt = call->options;
	struct attribute_query q = {
	    .realm = (uint32_t)opt->realm, .precision = opt->precision};
	struct attributed answer;
	struct lease_book *book;
	struct err err;

	if (call->count != 2)
		return command_misuse(call, "wanted: ADDRESS[:PORT] TIME");
	if (!parse_endpoint(call->operands[0], &q))
		return command_misuse(
		    call, "\"%s\" is no address, nor ADDRESS:PORT", call->operands[0]);
	if (!parse_time(call->operands[1], &q.first))
		return command_misuse(call,
		    "\"%s\" is no time: write 2026-01-31T13:00:00Z, or seconds since "
		    "1970",
		    call->operands[1]);
	if (opt->reader != NULL && lease_reader_named(opt->reader, &err) == NULL)
		return command_misuse(call, "%s", err.text);
	q.last = q.first;
	book = open_book(call, &err);
	if (book == NULL)
		return command_fail(call, STATUS_NO, "%s", err.text);
	attribute(&(struct attributor){.leases = lease_book_leases(book),
		      .clock_error = opt->clock_error,
		      .v6_length = (uint8_t)opt->v6_length},
	    &q, &answer);
	print_answer(call, book, &q, &answer);
	lease_book_close(book);
	return answer.answer == ATTRIBUTION_UNIQUE ? STATUS_DONE : STATUS_NO;
}

const struct command command_attribute = {
    .name = "attribute",
    .summary = "tell which line held an address at a time, or why it cannot be told",
    .operands = "ADDRESS[:PORT] TIME",
    .help = "Answers: unique, ambiguous, no lease, needs port, clock doubtful.\n"
	    "TIME is RFC 3339 (UTC without a zone) or seconds since 1970.\n"
	    "The trail lists the leases that were looked at. Status 1 unless unique.",
    .options = attribute_options,
    .options_size = sizeof(struct attribute_options),
    .run = attribute_run,
};
