/* SPDX-License-Identifier: Apache-2.0 */
/* lease_log.c -- see lease_log.h. Memory is one window of the input, whatever the log's
 * size. */
#include "line/lease_log.h"

#include "base/input.h"

#include <string.h>

enum { LINE = 65536 };
#define UNPACKED_LIMIT (UINT64_C(1) << 40)

struct reading {
	struct lease_log *log;
	const struct lease_reader *reader;
	void *self;
	bool skipping; /* the rest of a line that was too long */
};

static void
refuse(struct lease_log *log, const char *reason)
{
	log->refused++;
	if (log->refuse != NULL)
		log->refuse(log->ctx, log->lines, reason);
}

static bool
take_line(struct reading *r, const char *text, size_t size, struct err *err)
{
	struct lease_event events[LEASE_EVENTS];
	struct lease_log *log = r->log;
	struct err why;
	int n;

	log->lines++;
	if (size > 0 && text[size - 1] == '\r')
		size--;
	if (r->reader == NULL) {
		r->reader = lease_reader_find(log->reader, text, size);
		if (r->reader == NULL)
			return err_set(err, "no known lease log; name its reader");
		r->self = r->reader->open(log->zone_offset);
	}
	n = r->reader->line(r->self, text, size, events, &why);
	if (n < 0)
		refuse(log, why.text);
	while (n > 0) {
		for (int i = 0; i < n; i++) {
			log->events++;
			log->event(log->ctx, &events[i]);
		}
		n = r->reader->more != NULL ? r->reader->more(r->self, events) : 0;
	}
	return true;
}

/* The whole lines in the window; how many bytes they took, or INPUT_STOP. */
static size_t
take_lines(void *ctx, const char *text, size_t size, bool last, struct err *err)
{
	struct reading *r = ctx;
	size_t at = 0;

	while (at < size) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t length = end != NULL ? (size_t)(end - text) - at : size - at;

		if (end == NULL && !last && length < LINE)
			break;
		if (length >= LINE || r->skipping) {
			if (!r->skipping) {
				r->log->lines++;
				refuse(r->log, "longer than 64 KiB");
			}
			r->skipping = end == NULL;
		} else if (!take_line(r, text + at, length, err)) {
			return INPUT_STOP;
		}
		at += length + (end != NULL);
	}
	return at;
}

bool
lease_log_read(struct lease_log *log, int fd, struct err *err)
{
	struct reading r = {.log = log};
	struct input *in = input_new(fd, UNPACKED_LIMIT, err);
	const char *name;
	int more = in == NULL ? -1 : 1;

	while (more > 0) {
		more = input_next(in, &name, err);
		if (more > 0 && !input_windows(in, take_lines, &r, err))
			more = -1;
	}
	if (r.reader != NULL)
		r.reader->close(r.self);
	input_free(in);
	return more == 0;
}
