/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest.h -- 128-bit and 256-bit BLAKE2b digests (libsodium), for ids, chains, files.
 *
 * Fields are fed one by one; each is preceded by its length, so that ("ab","c") and
 * ("a","bc") differ.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <sodium.h>
#include <stddef.h>
#include <stdint.h>

struct id128 {
	uint8_t b[16];
};

struct digest {
	crypto_generichash_state state;
};

void digest_init(struct digest *d);
void digest_field(struct digest *d, const void *bytes, size_t size);
void digest_text(struct digest *d, const char *text);
void digest_u64(struct digest *d, uint64_t value);
struct id128 digest_id(struct digest *d);
/* `out`: 32 bytes. One of digest_id and digest_final ends the digest. */
void digest_final(struct digest *d, uint8_t *out);
/* Of one piece of bytes, at once; not what digest_field of it would give. */
struct id128 digest_bytes(const void *bytes, size_t size);
/* 32 lower-case hexadecimal digits and a zero; returns `out`. */
const char *id128_text(const struct id128 *id, char out[33]);

#endif
