/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input.c -- see input.h. One buffer: what was asked for and is not there yet is read
 * behind what is left, which first moves to the front. Only these filters and formats are
 * enabled, since others of libarchive start programs.
 *
 * Not handled: encrypted zips (an error says so), archives inside archives, more than
 * MEMBERS members.
 */
#include "base/input.h"

#include "base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BUFFER = 2 * INPUT_PIECE, BLOCK = 1 << 17, MEMBERS = 256 };

struct input {
	struct archive *archive;
	uint8_t *buffer;
	size_t at, end;
	uint64_t left, limit;
	int members;
	bool ended, failed;
	struct err why; /* it failed */
};

static bool
archive_flaw(const struct input *in, struct err *err)
{
	const char *why = archive_error_string(in->archive);

	return err_set(err, "%s", why != NULL ? why : "damaged archive");
}

static struct input *
input_begin(uint64_t limit)
{
	struct input *in = xcalloc(1, sizeof *in);

	in->archive = archive_read_new();
	if (in->archive == NULL)
		fatal("libarchive: out of memory");
	in->left = in->limit = limit;
	in->ended = true;
	(void)archive_read_support_filter_gzip(in->archive);
	(void)archive_read_support_filter_xz(in->archive);
	(void)archive_read_support_filter_zstd(in->archive);
	(void)archive_read_support_format_zip_streamable(in->archive);
	(void)archive_read_support_format_raw(in->archive);
	(void)archive_read_support_format_empty(in->archive);
	return in;
}

static struct input *
input_opened(struct input *in, int opened, struct err *err)
{
	if (opened != ARCHIVE_OK) {
		(void)archive_flaw(in, err);
		input_free(in);
		return NULL;
	}
	in->buffer = xmalloc(BUFFER);
	return in;
}

struct input *
input_new(int fd, uint64_t limit, struct err *err)
{
	struct input *in = input_begin(limit);

	return input_opened(in, archive_read_open_fd(in->archive, fd, BLOCK), err);
}

struct input *
input_new_bytes(const void *bytes, size_t size, uint64_t limit, struct err *err)
{
	struct input *in = input_begin(limit);

	return input_opened(in, archive_read_open_memory(in->archive, bytes, size), err);
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

int
input_next(struct input *in, const char **name, struct err *err)
{
	struct archive_entry *entry;
	int done;

	in->at = in->end = 0;
	in->ended = true;
	do {
		done = archive_read_next_header(in->archive, &entry);
		if (done == ARCHIVE_EOF)
			return 0;
		if (done != ARCHIVE_OK && done != ARCHIVE_WARN)
			return archive_flaw(in, err) - 1;
		if (++in->members > MEMBERS)
			return err_set(err, "more than %d members", MEMBERS) - 1;
	} while (archive_entry_filetype(entry) != AE_IFREG);
	*name = "";
	if (archive_format(in->archive) != ARCHIVE_FORMAT_RAW &&
	    archive_entry_pathname(entry) != NULL)
		*name = archive_entry_pathname(entry);
	in->ended = in->failed;
	return 1;
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

		if (got < 0)
			in->failed = !archive_flaw(in, &in->why);
		else if ((uint64_t)got > in->left)
			in->failed = !err_set(&in->why,
			    "more than %" PRIu64 " bytes when unpacked", in->limit);
		in->ended = in->failed || got == 0;
		if (in->ended)
			break;
		in->end += (size_t)got;
		in->left -= (uint64_t)got;
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

bool
input_windows(struct input *in, input_window *take, void *ctx, struct err *err)
{
	do {
		size_t used;

		fill(in, BUFFER);
		if (in->failed)
			return err_set(err, "%s", in->why.text);
		used = take(ctx, (const char *)in->buffer, in->end, in->ended, err);
		if (used == INPUT_STOP)
			return false;
		assert(used <= in->end && (used > 0 || in->ended));
		in->at = used;
	} while (!in->ended);
	return true;
}
