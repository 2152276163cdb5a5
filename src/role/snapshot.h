/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot.h -- state that lets a killed role go on, in two files used in turn.
 *
 * The parent opens both files; the jailed role writes through the descriptors. Content is
 * encrypted (libsodium's secretstream) under a key that only the parent's directory
 * holds, since it names addresses of people. A file counts only if it is whole: a role
 * killed while writing leaves the other one. Whoever writes chooses the file to
 * overwrite.
 */
#ifndef ROLE_SNAPSHOT_H
#define ROLE_SNAPSHOT_H

#include "base/buf.h"
#include "base/err.h"

enum { SNAPSHOT_SLOTS = 2, SNAPSHOT_KEY = 32, SNAPSHOT_MAX = 1 << 30 };

struct snapshot_slots {
	int fds[SNAPSHOT_SLOTS]; /* -1: none */
	uint8_t key[SNAPSHOT_KEY];
};

/* Reads the key of the directory, or makes it (0600). */
MUST_CHECK bool snapshot_key(
    const char *path, uint8_t key[SNAPSHOT_KEY], struct err *err);
MUST_CHECK bool snapshot_write(const struct snapshot_slots *slots, unsigned slot,
    const void *bytes, size_t size, struct err *err);
/* Appends to `out`; false if the slot holds nothing whole. */
bool snapshot_read(const struct snapshot_slots *slots, unsigned slot, struct wr *out);

#endif
