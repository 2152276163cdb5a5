/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key.h -- the key of a line as traffic shows it, and the classes of data.
 *
 * A line is one subscription; what a sensor sees of it is an address in a realm
 * (100.64/10 exists in many regions), perhaps a port block of it, under one lease
 * generation. IPv6 counts by delegated prefix (/64 unless configured), never by /128:
 * line_key_of masks.
 */
#ifndef EVENT_KEY_H
#define EVENT_KEY_H

#include "base/addr.h"

#include <stdint.h>

struct line_key {
	uint32_t realm;
	struct addr addr;          /* IPv6: masked to the delegated prefix */
	uint16_t port_lo, port_hi; /* 0, 0: the whole address */
	uint32_t lease_gen;        /* 0: no lease stream; else counts the holders seen */
};

/* What a source or detector touches; code given an event has been allowed to see it. */
enum data_class { DATA_REPORT = 1, DATA_TRAFFIC = 2, DATA_NAME = 4, DATA_CONTENT = 8 };

/* `v6_length`: of the delegated prefix, 64 by default. */
static inline struct line_key
line_key_of(uint32_t realm, const struct addr *addr, uint8_t v6_length)
{
	struct line_key key = {.realm = realm, .addr = *addr};

	if (!addr_is_v4(addr))
		key.addr = prefix_of(addr, v6_length).addr;
	return key;
}

static inline bool
line_key_equal(const struct line_key *a, const struct line_key *b)
{
	return a->realm == b->realm && addr_equal(&a->addr, &b->addr) &&
	       a->port_lo == b->port_lo && a->port_hi == b->port_hi &&
	       a->lease_gen == b->lease_gen;
}

#endif
