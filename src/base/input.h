/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input.h -- the bytes of a file, plain or compressed by gzip, xz or zstd (libarchive).
 *
 * Read forwards in pieces that the caller asks for. The descriptor stays the caller's; a
 * pipe will do.
 */
#ifndef BASE_INPUT_H
#define BASE_INPUT_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct input;

enum { INPUT_PIECE = 1 << 20 }; /* most that can be asked for at once */

/* From where the descriptor stands. NULL with a sentence; `name` is for that only. */
struct input *input_new(int fd, const char *name, struct err *err);
void input_free(struct input *in);
/* The next `size` bytes, borrowed until the next call; NULL if there are fewer: what is
 * left then stays (input_rest tells how many). */
const uint8_t *input_take(struct input *in, size_t size);
/* As input_take, without moving on. */
const uint8_t *input_look(struct input *in, size_t size);
bool input_skip(struct input *in, uint64_t size);
/* Bytes left before the end, once input_take gave NULL. */
size_t input_rest(const struct input *in);
/* Whether reading ended by an error (damaged compression, I/O) rather than at the end. */
bool input_failed(const struct input *in);

#endif
