/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.c -- names, contacts, keys and handles; see identity.h.
 *
 * A handle never changes hands: where a subscriber key or a prefix goes to another line,
 * it gets a new handle, and leases of the past keep the old one. Erasing a line leaves
 * its id and handles as bare numbers, so that they are never drawn again.
 */
#include "store/identity.h"
#include "base/mem.h"
#include "store/db.h"

#include <stdio.h>
#include <stdlib.h>

struct identity {
	struct db db;
};

struct identity *
identity_open(const char *directory, struct err *err)
{
	struct identity *identity = xcalloc(1, sizeof *identity);
	char path[4096];

	(void)snprintf(path, sizeof path, "%s/identity.db", directory);
	if (!db_open(&identity->db, path, "identity database", DB_ALONE, err)) {
		free(identity);
		return NULL;
	}
	/* A process killed while it erased may have left old pages in the WAL. */
	if (!db_migrate(&identity->db, "identity", true, err) ||
	    !db_flush(&identity->db, err)) {
		identity_close(identity);
		return NULL;
	}
	return identity;
}

void
identity_close(struct identity *identity)
{
	if (identity == NULL)
		return;
	db_close(&identity->db);
	free(identity);
}

bool
identity_begin(struct identity *identity, struct err *err)
{
	return db_begin(&identity->db, err);
}

bool
identity_commit(struct identity *identity, struct err *err)
{
	return db_commit(&identity->db, err);
}

void
identity_rollback(struct identity *identity)
{
	db_rollback(&identity->db);
}

/* The first column of at most one row; 0 without one. */
static uint64_t
one_number(struct identity *identity, sqlite3_stmt *q)
{
	uint64_t number = 0;

	if (db_row(&identity->db, q)) {
		number = (uint64_t)sqlite3_column_int64(q, 0);
		db_done(&identity->db, q);
	}
	return number;
}

bool
identity_line_by_number(struct identity *identity, const char *number, uint64_t *line)
{
	struct bind b =
	    bind_to(db_query(&identity->db, "SELECT line FROM person WHERE number = ?"));

	put_text(&b, number);
	*line = one_number(identity, b.q);
	return *line != 0;
}

static bool
line_exists(struct identity *identity, uint64_t line)
{
	struct bind b = bind_to(
	    db_query(&identity->db, "SELECT (SELECT count(*) FROM person WHERE line = ?1)"
				    " + (SELECT count(*) FROM spent WHERE line = ?1)"));

	put_uint(&b, line);
	return one_number(identity, b.q) != 0;
}

/* Positive also as SQLite's signed numbers, and exact in JSON's doubles. */
static uint64_t
draw_line(struct identity *identity, struct rng *rng)
{
	uint64_t line;

	do
		line = rng_u64(rng) >> 11;
	while (line == 0 || line_exists(identity, line));
	return line;
}

static void
put_optional(struct bind *b, const char *text)
{
	put_text(b, text != NULL ? text : "");
}

bool
identity_line_put(struct identity *identity, struct line_person *person, struct rng *rng,
    struct err *err)
{
	struct bind b;

	if (person->line == 0 &&
	    !identity_line_by_number(identity, person->number, &person->line))
		person->line = draw_line(identity, rng);
	b = bind_to(db_query(&identity->db,
	    "INSERT INTO person VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	    " ON CONFLICT (line) DO UPDATE SET number = excluded.number,"
	    " name = excluded.name, email = excluded.email, phone = excluded.phone,"
	    " postal = excluded.postal, language = excluded.language,"
	    " segment = excluded.segment, profile = excluded.profile,"
	    " exempt = excluded.exempt, operator = excluded.operator"));
	put_uint(&b, person->line);
	put_optional(&b, person->number);
	put_optional(&b, person->name);
	put_optional(&b, person->email);
	put_optional(&b, person->phone);
	put_optional(&b, person->postal);
	put_optional(&b, person->language);
	put_optional(&b, person->segment);
	put_optional(&b, person->profile);
	put_optional(&b, person->exempt);
	put_optional(&b, person->operator_);
	return db_run(&identity->db, b.q, err);
}

static bool
handle_taken(struct identity *identity, uint32_t handle)
{
	struct bind b = bind_to(
	    db_query(&identity->db, "SELECT count(*) FROM handle WHERE handle = ?"));

	put_uint(&b, handle);
	return one_number(identity, b.q) != 0;
}

/* A new handle for `line` (0: none yet); `key` may be NULL. */
static bool
handle_new(struct identity *identity, uint64_t line, const char *key, struct rng *rng,
    uint32_t *handle, struct err *err)
{
	struct bind b;

	do
		*handle = (uint32_t)(rng_u64(rng) >> 32);
	while (*handle == 0 || handle_taken(identity, *handle));
	b = bind_to(db_query(
	    &identity->db, "INSERT INTO handle (handle, line, key) VALUES (?, ?, ?)"));
	put_uint(&b, *handle);
	put_uint(&b, line);
	put_text(&b, key); /* NULL binds SQL's NULL */
	return db_run(&identity->db, b.q, err);
}

static uint32_t
handle_of_key(struct identity *identity, const char *key)
{
	struct bind b =
	    bind_to(db_query(&identity->db, "SELECT handle FROM handle WHERE key = ?"));

	put_text(&b, key);
	return (uint32_t)one_number(identity, b.q);
}

static bool
set_line(struct identity *identity, uint32_t handle, uint64_t line, struct err *err)
{
	struct bind b = bind_to(
	    db_query(&identity->db, "UPDATE handle SET line = ? WHERE handle = ?"));

	put_uint(&b, line);
	put_uint(&b, handle);
	return db_run(&identity->db, b.q, err);
}

static bool
drop_key(struct identity *identity, uint32_t handle, struct err *err)
{
	struct bind b = bind_to(
	    db_query(&identity->db, "UPDATE handle SET key = NULL WHERE handle = ?"));

	put_uint(&b, handle);
	return db_run(&identity->db, b.q, err);
}

bool
identity_key_put(struct identity *identity, uint64_t line, const char *key,
    struct rng *rng, uint32_t *handle, struct err *err)
{
	uint64_t holder;

	*handle = handle_of_key(identity, key);
	if (*handle == 0)
		return handle_new(identity, line, key, rng, handle, err);
	holder = identity_line_of(identity, *handle);
	if (holder == line)
		return true;
	if (holder == 0)
		return set_line(identity, *handle, line, err);
	return drop_key(identity, *handle, err) &&
	       handle_new(identity, line, key, rng, handle, err);
}

bool
identity_prefix_put(struct identity *identity, uint64_t line, uint32_t realm,
    const struct prefix *prefix, struct rng *rng, struct err *err)
{
	struct bind b = bind_to(db_query(&identity->db,
	    "SELECT handle FROM prefix WHERE realm = ? AND addr = ? AND length = ?"));
	uint32_t handle;

	put_uint(&b, realm);
	put_blob(&b, prefix->addr.b, sizeof prefix->addr.b);
	put_int(&b, prefix->length);
	handle = (uint32_t)one_number(identity, b.q);
	if (handle != 0 && identity_line_of(identity, handle) == line)
		return true;
	if (!handle_new(identity, line, NULL, rng, &handle, err))
		return false;
	b = bind_to(db_query(&identity->db,
	    "INSERT INTO prefix (realm, addr, length, handle) VALUES (?, ?, ?, ?)"
	    " ON CONFLICT DO UPDATE SET handle = excluded.handle"));
	put_uint(&b, realm);
	put_blob(&b, prefix->addr.b, sizeof prefix->addr.b);
	put_int(&b, prefix->length);
	put_uint(&b, handle);
	return db_run(&identity->db, b.q, err);
}

bool
identity_handle(struct identity *identity, const char *key, struct rng *rng,
    uint32_t *handle, struct err *err)
{
	*handle = handle_of_key(identity, key);
	return *handle != 0 || handle_new(identity, 0, key, rng, handle, err);
}

uint64_t
identity_line_of(struct identity *identity, uint32_t handle)
{
	struct bind b =
	    bind_to(db_query(&identity->db, "SELECT line FROM handle WHERE handle = ?"));

	put_uint(&b, handle);
	return one_number(identity, b.q);
}

struct static_line *
identity_statics(struct identity *identity, size_t *count)
{
	sqlite3_stmt *q =
	    db_query(&identity->db, "SELECT realm, addr, length, handle FROM prefix "
				    "ORDER BY realm, addr, length");
	struct static_line *items = NULL;
	size_t room = 0;

	*count = 0;
	while (db_row(&identity->db, q)) {
		struct cols c = {.q = q};
		struct static_line *s;

		if (*count == room) {
			room = room ? 2 * room : 64;
			items = xrealloc(items, room * sizeof *items);
		}
		s = &items[(*count)++];
		memset(s, 0, sizeof *s);
		s->realm = (uint32_t)get_uint(&c);
		(void)get_bytes(&c, s->prefix.addr.b, sizeof s->prefix.addr.b);
		s->prefix.length = (uint8_t)get_uint(&c);
		s->handle = (uint32_t)get_uint(&c);
	}
	return items;
}

static const char *
text_in(struct arena *arena, struct cols *c)
{
	const char *text = get_text(c);

	return arena_strdup(arena, text, strlen(text));
}

bool
identity_person(struct identity *identity, uint64_t line, struct arena *arena,
    struct line_person *out)
{
	struct bind b = bind_to(db_query(&identity->db,
	    "SELECT line, number, name, email, phone, postal, language, segment, profile,"
	    " exempt, operator FROM person WHERE line = ?"));
	struct cols c = {.q = b.q};

	put_uint(&b, line);
	if (!db_row(&identity->db, b.q))
		return false;
	out->line = get_uint(&c);
	out->number = text_in(arena, &c);
	out->name = text_in(arena, &c);
	out->email = text_in(arena, &c);
	out->phone = text_in(arena, &c);
	out->postal = text_in(arena, &c);
	out->language = text_in(arena, &c);
	out->segment = text_in(arena, &c);
	out->profile = text_in(arena, &c);
	out->exempt = text_in(arena, &c);
	out->operator_ = text_in(arena, &c);
	db_done(&identity->db, b.q);
	return true;
}

uint64_t
identity_lines(struct identity *identity)
{
	return one_number(
	    identity, db_query(&identity->db, "SELECT count(*) FROM person"));
}

static bool
erase_rows(struct identity *identity, uint64_t line, struct err *err)
{
	static const char *const statements[] = {
	    "INSERT OR IGNORE INTO spent VALUES (?)",
	    "DELETE FROM prefix WHERE handle IN (SELECT handle FROM handle WHERE line=?)",
	    "UPDATE handle SET line = 0, key = NULL WHERE line = ?",
	    "DELETE FROM person WHERE line = ?",
	};

	for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
		struct bind b = bind_to(db_query(&identity->db, statements[i]));

		put_uint(&b, line);
		if (!db_run(&identity->db, b.q, err))
			return false;
	}
	return true;
}

bool
identity_erase(struct identity *identity, uint64_t line, struct err *err)
{
	if (!db_begin(&identity->db, err))
		return false;
	if (!erase_rows(identity, line, err) || !db_commit(&identity->db, err)) {
		db_rollback(&identity->db);
		return false;
	}
	return db_flush(&identity->db, err);
}
