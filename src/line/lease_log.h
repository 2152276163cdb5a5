/* SPDX-License-Identifier: Apache-2.0 */
/* lease_log.h -- a whole lease log, plain or compressed, line by line through its reader.
 */
#ifndef LINE_LEASE_LOG_H
#define LINE_LEASE_LOG_H

#include "line/lease_source.h"

#include <stdint.h>

struct lease_log {
	const char *reader; /* its name; NULL: recognised by the first line */
	int64_t zone_offset;
	void (*event)(void *ctx, const struct lease_event *event);
	void (*refuse)(void *ctx, uint64_t line, const char *reason); /* may be NULL */
	void *ctx;
	uint64_t lines, events, refused; /* counted here */
};

/* Reads `fd` to its end; lines of more than 64 KiB are refused. */
MUST_CHECK bool lease_log_read(struct lease_log *log, int fd, struct err *err);

#endif
