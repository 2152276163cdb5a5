/* SPDX-License-Identifier: Apache-2.0 */
/*
 * books.c -- received = sightings + duplicates + not ours + aside + unread, kept by
 * source, type and reason; and how each feed has been doing.
 *
 * Types and reasons are in part what strangers wrote, so that a source may fill BOOK_ROWS
 * rows and no more: what is new then counts as "other".
 */
#include "store/inside.h"
#include "store/reports.h"

const char *const book_names[BOOKS] = {
    "sightings", "duplicates", "not_ours", "aside", "unread"};

static bool
has_row(struct store *store, const struct book_row *row)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "SELECT 1 FROM book WHERE source = ? AND identifier = ? AND outcome = ?"
	    " AND reason = ?");
	struct bind b = bind_to(q);

	put_text(&b, row->source);
	put_text(&b, row->identifier);
	put_int(&b, row->outcome);
	put_text(&b, row->reason);
	if (!db_row(&store->db, q))
		return false;
	db_done(&store->db, q);
	return true;
}

static bool
is_full(struct store *store, const char *source)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT count(*) FROM book WHERE source = ?");
	struct bind b = bind_to(q);
	int64_t rows = 0;

	put_text(&b, source);
	if (db_row(&store->db, q)) {
		rows = sqlite3_column_int64(q, 0);
		db_done(&store->db, q);
	}
	return rows >= BOOK_ROWS;
}

bool
store_book_add(struct store *store, const struct book_row *row, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "INSERT INTO book VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
	    " items = items + excluded.items, last = max(last, excluded.last)");
	bool other = !has_row(store, row) && is_full(store, row->source);
	struct bind b = bind_to(q);

	put_text(&b, row->source);
	put_text(&b, other ? "other" : row->identifier);
	put_int(&b, row->outcome);
	put_text(&b, other ? "other" : row->reason);
	put_uint(&b, row->items);
	put_int(&b, row->last);
	return db_run(&store->db, q, err);
}

void
store_books(struct store *store, book_visit *visit, void *ctx)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "SELECT source, identifier, outcome, reason, items, last FROM book"
	    " ORDER BY source, identifier, outcome, reason");
	struct book_row row;

	while (db_row(&store->db, q)) {
		struct cols c = {.q = q};

		get_text_into(&c, row.source, sizeof row.source);
		get_text_into(&c, row.identifier, sizeof row.identifier);
		row.outcome = (uint8_t)get_int(&c) % BOOKS;
		get_text_into(&c, row.reason, sizeof row.reason);
		row.items = get_uint(&c);
		row.last = get_int(&c);
		if (!visit(ctx, &row)) {
			db_done(&store->db, q);
			return;
		}
	}
}

static void
get_feed(struct cols *c, struct feed_row *row)
{
	get_text_into(c, row->source, sizeof row->source);
	get_text_into(c, row->identifier, sizeof row->identifier);
	row->files = get_uint(c);
	row->items = get_uint(c);
	row->barren = get_uint(c);
	row->unknown = get_uint(c);
	row->yielded = get_int(c);
	get_text_into(c, row->alarm, sizeof row->alarm);
	row->since = get_int(c);
}

bool
store_feed(
    struct store *store, const char *source, const char *identifier, struct feed_row *out)
{
	sqlite3_stmt *q = db_query(
	    &store->db, "SELECT * FROM feed WHERE source = ? AND identifier = ?");
	struct bind b = bind_to(q);
	struct cols c = {.q = q};

	*out = (struct feed_row){0};
	(void)snprintf(out->source, sizeof out->source, "%s", source);
	(void)snprintf(out->identifier, sizeof out->identifier, "%s", identifier);
	put_text(&b, source);
	put_text(&b, identifier);
	if (!db_row(&store->db, q))
		return false;
	get_feed(&c, out);
	db_done(&store->db, q);
	return true;
}

bool
store_feed_put(struct store *store, const struct feed_row *row, struct err *err)
{
	sqlite3_stmt *q = db_query(
	    &store->db, "INSERT OR REPLACE INTO feed VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
	struct bind b = bind_to(q);

	put_text(&b, row->source);
	put_text(&b, row->identifier);
	put_uint(&b, row->files);
	put_uint(&b, row->items);
	put_uint(&b, row->barren);
	put_uint(&b, row->unknown);
	put_int(&b, row->yielded);
	put_text(&b, row->alarm);
	put_int(&b, row->since);
	return db_run(&store->db, q, err);
}

void
store_feeds(struct store *store, feed_visit *visit, void *ctx)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT * FROM feed ORDER BY source, identifier");
	struct feed_row row;

	while (db_row(&store->db, q)) {
		struct cols c = {.q = q};

		get_feed(&c, &row);
		if (!visit(ctx, &row)) {
			db_done(&store->db, q);
			return;
		}
	}
}
