/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack.c -- see unpack.h: libarchive with the few formats and filters that are wanted.
 *
 * Not handled: encrypted zips (an error says so), archives inside archives, more than
 * MEMBERS members.
 */
#include "base/unpack.h"

#include "base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { BLOCK = 65536, MEMBERS = 256 };

struct unpack {
	struct archive *archive;
	uint64_t left, limit;
	int members;
};

struct unpack *
unpack_open(int fd, uint64_t limit, struct err *err)
{
	struct unpack *u = xcalloc(1, sizeof *u);
	struct archive *a = archive_read_new();

	if (a == NULL)
		fatal("out of memory: an archive reader");
	u->archive = a;
	u->left = u->limit = limit;
	(void)archive_read_support_filter_gzip(a);
	(void)archive_read_support_filter_xz(a);
	(void)archive_read_support_filter_zstd(a);
	(void)archive_read_support_format_zip(a);
	(void)archive_read_support_format_raw(a);
	(void)archive_read_support_format_empty(a);
	if (archive_read_open_fd(a, fd, BLOCK) == ARCHIVE_OK)
		return u;
	(void)err_set(err, "%s", archive_error_string(a));
	unpack_close(u);
	return NULL;
}

void
unpack_close(struct unpack *u)
{
	if (u == NULL)
		return;
	(void)archive_read_free(u->archive);
	free(u);
}

static int
failed(const struct unpack *u, struct err *err)
{
	const char *why = archive_error_string(u->archive);

	(void)err_set(err, "%s", why != NULL ? why : "damaged archive");
	return -1;
}

int
unpack_next(struct unpack *u, const char **name, struct err *err)
{
	struct archive_entry *entry;
	int done;

	do {
		done = archive_read_next_header(u->archive, &entry);
		if (done == ARCHIVE_EOF)
			return 0;
		if (done != ARCHIVE_OK && done != ARCHIVE_WARN)
			return failed(u, err);
		if (++u->members > MEMBERS) {
			(void)err_set(err, "more than %d members", MEMBERS);
			return -1;
		}
	} while (archive_entry_filetype(entry) != AE_IFREG);
	*name = "";
	if (archive_format(u->archive) != ARCHIVE_FORMAT_RAW &&
	    archive_entry_pathname(entry) != NULL)
		*name = archive_entry_pathname(entry);
	return 1;
}

ssize_t
unpack_read(struct unpack *u, void *out, size_t room, struct err *err)
{
	ssize_t n = archive_read_data(u->archive, out, room);

	if (n < 0)
		return failed(u, err);
	if ((uint64_t)n > u->left) {
		(void)err_set(err, "more than %" PRIu64 " bytes when unpacked", u->limit);
		return -1;
	}
	u->left -= (uint64_t)n;
	return n;
}
