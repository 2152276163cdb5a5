/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input.c -- see input.h. One buffer: what was asked for and is not there yet is read
 * behind what is left, which first moves to the front. Only these three filters are
 * enabled, since others of libarchive start programs.
 */
#include "base/input.h"

#include "base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER = 2 * INPUT_PIECE, BLOCK = 1 << 17 };

struct input {
	struct archive *archive;
	uint8_t *buffer;
	size_t at, end;
	bool ended, failed;
};

static bool
open_archive(struct input *in, int fd)
{
	struct archive_entry *entry;
	int result;

	in->archive = archive_read_new();
	if (in->archive == NULL)
		fatal("libarchive: out of memory");
	(void)archive_read_support_filter_gzip(in->archive);
	(void)archive_read_support_filter_xz(in->archive);
	(void)archive_read_support_filter_zstd(in->archive);
	(void)archive_read_support_format_raw(in->archive);
	(void)archive_read_support_format_empty(in->archive);
	if (archive_read_open_fd(in->archive, fd, BLOCK) != ARCHIVE_OK)
		return false;
	result = archive_read_next_header(in->archive, &entry);
	in->ended = result == ARCHIVE_EOF;
	return result == ARCHIVE_OK || result == ARCHIVE_EOF;
}

struct input *
input_new(int fd, const char *name, struct err *err)
{
	struct input *in = xcalloc(1, sizeof *in);

	if (!open_archive(in, fd)) {
		(void)err_set(err, "%s: cannot be read: %s", name,
		    archive_error_string(in->archive));
		input_free(in);
		return NULL;
	}
	in->buffer = xmalloc(BUFFER);
	return in;
}

void
input_free(struct input *in)
{
	if (in == NULL)
		return;
	(void)archive_read_free(in->archive);
	free(in->buffer);
	free(in);
}

static void
fill(struct input *in, size_t size)
{
	memmove(in->buffer, in->buffer + in->at, in->end - in->at);
	in->end -= in->at;
	in->at = 0;
	while (!in->ended && in->end < size) {
		la_ssize_t got = archive_read_data(
		    in->archive, in->buffer + in->end, BUFFER - in->end);

		in->failed = got < 0;
		in->ended = got <= 0;
		in->end += got > 0 ? (size_t)got : 0;
	}
}

const uint8_t *
input_look(struct input *in, size_t size)
{
	assert(size <= INPUT_PIECE);
	if (in->end - in->at < size)
		fill(in, size);
	return in->end - in->at < size ? NULL : in->buffer + in->at;
}

const uint8_t *
input_take(struct input *in, size_t size)
{
	const uint8_t *p = input_look(in, size);

	if (p != NULL)
		in->at += size;
	return p;
}

bool
input_skip(struct input *in, uint64_t size)
{
	while (size > 0) {
		size_t piece = size < INPUT_PIECE ? (size_t)size : INPUT_PIECE;

		if (input_take(in, piece) == NULL)
			return false;
		size -= piece;
	}
	return true;
}

size_t
input_rest(const struct input *in)
{
	return in->end - in->at;
}

bool
input_failed(const struct input *in)
{
	return in->failed;
}
