/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment.h -- one immutable file of ended leases, sorted and mapped.
 *
 *     header     64 bytes: magic, counts, the span of the ends
 *     intervals  24 bytes each, sorted by (realm, address, start)
 *     groups     32 bytes each: an address, and which intervals are its own
 *
 * A lookup is a binary search among the groups and one inside the group; the longest
 * lease of a group bounds how far back a lease that still touches can have begun. Numbers
 * are in the machine's order (the magic tells); nothing in a file is trusted: counts and
 * offsets are checked where they are used.
 */
#ifndef LINE_SEGMENT_H
#define LINE_SEGMENT_H

#include "line/lease.h"

struct segment_interval {
	int64_t start, end; /* µs, [start, end) */
	uint32_t handle;
	uint16_t port_lo, port_hi;
};

struct segment_group {
	uint8_t addr[16];
	uint32_t realm;
	uint32_t first, count; /* intervals */
	uint32_t longest;      /* seconds, rounded up */
};

_Static_assert(sizeof(struct segment_interval) == 24, "24 bytes an interval");
_Static_assert(sizeof(struct segment_group) == 32, "32 bytes a group");

struct segment {
	const struct segment_interval *intervals;
	const struct segment_group *groups;
	uint32_t interval_count, group_count;
	int64_t least_end, most_end;
	const void *map; /* NULL: the bytes are the caller's */
	size_t size;
};

/* False if the bytes are no segment; they must stay until the last use, and be aligned to
 * 8. */
bool segment_view(struct segment *segment, const void *bytes, size_t size);
MUST_CHECK bool segment_open(
    struct segment *segment, int dir_fd, const char *name, struct err *err);
void segment_close(struct segment *segment);
void segment_visit(const struct segment *segment, const struct lease_question *question,
    lease_visit *visit, void *ctx);

bool segment_held(
    const struct segment *segment, uint32_t handle, int64_t from, int64_t to);

/* All leases of a segment in order. Start with {.segment = s}. */
struct segment_cursor {
	const struct segment *segment;
	uint32_t group, in_group;
};
bool segment_next(struct segment_cursor *cursor, struct lease *out);

/* Writes a segment; leases must come in the order of lease_compare. */
struct segment_writer;
struct segment_writer *segment_writer_new(int dir_fd, const char *name, struct err *err);
void segment_writer_add(struct segment_writer *writer, const struct lease *lease);
/* Makes the file durable and frees the writer, in either case. */
MUST_CHECK bool segment_writer_end(struct segment_writer *writer, struct err *err);

/* Order of (realm, address, start, end, ports, handle): less than, equal to or above 0.
 */
int lease_compare(const struct lease *a, const struct lease *b);

#endif
