/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_shadowserver.c -- a report of any bytes, through unpacking, CSV, conversion, JSON
 * and sighting. The first byte chooses the report's type.
 */
#include "detect/weights.h"
#include "report/report.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char *const names[] = {"2026-01-02-event4_sinkhole-x.csv",
    "2026-01-02-event4_sinkhole_http_referer-x.csv", "2026-01-02-scan_exchange-x.csv",
    "2026-01-02-botnet_drone-x.csv", "2026-01-02-event4_honeypot_http_scan-x.csv",
    "2026-01-02-scan_http-x.csv", "2026-01-02-blocklist-x.csv", "x.csv"};

static struct weight_table *weights;

/* A sighting that the engine would refuse is fatal to its sender: no report may make one.
 */
static void
assert_readable(const struct sighting *s)
{
	struct sighting copy;
	struct rd r;
	struct wr w;

	wr_init(&w, 1 << 16);
	sighting_write(s, &w);
	r = rd_init(w.bytes, w.size);
	assert(!w.bad && sighting_read(&copy, &r) && rd_left(&r) == 0);
	wr_fini(&w);
}

static void
take(void *ctx, const struct item *item)
{
	const char *reason;
	struct sighting s = {0};
	struct wr w;
	struct err err;
	json_t *json;

	(void)ctx;
	wr_init(&w, 64 << 20);
	item_json(item, &w);
	assert(!w.bad);
	json = json_read((const char *)w.bytes, w.size, &err);
	assert(json != NULL);
	json_decref(json);
	wr_fini(&w);
	if (item_to_sighting(
		item, &(struct item_origin){weights, "fuzz", 1, 0, 'C'}, &s, &reason))
		assert_readable(&s);
	assert((reason == NULL) == (s.group == GROUP_REPORT));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct report_input in = {
	    .fd = memfd_create("report", 0), .format = "shadowserver"};
	struct report_stat stat;
	struct err err;

	if (weights == NULL)
		weights = weights_read(NULL, &err);
	assert(in.fd >= 0 && weights != NULL);
	if (size > 0 && write(in.fd, bytes + 1, size - 1) == (ssize_t)size - 1) {
		in.name = names[bytes[0] % (sizeof names / sizeof *names)];
		(void)lseek(in.fd, 0, SEEK_SET);
		if (report_read(&in, &(struct report_sink){.item = take}, &stat, &err))
			assert(stat.items + stat.refused == stat.rows);
	}
	(void)close(in.fd);
	return 0;
}
