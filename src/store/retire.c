/* SPDX-License-Identifier: Apache-2.0 */
/*
 * retire.c -- forgetting: what is past its time, and a line that asks for it.
 *
 * Deleting overwrites (secure_delete); emptying the WAL afterwards removes the pages from
 * before. Work goes in transactions of a few thousand rows, so that a first run after a
 * long pause does not hold everything up; a killed run is continued by the next one.
 *
 *   sightings, raw pieces without a case, the tray    by the time they came
 *   payload keys, payloads, pieces and sightings of a case    by the time it ended
 *   all else of a case          later; the audit chain keeps its links and notes the end
 *   audit links, days seen      much later
 */
#include "base/mem.h"
#include "base/when.h"
#include "store/inside.h"

#include <stdlib.h>

enum { CHUNK = 4000 };

static bool
run_int(struct store *store, const char *text, int64_t value, uint64_t *changed,
    struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db, text);
	struct bind b = bind_to(q);

	put_int(&b, value);
	if (!db_run(&store->db, q, err))
		return false;
	*changed += (uint64_t)sqlite3_changes64(store->db.sql);
	return true;
}

/* Repeats a deletion of at most CHUNK rows, each in its own transaction. */
static bool
delete_all(
    struct store *store, const char *text, int64_t limit, uint64_t *gone, struct err *err)
{
	uint64_t changed;

	do {
		changed = 0;
		if (!store_begin(store, err))
			return false;
		if (!run_int(store, text, limit, &changed, err) ||
		    !store_commit(store, err)) {
			store_rollback(store);
			return false;
		}
		*gone += changed;
	} while (changed == CHUNK);
	return true;
}

static bool
erase_payload(struct store *store, uint64_t case_id, struct erased *out, struct err *err)
{
	int64_t id = (int64_t)case_id;
	uint64_t other = 0;

	return run_int(store, "DELETE FROM payload_key WHERE case_id = ?", id,
		   &out->payload_keys, err) &&
	       run_int(store,
		   "UPDATE entry SET payload = NULL WHERE case_id = ?"
		   " AND payload IS NOT NULL",
		   id, &other, err) &&
	       run_int(store, "DELETE FROM piece WHERE case_id = ? AND case_id <> 0", id,
		   &out->pieces, err) &&
	       run_int(store, "DELETE FROM sighting WHERE case_id = ? AND case_id <> 0",
		   id, &out->sightings, err);
}

/* The end of a case in the store; its links in the audit chain stay. */
static bool
erase_case(struct store *store, uint64_t case_id, int64_t now, struct erased *out,
    struct err *err)
{
	static const char *const statements[] = {
	    "DELETE FROM entry WHERE case_id = ?",
	    "DELETE FROM case_cause WHERE case_id = ?",
	    "DELETE FROM outbox WHERE case_id = ?",
	};
	struct entry retired = {.case_id = case_id};
	uint8_t digest[AUDIT_DIGEST];
	uint64_t other = 0;

	if (!erase_payload(store, case_id, out, err))
		return false;
	for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
		if (!run_int(store, statements[i], (int64_t)case_id, &other, err))
			return false;
	if (!run_int(store, "DELETE FROM cases WHERE id = ?", (int64_t)case_id,
		&out->cases, err))
		return false;
	entry_digest(&retired, digest);
	return audit_append(store, now, "case retired", &retired, digest, err);
}

typedef bool case_work(struct store *store, uint64_t case_id, int64_t now,
    struct erased *out, struct err *err);

static bool
work_payload(struct store *store, uint64_t case_id, int64_t now, struct erased *out,
    struct err *err)
{
	(void)now;
	return erase_payload(store, case_id, out, err);
}

/* Each case of the (bound) query in a transaction of its own. */
static bool
each_case(struct store *store, sqlite3_stmt *q, case_work *work, int64_t now,
    struct erased *out, struct err *err)
{
	struct db_ids ids = db_ids(&store->db, q);
	bool good = true;

	for (size_t i = 0; i < ids.count && good; i++) {
		good = store_begin(store, err) &&
		       work(store, (uint64_t)ids.items[i], now, out, err) &&
		       store_commit(store, err);
		if (!good)
			store_rollback(store);
	}
	free(ids.items);
	return good;
}

static bool
retire_cases(struct store *store, const struct retention *r, int64_t now,
    struct erased *out, struct err *err)
{
	struct bind b;

	b = bind_to(db_query(&store->db,
	    "SELECT id FROM cases WHERE open = 0 AND ended < ? AND"
	    " (EXISTS (SELECT 1 FROM payload_key WHERE case_id = cases.id) OR"
	    " EXISTS (SELECT 1 FROM piece WHERE case_id = cases.id AND case_id <> 0) OR"
	    " EXISTS (SELECT 1 FROM sighting WHERE case_id = cases.id AND case_id <> 0))"
	    " ORDER BY ended, id"));
	put_int(&b, now - r->case_payload);
	if (!each_case(store, b.q, work_payload, now, out, err))
		return false;
	b = bind_to(db_query(&store->db,
	    "SELECT id FROM cases WHERE open = 0 AND ended < ? ORDER BY ended, id"));
	put_int(&b, now - r->case_skeleton);
	return each_case(store, b.q, erase_case, now, out, err);
}

/* Links go from the oldest on, never one from between; the last to go is the new root. */
static bool
retire_audit(struct store *store, int64_t limit, struct erased *out, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "INSERT INTO setting SELECT 'audit.root', n || ' ' || lower(hex(link))"
	    " FROM audit WHERE n < ifnull((SELECT n FROM audit WHERE time >= ?"
	    " ORDER BY n LIMIT 1), 9223372036854775807) ORDER BY n DESC LIMIT 1"
	    " ON CONFLICT DO UPDATE SET value = excluded.value");
	struct bind b = bind_to(q);
	bool good;

	if (!store_begin(store, err))
		return false;
	put_int(&b, limit);
	good = db_run(&store->db, q, err);
	if (good)
		good = run_int(store,
		    "DELETE FROM audit WHERE n < ifnull((SELECT n FROM audit WHERE"
		    " time >= ? ORDER BY n LIMIT 1), 9223372036854775807)",
		    limit, &out->audit, err);
	if (!good || !store_commit(store, err)) {
		store_rollback(store);
		return false;
	}
	return true;
}

/* What is about reports and belongs to no case. */
static bool
retire_reports(struct store *store, const struct retention *r, int64_t now,
    struct erased *out, struct err *err)
{
	uint64_t other = 0;

	return delete_all(store,
		   "DELETE FROM piece WHERE n IN (SELECT n FROM piece"
		   " WHERE received < ? AND case_id = 0 LIMIT 4000)",
		   now - r->sightings, &out->pieces, err) &&
	       delete_all(store,
		   "DELETE FROM tray WHERE n IN (SELECT n FROM tray"
		   " WHERE received < ? LIMIT 4000)",
		   now - r->sightings, &out->pieces, err) &&
	       delete_all(store,
		   "DELETE FROM answer WHERE key IN (SELECT key FROM answer"
		   " WHERE created < ? LIMIT 4000)",
		   now - r->sightings, &other, err) &&
	       delete_all(store,
		   "DELETE FROM answered WHERE file IN (SELECT file FROM answered"
		   " WHERE time < ? LIMIT 4000)",
		   now - r->sightings, &other, err) &&
	       delete_all(store,
		   "DELETE FROM claim WHERE n IN (SELECT n FROM claim"
		   " WHERE due < ? AND state <> 0 LIMIT 4000)",
		   now - r->case_skeleton, &other, err) &&
	       delete_all(store,
		   "DELETE FROM reporter WHERE name IN (SELECT name FROM reporter"
		   " WHERE last < ? AND grade = '' LIMIT 4000)",
		   now - r->measure_days, &other, err);
}

static bool
flush(struct store *store, struct err *err)
{
	if (store->unflushed && !db_flush(&store->db, err))
		return false;
	store->unflushed = false;
	return true;
}

bool
store_retire(struct store *store, const struct retention *r, int64_t now,
    struct erased *out, struct err *err)
{
	bool good;

	memset(out, 0, sizeof *out);
	good = delete_all(store,
	    "DELETE FROM sighting WHERE n IN (SELECT n FROM sighting"
	    " WHERE received < ? AND case_id = 0 LIMIT 4000)",
	    now - r->sightings, &out->sightings, err);
	good = good && retire_reports(store, r, now, out, err);
	good = good && retire_cases(store, r, now, out, err);
	good = good && retire_audit(store, now - r->audit, out, err);
	good = good && delete_all(store,
			   "DELETE FROM day_seen WHERE (line, family, day, upstream) IN"
			   " (SELECT line, family, day, upstream FROM day_seen"
			   " WHERE day < ? LIMIT 4000)",
			   (now - r->measure_days) / WHEN_DAY, &out->days, err);
	good = good && delete_all(store,
			   "DELETE FROM complaint WHERE number IN (SELECT number"
			   " FROM complaint WHERE last < ? AND state > 2 LIMIT 4000)",
			   now - r->case_skeleton, &out->cases, err);
	if (out->sightings + out->payload_keys + out->pieces + out->cases + out->audit +
		out->days >
	    0)
		store->unflushed = true;
	return good && flush(store, err);
}

/* A sighting that no longer says whom it is about, nor whom they talked to. */
static bool
strip_sighting(struct store *store, int64_t n, struct err *err)
{
	struct stored_sighting s;
	uint64_t changed = 0;

	if (!sighting_fetch(store, n, &s))
		return true;
	s.sighting.realm = 0;
	s.sighting.port = 0;
	s.sighting.remote_port = 0;
	s.sighting.flow_count = 0;
	memset(&s.sighting.addr, 0, sizeof s.sighting.addr);
	memset(&s.sighting.remote, 0, sizeof s.sighting.remote);
	memset(&s.sighting.raw, 0, sizeof s.sighting.raw);
	memset(s.sighting.flows, 0, sizeof s.sighting.flows);
	s.sighting.remote_name[0] = 0;
	s.sighting.why[0] = 0;
	s.attributed.handle = 0;
	s.attributed.candidates = 0;
	s.attributed.trail_count = 0;
	return sighting_keep(store, n, &s, err) &&
	       run_int(store,
		   "UPDATE sighting SET indicator = '', fold = NULL WHERE n = ?", n,
		   &changed, err) &&
	       piece_drop(store, &s.sighting.id, err);
}

/* The ends of its marks are told without saying whose they were. */
static bool
erase_marks(struct store *store, uint64_t line, struct err *err)
{
	uint64_t changed = 0;

	return run_int(store,
		   "INSERT INTO mark (line, active, time, as_of, until, realm, addr,"
		   " port_lo, port_hi) SELECT 0, 0, time, as_of, 0, realm, addr,"
		   " port_lo, port_hi FROM mark WHERE active = 1 AND line = ?",
		   (int64_t)line, &changed, err) &&
	       run_int(store, "UPDATE mark SET line = 0, active = 0 WHERE line = ?",
		   (int64_t)line, &changed, err);
}

static bool
erase_line_rows(struct store *store, uint64_t line, int64_t now, struct err *err)
{
	struct bind b = bind_to(
	    db_query(&store->db, "SELECT n FROM sighting WHERE line = ? AND line <> 0"));
	struct db_ids ids;
	uint64_t changed = 0;
	bool good = true;

	put_uint(&b, line);
	ids = db_ids(&store->db, b.q);
	for (size_t i = 0; i < ids.count && good; i++)
		good = strip_sighting(store, ids.items[i], err);
	free(ids.items);
	return good && erase_marks(store, line, err) &&
	       run_int(store,
		   "DELETE FROM payload_key WHERE case_id IN"
		   " (SELECT id FROM cases WHERE line = ?)",
		   (int64_t)line, &changed, err) &&
	       run_int(store, "DELETE FROM claim WHERE line = ?", (int64_t)line, &changed,
		   err) &&
	       run_int(store,
		   "UPDATE entry SET payload = NULL WHERE payload IS NOT NULL AND"
		   " case_id IN (SELECT id FROM cases WHERE line = ?)",
		   (int64_t)line, &changed, err) &&
	       store_audit(store, now, "line erased", &line, sizeof line, err);
}

bool
store_erase_line(struct store *store, uint64_t line, int64_t now, struct err *err)
{
	if (!store_begin(store, err))
		return false;
	if (!erase_line_rows(store, line, now, err) || !store_commit(store, err)) {
		store_rollback(store);
		return false;
	}
	store->unflushed = true;
	return flush(store, err);
}
