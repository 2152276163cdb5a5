/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reports.h -- what became of what others reported, as the store keeps it.
 *
 * Books: received = sightings + duplicates + not ours + aside + unread, by source and
 * type. Pieces: what was written, under the case's key. Tray: what no parser understood.
 * Reporters: how often their claims proved true.
 */
#ifndef STORE_REPORTS_H
#define STORE_REPORTS_H

#include "base/buf.h"
#include "event/sighting.h"

struct store;

/* ---- books */
enum book {
	BOOK_SIGHTING,
	BOOK_DUPLICATE,
	BOOK_NOT_OURS,
	BOOK_ASIDE,
	BOOK_UNREAD,
	BOOKS
};
extern const char *const book_names[BOOKS];
enum { BOOK_REASON = 96, BOOK_ROWS = 256 };
struct book_row {
	char source[SIGHTING_NAME], identifier[SIGHTING_NAME];
	uint8_t outcome;          /* enum book */
	char reason[BOOK_REASON]; /* of ASIDE; "" else */
	uint64_t items;
	int64_t last; /* when the newest of them was received */
};
/* Adds `items`. A source with more than BOOK_ROWS rows gets "other" ones. */
MUST_CHECK bool store_book_add(
    struct store *store, const struct book_row *row, struct err *err);
typedef bool book_visit(void *ctx, const struct book_row *row);
void store_books(struct store *store, book_visit *visit, void *ctx);

enum { FEED_ALARM = 200 };
struct feed_row {
	char source[SIGHTING_NAME];
	char identifier[SIGHTING_NAME]; /* format, or type of report */
	uint64_t files, items;
	uint64_t barren;  /* files in a row that yielded nothing */
	uint64_t unknown; /* columns that no schema knows, in the newest file */
	int64_t yielded;  /* when the newest item came; 0: never */
	char alarm[FEED_ALARM];
	int64_t since; /* of the alarm */
};
/* False: not there; then *out has the names and zeros. */
bool store_feed(struct store *store, const char *source, const char *identifier,
    struct feed_row *out);
MUST_CHECK bool store_feed_put(
    struct store *store, const struct feed_row *row, struct err *err);
typedef bool feed_visit(void *ctx, const struct feed_row *row);
void store_feeds(struct store *store, feed_visit *visit, void *ctx);

/* ---- pieces: compressed bytes, by the id of their sighting or tray item */
struct piece {
	struct id128 id;
	uint64_t case_id; /* 0: none; else sealed under its key */
	int64_t received;
	uint32_t told; /* bytes before anything was cut */
	const void *bytes;
	size_t size;
};
MUST_CHECK bool store_piece_put(
    struct store *store, const struct piece *piece, struct err *err);
/* Opened, but compressed still, appended to `out`; false: none is kept. */
bool store_piece(
    struct store *store, const struct id128 *id, struct piece *out, struct wr *bytes);

/* ---- tray */
enum { TRAY_REASON = 256, TRAY_OUTCOME = 160 };
struct tray_item {
	uint64_t n;            /* set by the store */
	struct id128 id, fold; /* fold: of one file */
	int64_t received;
	uint8_t severity;
	char source[SIGHTING_NAME], upstream[SIGHTING_NAME];
	char reason[TRAY_REASON];
	uint64_t place; /* line, or number of the part */
	uint32_t told;
	uint64_t items; /* like pieces that it stands for */
	int64_t done;   /* 0: waits */
	uint32_t staff;
	char outcome[TRAY_OUTCOME];
};
/* Of one file and reason the first TRAY_FOLD are items of their own (*fresh), what
 * follows is counted on the last of them. */
enum { TRAY_FOLD = 20 };
MUST_CHECK bool store_tray_put(
    struct store *store, const struct tray_item *item, bool *fresh, struct err *err);
bool store_tray_get(struct store *store, uint64_t n, struct tray_item *out);
/* Notes when, by whom and with what outcome it was done; the piece goes. */
MUST_CHECK bool store_tray_done(
    struct store *store, const struct tray_item *item, struct err *err);
typedef bool tray_visit(void *ctx, const struct tray_item *item);
/* Severest first, then oldest; `done` ones newest first. */
void store_tray(
    struct store *store, bool done, uint32_t limit, tray_visit *visit, void *ctx);
uint64_t store_tray_waiting(struct store *store);

/* ---- reporters */
enum claim_state {
	CLAIM_OPEN,
	CLAIM_CONFIRMED,
	CLAIM_REFUTED,
	CLAIM_SILENT,
	CLAIM_STATES
};
struct reporter {
	char name[SIGHTING_NAME]; /* as `upstream` of sightings */
	char grade;               /* by a person; 0: none */
	char assigned;            /* by configuration or format; 0: not known */
	uint64_t claims, confirmed, refuted, silent;
	int64_t first, last;
};
/* False: not there; then *out has the name and zeros. */
bool store_reporter(struct store *store, const char *name, struct reporter *out);
MUST_CHECK bool store_reporter_put(
    struct store *store, const struct reporter *reporter, struct err *err);
typedef bool reporter_visit(void *ctx, const struct reporter *reporter);
void store_reporters(struct store *store, reporter_visit *visit, void *ctx);

/* That a line had this class of trouble, from one reporter. */
struct claim {
	char reporter[SIGHTING_NAME];
	uint64_t line;
	uint8_t class_, state;
	int64_t first, last, due; /* due: silence until then tells */
};
MUST_CHECK bool store_claim_put(
    struct store *store, const struct claim *claim, struct err *err);
typedef bool claim_visit(void *ctx, const struct claim *claim);
/* By reporter and time. */
void store_claims_of_line(
    struct store *store, uint64_t line, claim_visit *visit, void *ctx);
void store_claims_due(struct store *store, int64_t now, claim_visit *visit, void *ctx);

#endif
