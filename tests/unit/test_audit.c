/* SPDX-License-Identifier: Apache-2.0 */
/* test_audit.c -- whatever is changed behind the program's back is noticed. */
#include "../../src/store/audit.c"

#include "store_fixture.h"

static void
fill(struct fixture *f)
{
	GOOD(store_begin(f->store, err));
	for (uint64_t i = 0; i < 3; i++) {
		char code[9];
		struct case_record c;

		(void)snprintf(code, sizeof code, "CASE%04d", (int)i);
		c = make_case(f->store, i + 1, code, 1000);
		(void)make_entry(f->store, c.id, ENTRY_OPENED, 1000, "payload");
		(void)make_entry(f->store, c.id, ENTRY_NOTICE, 1001, NULL);
		GOOD(store_audit(f->store, 1002, "person shown", "line 7", 6, err));
	}
	GOOD(store_commit(f->store, err));
}

static void
test_whole(void **state)
{
	struct fixture *f = *state;
	uint64_t links, bad;

	GOOD(store_audit_verify(f->store, &links, &bad, err));
	assert_int_equal(links, 0);
	fill(f);
	GOOD(store_begin(f->store, err));
	GOOD(store_audit(f->store, 1003, "rolled back", "", 0, err));
	store_rollback(f->store);
	fixture_reopen(f);
	GOOD(store_audit_verify(f->store, &links, &bad, err));
	assert_int_equal(links, 9);
	assert_int_equal(bad, 0);
}

/* Each of these is done to a whole chain with SQL, as somebody with the file could. */
static void
test_tampering(void **state)
{
	static const struct {
		const char *sql;
		uint64_t bad; /* 0: any */
	} rows[] = {
	    {"UPDATE audit SET time = time + 1 WHERE n = 4", 4},
	    {"UPDATE audit SET what = 'nothing' WHERE n = 4", 4},
	    {"UPDATE audit SET digest = zeroblob(32) WHERE n = 4", 4},
	    {"UPDATE audit SET link = zeroblob(32) WHERE n = 4", 4},
	    {"UPDATE audit SET case_id = 1 WHERE n = 4", 4},
	    {"DELETE FROM audit WHERE n = 4", 5},
	    {"DELETE FROM audit WHERE n = 1", 2},
	    {"DELETE FROM audit WHERE n = 9", 8},
	    {"DELETE FROM audit", 0},
	    {"DELETE FROM setting WHERE name = 'audit.head'", 9},
	    {"UPDATE entry SET posterior = 0.5 WHERE case_id = 2 AND number = 1", 4},
	    {"UPDATE entry SET type = 4 WHERE case_id = 1 AND number = 2", 2},
	    {"DELETE FROM entry WHERE case_id = 3 AND number = 2", 8},
	    {"DELETE FROM entry WHERE case_id = 3", 7},
	    {"INSERT INTO entry SELECT case_id, 3, time, type, actor_kind, actor,"
	     " policy_version, score, posterior, prior, groups, upstreams, gold, step,"
	     " until, ref, payload FROM entry WHERE case_id = 1 AND number = 2",
		0},
	};
	struct fixture *f = *state;
	uint64_t links, bad;
	struct err why;

	fill(f);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		GOOD(db_exec(&f->store->db, "SAVEPOINT here", err));
		GOOD(db_exec(&f->store->db, rows[i].sql, err));
		if (store_audit_verify(f->store, &links, &bad, &why))
			fail_msg("not noticed: %s", rows[i].sql);
		if (rows[i].bad != 0)
			assert_int_equal(bad, rows[i].bad);
		assert_true(why.text[0] != 0);
		GOOD(db_exec(&f->store->db, "ROLLBACK TO here", err));
		GOOD(db_exec(&f->store->db, "RELEASE here", err));
		GOOD(store_audit_verify(f->store, &links, &bad, err));
	}
	/* payloads and their keys are not in the chain */
	GOOD(db_exec(&f->store->db, "DELETE FROM payload_key", err));
	GOOD(db_exec(&f->store->db, "UPDATE entry SET payload = NULL", err));
	GOOD(store_audit_verify(f->store, &links, &bad, err));
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(test_whole),
	    CASE(test_tampering),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
