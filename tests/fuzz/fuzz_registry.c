/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_registry.c -- a line registry of any bytes. */
#include "line/registry.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static bool
row(void *ctx, size_t line_number, const char *const *columns, struct err *err)
{
	(void)ctx;
	(void)err;
	assert(line_number > 1);
	for (int i = 0; i < REGISTRY_COLUMNS; i++)
		assert(columns[i] != NULL);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct err err;
	size_t refused;

	(void)!registry_read((const char *)bytes, size, row, NULL, &refused, &err);
	return 0;
}
