/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease.h -- who held which address when: append-only segment files, mapped into memory.
 *
 * A lease is a line's claim on an address, or on a port range of it, for an interval. It
 * names the line by a random 32-bit handle, which only the identity database can turn
 * into a line: erasing a line deletes that row and leaves these files as they are.
 * Segments are sorted per (realm, address) and hold 24 bytes an interval; the newest
 * leases live in a small unsorted tail that the same lookup searches. A file is written
 * beside and renamed, so a killed writer leaves the old one whole.
 */
#ifndef LINE_LEASE_H
#define LINE_LEASE_H

#include "base/err.h"
#include "event/key.h"

#include <stddef.h>

struct lease {
	struct addr addr; /* IPv6: the delegated prefix */
	uint32_t realm;
	uint16_t port_lo, port_hi; /* 0, 0: the whole address */
	int64_t start, end;        /* µs; end WHEN_NEVER while open */
	uint32_t handle;
};

/* Who held (realm, addr) at any time of [from, to]? A lease holds from `start` until just
 * before `end`. */
struct lease_question {
	struct addr addr;
	uint32_t realm;
	int64_t from, to;
};

/* Called for each lease found; the lease is borrowed. */
typedef void lease_visit(void *ctx, const struct lease *lease);

struct leases;

/* Opens (writer: creates) the segments in directory `dir_fd`, which stays the caller's
 * and must outlive them. A second writer is refused. NULL with a sentence on failure. */
struct leases *leases_open(int dir_fd, bool writer, struct err *err);
/* Leases that are never written anywhere: nothing but leases_sync is refused. */
struct leases *leases_in_memory(void);
void leases_close(struct leases *leases);
/* Opens a lease, renews (same handle: extends `end`), or, with a new handle on a held
 * address, ends the former one at `start`. A lease told late is cut where the next one
 * is known to begin; one told twice changes nothing. True if the address now has another
 * holder than the last one known within seven days: what detectors hear of as
 * line_changed at lease->start. Handle 0 and empty intervals are ignored. */
bool leases_add(struct leases *leases, const struct lease *lease);
/* Ends what `addr` (and port range) holds open, at `t`; with a handle, only if it is the
 * holder's. */
void leases_end(struct leases *leases, const struct lease *lease, int64_t t);
/* Makes everything added so far durable. On failure (disk full) nothing is forgotten:
 * call again later. */
MUST_CHECK bool leases_sync(struct leases *leases, struct err *err);
/* Reads what a writer in another process has synced since. */
MUST_CHECK bool leases_refresh(struct leases *leases, struct err *err);
/* All leases that a question finds, in no order. */
void leases_visit(const struct leases *leases, const struct lease_question *question,
    lease_visit *visit, void *ctx);
/* The same, oldest first; returns how many there are and copies the oldest `room`. */
size_t leases_find(const struct leases *leases, const struct lease_question *question,
    struct lease *out, size_t room);
/* All leases held at `at`, in no order. Looks at every lease. */
void leases_each_at(
    const struct leases *leases, int64_t at, lease_visit *visit, void *ctx);
/* Did the handle hold any lease that touches [from, to]? Looks at every lease. */
bool leases_held(const struct leases *leases, uint32_t handle, int64_t from, int64_t to);
/* Forgets leases that ended before `limit` (retention), durably. */
MUST_CHECK bool leases_retire(struct leases *leases, int64_t limit, struct err *err);
size_t leases_count(const struct leases *leases);

struct leases_stat {
	size_t leases, open, segments, bytes;
};
struct leases_stat leases_stat(const struct leases *leases);

#endif
