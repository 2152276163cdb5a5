/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_report.c -- Shadowserver rows to items, JSON and sightings, without real data.
 */
#include "../../src/report/shadowserver.c"

#include "base/hash.h"
#include "detect/weights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { KEPT = 16 };

struct kept {
	size_t count, refused;
	uint64_t refused_row;
	struct item items[KEPT]; /* values are gone, the parsed fields stay */
	char json[KEPT][2000];
};

static void
keep(void *ctx, const struct item *item)
{
	struct kept *k = ctx;
	struct wr w;

	if (k->count == KEPT)
		return;
	wr_init(&w, 1 << 20);
	item_json(item, &w);
	(void)snprintf(k->json[k->count], sizeof k->json[0], "%s", wr_string(&w));
	wr_fini(&w);
	k->items[k->count++] = *item;
}

static void
keep_refusal(void *ctx, const struct refusal *refusal)
{
	struct kept *k = ctx;

	k->refused++;
	k->refused_row = refusal->row;
}

static struct report_stat
read_text(struct kept *k, const char *name, const char *text, size_t size)
{
	struct report_input in = {.name = name, .fd = memfd_create("report", 0)};
	struct report_stat stat;
	struct err err;

	memset(k, 0, sizeof *k);
	assert_int_equal(write(in.fd, text, size), size);
	assert_int_equal(lseek(in.fd, 0, SEEK_SET), 0);
	if (!report_read(&in,
		&(struct report_sink){.item = keep, .refuse = keep_refusal, .ctx = k},
		&stat, &err))
		fail_msg("%s", err.text);
	(void)close(in.fd);
	return stat;
}

#define SINK "2026-01-02-event4_sinkhole-test.csv"
static const char header[] =
    "\"timestamp\",\"src_ip\",\"src_port\",\"protocol\",\"infection\",\"dst_ip\","
    "\"dst_port\",\"dst_hostname\",\"new_column\"\n";

static struct kept kept;

static void
test_fields(void **state)
{
	char text[2000];
	struct report_stat stat;
	const struct item *i = kept.items;

	(void)state;
	(void)snprintf(text, sizeof text,
	    "\xef\xbb\xbf%s2026-01-02 03:04:05,192.0.2.7,4711,TCP,Andromeda,198.51.100.1,"
	    "80,,\"a \"\"b\"\"\"\r\n",
	    header);
	stat = read_text(&kept, SINK, text, strlen(text));
	assert_int_equal(stat.items, 1);
	assert_int_equal(stat.repaired, 0);
	assert_true(i->has_addr && i->has_time && i->gold);
	assert_int_equal(i->port, 4711);
	assert_int_equal(i->proto, 6);
	assert_int_equal(i->role, ROLE_BOT);
	assert_int_equal(i->severity, SEVERITY_CRITICAL);
	assert_string_equal(i->family, "andromeda");
	assert_string_equal(i->rsit, "malicious-code/infected-system");
	assert_string_equal(i->identifier, "event4_sinkhole");
	assert_non_null(
	    strstr(kept.json[0], "\"time\":{\"source\":\"2026-01-02T03:04:05Z\"}"));
	assert_non_null(strstr(kept.json[0], "\"new_column\":\"a \\\"b\\\"\""));
	assert_non_null(strstr(kept.json[0], "\"port\":4711"));
}

static void
test_ragged_and_refused(void **state)
{
	char text[2000];
	struct report_stat stat;

	(void)state;
	(void)snprintf(text, sizeof text,
	    "%s2026-01-02 03:04:05,192.0.2.7\n"
	    "2026-01-02 03:04:05,192.0.2.7,1,tcp,x,,,,,too,many\n"
	    "yesterday,192.0.2.7,1,tcp,x,,,,\n"
	    "2026-01-02 03:04:05,192.0.2.300,1,tcp,x,,,,\n",
	    header);
	stat = read_text(&kept, SINK, text, strlen(text));
	assert_int_equal(stat.rows, 4);
	assert_int_equal(stat.items, 3);
	assert_int_equal(stat.repaired, 2);
	assert_int_equal(stat.refused, 1);
	assert_int_equal(kept.refused_row, 4);
	assert_false(kept.items[2].has_addr);
	assert_non_null(strstr(kept.json[2], "\"src_ip\":\"192.0.2.300\""));
}

static struct sighting
sighting_of(const struct item *item, const char **reason)
{
	struct err err;
	struct weight_table *weights = weights_read(NULL, &err);
	struct sighting s = {0};

	assert_non_null(weights);
	(void)item_to_sighting(
	    item, &(struct item_origin){weights, "feed", 1, 1000, 'A'}, &s, reason);
	weights_free(weights);
	return s;
}

static void
test_sightings(void **state)
{
	char text[2000];
	const char *reason;
	struct sighting a, b, c;

	(void)state;
	(void)snprintf(text, sizeof text,
	    "%s2026-01-02 03:04:05,192.0.2.7,1,tcp,x,,,,\n"
	    "2026-01-02 03:04:05,192.0.2.7,1,tcp,x,,,,\n"
	    "2026-01-02 03:04:05,192.0.2.7,2,tcp,x,,,,\n",
	    header);
	(void)read_text(&kept, SINK, text, strlen(text));
	a = sighting_of(&kept.items[0], &reason);
	assert_null(reason);
	b = sighting_of(&kept.items[1], &reason);
	c = sighting_of(&kept.items[2], &reason);
	assert_memory_equal(&a.id, &b.id, sizeof a.id); /* the same row: the same claim */
	assert_memory_not_equal(&a.id, &c.id, sizeof a.id);
	assert_true(a.gold && a.grade == 'A');
	assert_true(a.weight > 12.9 && a.weight < 13.1);
	assert_int_equal(a.group, GROUP_REPORT);
}

static void
test_address_traps(void **state)
{
	static const struct {
		const char *file;
		uint8_t role;
	} cases[] = {
	    {"2026-01-02-event4_sinkhole_http_referer-x.csv", ROLE_WEBSITE},
	    {"2026-01-02-event6_sinkhole_http_referer-x.csv", ROLE_WEBSITE},
	    {"2026-01-02-event4_honeypot_ddos_target-x.csv", ROLE_VICTIM},
	    {"2026-01-02-event4_honeypot_ddos_amp-x.csv", ROLE_VICTIM},
	    {"2026-01-02-event4_ddos_participant-x.csv", ROLE_BOT},
	    {"2026-01-02-device_id6-x.csv", ROLE_EXPOSED},
	    {"2026-01-02-ransomware_victim-x.csv", ROLE_VICTIM},
	    {"2026-01-02-malware_url-x.csv", ROLE_WEBSITE},
	    {"2026-01-02-event4_sinkhole_dns-x.csv", ROLE_OTHER},
	    {"2026-01-02-scan_post_exploitation_framework-x.csv", ROLE_C2},
	    {"2026-01-02-scan_telnet-x.csv", ROLE_EXPOSED},
	    {"2026-01-02-compromised_iot-x.csv", ROLE_BOT},
	    {"2015-01-01-botnet_drone-x.csv", ROLE_BOT},
	    {"event_honeypot_darknet.csv.zip", ROLE_BOT},
	};
	const char *reason;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct fact_report *r = facts_of_file(cases[i].file);

		assert_non_null(r);
		assert_int_equal(r->role, cases[i].role);
	}
	(void)read_text(&kept, "2026-01-02-event4_honeypot_ddos-x.csv",
	    "timestamp,src_ip\n2026-01-02 03:04:05,192.0.2.7\n", 47);
	(void)sighting_of(&kept.items[0], &reason);
	assert_string_equal(reason, "the address is not the one at fault");
	assert_null(facts_of_file("2026-01-02-nonsense-x.csv"));
	assert_null(facts_of_file("old.csv"));
}

/* The vendor's table: 140 types have a default severity. */
static void
test_severities(void **state)
{
	static const struct {
		const char *type;
		uint8_t severity;
	} cases[] = {
	    {"event4_sinkhole", SEVERITY_CRITICAL},
	    {"event4_honeypot_darknet", SEVERITY_HIGH},
	    {"event4_ip_spoofer", SEVERITY_MEDIUM}, {"scan_ssl_poodle", SEVERITY_LOW},
	    {"device_id", SEVERITY_INFO},
	    {"compromised_iot", SEVERITY_UNDETERMINED}, /* not listed */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(
		    facts_report(cases[i].type)->severity, cases[i].severity);
	(void)read_text(&kept, "2026-01-02-device_id-x.csv",
	    "timestamp,ip,severity\n2026-01-02 03:04:05,192.0.2.7,high\n", 58);
	assert_int_equal(
	    kept.items[0].severity, SEVERITY_HIGH); /* the row knows better */
}

static void
test_drift(void **state)
{
	static const char text[] =
	    "timestamp,src_ip,tomorrow\n2026-01-02 03:04:05,192.0.2.7,x\n";
	struct report_stat stat = read_text(&kept, SINK, text, sizeof text - 1);

	(void)state;
	assert_int_equal(stat.unknown, 1);
	assert_true(stat.missing > 20 && stat.untyped == 0);
	stat = read_text(&kept, "2030-01-02-event7_new-x.csv", text, sizeof text - 1);
	assert_int_equal(stat.untyped, 1);
	assert_int_equal(stat.items, 1);
	assert_string_equal(kept.items[0].identifier, "generic");
}

/* Whatever bytes come, items never outnumber lines. */
static void
test_noise(void **state)
{
	static const char letters[] = "\",\n\r2026-01 :x\0\xff";
	struct rng rng;
	char text[4000];

	(void)state;
	rng_seed(&rng, 3);
	for (int round = 0; round < 300; round++) {
		size_t size = sizeof header - 1, lines = 0;
		struct report_stat stat;

		memcpy(text, header, size);
		while (size < sizeof text)
			text[size++] = letters[rng_below(&rng, sizeof letters)];
		for (size_t i = 0; i < size; i++)
			lines += text[i] == '\n';
		stat = read_text(&kept, SINK, text, size);
		assert_true(stat.items <= lines && stat.rows <= lines);
		assert_int_equal(stat.items + stat.refused, stat.rows);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_ragged_and_refused),
	    cmocka_unit_test(test_sightings),
	    cmocka_unit_test(test_address_traps),
	    cmocka_unit_test(test_severities),
	    cmocka_unit_test(test_drift),
	    cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
