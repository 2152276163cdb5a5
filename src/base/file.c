/* SPDX-License-Identifier: Apache-2.0 */
/* file.c -- see file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024 };

static bool
file_read_fd(int fd, const char *name, struct wr *out, struct err *err)
{
	uint8_t chunk[CHUNK];

	for (;;) {
		ssize_t got = read(fd, chunk, sizeof chunk);

		if (got == 0)
			return true;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, "read %s", name);
		wr_put(out, chunk, (size_t)got);
		if (out->bad)
			return err_set(
			    err, "%s: larger than %zu bytes", name, out->limit);
	}
}

bool
file_read(const char *path, struct wr *out, struct err *err)
{
	int fd;
	bool ok;

	if (strcmp(path, "-") == 0)
		return file_read_fd(STDIN_FILENO, "standard input", out, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, "open %s", path);
	ok = file_read_fd(fd, path, out, err);
	(void)close(fd);
	return ok;
}

bool
file_replace(const char *path, const struct wr *text, struct err *err)
{
	char aside[PATH_MAX];
	int fd;
	bool good;

	if (snprintf(aside, sizeof aside, "%s.XXXXXX", path) >= (int)sizeof aside)
		return err_set(err, "the name is too long");
	fd = mkstemp(aside);
	if (fd < 0)
		return err_errno(err, "%.160s", aside);
	good = write(fd, text->bytes, text->size) == (ssize_t)text->size &&
	       fchmod(fd, 0640) == 0 && fsync(fd) == 0;
	if (!good)
		(void)err_errno(err, "%.160s", aside);
	(void)close(fd);
	if (good && rename(aside, path) != 0)
		good = err_errno(err, "rename to %.160s", path);
	if (!good)
		(void)unlink(aside);
	return good;
}
