/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_date.c -- any text as a date: within its text, within the calendar. */
#include "report/date.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = malloc(size + 1), shown[WHEN_TEXT];
	struct date d, again;

	if (text == NULL)
		return 0;
	memcpy(text, bytes, size);
	text[size] = 0;
	if (date_prefix(text, INT64_C(1400000000000000), &d) > 0) {
		assert(d.precision >= 0 && d.precision <= 27 * WHEN_HOUR);
		/* An offset may carry it out of the years that are read. */
		if (date_parse(when_text(d.time, shown), 0, &again))
			assert(again.time == d.time && again.zoned);
	}
	(void)date_parse(text, 0, &d);
	free(text);
	return 0;
}
