/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_reports.c -- what reports bring besides sightings: the books, what is set aside,
 * what people must read, how each feed is doing; and all of it for `botkoll status`.
 *
 * Every item that came is booked once, in the transaction that took it in: so after any
 * kill the books agree with the streams. Two things raise an alarm, which stands until
 * the feed does well again: a feed that used to yield and no longer does (its parser has
 * lost it), and columns that the schema does not know (the sender has a newer one).
 */
#include "role/desk_reports.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Files in a row without any item, and refused pieces in one file, that are no accident.
 */
enum { BARREN_FILES = 3, BARREN_PIECES = 10 };

/* ---- books */

void
desk_books_open(struct desk *desk)
{
	desk->books.count = 0;
	desk->books.received = 0;
	desk->reply_count = 0;
}

static bool
write_books(struct desk *desk, struct err *err)
{
	for (size_t i = 0; i < desk->books.count; i++)
		if (!store_book_add(desk->store, &desk->books.rows[i], err))
			return false;
	desk->books.count = 0;
	return true;
}

bool
desk_books_close(struct desk *desk, struct err *err)
{
	if (!write_books(desk, err) || !desk_answers_flush(desk, err))
		return false;
	if (desk->books.received == 0)
		return true;
	return store_count(desk->store, "reports.received", desk->books.received, err);
}

static bool
same_row(const struct book_row *row, const struct sighting *s, enum book outcome,
    const char *reason)
{
	return row->outcome == outcome && strcmp(row->source, s->source) == 0 &&
	       strcmp(row->identifier, s->identifier) == 0 &&
	       strncmp(row->reason, reason, sizeof row->reason - 1) == 0;
}

bool
desk_book(struct desk *desk, const struct fate *fate, enum book outcome,
    const char *reason, struct err *err)
{
	const size_t room = sizeof desk->books.rows / sizeof desk->books.rows[0];
	const struct sighting *s = &fate->sighting;
	struct book_row *row = desk->books.rows;

	desk->books.received++;
	while (row < desk->books.rows + desk->books.count &&
	       !same_row(row, s, outcome, reason))
		row++;
	if (row == desk->books.rows + desk->books.count) {
		if (desk->books.count == room && !write_books(desk, err))
			return false;
		row = &desk->books.rows[desk->books.count++];
		*row = (struct book_row){.outcome = (uint8_t)outcome};
		memcpy(row->source, s->source, sizeof row->source);
		memcpy(row->identifier, s->identifier, sizeof row->identifier);
		(void)snprintf(row->reason, sizeof row->reason, "%s", reason);
	}
	row->items++;
	row->last = s->received > row->last ? s->received : row->last;
	return true;
}

bool
desk_piece(struct desk *desk, const struct fate *fate, uint64_t case_id, struct err *err)
{
	struct piece piece = {.id = fate->sighting.id,
	    .case_id = case_id,
	    .received = fate->sighting.received,
	    .told = fate->told,
	    .bytes = fate->piece,
	    .size = fate->packed};

	return fate->piece == NULL || store_piece_put(desk->store, &piece, err);
}

/* ---- what people must read */

static bool
to_tray(struct desk *desk, const struct fate *fate, struct err *err)
{
	const struct sighting *s = &fate->sighting;
	struct tray_item item = {.id = s->id,
	    .received = s->received,
	    .severity = s->severity,
	    .place = fate->row,
	    .told = fate->told};
	struct digest d;
	bool fresh;

	digest_init(&d);
	digest_field(&d, fate->file.b, sizeof fate->file.b);
	digest_text(&d, fate->reason);
	item.fold = digest_id(&d);
	memcpy(item.source, s->source, sizeof item.source);
	memcpy(item.upstream, s->upstream, sizeof item.upstream);
	memcpy(item.reason, fate->reason, sizeof item.reason);
	return store_tray_put(desk->store, &item, &fresh, err) &&
	       (!fresh || desk_piece(desk, fate, 0, err));
}

/* ---- feeds */

/* The sentence that stands for how the feed is doing; "" where it does well. */
static void
judge_feed(const struct feed_row *row, const struct fate *fate, char alarm[FEED_ALARM])
{
	alarm[0] = 0;
	if (row->barren >= BARREN_FILES ||
	    (row->barren > 0 && fate->refused >= BARREN_PIECES))
		(void)snprintf(alarm, FEED_ALARM,
		    "nothing could be read of the last %" PRIu64 " files, %s: see"
		    " `botkoll report unread list`",
		    row->barren,
		    row->items > 0 ? "which used to be readable"
				   : "and never of any before");
	else if (row->unknown > 0)
		(void)snprintf(alarm, FEED_ALARM,
		    "its schema does not know %" PRIu64 " of its columns: it has been"
		    " changed by its sender; load the newer schema (`botkoll report"
		    " schema update`)",
		    row->unknown);
}

static bool
note_feed(
    struct desk *desk, const struct fate *fate, const char *identifier, struct err *err)
{
	const struct sighting *s = &fate->sighting;
	struct feed_row row;
	char alarm[FEED_ALARM];

	(void)store_feed(desk->store, s->source, identifier, &row);
	row.files++;
	row.items += fate->items;
	row.unknown = fate->unknown;
	row.barren = fate->items > 0 ? 0 : row.barren + (fate->refused > 0);
	if (fate->items > 0)
		row.yielded = s->received;
	judge_feed(&row, fate, alarm);
	if ((alarm[0] != 0) != (row.alarm[0] != 0))
		row.since = s->received;
	if (alarm[0] != 0 && row.alarm[0] == 0)
		log_event(LEVEL_WARNING, "a feed is out of order", "source", row.source,
		    "type", row.identifier, "why", alarm, NULL);
	memcpy(row.alarm, alarm, sizeof row.alarm);
	return store_feed_put(desk->store, &row, err);
}

bool
desk_fate(struct desk *desk, const struct fate *fate, struct err *err)
{
	switch ((enum fate_kind)fate->kind) {
	case FATE_ASIDE:
		desk_answer_count(desk, fate, BOOK_ASIDE, ATTRIBUTION_COUNT);
		return desk_book(desk, fate, BOOK_ASIDE, fate->reason, err);
	case FATE_UNREAD:
		desk_answer_count(desk, fate, BOOK_UNREAD, ATTRIBUTION_COUNT);
		return desk_book(desk, fate, BOOK_UNREAD, "", err) &&
		       to_tray(desk, fate, err);
	case FATE_END:
		return note_feed(desk, fate, fate->sighting.identifier, err);
	case FATE_SIGHTING:
	case FATE_LETTER:
	case FATE_KINDS:
		break;
	}
	return err_set(err, "a report's fate is told that is none");
}

/* ---- status */

struct sums {
	struct jw *j;
	uint64_t of[BOOKS], received;
	enum book listed;
};

static bool
sum_row(void *ctx, const struct book_row *row)
{
	struct sums *sums = ctx;

	sums->of[row->outcome] += row->items;
	return true;
}

static bool
find_received(void *ctx, const char *name, uint64_t value)
{
	struct sums *sums = ctx;

	if (strcmp(name, "reports.received") == 0)
		sums->received = value;
	return true;
}

static bool
put_row(void *ctx, const struct book_row *row)
{
	struct sums *sums = ctx;

	jw_object(sums->j, NULL);
	jw_text(sums->j, "source", row->source);
	jw_text(sums->j, "type", row->identifier);
	jw_text(sums->j, "outcome", book_names[row->outcome]);
	jw_text(sums->j, "reason", row->reason);
	jw_uint(sums->j, "items", row->items);
	jw_when(sums->j, "newest", row->last);
	jw_end(sums->j);
	return true;
}

static bool
put_feed(void *ctx, const struct feed_row *row)
{
	struct jw *j = ctx;

	jw_object(j, NULL);
	jw_text(j, "source", row->source);
	jw_text(j, "type", row->identifier);
	jw_uint(j, "files", row->files);
	jw_uint(j, "items", row->items);
	jw_uint(j, "unknown_columns", row->unknown);
	if (row->yielded != 0)
		jw_when(j, "newest", row->yielded);
	jw_text(j, "alarm", row->alarm);
	jw_end(j);
	return true;
}

static bool
put_alarm(void *ctx, const struct feed_row *row)
{
	struct jw *j = ctx;

	if (row->alarm[0] == 0)
		return true;
	jw_object(j, NULL);
	jw_text(j, "about", row->source);
	jw_text(j, "type", row->identifier);
	jw_when(j, "since", row->since);
	jw_text(j, "what", row->alarm);
	jw_end(j);
	return true;
}

void
desk_report_status(struct desk *desk, struct jw *j)
{
	struct sums sums = {.j = j};
	uint64_t sum = 0;

	store_books(desk->store, sum_row, &sums);
	store_counts(desk->store, find_received, &sums);
	jw_array(j, "alarms");
	store_feeds(desk->store, put_alarm, j);
	jw_end(j);
	jw_object(j, "reports");
	jw_uint(j, "received", sums.received);
	for (int i = 0; i < BOOKS; i++) {
		jw_uint(j, book_names[i], sums.of[i]);
		sum += sums.of[i];
	}
	jw_int(j, "unaccounted", (int64_t)(sums.received - sum));
	jw_uint(j, "waiting_for_people", store_tray_waiting(desk->store));
	jw_end(j);
	jw_array(j, "books");
	store_books(desk->store, put_row, &sums);
	jw_end(j);
	jw_array(j, "feeds");
	store_feeds(desk->store, put_feed, j);
	jw_end(j);
}
