/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search.c -- the bytes of a marker in every file below a directory; see search.h.
 *
 * It reads files as they lie on the disk (databases, their WAL, spools, snapshots), in
 * pieces that overlap by the marker's length.
 *
 * Not handled: what is compressed or encrypted there, and a text that a database has cut
 * over two pages; a short marker is seldom cut.
 */
#include "store/search.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 1 << 20, DEPTH = 16, PATH = 4096 };

struct search {
	const char *marker;
	size_t size;
	uint8_t *piece; /* PIECE bytes and the overlap */
	uint64_t files;
	search_visit *visit;
	void *ctx;
	bool stopped;
	struct err *err;
};

/* `have` bytes lie in s->piece, the first of them at `offset` in the file. */
static void
look(struct search *s, const char *path, size_t have, uint64_t offset)
{
	const uint8_t *at = s->piece, *end = s->piece + have;

	while (!s->stopped &&
	       (at = memmem(at, (size_t)(end - at), s->marker, s->size)) != NULL) {
		s->stopped = !s->visit(s->ctx, path, offset + (uint64_t)(at - s->piece));
		at++;
	}
}

static bool
search_file(struct search *s, int fd, const char *path)
{
	size_t kept = 0;
	uint64_t offset = 0; /* of s->piece[0] */
	ssize_t got;

	s->files++;
	while (!s->stopped && (got = read(fd, s->piece + kept, PIECE)) != 0) {
		size_t have, keep;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(s->err, "cannot read %s", path);
		have = kept + (size_t)got;
		look(s, path, have, offset);
		keep = have < s->size - 1 ? have : s->size - 1;
		memmove(s->piece, s->piece + have - keep, keep);
		offset += have - keep;
		kept = keep;
	}
	return true;
}

static bool search_directory(struct search *s, int fd, const char *path, int depth);

static bool
search_entry(struct search *s, int parent, const char *path, const char *name, int depth)
{
	struct stat st;
	char full[PATH];
	bool good = true;
	int fd;

	(void)snprintf(full, sizeof full, "%s/%s", path, name);
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT || err_errno(s->err, "cannot look at %s", full);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return true;
	fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || err_errno(s->err, "cannot open %s", full);
	if (S_ISDIR(st.st_mode))
		return search_directory(s, fd, full, depth + 1);
	good = search_file(s, fd, full);
	(void)close(fd);
	return good;
}

/* Takes over `fd`. */
static bool
search_directory(struct search *s, int fd, const char *path, int depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	bool good = true;

	if (dir == NULL || depth > DEPTH) {
		(void)(dir != NULL ? closedir(dir) : close(fd));
		return err_set(
		    s->err, "%s: directories lie too deep in each other", path);
	}
	while (good && !s->stopped && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			good = search_entry(s, fd, path, entry->d_name, depth);
	(void)closedir(dir);
	return good;
}

bool
search_files(const char *directory, const char *marker, uint64_t *files,
    search_visit *visit, void *ctx, struct err *err)
{
	struct search s = {.marker = marker,
	    .size = strlen(marker),
	    .visit = visit,
	    .ctx = ctx,
	    .err = err};
	bool good;
	int fd;

	*files = 0;
	if (s.size < SEARCH_LEAST || s.size > PIECE)
		return err_set(err,
		    "a marker has %d bytes at least, or it is found by chance",
		    SEARCH_LEAST);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, "cannot open %s", directory);
	s.piece = xmalloc(PIECE + s.size);
	good = search_directory(&s, fd, directory, 0);
	free(s.piece);
	*files = s.files;
	return good;
}
