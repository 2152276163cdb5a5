/* SPDX-License-Identifier: Apache-2.0 */
/* lease_told.h -- for tests of lease readers: what lines and logs tell, as text. */
#ifndef TESTS_LEASE_TOLD_H
#define TESTS_LEASE_TOLD_H

#include "base/when.h"
#include "line/lease_log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct told {
	const struct lease_reader *reader;
	void *self;
};

static inline struct told
told_new(const struct lease_reader *reader, int64_t zone_offset)
{
	return (struct told){reader, reader->open(zone_offset)};
}

static inline void
told_free(struct told *t)
{
	t->reader->close(t->self);
}

static inline int
told_event(const struct lease_event *e, char *out, size_t room)
{
	char at[WHEN_TEXT], until[WHEN_TEXT], addr[PREFIX_TEXT];
	struct prefix p = {e->addr, e->length};

	return snprintf(out, room, "%s %s %s %u-%u %s %s",
	    e->change == LEASE_GIVEN ? "given" : "ended", when_text(e->time, at),
	    e->length == 128 ? addr_text(&e->addr, addr) : prefix_text(&p, addr),
	    e->port_lo, e->port_hi, e->subscriber,
	    e->expires == WHEN_NEVER ? "never" : when_text(e->expires, until));
}

/* What a line gives: "given TIME ADDRESS PORTS KEY EXPIRES; ended ...", "" for nothing,
 * or "refused". */
static inline void
told_is(struct told *t, const char *line, const char *wanted)
{
	static char out[4000];
	struct lease_event e[LEASE_EVENTS];
	struct err err;
	int n = t->reader->line(t->self, line, strlen(line), e, &err), at = 0;

	out[0] = 0;
	if (n < 0)
		at += snprintf(out, sizeof out, "refused");
	while (n > 0) {
		for (int i = 0; i < n; i++) {
			at += snprintf(out + at, sizeof out - (size_t)at, at ? "; " : "");
			at += told_event(&e[i], out + at, sizeof out - (size_t)at);
		}
		n = t->reader->more != NULL ? t->reader->more(t->self, e) : 0;
	}
	assert_string_equal(out, wanted);
}

static inline void
told_keep(void *ctx, const struct lease_event *event)
{
	(void)told_event(event, ctx, 400);
}

/* A whole log of the collection beside the project; skips the test if it is not there.
 * `last`: its last event. */
static inline void
told_log(const char *path, const char *reader, unsigned events, unsigned refused,
    const char *last)
{
	char out[400] = "";
	struct lease_log log = {.reader = reader, .event = told_keep, .ctx = out};
	const char *root = getenv("MESON_SOURCE_ROOT");
	struct err err;
	int fd;

	if (root != NULL)
		assert_int_equal(chdir(root), 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		print_message("%s is not there\n", path);
		skip();
	}
	if (!lease_log_read(&log, fd, &err))
		fail_msg("%s: %s", path, err.text);
	(void)close(fd);
	assert_int_equal(log.events, events);
	assert_int_equal(log.refused, refused);
	assert_string_equal(out, last);
}

#endif
