/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db.h -- SQLite as store/ uses it: one writer, prepared statements by their text.
 *
 * Inside store/ only. A statement is found by the address of its text, so texts are
 * literals. Values are bound and read in order, without counting columns:
 *
 *     sqlite3_stmt *q = db_query(db, "SELECT number FROM stream WHERE name = ?");
 *     struct bind b = bind_to(q);
 *     put_text(&b, name);
 *     if (db_row(db, q)) { number = sqlite3_column_int64(q, 0); db_done(db, q); }
 *
 * Reading never fails: what cannot be read (a broken disk, a damaged file) ends the
 * process with a sentence, and its parent starts it again. Writing fails with a sentence
 * and marks the transaction, so that it can only be rolled back.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/err.h"

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

enum { DB_STATEMENTS = 256 };

struct db {
	sqlite3 *sql;
	const char *what; /* "store", "identity database": for sentences */
	bool writing;     /* between begin and commit */
	bool broken;      /* a write of this transaction failed */
	bool full;        /* for want of room */
	uint32_t spare;   /* statements outside the cache */
	struct {
		const char *text;
		sqlite3_stmt *stmt;
	} cache[DB_STATEMENTS];
};

/* `alone`: no other process may even read. Nothing is left open on failure. */
enum db_mode { DB_READ, DB_WRITE, DB_ALONE };
MUST_CHECK bool db_open(struct db *db, const char *path, const char *what,
    enum db_mode mode, struct err *err);
void db_close(struct db *db);
/* Brings the schema to the newest of schema/<folder>/NNN_*.sql; a reader only checks. */
MUST_CHECK bool db_migrate(
    struct db *db, const char *folder, bool writer, struct err *err);
MUST_CHECK bool db_begin(struct db *db, struct err *err);
MUST_CHECK bool db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db);
/* Moves the WAL into the database and empties it, so that no old page is left. */
MUST_CHECK bool db_flush(struct db *db, struct err *err);
/* Moves what it can, so that the WAL is used from its start again; may do nothing. */
void db_settle(struct db *db);
/* One statement without values or answer, outside the cache. */
MUST_CHECK bool db_exec(struct db *db, const char *text, struct err *err);

/* Ready to be bound; released by db_done, by db_run, or by db_row when it says false. */
sqlite3_stmt *db_query(struct db *db, const char *text);
bool db_row(struct db *db, sqlite3_stmt *q);
void db_done(struct db *db, sqlite3_stmt *q);
/* Carries out a writing statement. */
MUST_CHECK bool db_run(struct db *db, sqlite3_stmt *q, struct err *err);
/* The first column of all rows; released. A visitor may then write what it visits. */
struct db_ids {
	int64_t *items; /* the caller frees */
	size_t count;
};
struct db_ids db_ids(struct db *db, sqlite3_stmt *q);

/* Values are bound one after another; texts and blobs must live until the statement is
 * released. */
struct bind {
	sqlite3_stmt *q;
	int at;
};
static inline struct bind
bind_to(sqlite3_stmt *q)
{
	return (struct bind){.q = q};
}
static inline void
put_int(struct bind *b, int64_t v)
{
	(void)sqlite3_bind_int64(b->q, ++b->at, v);
}
static inline void
put_uint(struct bind *b, uint64_t v)
{
	(void)sqlite3_bind_int64(b->q, ++b->at, (int64_t)v);
}
static inline void
put_real(struct bind *b, double v)
{
	(void)sqlite3_bind_double(b->q, ++b->at, v);
}
static inline void
put_text(struct bind *b, const char *v)
{
	(void)sqlite3_bind_text(b->q, ++b->at, v, -1, SQLITE_STATIC);
}
/* `v` NULL: SQL's NULL. */
static inline void
put_blob(struct bind *b, const void *v, size_t size)
{
	(void)sqlite3_bind_blob64(b->q, ++b->at, v, size, SQLITE_STATIC);
}

/* Columns are read one after another; texts and blobs are the statement's. */
struct cols {
	sqlite3_stmt *q;
	int at;
};
static inline int64_t
get_int(struct cols *c)
{
	return sqlite3_column_int64(c->q, c->at++);
}
static inline uint64_t
get_uint(struct cols *c)
{
	return (uint64_t)sqlite3_column_int64(c->q, c->at++);
}
static inline double
get_real(struct cols *c)
{
	return sqlite3_column_double(c->q, c->at++);
}
const char *get_text(struct cols *c);
/* Cuts what does not fit; `out` holds `room` bytes. */
void get_text_into(struct cols *c, char *out, size_t room);
const void *get_blob(struct cols *c, size_t *size);
/* False, and zeros, unless the blob has exactly this size. */
bool get_bytes(struct cols *c, void *out, size_t size);

#endif
