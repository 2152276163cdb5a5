/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_segment.c -- a lease segment of any bytes: looked up and walked. */
#include "base/mem.h"
#include "line/segment.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
visit(void *ctx, const struct lease *lease)
{
	(void)lease;
	++*(size_t *)ctx;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	void *copy = memcpy(xmalloc(size), bytes, size); /* aligned */
	struct segment_cursor cursor;
	struct segment segment;
	struct lease lease;
	size_t found = 0;

	if (segment_view(&segment, copy, size)) {
		cursor = (struct segment_cursor){.segment = &segment};
		for (size_t n = 0; n < 1000 && segment_next(&cursor, &lease); n++)
			segment_visit(&segment,
			    &(struct lease_question){
				lease.addr, lease.realm, lease.start, lease.end},
			    visit, &found);
		(void)segment_held(&segment, 1, INT64_MIN, INT64_MAX);
	}
	free(copy);
	return 0;
}
