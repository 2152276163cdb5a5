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
 * acknowledged. Visitors may write what they visit.
 *
 * Here: streams, sightings, cases, entries. outbox.h, identity.h, mark.h and upkeep.h
 * (retention, audit, statistics, staff) come with it.
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
/* Commits survive a killed process always, and a power cut while `full` (the default).
 * REPLAY relaxes it: the input is still there. */
MUST_CHECK bool store_durable(struct store *store, bool full, struct err *err);
MUST_CHECK bool store_begin(struct store *store, struct err *err);
MUST_CHECK bool store_commit(struct store *store, struct err *err);
void store_rollback(struct store *store);

/* ---- streams: how far each sender's numbered messages have been taken in */
uint64_t store_stream(struct store *store, const char *stream);
MUST_CHECK bool store_stream_set(
    struct store *store, const char *stream, uint64_t number, struct err *err);
/* Single named values (clock, seeds, versions). NULL if absent; caller frees. */
char *store_setting(struct store *store, const char *name);
/* All whose name begins so, by name. */
typedef bool setting_visit(void *ctx, const char *name, const char *value);
void store_settings(
    struct store *store, const char *prefix, setting_visit *visit, void *ctx);
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
 * finding, whose later numbers replace the earlier ones. Of reports, the same claim of
 * one upstream is there already whichever way it came. */
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
/* Names of causes on which cases or sightings stand, for "did you mean". */
typedef bool cause_visit(void *ctx, const char *cause);
void store_causes(struct store *store, cause_visit *visit, void *ctx);
/* All whose last time lies in [from, to), in the order of their coming. */
void store_sightings_between(
    struct store *store, int64_t from, int64_t to, sighting_visit *visit, void *ctx);
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
/* Cases that opened on this cause, among others perhaps, and whose evidence is erased. */
uint64_t store_cases_bare(struct store *store, const char *cause);
MUST_CHECK bool store_case_cause(struct store *store, uint64_t case_id, const char *cause,
    int64_t opened, struct err *err);

#include "store/answers.h"
#include "store/identity.h"
#include "store/mark.h"
#include "store/outbox.h"
#include "store/reports.h"
#include "store/upkeep.h"

#endif
