/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_csv.c -- records of any bytes: reading ends, and fields end inside the buffer. */
#include "base/csv.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *text = (const char *)bytes;
	size_t at = csv_mark(text, size), used;
	struct csv csv;

	csv_init(&csv, ',');
	while ((used = csv_next(&csv, text + at, size - at, true)) > 0) {
		at += used;
		assert(at <= size && csv.count <= CSV_FIELDS);
		for (size_t i = 0; i < csv.count; i++)
			assert(csv.fields[i] + strlen(csv.fields[i]) <
			       csv.bytes + CSV_RECORD + CSV_FIELDS);
	}
	assert(at == size);
	csv_fini(&csv);
	return 0;
}
