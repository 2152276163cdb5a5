/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tail.h -- the newest leases in memory: those still open, and those that ended since the
 * last segment was written.
 *
 * Two chained hash tables over one growing array: by (realm, address) for lookups, and by
 * (realm, address, ports) for the one lease that is open there.
 */
#ifndef LINE_TAIL_H
#define LINE_TAIL_H

#include "line/lease.h"

#define TAIL_NONE UINT32_MAX

struct tail_lease {
	struct lease lease; /* handle 0: dropped */
	uint32_t next, next_open;
	bool open;
};

struct tail {
	struct tail_lease *items;
	uint32_t *heads, *open_heads;
	uint32_t count, room; /* room: a power of two, also of the heads */
	uint32_t live, open;
};

void tail_init(struct tail *tail);
void tail_fini(struct tail *tail);
void tail_add(struct tail *tail, const struct lease *lease, bool open);
/* The open lease of this realm, address and port range, or NULL. Borrowed until the next
 * tail_add. */
struct tail_lease *tail_open(const struct tail *tail, const struct lease *key);
/* The lease ends at `end`; one that is empty then is dropped. */
void tail_close(struct tail *tail, struct tail_lease *item, int64_t end);
void tail_visit(const struct tail *tail, const struct lease_question *question,
    lease_visit *visit, void *ctx);

#endif
