/* SPDX-License-Identifier: Apache-2.0 */
/* uuid.c -- see uuid.h. */
#include "exchange/uuid.h"

#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <stdio.h>
#include <string.h>

static const uint8_t spaces[][16] = {
    [UUID_OURS] = {0x5f, 0x0e, 0x0c, 0x1d, 0x9a, 0x67, 0x4b, 0x52, 0x8c, 0x31, 0x27, 0x6e,
	0x41, 0xd8, 0xb0, 0x9f},
    [UUID_STIX] = {0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2,
	0x33, 0x15, 0xa9, 0xb7},
};

const char *
uuid_of(enum uuid_space space, const char *name, char *out)
{
	uint8_t d[SHA1_DIGEST_SIZE];
	struct sha1_ctx sha;
	size_t used = 0;

	sha1_init(&sha);
	sha1_update(&sha, sizeof spaces[space], spaces[space]);
	sha1_update(&sha, strlen(name), (const uint8_t *)name);
	sha1_digest(&sha, sizeof d, d);
	d[6] = (uint8_t)((d[6] & 0x0f) | 0x50);
	d[8] = (uint8_t)((d[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < 16; i++)
		used += (size_t)snprintf(out + used, UUID_TEXT - used, "%s%02x",
		    i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", d[i]);
	return out;
}

const char *
md5_of(const char *text, char *out)
{
	uint8_t d[MD5_DIGEST_SIZE];
	struct md5_ctx md5;

	md5_init(&md5);
	md5_update(&md5, strlen(text), (const uint8_t *)text);
	md5_digest(&md5, sizeof d, d);
	for (size_t i = 0; i < sizeof d; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", d[i]);
	return out;
}
