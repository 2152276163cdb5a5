/* SPDX-License-Identifier: Apache-2.0 */
/* record.h -- one data record of flow export: its values by field, and the event. */
#ifndef EVENT_RECORD_H
#define EVENT_RECORD_H

#include "event/event.h"
#include "event/template.h"

struct record {
	uint64_t has; /* bit per enum field */
	uint64_t value[FIELD_COUNT];
	struct addr addr[FIELD_ADDR_COUNT];
};
_Static_assert(FIELD_COUNT <= 64, "a bit per field");

/* What the datagram and its exporter say about time. */
struct record_times {
	int64_t exported; /* µs */
	bool has_uptime;  /* v9: of the header */
	uint32_t uptime;  /* ms */
	int64_t init;     /* µs, start of the exporter; 0: not told */
};

static inline bool
record_has(const struct record *r, enum field field)
{
	return (r->has >> field & 1) != 0;
}

/* False: the bytes do not hold a record of this template. */
bool record_read(struct record *r, const struct template *t, struct rd *bytes);
/* False: no flow (no addresses, a NAT event). Exporter and sampling are the caller's. */
bool record_to_event(
    const struct record *r, const struct record_times *times, struct event *ev);
/* 1 in N as the record itself tells; 0: it does not. */
uint32_t record_sampling(const struct record *r);

#endif
