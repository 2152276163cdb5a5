/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_fate.c -- what a jailed intake may send: read, written again, unpacked in bounds.
 */
#include "report/fate.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct rd r = rd_init(bytes, size);
	struct fate fate;
	struct wr w;

	if (!fate_read(&fate, &r))
		return 0;
	wr_init(&w, 1 << 20);
	fate_write(&fate, &w);
	assert(w.size == size - rd_left(&r));
	wr_reset(&w);
	if (fate.piece != NULL && piece_unpack(fate.piece, fate.packed, &w))
		assert(w.size <= FATE_PIECE);
	wr_fini(&w);
	fate_fini(&fate);
	return 0;
}
