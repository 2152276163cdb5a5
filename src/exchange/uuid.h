/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uuid.h -- UUIDs made of names (RFC 4122, version 5): the same thing has the same id,
 * whoever asks and whenever. SHA-1 and MD5 are what those formats want; they guard
 * nothing.
 */
#ifndef EXCHANGE_UUID_H
#define EXCHANGE_UUID_H

#include <stddef.h>

enum { UUID_TEXT = 37, MD5_TEXT = 33 };

/* Our own names; STIX's cyber observables (STIX 2.1, 2.9). */
enum uuid_space { UUID_OURS, UUID_STIX };

/* `out` holds UUID_TEXT bytes and is returned. */
const char *uuid_of(enum uuid_space space, const char *name, char *out);
/* `out` holds MD5_TEXT bytes and is returned. */
const char *md5_of(const char *text, char *out);

#endif
