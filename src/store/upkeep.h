/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upkeep.h -- what the store does beside cases: erasure, audit, statistics, staff.
 */
#ifndef STORE_UPKEEP_H
#define STORE_UPKEEP_H

#include "event/sighting.h"

struct store;

/* ---- retention and erasure */
struct retention {
	int64_t sightings, case_payload, case_skeleton, audit, measure_days; /* µs */
};
/* Erases what is past its time at `now`; counts what went. Durable: neither the pages nor
 * the WAL hold it afterwards. Makes its own transactions: not to be called within one.
 * False: something may be left, call again. */
struct erased {
	uint64_t sightings, payload_keys, pieces, cases, audit, days;
};
MUST_CHECK bool store_retire(struct store *store, const struct retention *r, int64_t now,
    struct erased *out, struct err *err);
/* Destroys the payload keys of the line's cases and its sightings' personal fields.
 * Durable, in its own transaction, as store_retire. */
MUST_CHECK bool store_erase_line(
    struct store *store, uint64_t line, int64_t now, struct err *err);

/* ---- audit: a chain of digests; entries are chained by store_entry_add */
MUST_CHECK bool store_audit(struct store *store, int64_t time, const char *what,
    const void *digested, size_t size, struct err *err);
/* True if the chain is whole; else *bad is the first broken link and err says how. */
MUST_CHECK bool store_audit_verify(
    struct store *store, uint64_t *links, uint64_t *bad, struct err *err);

/* ---- statistics: the days on which a line was seen, per family and upstream */
struct day_seen {
	uint64_t line;
	char family[SIGHTING_NAME];
	char upstream[SIGHTING_NAME];
	int64_t day; /* days since 1970 */
};
/* `seen` false takes the day back: what it was seen by was retracted. */
MUST_CHECK bool store_day_set(
    struct store *store, const struct day_seen *d, bool seen, struct err *err);
typedef bool day_visit(void *ctx, const struct day_seen *d);
/* Ordered by line, family, day. */
void store_days(
    struct store *store, int64_t from_day, int64_t to_day, day_visit *visit, void *ctx);
/* Sightings of bots received in [from, to), by the answer that attribution gave, and
 * under each source. `counts` holds ATTRIBUTION_COUNT numbers. */
void store_answers(struct store *store, int64_t from, int64_t to, uint64_t *counts);
typedef bool source_visit(void *ctx, const char *source, uint64_t sightings);
void store_sources(
    struct store *store, int64_t from, int64_t to, source_visit *visit, void *ctx);
/* Counters kept across restarts, for `status` and conservation. */
MUST_CHECK bool store_count(
    struct store *store, const char *name, uint64_t add, struct err *err);
typedef bool count_visit(void *ctx, const char *name, uint64_t value);
void store_counts(struct store *store, count_visit *visit, void *ctx);

/* ---- staff of the console */
MUST_CHECK bool store_staff_put(struct store *store, const char *name, const char *role,
    const char *password_hash, bool one_time, struct err *err);
/* The hash, owned by the caller; NULL if unknown. */
char *store_staff(struct store *store, const char *name, uint32_t *number, char role[32],
    bool *one_time);

#endif
