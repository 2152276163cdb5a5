/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cases.c -- cases and the entries of which they are the fold.
 *
 * The row of a case is a cache of that fold, to be looked for by line, time and state;
 * the entries' skeletons are the truth and are never changed. Each skeleton is digested
 * into the audit chain as it is written.
 */
#include "base/mem.h"
#include "store/inside.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAYLOAD_LIMIT = 1 << 20 };

#define CASE_COLUMNS                                                                     \
	"id, code, line, class, due, state, held, shadow, opened, changed,"              \
	" last_evidence, notified, ended, verified_at, step, reminders, notices_sent,"   \
	" relapses, posterior, entries"
#define ENTRY_COLUMNS                                                                    \
	"case_id, number, time, type, actor_kind, actor, policy_version, score,"         \
	" posterior, prior, groups, upstreams, gold, step, until, ref"

/* The fold, in the order of CASE_COLUMNS from `due` on. */
static void
bind_fold(struct bind *b, const struct case_record *record)
{
	const struct case_state_of *now = &record->now;

	put_int(b, record->due);
	put_int(b, now->state);
	put_int(b, now->held);
	put_int(b, now->shadow);
	put_int(b, now->opened);
	put_int(b, now->changed);
	put_int(b, now->last_evidence);
	put_int(b, now->notified);
	put_int(b, now->ended);
	put_int(b, now->verified_at);
	put_int(b, now->step);
	put_uint(b, now->reminders);
	put_uint(b, now->notices_sent);
	put_uint(b, now->relapses);
	put_real(b, now->posterior);
	put_uint(b, now->entries);
	put_int(b, now->state == CASE_NONE || case_is_open(now->state));
}

static void
read_record(struct cols *c, struct case_record *out)
{
	struct case_state_of *now = &out->now;

	memset(out, 0, sizeof *out);
	out->id = get_uint(c);
	get_text_into(c, out->code, sizeof out->code);
	out->line = get_uint(c);
	out->class_ = (uint8_t)get_uint(c);
	out->due = get_int(c);
	now->state = (enum case_state)get_int(c);
	now->held = get_int(c) != 0;
	now->shadow = get_int(c) != 0;
	now->opened = get_int(c);
	now->changed = get_int(c);
	now->last_evidence = get_int(c);
	now->notified = get_int(c);
	now->ended = get_int(c);
	now->verified_at = get_int(c);
	now->step = (int32_t)get_int(c);
	now->reminders = (uint32_t)get_uint(c);
	now->notices_sent = (uint32_t)get_uint(c);
	now->relapses = (uint32_t)get_uint(c);
	now->posterior = get_real(c);
	now->entries = (uint32_t)get_uint(c);
}

bool
store_case_new(struct store *store, struct case_record *record, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "INSERT INTO cases (code, line, class, due, state, held, shadow, opened,"
	    " changed, last_evidence, notified, ended, verified_at, step, reminders,"
	    " notices_sent, relapses, posterior, entries, open)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	struct bind b = bind_to(q);

	assert(record->id == 0);
	put_text(&b, record->code);
	put_uint(&b, record->line);
	put_int(&b, record->class_);
	bind_fold(&b, record);
	if (!db_run(&store->db, q, err))
		return false;
	record->id = (uint64_t)sqlite3_last_insert_rowid(store->db.sql);
	return true;
}

bool
store_case_update(struct store *store, const struct case_record *record, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "UPDATE cases SET due = ?, state = ?, held = ?, shadow = ?, opened = ?,"
	    " changed = ?, last_evidence = ?, notified = ?, ended = ?, verified_at = ?,"
	    " step = ?, reminders = ?, notices_sent = ?, relapses = ?, posterior = ?,"
	    " entries = ?, open = ? WHERE id = ?");
	struct bind b = bind_to(q);

	bind_fold(&b, record);
	put_uint(&b, record->id);
	return db_run(&store->db, q, err);
}

/* One row of a bound query, or none. */
static bool
read_one(struct store *store, sqlite3_stmt *q, struct case_record *out)
{
	struct cols c = {.q = q};

	if (!db_row(&store->db, q))
		return false;
	read_record(&c, out);
	db_done(&store->db, q);
	return true;
}

bool
store_case_get(struct store *store, uint64_t id, struct case_record *out)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT " CASE_COLUMNS " FROM cases WHERE id = ?");
	struct bind b = bind_to(q);

	put_uint(&b, id);
	return read_one(store, q, out);
}

bool
store_case_by_code(struct store *store, const char *code, struct case_record *out)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT " CASE_COLUMNS " FROM cases WHERE code = ?");
	struct bind b = bind_to(q);

	put_text(&b, code);
	return read_one(store, q, out);
}

bool
store_case_open_of(
    struct store *store, uint64_t line, enum case_class class_, struct case_record *out)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT " CASE_COLUMNS " FROM cases"
				 " WHERE line = ? AND class = ? AND open = 1");
	struct bind b = bind_to(q);

	put_uint(&b, line);
	put_int(&b, class_);
	return read_one(store, q, out);
}

static void
visit_all(struct store *store, sqlite3_stmt *q, case_visit *visit, void *ctx)
{
	struct db_ids ids = db_ids(&store->db, q);
	struct case_record record;

	for (size_t i = 0; i < ids.count; i++)
		if (store_case_get(store, (uint64_t)ids.items[i], &record) &&
		    !visit(ctx, &record))
			break;
	free(ids.items);
}

void
store_cases(
    struct store *store, const struct case_filter *filter, case_visit *visit, void *ctx)
{
	sqlite3_stmt *q;
	struct bind b;

	if (filter->line != 0)
		q = db_query(&store->db,
		    "SELECT id FROM cases WHERE line = ?5 AND (?1 < 0 OR state = ?1)"
		    " AND (?2 = 0 OR open = 1) AND (?3 = 0 OR id < ?3)"
		    " ORDER BY id DESC LIMIT ?4");
	else
		q = db_query(&store->db,
		    "SELECT id FROM cases WHERE (?1 < 0 OR state = ?1)"
		    " AND (?2 = 0 OR open = 1) AND (?3 = 0 OR id < ?3)"
		    " ORDER BY id DESC LIMIT ?4");
	b = bind_to(q);
	put_int(&b, filter->state);
	put_int(&b, filter->open_only);
	put_uint(&b, filter->before_id);
	put_int(&b, filter->limit != 0 ? (int64_t)filter->limit : -1);
	if (filter->line != 0)
		put_uint(&b, filter->line);
	visit_all(store, q, visit, ctx);
}

void
store_cases_due(struct store *store, int64_t now, case_visit *visit, void *ctx)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT id FROM cases WHERE due <= ? ORDER BY due, id");
	struct bind b = bind_to(q);

	put_int(&b, now);
	visit_all(store, q, visit, ctx);
}

int64_t
store_next_due(struct store *store)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT due FROM cases ORDER BY due LIMIT 1");
	int64_t due = INT64_MAX;

	if (db_row(&store->db, q)) {
		due = sqlite3_column_int64(q, 0);
		db_done(&store->db, q);
	}
	return due;
}

/* ---- entries */

static void
bind_entry(struct bind *b, const struct entry *entry)
{
	put_uint(b, entry->case_id);
	put_uint(b, entry->number);
	put_int(b, entry->time);
	put_int(b, entry->type);
	put_int(b, entry->actor_kind);
	put_uint(b, entry->actor);
	put_uint(b, entry->policy_version);
	put_real(b, entry->score);
	put_real(b, entry->posterior);
	put_real(b, entry->prior);
	put_uint(b, entry->groups);
	put_uint(b, entry->upstreams);
	put_int(b, entry->gold);
	put_int(b, entry->step);
	put_int(b, entry->until);
	put_blob(b, entry->ref.b, sizeof entry->ref.b);
}

static void
read_entry(struct cols *c, struct entry *out)
{
	memset(out, 0, sizeof *out);
	out->case_id = get_uint(c);
	out->number = (uint32_t)get_uint(c);
	out->time = get_int(c);
	out->type = (uint8_t)get_uint(c);
	out->actor_kind = (uint8_t)get_uint(c);
	out->actor = (uint32_t)get_uint(c);
	out->policy_version = (uint32_t)get_uint(c);
	out->score = get_real(c);
	out->posterior = get_real(c);
	out->prior = get_real(c);
	out->groups = (uint32_t)get_uint(c);
	out->upstreams = (uint32_t)get_uint(c);
	out->gold = get_int(c) != 0;
	out->step = (int32_t)get_int(c);
	out->until = get_int(c);
	(void)get_bytes(c, out->ref.b, sizeof out->ref.b);
}

static void
feed_real(struct digest *d, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	digest_u64(d, bits);
}

void
entry_digest(const struct entry *entry, uint8_t *out)
{
	struct digest d;

	digest_init(&d);
	digest_u64(&d, entry->case_id);
	digest_u64(&d, entry->number);
	digest_u64(&d, (uint64_t)entry->time);
	digest_u64(&d, entry->type);
	digest_u64(&d, entry->actor_kind);
	digest_u64(&d, entry->actor);
	digest_u64(&d, entry->policy_version);
	feed_real(&d, entry->score);
	feed_real(&d, entry->posterior);
	feed_real(&d, entry->prior);
	digest_u64(&d, entry->groups);
	digest_u64(&d, entry->upstreams);
	digest_u64(&d, entry->gold);
	digest_u64(&d, (uint64_t)(int64_t)entry->step);
	digest_u64(&d, (uint64_t)entry->until);
	digest_field(&d, entry->ref.b, sizeof entry->ref.b);
	digest_final(&d, out);
}

static uint32_t
last_number(struct store *store, uint64_t case_id)
{
	sqlite3_stmt *q = db_query(
	    &store->db, "SELECT ifnull(max(number), 0) FROM entry WHERE case_id = ?");
	struct bind b = bind_to(q);
	uint32_t number = 0;

	put_uint(&b, case_id);
	if (db_row(&store->db, q)) {
		number = (uint32_t)sqlite3_column_int64(q, 0);
		db_done(&store->db, q);
	}
	return number;
}

static bool
insert(struct store *store, const struct entry *entry, const struct wr *sealed,
    struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "INSERT INTO entry (" ENTRY_COLUMNS ", payload)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	struct bind b = bind_to(q);

	bind_entry(&b, entry);
	put_blob(&b, sealed->bytes, sealed->size);
	return db_run(&store->db, q, err);
}

bool
store_entry_add(struct store *store, struct entry *entry, const void *payload,
    size_t size, struct err *err)
{
	uint8_t digest[AUDIT_DIGEST];
	struct wr sealed;
	bool good;

	assert(entry->type < ENTRY_TYPES);
	entry->number = last_number(store, entry->case_id) + 1;
	wr_init(&sealed, PAYLOAD_LIMIT);
	good = payload == NULL || payload_seal(store, entry, payload, size, &sealed, err);
	if (good)
		good = insert(store, entry, &sealed, err);
	wr_fini(&sealed);
	if (!good)
		return false;
	entry_digest(entry, digest);
	return audit_append(
	    store, entry->time, entry_names[entry->type], entry, digest, err);
}

bool
entry_get(struct store *store, uint64_t case_id, uint32_t number, struct entry *out)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "SELECT " ENTRY_COLUMNS " FROM entry WHERE case_id = ? AND number = ?");
	struct bind b = bind_to(q);
	struct cols c = {.q = q};

	put_uint(&b, case_id);
	put_uint(&b, number);
	if (!db_row(&store->db, q))
		return false;
	read_entry(&c, out);
	db_done(&store->db, q);
	return true;
}

/* The payload opened into `out`; false where there is none or its key was destroyed. */
static bool
payload_of(struct store *store, const struct entry *entry, struct wr *out)
{
	sqlite3_stmt *q = db_query(
	    &store->db, "SELECT payload FROM entry WHERE case_id = ? AND number = ?");
	struct bind b = bind_to(q);
	struct cols c = {.q = q};
	const void *bytes;
	size_t size;
	bool good;

	put_uint(&b, entry->case_id);
	put_uint(&b, entry->number);
	if (!db_row(&store->db, q))
		return false;
	bytes = get_blob(&c, &size);
	good = bytes != NULL && payload_open(store, entry, bytes, size, out);
	db_done(&store->db, q);
	return good;
}

void
store_entries(struct store *store, uint64_t case_id, entry_visit *visit, void *ctx)
{
	uint32_t last = last_number(store, case_id);
	struct entry entry;
	struct wr plain;
	bool more = true;

	wr_init(&plain, PAYLOAD_LIMIT);
	for (uint32_t number = 1; number <= last && more; number++) {
		if (!entry_get(store, case_id, number, &entry))
			continue;
		wr_reset(&plain);
		if (payload_of(store, &entry, &plain)) {
			/* never NULL, also where it is empty; a zero follows it */
			const char *text = wr_string(&plain);

			more = visit(ctx, &entry, text, plain.size);
		} else {
			more = visit(ctx, &entry, NULL, 0);
		}
	}
	if (plain.bytes != NULL)
		sodium_memzero(plain.bytes, plain.room);
	wr_fini(&plain);
}

/* ---- causes, for the brakes */

uint64_t
store_cases_opened(struct store *store, const char *cause, int64_t from, int64_t to)
{
	bool site = cause[0] == 0;
	sqlite3_stmt *q =
	    site ? db_query(&store->db,
		       "SELECT count(*) FROM cases WHERE opened >= ?1 AND opened < ?2")
		 : db_query(&store->db,
		       "SELECT count(*) FROM case_cause"
		       " WHERE opened >= ?1 AND opened < ?2 AND cause = ?3");
	struct bind b = bind_to(q);
	uint64_t count = 0;

	put_int(&b, from);
	put_int(&b, to);
	if (!site)
		put_text(&b, cause);
	if (db_row(&store->db, q)) {
		count = (uint64_t)sqlite3_column_int64(q, 0);
		db_done(&store->db, q);
	}
	return count;
}

uint64_t
store_cases_bare(struct store *store, const char *cause)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "SELECT count(*) FROM case_cause AS c WHERE cause = ? AND NOT EXISTS"
	    " (SELECT 1 FROM sighting WHERE case_id = c.case_id AND case_id <> 0)");
	struct bind b = bind_to(q);
	uint64_t count = 0;

	put_text(&b, cause);
	if (db_row(&store->db, q)) {
		count = (uint64_t)sqlite3_column_int64(q, 0);
		db_done(&store->db, q);
	}
	return count;
}

void
store_causes(struct store *store, cause_visit *visit, void *ctx)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "SELECT DISTINCT cause FROM case_cause"
	    " UNION SELECT DISTINCT 'source:' || source FROM sighting"
	    " UNION SELECT DISTINCT 'upstream:' || upstream FROM sighting"
	    " WHERE upstream <> ''");
	struct cols c;

	while (db_row(&store->db, q)) {
		c = (struct cols){.q = q};
		if (!visit(ctx, get_text(&c))) {
			db_done(&store->db, q);
			return;
		}
	}
}

bool
store_case_cause(struct store *store, uint64_t case_id, const char *cause, int64_t opened,
    struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "INSERT OR IGNORE INTO case_cause (cause, opened, case_id) VALUES (?, ?, ?)");
	struct bind b = bind_to(q);

	put_text(&b, cause);
	put_int(&b, opened);
	put_uint(&b, case_id);
	return db_run(&store->db, q, err);
}
