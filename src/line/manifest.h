/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest.h -- which files of a lease directory count: text, replaced by rename.
 */
#ifndef LINE_MANIFEST_H
#define LINE_MANIFEST_H

#include "base/buf.h"
#include "base/err.h"

enum { MANIFEST_SEGMENTS = 64 };

struct manifest {
	uint64_t generation; /* rises with each change; 0: there is no manifest */
	uint64_t next_file, tail;
	size_t count;
	uint64_t segments[MANIFEST_SEGMENTS]; /* oldest first */
};

/* No manifest means an empty directory: generation 0. */
MUST_CHECK bool manifest_read(int dir_fd, struct manifest *m, struct err *err);
/* Durable, or without effect. */
MUST_CHECK bool manifest_write(int dir_fd, const struct manifest *m, struct err *err);
/* Writes all of `w` at offset `at` of a file of that size and makes it durable, or leaves
 * the file as long as it was. */
MUST_CHECK bool lease_append(int fd, int64_t at, const struct wr *w, struct err *err);

#endif
