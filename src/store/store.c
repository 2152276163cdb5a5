/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.c -- the store's door: the lock, transactions, streams, settings, counters.
 *
 * One writer. SQLite would let two engines take turns, and both would send notices; so
 * the writer holds a lock on the file `store.lock` for as long as it lives. It is a
 * POSIX record lock: it dies with its process and is not inherited by forked children.
 */
#include "base/mem.h"
#include "store/inside.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool
lock_take(struct store *store, const char *directory, struct err *err)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[4096];

	(void)snprintf(path, sizeof path, "%s/store.lock", directory);
	store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (store->lock < 0)
		return err_errno(err, "store: cannot open %s", path);
	if (fcntl(store->lock, F_SETLK, &lock) == 0)
		return true;
	if (errno != EACCES && errno != EAGAIN)
		return err_errno(err, "store: cannot lock %s", path);
	if (fcntl(store->lock, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK)
		lock.l_pid = 0;
	return err_set(err,
	    "store: %s is in use by another engine (process %ld); stop that one first",
	    directory, (long)lock.l_pid);
}

struct store *
store_open(const char *directory, bool writer, struct err *err)
{
	struct store *store = xcalloc(1, sizeof *store);
	char path[4096];

	store->lock = -1;
	(void)snprintf(path, sizeof path, "%s/store.db", directory);
	if (writer && !lock_take(store, directory, err))
		goto fail;
	if (!db_open(&store->db, path, "store", writer ? DB_WRITE : DB_READ, err))
		goto fail;
	if (!db_migrate(&store->db, "store", writer, err)) {
		db_close(&store->db);
		goto fail;
	}
	store->unflushed = writer; /* a killed writer may not have come so far */
	if (writer)
		db_settle(&store->db);
	return store;
fail:
	if (store->lock >= 0)
		(void)close(store->lock);
	free(store);
	return NULL;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	db_close(&store->db);
	if (store->lock >= 0)
		(void)close(store->lock);
	free(store);
}

bool
store_durable(struct store *store, bool full, struct err *err)
{
	return db_exec(&store->db,
	    full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", err);
}

bool
store_begin(struct store *store, struct err *err)
{
	store->audit_known = false;
	return db_begin(&store->db, err);
}

bool
store_commit(struct store *store, struct err *err)
{
	if (store->audit_moved && !audit_seal(store, err))
		return false;
	if (!db_commit(&store->db, err))
		return false;
	store->audit_moved = false;
	return true;
}

void
store_rollback(struct store *store)
{
	store->audit_known = false;
	store->audit_moved = false;
	db_rollback(&store->db);
}

uint64_t
store_stream(struct store *store, const char *stream)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT number FROM stream WHERE name = ?");
	struct bind b = bind_to(q);
	uint64_t number = 0;

	put_text(&b, stream);
	if (db_row(&store->db, q)) {
		number = (uint64_t)sqlite3_column_int64(q, 0);
		db_done(&store->db, q);
	}
	return number;
}

bool
store_stream_set(
    struct store *store, const char *stream, uint64_t number, struct err *err)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "INSERT INTO stream VALUES (?, ?)"
				 " ON CONFLICT DO UPDATE SET number = excluded.number");
	struct bind b = bind_to(q);

	put_text(&b, stream);
	put_uint(&b, number);
	return db_run(&store->db, q, err);
}

char *
store_setting(struct store *store, const char *name)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT value FROM setting WHERE name = ?");
	struct bind b = bind_to(q);
	struct cols c = {.q = q};
	char *value = NULL;

	put_text(&b, name);
	if (db_row(&store->db, q)) {
		value = xstrdup(get_text(&c));
		db_done(&store->db, q);
	}
	return value;
}

void
store_settings(struct store *store, const char *prefix, setting_visit *visit, void *ctx)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT name, value FROM setting WHERE name >= ?1"
				 " AND substr(name, 1, length(?1)) = ?1 ORDER BY name");
	struct bind b = bind_to(q);
	struct cols c;

	put_text(&b, prefix);
	while (db_row(&store->db, q)) {
		const char *name;

		c = (struct cols){.q = q};
		name = get_text(&c);
		if (!visit(ctx, name, get_text(&c))) {
			db_done(&store->db, q);
			return;
		}
	}
}

bool
store_setting_set(
    struct store *store, const char *name, const char *value, struct err *err)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "INSERT INTO setting VALUES (?, ?)"
				 " ON CONFLICT DO UPDATE SET value = excluded.value");
	struct bind b = bind_to(q);

	put_text(&b, name);
	put_text(&b, value);
	return db_run(&store->db, q, err);
}

bool
store_count(struct store *store, const char *name, uint64_t add, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "INSERT INTO counter VALUES (?, ?)"
	    " ON CONFLICT DO UPDATE SET value = value + excluded.value");
	struct bind b = bind_to(q);

	put_text(&b, name);
	put_uint(&b, add);
	return db_run(&store->db, q, err);
}

void
store_counts(struct store *store, count_visit *visit, void *ctx)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT name, value FROM counter ORDER BY name");

	while (db_row(&store->db, q)) {
		struct cols c = {.q = q};
		const char *name = get_text(&c);

		if (!visit(ctx, name, get_uint(&c))) {
			db_done(&store->db, q);
			return;
		}
	}
}

bool
store_staff_put(struct store *store, const char *name, const char *role,
    const char *password_hash, bool one_time, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "INSERT INTO staff (name, role, hash, one_time) VALUES (?, ?, ?, ?)"
	    " ON CONFLICT (name) DO UPDATE SET role = excluded.role,"
	    " hash = excluded.hash, one_time = excluded.one_time");
	struct bind b = bind_to(q);

	put_text(&b, name);
	put_text(&b, role);
	put_text(&b, password_hash);
	put_int(&b, one_time);
	return db_run(&store->db, q, err);
}

char *
store_staff(struct store *store, const char *name, uint32_t *number, char role[32],
    bool *one_time)
{
	sqlite3_stmt *q = db_query(
	    &store->db, "SELECT number, role, hash, one_time FROM staff WHERE name = ?");
	struct bind b = bind_to(q);
	struct cols c = {.q = q};
	char *hash;

	put_text(&b, name);
	if (!db_row(&store->db, q))
		return NULL;
	*number = (uint32_t)get_uint(&c);
	get_text_into(&c, role, 32);
	hash = xstrdup(get_text(&c));
	*one_time = get_int(&c) != 0;
	db_done(&store->db, q);
	return hash;
}
