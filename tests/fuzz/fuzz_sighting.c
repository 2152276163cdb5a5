/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_sighting.c -- what is read can be written, and reads back as the same bytes. */
#include "event/sighting.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct rd r = rd_init(bytes, size);
	struct sighting s;
	struct wr w;

	if (!sighting_read(&s, &r))
		return 0;
	wr_init(&w, 1 << 16);
	sighting_write(&s, &w);
	assert(w.size == size - rd_left(&r));
	assert(memcmp(w.bytes, bytes, w.size) == 0);
	wr_fini(&w);
	return 0;
}
