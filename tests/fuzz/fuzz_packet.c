/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_packet.c -- a link type in the first byte, then one packet, into a flow table. */
#include "event/flow.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(void *ctx, const struct event *ev)
{
	(void)ctx;
	assert(ev->first <= ev->last && ev->packets[0] + ev->packets[1] > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const uint32_t links[] = {
	    0, 1, 9, 12, 50, 51, 101, 108, 113, 228, 229, 276, 8};
	struct flow_config config = {.flows = 8, .active = 1000, .idle = 1000};
	struct flows *flows;
	struct packet p;

	if (size < 2)
		return 0;
	flows = flows_new(&config);
	for (size_t cut = 0; cut < 3; cut++)
		if (packet_decode(links[bytes[0] % 13], bytes + 2, size - 2,
			size - 2 + cut * bytes[1], &p) == PACKET_IP)
			flows_packet(flows, &p, (int64_t)cut * 600, check, NULL);
	flows_advance(flows, INT64_MAX, check, NULL);
	flows_free(flows);
	return 0;
}
