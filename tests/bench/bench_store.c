/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_store.c -- what store.h costs above bare SQLite.
 *
 * Both sides have the same tables, indices, pragmas and transactions, and write the same
 * rows; the bare side binds values that were made beforehand. What store.h does besides
 * is its task: looking whether a report is known, packing the record, sealing the
 * payload, chaining the digest. CPU time of the process (user + system), best of three.
 *
 *     bench_store [ROWS]
 */
#include "base/embedded.h"
#include "base/mem.h"
#include "base/when.h"
#include "store/inside.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EACH = 1000, ROUNDS = 3, LINES = 5000, BODY = 420, TRAIL = 10 };

extern const struct embedded store_schema[];

static char directory[64];
static int64_t rows = 100000;

static double
cpu(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
must(bool good, const struct err *err)
{
	if (!good)
		fatal("bench_store: %s", err->text);
}

static void
must_sql(sqlite3 *sql, int rc)
{
	if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
		fatal("bench_store: %s", sqlite3_errmsg(sql));
}

static void
clear(void)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	char path[512];

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		(void)snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
		(void)unlink(path);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

static struct store *
fresh_store(void)
{
	struct err err;
	struct store *store;

	clear();
	store = store_open(directory, true, &err);
	must(store != NULL, &err);
	must(store_durable(store, false, &err), &err);
	return store;
}

static sqlite3 *
fresh_bare(void)
{
	const struct embedded *file = embedded_find(store_schema, "store/001_first.sql");
	char path[128];
	sqlite3 *sql;

	clear();
	(void)snprintf(path, sizeof path, "%s/store.db", directory);
	must_sql(NULL, sqlite3_open(path, &sql));
	must_sql(sql, sqlite3_exec(sql,
			  "PRAGMA secure_delete = ON; PRAGMA journal_mode = WAL;"
			  "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;"
			  "PRAGMA wal_autocheckpoint = 4000;",
			  NULL, NULL, NULL));
	must_sql(sql, sqlite3_exec(sql, (const char *)file->bytes, NULL, NULL, NULL));
	return sql;
}

static sqlite3_stmt *
prepare(sqlite3 *sql, const char *text)
{
	sqlite3_stmt *q;

	must_sql(sql, sqlite3_prepare_v2(sql, text, -1, &q, NULL));
	return q;
}

static void
step(sqlite3 *sql, sqlite3_stmt *q)
{
	must_sql(sql, sqlite3_step(q));
	must_sql(sql, sqlite3_reset(q));
}

static void
batch(sqlite3 *sql, int64_t i)
{
	if (i % EACH == 0 && i > 0)
		must_sql(sql, sqlite3_exec(sql, "COMMIT", NULL, NULL, NULL));
	if (i % EACH == 0 && i < rows)
		must_sql(sql, sqlite3_exec(sql, "BEGIN IMMEDIATE", NULL, NULL, NULL));
}

static void
batch_store(struct store *store, int64_t i)
{
	struct err err;

	if (i % EACH == 0 && i > 0)
		must(store_commit(store, &err), &err);
	if (i % EACH == 0 && i < rows)
		must(store_begin(store, &err), &err);
}

static struct stored_sighting
sighting(int64_t i)
{
	struct stored_sighting s = {.line = 1 + (uint64_t)i % LINES, .days = 1};

	s.sighting = (struct sighting){.first = i,
	    .last = i,
	    .received = i,
	    .addr = addr_v4((uint32_t)i),
	    .role = ROLE_BOT,
	    .kind = KIND_INFECTION,
	    .group = GROUP_REPORT,
	    .grade = 'A',
	    .weight = 13,
	    .gold = true,
	    .source = "shadowserver",
	    .upstream = "shadowserver",
	    .identifier = "event4_sinkhole",
	    .rsit = "malicious-code/infected-system",
	    .family = "mirai",
	    .why = "one row of event4_sinkhole from shadowserver"};
	memcpy(s.sighting.id.b, &i, sizeof i);
	s.sighting.id.b[15] = (uint8_t)(i * 31); /* scattered, as digests are */
	s.sighting.id.b[0] = (uint8_t)(i * 131);
	return s;
}

static double
put_by_store(void)
{
	struct store *store = fresh_store();
	double begun = cpu();
	struct err err;
	bool fresh;

	for (int64_t i = 0; i < rows; i++) {
		struct stored_sighting s = sighting(i);

		batch_store(store, i);
		must(store_sighting_put(store, &s, &fresh, &err), &err);
	}
	must(store_commit(store, &err), &err);
	begun = cpu() - begun;
	store_close(store);
	return begun;
}

static double
put_bare(void)
{
	static const uint8_t body[BODY], trail[TRAIL];
	sqlite3 *sql = fresh_bare();
	sqlite3_stmt *q = prepare(sql,
	    "INSERT INTO sighting (line, case_id, first, last, received, days, role,"
	    " answer, body, trail, id, superseded, vetoed, finding, source, upstream,"
	    " identifier, indicator)"
	    " VALUES (?, 0, ?, ?, ?, 1, 0, 0, ?, ?, ?, 0, 0, 0, ?, ?, ?, '')");
	double begun = cpu();

	for (int64_t i = 0; i < rows; i++) {
		struct stored_sighting s = sighting(i);
		struct bind b = bind_to(q);

		batch(sql, i);
		put_uint(&b, s.line);
		put_int(&b, i);
		put_int(&b, i);
		put_int(&b, i);
		put_blob(&b, body, sizeof body);
		put_blob(&b, trail, sizeof trail);
		put_blob(&b, s.sighting.id.b, 16);
		put_text(&b, s.sighting.source);
		put_text(&b, s.sighting.upstream);
		put_text(&b, s.sighting.identifier);
		step(sql, q);
	}
	must_sql(sql, sqlite3_exec(sql, "COMMIT", NULL, NULL, NULL));
	begun = cpu() - begun;
	(void)sqlite3_finalize(q);
	(void)sqlite3_close(sql);
	return begun;
}

/* ---- entries with a payload of 100 bytes: ten a case */

static double
entries_by_store(void)
{
	static const char payload[100] = "x";
	struct store *store = fresh_store();
	double begun = cpu();
	struct err err;

	for (int64_t i = 0; i < rows; i++) {
		struct entry e = {.case_id = 1 + (uint64_t)i / 10,
		    .time = i,
		    .type = ENTRY_EVIDENCE,
		    .score = 13,
		    .posterior = .998};

		batch_store(store, i);
		must(store_entry_add(store, &e, payload, sizeof payload, &err), &err);
	}
	must(store_commit(store, &err), &err);
	begun = cpu() - begun;
	store_close(store);
	return begun;
}

static double
entries_bare(void)
{
	static const uint8_t payload[140], zero[32];
	sqlite3 *sql = fresh_bare();
	sqlite3_stmt *entry = prepare(sql,
	    "INSERT INTO entry VALUES (?, ?, ?, 1, 0, 0, 0, 13.1, .998, .001, 5, 1, 0,"
	    " -1, 0, ?, ?)");
	sqlite3_stmt *audit =
	    prepare(sql, "INSERT INTO audit VALUES (?, ?, 'evidence', ?, ?, ?, ?)");
	sqlite3_stmt *key = prepare(sql, "INSERT INTO payload_key VALUES (?, ?)");
	double begun = cpu();

	for (int64_t i = 0; i < rows; i++) {
		struct bind b = bind_to(entry);

		batch(sql, i);
		put_int(&b, 1 + i / 10);
		put_int(&b, 1 + i % 10);
		put_int(&b, i);
		put_blob(&b, zero, 16);
		put_blob(&b, payload, sizeof payload);
		step(sql, entry);
		b = bind_to(audit);
		put_int(&b, i + 1);
		put_int(&b, i);
		put_int(&b, 1 + i / 10);
		put_int(&b, 1 + i % 10);
		put_blob(&b, zero, 32);
		put_blob(&b, zero, 32);
		step(sql, audit);
		if (i % 10 != 0)
			continue;
		b = bind_to(key);
		put_int(&b, 1 + i / 10);
		put_blob(&b, zero, 32);
		step(sql, key);
	}
	must_sql(sql, sqlite3_exec(sql, "COMMIT", NULL, NULL, NULL));
	begun = cpu() - begun;
	(void)sqlite3_finalize(entry);
	(void)sqlite3_finalize(audit);
	(void)sqlite3_finalize(key);
	(void)sqlite3_close(sql);
	return begun;
}

/* ---- reading all sightings of a line, on what put_by_store left */

static bool
sum(void *ctx, const struct stored_sighting *s)
{
	*(uint64_t *)ctx += s->sighting.count + 1;
	return true;
}

static double
read_by_store(void)
{
	struct err err;
	struct store *store = store_open(directory, false, &err);
	double begun = cpu();
	uint64_t seen = 0;

	must(store != NULL, &err);
	for (uint64_t line = 1; line <= LINES; line++)
		store_sightings_of_line(store, line, 0, sum, &seen);
	begun = cpu() - begun;
	store_close(store);
	if (seen != (uint64_t)rows)
		fatal("bench_store: %llu rows were read", (unsigned long long)seen);
	return begun;
}

static double
read_bare(void)
{
	char path[128];
	sqlite3 *sql;
	sqlite3_stmt *q;
	double begun;
	int64_t seen = 0;

	(void)snprintf(path, sizeof path, "%s/store.db", directory);
	must_sql(NULL, sqlite3_open(path, &sql));
	q = prepare(sql, "SELECT line, case_id, days, superseded, vetoed, body, trail"
			 " FROM sighting WHERE line = ? AND line <> 0 AND last >= 0"
			 " ORDER BY last, n");
	begun = cpu();
	for (int64_t line = 1; line <= LINES; line++) {
		must_sql(sql, sqlite3_bind_int64(q, 1, line));
		while (sqlite3_step(q) == SQLITE_ROW)
			seen += sqlite3_column_bytes(q, 5) > 0 &&
				sqlite3_column_blob(q, 6) != NULL;
		must_sql(sql, sqlite3_reset(q));
	}
	begun = cpu() - begun;
	(void)sqlite3_finalize(q);
	(void)sqlite3_close(sql);
	if (seen != rows)
		fatal("bench_store: %lld rows were read", (long long)seen);
	return begun;
}

static double
best(double (*work)(void))
{
	double least = work();

	for (int i = 1; i < ROUNDS; i++) {
		double t = work();

		least = t < least ? t : least;
	}
	return least;
}

static void
print(const char *what, double ours, double bare)
{
	(void)printf("{\"bench\":\"store\",\"what\":\"%s\",\"rows\":%lld,"
		     "\"store_rows_s\":%.0f,\"sqlite_rows_s\":%.0f,\"cpu_ratio\":%.2f}\n",
	    what, (long long)rows, (double)rows / ours, (double)rows / bare, ours / bare);
}

int
main(int argc, char **argv)
{
	double bare, ours;

	if (argc > 1)
		rows = strtoll(argv[1], NULL, 10) / EACH * EACH;
	if (rows < EACH)
		fatal("bench_store: at least %d rows", EACH);
	(void)strcpy(directory, "/tmp/botkoll-bench-XXXXXX");
	if (mkdtemp(directory) == NULL)
		fatal("bench_store: no temporary directory");
	bare = best(put_bare);
	ours = best(put_by_store);
	print("sighting put", ours, bare);
	ours = best(read_by_store);
	bare = best(read_bare);
	print("sightings of a line", ours, bare);
	bare = best(entries_bare);
	ours = best(entries_by_store);
	print("entry with payload", ours, bare);
	clear();
	(void)rmdir(directory);
	return 0;
}
