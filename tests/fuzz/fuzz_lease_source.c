/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_lease_source.c -- every reader of lease logs, line by line, whatever the lines. */
#include "line/lease_source.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
feed(const struct lease_reader *reader, const char *text, size_t size)
{
	struct lease_event events[LEASE_EVENTS];
	struct err err;
	void *self = reader->open(0);

	(void)reader->recognise(text, size);
	for (size_t at = 0; at < size;) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t length = end != NULL ? (size_t)(end - text) - at : size - at;
		int n = reader->line(self, text + at, length, events, &err);

		assert(n >= -1 && n <= LEASE_EVENTS);
		while (n > 0) {
			for (int i = 0; i < n; i++)
				assert(memchr(events[i].subscriber, 0,
				    sizeof events[i].subscriber));
			n = reader->more != NULL ? reader->more(self, events) : 0;
		}
		at += length + 1;
	}
	reader->close(self);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	for (const struct lease_reader *const *r = lease_readers; *r != NULL; r++)
		feed(*r, (const char *)bytes, size);
	return 0;
}
