/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tray.c -- what no parser understood, for people: severest first, then oldest.
 *
 * A feed that breaks would bury the rest under its rows. So of one file and reason only
 * the first TRAY_FOLD pieces are items of their own; the others are counted on the last.
 */
#include "store/inside.h"
#include "store/reports.h"

#include <stdlib.h>

/* How many there are, and the newest of them. */
static uint64_t
folded(struct store *store, const struct id128 *fold, int64_t *newest)
{
	sqlite3_stmt *q = db_query(
	    &store->db, "SELECT count(*), ifnull(max(n), 0) FROM tray WHERE fold = ?");
	struct bind b = bind_to(q);
	struct cols c = {.q = q};
	uint64_t count;

	put_blob(&b, fold->b, sizeof fold->b);
	if (!db_row(&store->db, q))
		return 0;
	count = get_uint(&c);
	*newest = get_int(&c);
	db_done(&store->db, q);
	return count;
}

static bool
count_on(struct store *store, int64_t n, struct err *err)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "UPDATE tray SET items = items + 1 WHERE n = ?");
	struct bind b = bind_to(q);

	put_int(&b, n);
	return db_run(&store->db, q, err);
}

bool
store_tray_put(
    struct store *store, const struct tray_item *item, bool *fresh, struct err *err)
{
	sqlite3_stmt *q;
	struct bind b;
	int64_t newest = 0;

	*fresh = folded(store, &item->fold, &newest) < TRAY_FOLD;
	if (!*fresh)
		return count_on(store, newest, err);
	q = db_query(&store->db,
	    "INSERT INTO tray (id, fold, received, severity, source, upstream, reason,"
	    " place, told, items, done, staff, outcome)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0, 0, '')");
	b = bind_to(q);
	put_blob(&b, item->id.b, sizeof item->id.b);
	put_blob(&b, item->fold.b, sizeof item->fold.b);
	put_int(&b, item->received);
	put_int(&b, item->severity);
	put_text(&b, item->source);
	put_text(&b, item->upstream);
	put_text(&b, item->reason);
	put_uint(&b, item->place);
	put_int(&b, item->told);
	return db_run(&store->db, q, err);
}

bool
store_tray_get(struct store *store, uint64_t n, struct tray_item *out)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "SELECT n, id, fold, received, severity, source, upstream, reason, place,"
	    " told, items, done, staff, outcome FROM tray WHERE n = ?");
	struct bind b = bind_to(q);
	struct cols c = {.q = q};

	put_uint(&b, n);
	if (!db_row(&store->db, q))
		return false;
	*out = (struct tray_item){.n = get_uint(&c)};
	(void)get_bytes(&c, out->id.b, sizeof out->id.b);
	(void)get_bytes(&c, out->fold.b, sizeof out->fold.b);
	out->received = get_int(&c);
	out->severity = (uint8_t)get_int(&c);
	get_text_into(&c, out->source, sizeof out->source);
	get_text_into(&c, out->upstream, sizeof out->upstream);
	get_text_into(&c, out->reason, sizeof out->reason);
	out->place = get_uint(&c);
	out->told = (uint32_t)get_uint(&c);
	out->items = get_uint(&c);
	out->done = get_int(&c);
	out->staff = (uint32_t)get_uint(&c);
	get_text_into(&c, out->outcome, sizeof out->outcome);
	db_done(&store->db, q);
	return true;
}

bool
store_tray_done(struct store *store, const struct tray_item *item, struct err *err)
{
	sqlite3_stmt *q = db_query(
	    &store->db, "UPDATE tray SET done = ?, staff = ?, outcome = ? WHERE n = ?");
	struct bind b = bind_to(q);

	put_int(&b, item->done);
	put_int(&b, item->staff);
	put_text(&b, item->outcome);
	put_uint(&b, item->n);
	return db_run(&store->db, q, err) && piece_drop(store, &item->id, err);
}

void
store_tray(struct store *store, bool done, uint32_t limit, tray_visit *visit, void *ctx)
{
	sqlite3_stmt *q = db_query(&store->db,
	    done ? "SELECT n FROM tray WHERE done <> 0 ORDER BY done DESC, n LIMIT ?"
		 : "SELECT n FROM tray WHERE done = 0"
		   " ORDER BY severity DESC, received, n LIMIT ?");
	struct bind b = bind_to(q);
	struct db_ids ids;
	struct tray_item item;

	put_int(&b, limit);
	ids = db_ids(&store->db, q);
	for (size_t i = 0; i < ids.count; i++)
		if (store_tray_get(store, (uint64_t)ids.items[i], &item) &&
		    !visit(ctx, &item))
			break;
	free(ids.items);
}

uint64_t
store_tray_waiting(struct store *store)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT ifnull(sum(items), 0) FROM tray WHERE done = 0");
	struct cols c = {.q = q};
	uint64_t count = 0;

	if (db_row(&store->db, q)) {
		count = get_uint(&c);
		db_done(&store->db, q);
	}
	return count;
}
