/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack.h -- a foreign file as plain bytes: as it is, gzip, xz, zstd, or members of a
 * zip.
 *
 * A plain or merely compressed file has one member without a name. What comes out is
 * bounded in all, so that a small bomb stays small; going over is an error, never a
 * silent cut.
 */
#ifndef BASE_UNPACK_H
#define BASE_UNPACK_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct unpack;

/* `fd` stays the caller's. `limit`: bytes that all members may give. NULL with a sentence
 * on failure. */
struct unpack *unpack_open(int fd, uint64_t limit, struct err *err);
void unpack_close(struct unpack *unpack);
/* Goes on to the next member that is a file. 1: `*name` (borrowed; "" without one) may be
 * read; 0: there are no more; -1: error. */
int unpack_next(struct unpack *unpack, const char **name, struct err *err);
/* Bytes of the member: how many, 0 at its end, -1 with a sentence. */
ssize_t unpack_read(struct unpack *unpack, void *out, size_t room, struct err *err);

#endif
