/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.c -- see manifest.h. */
#include "line/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool
lease_append(int fd, int64_t at, const struct wr *w, struct err *err)
{
	size_t done = 0;

	while (done < w->size) {
		ssize_t n = pwrite(fd, w->bytes + done, w->size - done, at + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			(void)err_errno(err, "write lease tail");
			(void)!ftruncate(fd, at);
			return false;
		}
		done += (size_t)n;
	}
	if (fdatasync(fd) != 0)
		return err_errno(err, "sync lease tail");
	return true;
}

static bool
manifest_parse(struct manifest *m, char *text, struct err *err)
{
	char *rest = NULL;
	int version = 0;

	*m = (struct manifest){0};
	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		uint64_t n;

		if (sscanf(line, "botkoll-leases %d", &version) == 1 ||
		    sscanf(line, "generation %" SCNu64, &m->generation) == 1 ||
		    sscanf(line, "next %" SCNu64, &m->next_file) == 1 ||
		    sscanf(line, "tail %" SCNu64, &m->tail) == 1)
			continue;
		if (sscanf(line, "segment %" SCNu64, &n) != 1 ||
		    m->count == MANIFEST_SEGMENTS)
			return err_set(
			    err, "lease manifest: \"%.40s\" is not understood", line);
		m->segments[m->count++] = n;
	}
	if (version != 1)
		return err_set(err, "lease manifest: version %d is not 1", version);
	return true;
}

bool
manifest_read(int dir_fd, struct manifest *m, struct err *err)
{
	char text[8192];
	int fd = openat(dir_fd, "manifest", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	*m = (struct manifest){0};
	if (fd < 0)
		return errno == ENOENT || err_errno(err, "open lease manifest");
	n = read(fd, text, sizeof text - 1);
	(void)close(fd);
	if (n < 0)
		return err_errno(err, "read lease manifest");
	text[n] = 0;
	return manifest_parse(m, text, err);
}

bool
manifest_write(int dir_fd, const struct manifest *m, struct err *err)
{
	int fd = openat(
	    dir_fd, "manifest.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct wr w;
	bool good;

	if (fd < 0)
		return err_errno(err, "create lease manifest");
	wr_init(&w, 8192);
	wr_printf(&w,
	    "botkoll-leases 1\ngeneration %" PRIu64 "\nnext %" PRIu64 "\ntail %" PRIu64
	    "\n",
	    m->generation, m->next_file, m->tail);
	for (size_t i = 0; i < m->count; i++)
		wr_printf(&w, "segment %" PRIu64 "\n", m->segments[i]);
	good = lease_append(fd, 0, &w, err);
	wr_fini(&w);
	(void)close(fd);
	if (good && renameat(dir_fd, "manifest.new", dir_fd, "manifest") != 0)
		good = err_errno(err, "rename lease manifest");
	if (good && fsync(dir_fd) != 0)
		good = err_errno(err, "sync lease directory");
	return good;
}
