/* SPDX-License-Identifier: Apache-2.0 */
/* file.h -- a whole small file into memory (configuration, policy, templates), or out of
 * it. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the content of `path` to `out`; refuses what exceeds the writer's limit. "-" is
 * standard input. */
MUST_CHECK bool file_read(const char *path, struct wr *out, struct err *err);
/* Writes aside, then renames: whoever reads finds the old file or the new one, whole.
 * Mode 0640. */
MUST_CHECK bool file_replace(const char *path, const struct wr *text, struct err *err);

#endif
