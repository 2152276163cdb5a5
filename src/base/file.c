/* SPDX-License-Identifier: Apache-2.0 */
/* file.c -- see file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
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
