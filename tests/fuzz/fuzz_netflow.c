/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_netflow.c -- several datagrams, each behind two bytes of length, v9 and IPFIX as
 * they say; then everything is saved and loaded.
 */
#include "event/netflow.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
take_time(void *ctx, int64_t exported)
{
	(void)ctx;
	assert(exported >= 0);
}

static void
take_event(void *ctx, const struct event *ev)
{
	(void)ctx;
	assert(ev->first >= 0 && ev->first <= ev->last && ev->last <= INT64_C(1) << 56);
	assert(ev->sampling > 0);
}

static void
reload(const struct netflow_config *config, const struct netflow *n)
{
	struct netflow *again = netflow_new(config);
	struct wr w;
	struct rd r;

	wr_init(&w, 1 << 24);
	netflow_save(n, &w);
	r = rd_init(w.bytes, w.size);
	assert(netflow_load(again, &r) && rd_left(&r) == 0);
	wr_fini(&w);
	netflow_free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const struct netflow_sink sink = {.time = take_time, .event = take_event};
	struct netflow_config config = {.exporters = 4};
	struct netflow *n = netflow_new(&config);
	struct rd r = rd_init(bytes, size);
	struct addr exporter = {.b = {1}};

	for (int i = 0; i < 64 && rd_left(&r) >= 2; i++) {
		struct rd datagram = rd_sub(&r, rd_u16(&r));

		(void)netflow_plausible(datagram.at, rd_left(&datagram));
		(void)netflow_datagram(
		    n, &exporter, datagram.at, rd_left(&datagram), &sink);
	}
	reload(&config, n);
	netflow_free(n);
	return 0;
}
