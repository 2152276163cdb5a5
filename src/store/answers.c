/* SPDX-License-Identifier: Apache-2.0 */
/* answers.c -- see answers.h. */
#include "store/answers.h"

#include "store/inside.h"

bool
store_reply_put(struct store *store, const struct reply *a, struct err *err)
{
	sqlite3_stmt *q = db_query(
	    &store->db, "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?, ?)");
	struct bind b = bind_to(q);

	put_blob(&b, a->key.b, sizeof a->key.b);
	put_blob(&b, a->who.b, sizeof a->who.b);
	put_text(&b, a->address);
	put_text(&b, a->source);
	put_int(&b, a->created);
	put_uint(&b, a->reports);
	put_text(&b, a->counts);
	return db_run(&store->db, q, err);
}

static void
get_reply(struct cols *c, struct reply *a)
{
	(void)get_bytes(c, a->key.b, sizeof a->key.b);
	(void)get_bytes(c, a->who.b, sizeof a->who.b);
	get_text_into(c, a->address, sizeof a->address);
	get_text_into(c, a->source, sizeof a->source);
	a->created = get_int(c);
	a->reports = get_uint(c);
	get_text_into(c, a->counts, sizeof a->counts);
}

bool
store_reply(struct store *store, const struct id128 *key, struct reply *out)
{
	sqlite3_stmt *q = db_query(&store->db, "SELECT * FROM answer WHERE key = ?");
	struct bind b = bind_to(q);
	struct cols c = {.q = q};

	put_blob(&b, key->b, sizeof key->b);
	if (!db_row(&store->db, q))
		return false;
	get_reply(&c, out);
	db_done(&store->db, q);
	return true;
}

bool
store_reply_drop(struct store *store, const struct id128 *key, struct err *err)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "UPDATE answer SET address = '' WHERE key = ?");
	struct bind b = bind_to(q);

	put_blob(&b, key->b, sizeof key->b);
	return db_run(&store->db, q, err);
}

uint64_t
store_replies_to(
    struct store *store, const struct id128 *who, int64_t since, struct reply *newest)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT * FROM answer WHERE who = ? AND created >= ?"
				 " ORDER BY created DESC, key");
	struct bind b = bind_to(q);
	struct reply other;
	uint64_t count = 0;

	put_blob(&b, who->b, sizeof who->b);
	put_int(&b, since);
	while (db_row(&store->db, q)) {
		struct cols c = {.q = q};

		get_reply(&c, count++ == 0 ? newest : &other);
	}
	return count;
}

uint64_t
store_replies(struct store *store, int64_t since)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT count(*) FROM answer WHERE created >= ?");
	struct bind b = bind_to(q);
	struct cols c = {.q = q};
	uint64_t count = 0;

	put_int(&b, since);
	if (db_row(&store->db, q)) {
		count = get_uint(&c);
		db_done(&store->db, q);
	}
	return count;
}

bool
store_answered_put(
    struct store *store, const struct answered *a, bool *fresh, struct err *err)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "INSERT OR IGNORE INTO answered VALUES (?, ?, ?, ?)");
	struct bind b = bind_to(q);

	put_blob(&b, a->file.b, sizeof a->file.b);
	put_blob(&b, a->message.b, sizeof a->message.b);
	put_blob(&b, a->key.b, sizeof a->key.b);
	put_int(&b, a->time);
	if (!db_run(&store->db, q, err))
		return false;
	*fresh = sqlite3_changes64(store->db.sql) > 0;
	return true;
}

bool
store_answered(struct store *store, const struct id128 *file, struct reply *out)
{
	sqlite3_stmt *q = db_query(&store->db, "SELECT key FROM answered WHERE file = ?");
	struct bind b = bind_to(q);
	struct cols c = {.q = q};
	struct id128 key;

	put_blob(&b, file->b, sizeof file->b);
	if (!db_row(&store->db, q))
		return false;
	(void)get_bytes(&c, key.b, sizeof key.b);
	db_done(&store->db, q);
	return store_reply(store, &key, out);
}
