/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input.h -- a foreign file as plain bytes: as it is, gzip, xz, zstd (libarchive), or the
 * members of a zip.
 *
 * A plain or merely compressed file has one member without a name. A member is read
 * forwards, in pieces that the caller asks for or in windows. The descriptor stays the
 * caller's; a pipe will do. What comes out can be bounded, so that a small bomb stays
 * small; going over is an error, never a silent cut.
 */
#ifndef BASE_INPUT_H
#define BASE_INPUT_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct input;

enum { INPUT_PIECE = 1 << 20 }; /* most that can be asked for at once */
#define INPUT_UNBOUNDED UINT64_MAX

/* From where the descriptor stands. `limit`: bytes that all members may give. NULL with a
 * sentence on failure. */
struct input *input_new(int fd, uint64_t limit, struct err *err);
/* The same of bytes in memory, borrowed until input_free. */
struct input *input_new_bytes(
    const void *bytes, size_t size, uint64_t limit, struct err *err);
void input_free(struct input *in);
/* Goes on to the next member that is a file. 1: `*name` (borrowed; "" without one) may be
 * read; 0: there are no more; -1: error. */
int input_next(struct input *in, const char **name, struct err *err);

/* The next `size` bytes of the member, borrowed until the next call; NULL if there are
 * fewer: what is left then stays (input_rest tells how many). */
const uint8_t *input_take(struct input *in, size_t size);
/* As input_take, without moving on. */
const uint8_t *input_look(struct input *in, size_t size);
bool input_skip(struct input *in, uint64_t size);
/* Bytes left before the end, once input_take gave NULL. */
size_t input_rest(const struct input *in);
/* Whether reading ended by an error (damaged compression, I/O, over the limit) rather
 * than at the end. */
bool input_failed(const struct input *in);

/* Uses what it can of a window of text and returns how many bytes; INPUT_STOP with a
 * sentence ends the reading. Of INPUT_PIECE bytes it must use some; what it leaves of the
 * `last` window is lost. */
typedef size_t input_window(
    void *ctx, const char *text, size_t size, bool last, struct err *err);
#define INPUT_STOP SIZE_MAX
/* Gives the rest of the member, what was not used again at the start of the next window.
 */
MUST_CHECK bool input_windows(
    struct input *in, input_window *take, void *ctx, struct err *err);

#endif
