/* SPDX-License-Identifier: Apache-2.0 */
/* test_metrics.c -- a status in, samples out. */
#include "../../src/role/metrics.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const char status[] =
    "{\"clock\":\"wall\",\"now\":\"2026-01-01T00:00:00.5Z\",\"replay\":null,"
    "\"epochs\":7,\"store_full\":false,"
    "\"roles\":[{\"role\":\"detect\",\"index\":0,\"pid\":77,\"alive\":true,"
    "\"restarts\":2,\"status\":{\"lines\":5,\"notices\":[\"a\",\"b\"]}},"
    "{\"role\":\"detect\",\"index\":1,\"pid\":78,\"alive\":false,\"restarts\":0},"
    "{\"role\":\"leases\",\"index\":0,\"alive\":true,\"status\":{\"logs\":["
    "{\"type\":\"csv\",\"lines\":3},{\"type\":\"csv\",\"lines\":4}]}}],"
    "\"sources\":[{\"source\":\"a\\\"b\\\\\",\"part\":1,\"lost_flows\":9,"
    "\"watermark\":null,\"exporters\":[{\"exporter\":\"192.0.2.1\",\"domain\":3,"
    "\"version\":9,\"datagrams\":11}]}],"
    "\"outbox\":{\"done\":1},\"counters\":{\"sightings.needs port\":23}}";

static const char expected[] =
    "botkoll_count{name=\"sightings.needs port\"} 23\n"
    "botkoll_detect_lines{index=\"0\"} 5\n"
    "botkoll_detect_notices{index=\"0\"} 2\n"
    "botkoll_epochs 7\n"
    "botkoll_exporter_datagrams{source=\"a\\\"b\\\\\",part=\"1\",exporter=\"192.0.2.1\","
    "domain=\"3\",version=\"9\"} 11\n"
    "botkoll_log_lines{index=\"0\",type=\"csv\",number=\"0\"} 3\n"
    "botkoll_log_lines{index=\"0\",type=\"csv\",number=\"1\"} 4\n"
    "botkoll_now_seconds 1767225600.500\n"
    "botkoll_outbox_done 1\n"
    "botkoll_role_alive{role=\"detect\",index=\"0\"} 1\n"
    "botkoll_role_alive{role=\"detect\",index=\"1\"} 0\n"
    "botkoll_role_alive{role=\"leases\",index=\"0\"} 1\n"
    "botkoll_role_restarts{role=\"detect\",index=\"0\"} 2\n"
    "botkoll_role_restarts{role=\"detect\",index=\"1\"} 0\n"
    "botkoll_source_lost_flows{source=\"a\\\"b\\\\\",part=\"1\"} 9\n"
    "botkoll_store_full 0\n";

static void
test_samples(void **state)
{
	struct err err;
	json_t *json = json_read(status, sizeof status - 1, &err);
	struct wr w;

	(void)state;
	if (json == NULL)
		fail_msg("%s", err.text);
	wr_init(&w, 1 << 16);
	metrics_write(json, &w);
	assert_string_equal(wr_string(&w), expected);
	json_decref(json);
	wr_fini(&w);
}

/* A label that does not fit is left out, and nothing is cut within its quotes. */
static void
test_long_label(void **state)
{
	char name[LABELS + 50];
	json_t *json, *source;
	struct wr w;

	(void)state;
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	source = json_pack("{s:s,s:i}", "source", name, "lost", 1);
	json = json_pack("{s:[o]}", "sources", source);
	wr_init(&w, 1 << 16);
	metrics_write(json, &w);
	assert_string_equal(wr_string(&w), "botkoll_source_lost 1\n");
	json_decref(json);
	wr_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_samples),
	    cmocka_unit_test(test_long_label),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
