/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db.c -- opening, migrating, transactions and statements; see db.h.
 *
 * WAL, so that readers never wait for the writer nor it for them. secure_delete
 * overwrites what is deleted; db_flush then empties the WAL, where old pages would
 * still stand. Temporary tables stay in memory: a jailed engine cannot open files.
 *
 * synchronous=FULL: a committed transaction survives a killed process and a power cut
 * (as far as the disk's own cache is honest). store_relax lowers it to NORMAL for REPLAY,
 * where a killed process still loses nothing, but a power cut may lose the newest
 * transactions.
 *
 * Not handled: what a copy-on-write file system or the flash below it keeps of
 * overwritten blocks. Put the directory on an encrypted volume.
 */
#include "store/db.h"

#include "base/embedded.h"
#include "base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct embedded store_schema[];

/* The sentence for what SQLite just refused; the transaction cannot be kept. */
static bool
failed(struct db *db, int rc, struct err *err)
{
	db->broken = db->writing;
	db->full = db->full || rc == SQLITE_FULL;
	if (rc == SQLITE_FULL)
		return err_set(err,
		    "%s: the disk is full; nothing of this transaction was kept, free "
		    "space and it is tried again",
		    db->what);
	if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
		return err_set(err, "%s: another process holds it", db->what);
	return err_set(err, "%s: %s", db->what, sqlite3_errmsg(db->sql));
}

bool
db_exec(struct db *db, const char *text, struct err *err)
{
	int rc = sqlite3_exec(db->sql, text, NULL, NULL, NULL);

	return rc == SQLITE_OK || failed(db, rc, err);
}

static bool
set_up(struct db *db, enum db_mode mode, struct err *err)
{
	if (mode == DB_ALONE && !db_exec(db, "PRAGMA locking_mode = EXCLUSIVE", err))
		return false;
	if (!db_exec(db, "PRAGMA temp_store = MEMORY", err))
		return false;
	if (mode == DB_READ)
		return db_exec(db, "PRAGMA query_only = ON", err);
	return db_exec(db,
	    "PRAGMA secure_delete = ON;"
	    "PRAGMA journal_mode = WAL;"
	    "PRAGMA synchronous = FULL;"
	    "PRAGMA wal_autocheckpoint = 4000;"
	    "PRAGMA journal_size_limit = 67108864;",
	    err);
}

bool
db_open(
    struct db *db, const char *path, const char *what, enum db_mode mode, struct err *err)
{
	int flags = mode == DB_READ ? SQLITE_OPEN_READONLY
				    : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	int rc;

	memset(db, 0, sizeof *db);
	db->what = what;
	rc = sqlite3_open_v2(path, &db->sql, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK) {
		(void)err_set(err, "%s: cannot open %s: %s", what, path,
		    db->sql ? sqlite3_errmsg(db->sql) : "no memory");
		db_close(db);
		return false;
	}
	(void)sqlite3_busy_timeout(db->sql, mode == DB_ALONE ? 0 : 5000);
	if (!set_up(db, mode, err)) {
		db_close(db);
		return false;
	}
	return true;
}

void
db_close(struct db *db)
{
	db_rollback(db);
	for (size_t i = 0; i < DB_STATEMENTS; i++)
		(void)sqlite3_finalize(db->cache[i].stmt);
	(void)sqlite3_close(db->sql);
	memset(db, 0, sizeof *db);
}

static int64_t
version(struct db *db)
{
	sqlite3_stmt *q = db_query(db, "PRAGMA user_version");
	int64_t v = db_row(db, q) ? sqlite3_column_int64(q, 0) : 0;

	db_done(db, q);
	return v;
}

/* One migration and its number, together or not at all. */
static bool
migrate_one(struct db *db, const struct embedded *file, int64_t number, struct err *err)
{
	char text[64];

	(void)snprintf(
	    text, sizeof text, "PRAGMA user_version = %lld", (long long)number);
	if (!db_begin(db, err))
		return false;
	if (!db_exec(db, (const char *)file->bytes, err) || !db_exec(db, text, err)) {
		db_rollback(db);
		return false;
	}
	if (!db_commit(db, err)) {
		db_rollback(db);
		return false;
	}
	return true;
}

bool
db_migrate(struct db *db, const char *folder, bool writer, struct err *err)
{
	int64_t have = version(db), newest = 0;
	size_t length = strlen(folder);

	for (const struct embedded *f = store_schema; f->path != NULL; f++) {
		int64_t number;

		if (strncmp(f->path, folder, length) != 0 || f->path[length] != '/')
			continue;
		number = strtol(f->path + length + 1, NULL, 10);
		assert(number == newest + 1); /* listed in order, without gaps */
		newest = number;
		if (number > have && writer && !migrate_one(db, f, number, err))
			return false;
	}
	if (have > newest || (have < newest && !writer))
		return err_set(err,
		    "%s: its schema is number %lld, this program knows %lld; use the "
		    "program that wrote it or a newer one",
		    db->what, (long long)have, (long long)newest);
	return true;
}

bool
db_begin(struct db *db, struct err *err)
{
	int rc;

	assert(!db->writing);
	rc = sqlite3_exec(db->sql, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return failed(db, rc, err);
	db->writing = true;
	db->broken = false;
	return true;
}

bool
db_commit(struct db *db, struct err *err)
{
	int rc;

	assert(db->writing);
	if (db->broken)
		return err_set(err, "%s: a write of this transaction failed", db->what);
	rc = sqlite3_exec(db->sql, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return failed(db, rc, err);
	db->writing = false;
	return true;
}

void
db_rollback(struct db *db)
{
	if (!db->writing)
		return;
	/* After some errors SQLite has rolled back by itself. */
	if (!sqlite3_get_autocommit(db->sql) &&
	    sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
		fatal("%s: cannot roll back: %s", db->what, sqlite3_errmsg(db->sql));
	db->writing = false;
	db->broken = false;
	/* What the WAL holds may fit into the database, and leave room. */
	if (db->full)
		db_settle(db);
	db->full = false;
}

void
db_settle(struct db *db)
{
	(void)sqlite3_wal_checkpoint_v2(
	    db->sql, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

bool
db_flush(struct db *db, struct err *err)
{
	int rc;

	assert(!db->writing);
	rc = sqlite3_wal_checkpoint_v2(
	    db->sql, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return rc == SQLITE_OK || failed(db, rc, err);
}

sqlite3_stmt *
db_query(struct db *db, const char *text)
{
	size_t slot = (size_t)((uintptr_t)text >> 3) % DB_STATEMENTS;
	sqlite3_stmt *q = NULL;

	for (size_t i = 0; i < DB_STATEMENTS; i++, slot = (slot + 1) % DB_STATEMENTS)
		if (db->cache[slot].text == text || db->cache[slot].text == NULL)
			break;
	if (db->cache[slot].text == text && !sqlite3_stmt_busy(db->cache[slot].stmt))
		return db->cache[slot].stmt;
	if (sqlite3_prepare_v3(db->sql, text, -1, SQLITE_PREPARE_PERSISTENT, &q, NULL) !=
	    SQLITE_OK)
		fatal("%s: %s in: %s", db->what, sqlite3_errmsg(db->sql), text);
	if (db->cache[slot].text == NULL) {
		db->cache[slot].text = text;
		db->cache[slot].stmt = q;
	} else {
		db->spare++;
	}
	return q;
}

/* A statement that was busy when asked for again was prepared a second time. */
void
db_done(struct db *db, sqlite3_stmt *q)
{
	bool cached = db->spare == 0;

	for (size_t i = 0; i < DB_STATEMENTS && !cached; i++)
		cached = db->cache[i].stmt == q;
	if (cached) {
		(void)sqlite3_reset(q);
		(void)sqlite3_clear_bindings(q);
		return;
	}
	(void)sqlite3_finalize(q);
	db->spare--;
}

bool
db_row(struct db *db, sqlite3_stmt *q)
{
	int rc = sqlite3_step(q);

	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		fatal("%s: cannot read: %s", db->what, sqlite3_errmsg(db->sql));
	db_done(db, q);
	return false;
}

bool
db_run(struct db *db, sqlite3_stmt *q, struct err *err)
{
	int rc;

	assert(db->writing);
	do
		rc = sqlite3_step(q);
	while (rc == SQLITE_ROW);
	if (rc != SQLITE_DONE)
		(void)failed(db, rc, err);
	db_done(db, q);
	return rc == SQLITE_DONE;
}

struct db_ids
db_ids(struct db *db, sqlite3_stmt *q)
{
	struct db_ids ids = {0};
	size_t room = 0;

	while (db_row(db, q)) {
		if (ids.count == room) {
			room = room ? 2 * room : 64;
			ids.items = xrealloc(ids.items, room * sizeof *ids.items);
		}
		ids.items[ids.count++] = sqlite3_column_int64(q, 0);
	}
	return ids;
}

const char *
get_text(struct cols *c)
{
	const unsigned char *text = sqlite3_column_text(c->q, c->at++);

	return text != NULL ? (const char *)text : "";
}

void
get_text_into(struct cols *c, char *out, size_t room)
{
	(void)snprintf(out, room, "%s", get_text(c));
}

const void *
get_blob(struct cols *c, size_t *size)
{
	const void *bytes = sqlite3_column_blob(c->q, c->at);

	*size = (size_t)sqlite3_column_bytes(c->q, c->at++);
	return bytes;
}

bool
get_bytes(struct cols *c, void *out, size_t size)
{
	size_t have;
	const void *bytes = get_blob(c, &have);

	memset(out, 0, size);
	if (bytes == NULL || have != size)
		return false;
	memcpy(out, bytes, size);
	return true;
}
