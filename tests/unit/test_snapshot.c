/* SPDX-License-Identifier: Apache-2.0 */
/* test_snapshot.c -- whole or not there; nothing legible on disk. */
#include "../../src/role/snapshot.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>

#include <cmocka.h>

static const char secret[] = "198.51.100.7 talked to 203.0.113.9";

static void
start(struct snapshot_slots *s)
{
	assert_true(sodium_init() >= 0);
	for (int i = 0; i < SNAPSHOT_SLOTS; i++)
		s->fds[i] = memfd_create("slot", 0);
	randombytes_buf(s->key, sizeof s->key);
}

static void
stop(const struct snapshot_slots *s)
{
	for (int i = 0; i < SNAPSHOT_SLOTS; i++)
		(void)close(s->fds[i]);
}

static void
test_round_trip(void **state)
{
	struct snapshot_slots s;
	struct err err;
	struct wr w;
	char bytes[512] = "";

	(void)state;
	start(&s);
	wr_init(&w, 4096);
	assert_false(snapshot_read(&s, 0, &w));
	assert_true(snapshot_write(&s, 0, secret, sizeof secret, &err));
	assert_true(snapshot_read(&s, 0, &w));
	assert_int_equal(w.size, sizeof secret);
	assert_memory_equal(w.bytes, secret, sizeof secret);
	assert_true(pread(s.fds[0], bytes, sizeof bytes, 0) > 0);
	assert_null(memmem(bytes, sizeof bytes, "198.51", 6));
	assert_false(snapshot_read(&s, 1, &w));
	wr_fini(&w);
	stop(&s);
}

static void
test_torn_or_foreign(void **state)
{
	struct snapshot_slots s;
	struct err err;
	struct wr w;

	(void)state;
	start(&s);
	wr_init(&w, 4096);
	assert_true(snapshot_write(&s, 0, secret, sizeof secret, &err));
	assert_int_equal(ftruncate(s.fds[0], 60), 0);
	assert_false(snapshot_read(&s, 0, &w));
	assert_int_equal(w.size, 0);
	assert_true(snapshot_write(&s, 1, secret, sizeof secret, &err));
	s.key[0] ^= 1;
	assert_false(snapshot_read(&s, 1, &w));
	wr_fini(&w);
	stop(&s);
}

static void
test_key(void **state)
{
	char directory[] = "/tmp/botkoll-test-XXXXXX", path[64];
	uint8_t one[SNAPSHOT_KEY], two[SNAPSHOT_KEY];
	struct err err;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(directory));
	(void)snprintf(path, sizeof path, "%s/key", directory);
	assert_true(snapshot_key(path, one, &err));
	assert_true(snapshot_key(path, two, &err));
	assert_memory_equal(one, two, sizeof one);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(truncate(path, 5), 0);
	assert_false(snapshot_key(path, two, &err));
	(void)unlink(path);
	(void)rmdir(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_torn_or_foreign),
	    cmocka_unit_test(test_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
