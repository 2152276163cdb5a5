/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_pattern.c -- any text as a STIX pattern: bounded work, whole or refused. */
#include "report/pattern.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena *arena = arena_new(16 << 20);
	char *text = arena_strdup(arena, (const char *)bytes, size);
	struct pattern pattern = {.count = 0};
	struct err err = {""};

	if (size <= PATTERN_SIZE && pattern_read(text, arena, &pattern, &err))
		assert(pattern.count > 0 && pattern.count <= pattern.room);
	else
		assert(size > PATTERN_SIZE || err.text[0] != 0);
	arena_free(arena);
	return 0;
}
