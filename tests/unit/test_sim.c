/* SPDX-License-Identifier: Apache-2.0 */
/* test_sim.c -- the same seed gives the same bytes; what is written agrees with itself.
 */
#include "../../src/sim/sim.c"

#include "base/digest.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const files[] = {"netflow.pcap", "bot.pcap", "kea-forensic.log",
    "port-blocks.csv", "registry.csv", "indicators.csv", "truth.jsonl", "botkoll.yaml",
    "reports/2026-09-07-event4_sinkhole-botkoll-sim.csv",
    "reports/2026-09-08-event4_sinkhole-botkoll-sim.csv"};

enum { FILES = sizeof files / sizeof files[0] };

static void
add_file(struct digest *d, const char *directory, const char *name)
{
	static uint8_t bytes[1 << 16];
	char path[300];
	size_t size;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", directory, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	digest_text(d, name);
	while ((size = fread(bytes, 1, sizeof bytes, f)) > 0)
		digest_field(d, bytes, size);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(unlink(path), 0);
}

/* Runs a small simulation, digests its files and removes them. */
static struct id128
simulate(uint64_t seed, struct sim_stat *stat)
{
	const struct sim_config config = {
	    .seed = seed, .lines = 300, .days = 2, .bots = 20, .start = SIM_START};
	char directory[] = "/tmp/test-sim-XXXXXX", path[64];
	struct digest d;
	struct err err;

	assert_non_null(mkdtemp(directory));
	if (!sim_run(&config, directory, NULL, NULL, stat, &err))
		fail_msg("%s", err.text);
	digest_init(&d);
	for (int i = 0; i < FILES; i++)
		add_file(&d, directory, files[i]);
	(void)snprintf(path, sizeof path, "%s/reports", directory);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(directory), 0); /* nothing else was written */
	return digest_id(&d);
}

static void
test_same_seed_same_bytes(void **state)
{
	struct sim_stat one, two, other;
	struct id128 a = simulate(7, &one), b = simulate(7, &two),
		     c = simulate(8, &other);

	(void)state;
	assert_memory_equal(&a, &b, sizeof a);
	assert_memory_equal(&one, &two, sizeof one);
	assert_true(memcmp(&a, &c, sizeof a) != 0);
}

static void
test_amounts(void **state)
{
	struct sim_stat s;
	double per_line_day;

	(void)state;
	(void)simulate(1, &s);
	per_line_day = (double)s.flows / (300 * 2);
	/* The mean is 150; between seeds households differ by some per cent. */
	assert_true(per_line_day > 120 && per_line_day < 180);
	assert_true(s.records > s.flows && s.records < 3 * s.flows);
	assert_true(s.datagrams > s.records / 40 && s.datagrams < s.records);
	assert_int_equal(s.packets, 330);
	assert_true(s.report_rows > 10);
	assert_true(s.changes > 50);
}

static void
test_refuses(void **state)
{
	struct sim_config c = {
	    .seed = 1, .lines = 300, .days = 2, .bots = 31, .start = SIM_START};
	struct sim_stat stat;
	struct err err;

	(void)state;
	assert_false(sim_run(&c, "/nonexistent", NULL, NULL, &stat, &err));
	assert_non_null(strstr(err.text, "a tenth"));
	c.bots = 3;
	assert_false(sim_run(&c, "/nonexistent", NULL, NULL, &stat, &err));
	c.lines = 10;
	assert_false(sim_run(&c, "/tmp", NULL, NULL, &stat, &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_seed_same_bytes),
	    cmocka_unit_test(test_amounts),
	    cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
