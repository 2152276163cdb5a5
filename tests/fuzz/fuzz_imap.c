/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_imap.c -- what a mail server says, in two pieces cut by the first byte. */
#include "role/imap.h"

#include <assert.h>
#include <stdlib.h>

static size_t literal_bytes;

static void
on_validity(void *ctx, uint32_t number)
{
	(void)ctx;
	(void)number;
}

static void
on_found(void *ctx, uint32_t uid)
{
	(void)ctx;
	assert(uid > 0);
}

static void
on_capability(void *ctx, const char *word)
{
	(void)ctx;
	assert(strlen(word) > 0);
}

static void
on_size(void *ctx, uint64_t size)
{
	(void)ctx;
	(void)size;
}

static bool
on_bytes(void *ctx, const uint8_t *bytes, size_t size, struct err *err)
{
	(void)ctx;
	(void)bytes;
	literal_bytes += size;
	return size > 0 || err_set(err, "nothing");
}

static const struct imap_calls calls = {
    on_validity, on_found, on_capability, on_size, on_bytes};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t cut = size > 0 ? data[0] % size : 0;
	struct imap imap;
	struct err err;

	literal_bytes = 0;
	imap_init(&imap, &calls, NULL);
	imap_expect(&imap, "B1");
	if (imap_take(&imap, data, cut, &err) &&
	    !imap_take(&imap, data + cut, size - cut, &err))
		assert(err.text[0] != 0);
	assert(literal_bytes <= size);
	imap_fini(&imap);
	return 0;
}
