/* SPDX-License-Identifier: Apache-2.0 */
/* digest.c -- see digest.h. The state keeps 32 bytes; an id is their first 16. */
#include "base/digest.h"

#include <string.h>

void
digest_init(struct digest *d)
{
	(void)crypto_generichash_init(&d->state, NULL, 0, 32);
}

void
digest_field(struct digest *d, const void *bytes, size_t size)
{
	uint64_t length = size;

	(void)crypto_generichash_update(
	    &d->state, (const uint8_t *)&length, sizeof length);
	(void)crypto_generichash_update(&d->state, bytes, size);
}

void
digest_text(struct digest *d, const char *text)
{
	digest_field(d, text, strlen(text));
}

void
digest_u64(struct digest *d, uint64_t value)
{
	digest_field(d, &value, sizeof value);
}

void
digest_final(struct digest *d, uint8_t *out)
{
	(void)crypto_generichash_final(&d->state, out, 32);
}

struct id128
digest_id(struct digest *d)
{
	uint8_t all[32];
	struct id128 id;

	digest_final(d, all);
	memcpy(id.b, all, sizeof id.b);
	return id;
}

struct id128
digest_bytes(const void *bytes, size_t size)
{
	struct id128 id;

	(void)crypto_generichash(id.b, sizeof id.b, bytes, size, NULL, 0);
	return id;
}

const char *
id128_text(const struct id128 *id, char out[33])
{
	return sodium_bin2hex(out, 33, id->b, sizeof id->b);
}
