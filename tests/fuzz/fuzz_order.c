/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_order.c -- an order that reads is written as the same bytes. */
#include "action/action.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct order order;
	struct rd r = rd_init(bytes, size);
	struct wr w;

	if (!order_read(&order, &r))
		return 0;
	wr_init(&w, 1 << 20);
	order_write(&order, &w);
	assert(!w.bad && w.size == size && memcmp(w.bytes, bytes, size) == 0);
	wr_fini(&w);
	return 0;
}
