/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h -- what must survive, in our structs. No SQL anywhere else.
 *
 * Two databases in one directory: the store (sightings, cases, entries, outbox, audit,
 * statistics; pseudonymous), and the identity database (names, contacts, subscriber keys,
 * handles) that only the engine opens. One writer: opening a second one fails with a
 * sentence. Readers (console, batch) open read-only and see transactions of <= 250 ms.
 *
 * All writing happens between store_begin and store_commit; what is decided in one
 * transaction (entry, outbox, stream position) is durable together or not at all. A
 * failure to write (disk full) makes the transaction fail as a whole, with a sentence;
 * the caller rolls back and tries again later: nothing is lost because nothing was
 * acknowledged.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/err.h"
#include "base/json.h"
#include "case/case.h"
#include "event/sighting.h"
#include "line/attribute.h"

struct store;

/* `directory` must exist. Migrates to the present schema (writer only). */
struct store *store_open(const char *directory, bool writer, struct err *err);
void store_close(struct store *store);
MUST_CHECK bool store_begin(struct store *store, struct err *err);
MUST_CHECK bool store_commit(struct store *store, struct err *err);
void store_rollback(struct store *store);

/* ---- streams: how far each sender's numbered messages have been taken in */
uint64_t store_stream(struct store *store, const char *stream);
MUST_CHECK bool store_stream_set(
    struct store *store, const char *stream, uint64_t number, struct err *err);
/* Single named values (clock, seeds, versions). NULL if absent; caller frees. */
char *store_setting(struct store *store, const char *name);
MUST_CHECK bool store_setting_set(
    struct store *store, const char *name, const char *value, struct err *err);

/* ---- sightings */
struct stored_sighting {
	struct sighting sighting;
	struct attributed attributed;
	uint64_t line;    /* 0: not attributed */
	uint64_t case_id; /* 0: none */
	uint32_t days;    /* distinct days of the same claim */
	bool superseded;  /* a later finding of the same detector replaced it */
	bool vetoed;
};
/* `*fresh` false: this id was there already, and nothing changed, but for a detector's
 * finding, whose later numbers replace the earlier ones. */
MUST_CHECK bool store_sighting_put(
    struct store *store, const struct stored_sighting *s, bool *fresh, struct err *err);
typedef bool sighting_visit(void *ctx, const struct stored_sighting *s); /* false stops */
void store_sightings_of_line(
    struct store *store, uint64_t line, int64_t since, sighting_visit *visit, void *ctx);
void store_sightings_of_case(
    struct store *store, uint64_t case_id, sighting_visit *visit, void *ctx);
/* A cause: detector ("detector:scan"), indicator or feed row type
 * ("report:event4_sinkhole"), source ("source:X"), upstream ("upstream:X"). */
void store_sightings_of_cause(
    struct store *store, const char *cause, sighting_visit *visit, void *ctx);
MUST_CHECK bool store_sighting_veto(
    struct store *store, const struct id128 *id, bool vetoed, struct err *err);
MUST_CHECK bool store_sighting_bind(
    struct store *store, const struct id128 *id, uint64_t case_id, struct err *err);

/* ---- cases and entries */
MUST_CHECK bool store_case_new(
    struct store *store, struct case_record *record, struct err *err);
/* Writes the cached fold (record->now, due). */
MUST_CHECK bool store_case_update(
    struct store *store, const struct case_record *record, struct err *err);
bool store_case_get(struct store *store, uint64_t id, struct case_record *out);
bool store_case_by_code(struct store *store, const char *code, struct case_record *out);
bool store_case_open_of(
    struct store *store, uint64_t line, enum case_class class_, struct case_record *out);
typedef bool case_visit(void *ctx, const struct case_record *record);
struct case_filter {
	int state; /* -1 any */
	bool open_only;
	uint64_t line;      /* 0 any */
	uint64_t before_id; /* paging: 0 from the newest */
	uint32_t limit;
};
void store_cases(
    struct store *store, const struct case_filter *filter, case_visit *visit, void *ctx);
/* Cases whose `due` is at or before `now`, oldest first. */
void store_cases_due(struct store *store, int64_t now, case_visit *visit, void *ctx);
int64_t store_next_due(struct store *store);
/* Appends the entry (number = last + 1 is set here), chains it into the audit log, and
 * keeps the payload, if any, encrypted under the case's key. */
MUST_CHECK bool store_entry_add(struct store *store, struct entry *entry,
    const void *payload, size_t size, struct err *err);
/* `payload` NULL where there is none or its key was destroyed. */
typedef bool entry_visit(
    void *ctx, const struct entry *entry, const void *payload, size_t size);
void store_entries(struct store *store, uint64_t case_id, entry_visit *visit, void *ctx);
/* For the brakes: cases of this cause opened in [from, to). "" = the whole site. */
uint64_t store_cases_opened(
    struct store *store, const char *cause, int64_t from, int64_t to);
MUST_CHECK bool store_case_cause(struct store *store, uint64_t case_id, const char *cause,
    int64_t opened, struct err *err);

/* ---- outbox */
enum outbox_state {
	OUTBOX_WAITING,
	OUTBOX_SENT_OUT,
	OUTBOX_DONE,
	OUTBOX_FAILED,
	OUTBOX_CANCELLED
};
struct outbox_entry {
	struct id128 key;
	uint64_t case_id;
	char kind[16];      /* "mail" */
	char template_[48]; /* what to render when it goes out */
	uint8_t state, verb;
	int32_t step;
	int64_t created, not_before, expires, changed;
	uint32_t attempts;
	char error[128]; /* last refusal, without addresses */
};
MUST_CHECK bool store_outbox_put(
    struct store *store, const struct outbox_entry *entry, struct err *err);
MUST_CHECK bool store_outbox_update(
    struct store *store, const struct outbox_entry *entry, struct err *err);
bool store_outbox_get(
    struct store *store, const struct id128 *key, struct outbox_entry *out);
typedef bool outbox_visit(void *ctx, const struct outbox_entry *entry);
/* WAITING and SENT_OUT entries with not_before <= now, oldest first. */
void store_outbox_pending(
    struct store *store, int64_t now, outbox_visit *visit, void *ctx);
void store_outbox_of_case(
    struct store *store, uint64_t case_id, outbox_visit *visit, void *ctx);
uint64_t store_outbox_count(struct store *store, enum outbox_state state, int64_t since);

/* ---- identity database: the engine only */
struct identity;
struct identity *identity_open(const char *directory, struct err *err);
void identity_close(struct identity *identity);
MUST_CHECK bool identity_begin(struct identity *identity, struct err *err);
MUST_CHECK bool identity_commit(struct identity *identity, struct err *err);
void identity_rollback(struct identity *identity);
/* What identity_line_put takes; texts are borrowed. `line` 0: a new random id is drawn
 * from `rng` unless the ISP's number is known already. */
struct line_person {
	uint64_t line;
	const char *number, *name, *email, *phone, *postal;
	const char *language, *segment, *profile, *exempt, *operator_;
};
struct rng;
MUST_CHECK bool identity_line_put(struct identity *identity, struct line_person *person,
    struct rng *rng, struct err *err);
/* A subscriber key of the lease logs, or a fixed prefix, belongs to `line`; a random
 * 32-bit handle is drawn once per key. */
MUST_CHECK bool identity_key_put(struct identity *identity, uint64_t line,
    const char *key, struct rng *rng, uint32_t *handle, struct err *err);
MUST_CHECK bool identity_prefix_put(struct identity *identity, uint64_t line,
    uint32_t realm, const struct prefix *prefix, struct rng *rng, struct err *err);
/* The handle of a key; an unknown key gets a handle without a line. */
MUST_CHECK bool identity_handle(struct identity *identity, const char *key,
    struct rng *rng, uint32_t *handle, struct err *err);
/* 0 if the handle leads to no line. */
uint64_t identity_line_of(struct identity *identity, uint32_t handle);
/* All fixed prefixes, sorted; the caller frees. */
struct static_line *identity_statics(struct identity *identity, size_t *count);
/* The person, texts owned by the caller's arena; false if erased or unknown. */
struct arena;
bool identity_person(struct identity *identity, uint64_t line, struct arena *arena,
    struct line_person *out);
bool identity_line_by_number(
    struct identity *identity, const char *number, uint64_t *line);
uint64_t identity_lines(struct identity *identity);
/* Removes every trace of the line here (row, keys, handles, prefixes), durably, WAL too.
 */
MUST_CHECK bool identity_erase(struct identity *identity, uint64_t line, struct err *err);

/* ---- retention and erasure */
struct retention {
	int64_t sightings, case_payload, case_skeleton, audit, measure_days; /* µs */
};
/* Erases what is past its time at `now`; counts what went. Durable: neither the pages nor
 * the WAL hold it afterwards. */
struct erased {
	uint64_t sightings, payload_keys, cases, audit, days;
};
MUST_CHECK bool store_retire(struct store *store, const struct retention *r, int64_t now,
    struct erased *out, struct err *err);
/* Destroys the payload keys of the line's cases and its sightings' personal fields. */
MUST_CHECK bool store_erase_line(
    struct store *store, uint64_t line, int64_t now, struct err *err);

/* ---- audit: a chain of digests; entries are chained by store_entry_add */
MUST_CHECK bool store_audit(struct store *store, int64_t time, const char *what,
    const void *digested, size_t size, struct err *err);
/* True if the chain is whole; else *bad is the first broken link and err says how. */
MUST_CHECK bool store_audit_verify(
    struct store *store, uint64_t *links, uint64_t *bad, struct err *err);

/* ---- statistics: the days on which a line was seen, per family and upstream */
MUST_CHECK bool store_day_seen(struct store *store, uint64_t line, const char *family,
    const char *upstream, int64_t day, struct err *err);
struct day_seen {
	uint64_t line;
	char family[SIGHTING_NAME];
	char upstream[SIGHTING_NAME];
	int64_t day; /* days since 1970 */
};
typedef bool day_visit(void *ctx, const struct day_seen *d);
/* Ordered by line, family, day. */
void store_days(
    struct store *store, int64_t from_day, int64_t to_day, day_visit *visit, void *ctx);
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
