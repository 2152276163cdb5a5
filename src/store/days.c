/* SPDX-License-Identifier: Apache-2.0 */
/*
 * days.c -- on which days a line was seen, per family and upstream: all that is kept for
 * statistics, 400 days long. Read in pages, so that no reader holds a transaction open.
 */
#include "base/mem.h"
#include "store/inside.h"

#include <stdlib.h>

enum { PAGE = 4096 };

bool
store_day_set(struct store *store, const struct day_seen *d, bool seen, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    seen ? "INSERT OR IGNORE INTO day_seen (line, family, upstream, day)"
		   " VALUES (?, ?, ?, ?)"
		 : "DELETE FROM day_seen WHERE line = ? AND family = ?"
		   " AND upstream = ? AND day = ?");
	struct bind b = bind_to(q);

	put_uint(&b, d->line);
	put_text(&b, d->family);
	put_text(&b, d->upstream);
	put_int(&b, d->day);
	return db_run(&store->db, q, err);
}

/* Up to PAGE rows after `last`, of which `page` then holds them; returns how many. */
static size_t
read_page(struct store *store, int64_t from_day, int64_t to_day,
    const struct day_seen *last, struct day_seen *page)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "SELECT line, family, upstream, day FROM day_seen"
	    " WHERE (line, family, day, upstream) > (?1, ?2, ?3, ?4)"
	    " AND day >= ?5 AND day < ?6 ORDER BY line, family, day, upstream LIMIT ?7");
	struct bind b = bind_to(q);
	size_t count = 0;

	put_uint(&b, last->line);
	put_text(&b, last->family);
	put_int(&b, last->day);
	put_text(&b, last->upstream);
	put_int(&b, from_day);
	put_int(&b, to_day);
	put_int(&b, PAGE);
	while (db_row(&store->db, q)) {
		struct cols c = {.q = q};
		struct day_seen *d = &page[count++];

		d->line = get_uint(&c);
		get_text_into(&c, d->family, sizeof d->family);
		get_text_into(&c, d->upstream, sizeof d->upstream);
		d->day = get_int(&c);
	}
	return count;
}

void
store_days(
    struct store *store, int64_t from_day, int64_t to_day, day_visit *visit, void *ctx)
{
	struct day_seen *page = xcalloc(PAGE, sizeof *page);
	struct day_seen last = {.line = (uint64_t)INT64_MIN, .day = INT64_MIN};
	size_t count;

	do {
		count = read_page(store, from_day, to_day, &last, page);
		for (size_t i = 0; i < count; i++) {
			if (!visit(ctx, &page[i])) {
				count = 0;
				break;
			}
			last = page[i];
		}
	} while (count == PAGE);
	free(page);
}
