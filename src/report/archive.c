/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive.c -- zip, gzip, xz, zstd around reports that only their content tells apart:
 * each member is unpacked into memory and read as a report of its own.
 *
 * A report whose name tells its type (Shadowserver's) is unpacked by its own reader, as a
 * stream; this one is for the rest, so it is asked last. Bounded: what a member unpacks
 * to (UNPACKED, half of it a level deeper), their number (base/input), archives in
 * archives (REPORT_DEPTH). A member that cannot be read (password, damage, no known
 * format) is refused by itself, as far as the archive can be read on behind it.
 */
#include "base/buf.h"
#include "report/report.h"

#include <stdio.h>
#include <string.h>

enum { UNPACKED = 96 << 20 };

static size_t
collect(void *ctx, const char *text, size_t size, bool last, struct err *err)
{
	struct wr *bytes = ctx;

	(void)last;
	wr_put(bytes, text, size);
	if (!bytes->bad)
		return size;
	(void)err_set(err, "more than %zu bytes when unpacked", bytes->limit);
	return INPUT_STOP;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static void
refuse(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, uint64_t row, const struct err *why)
{
	stat->rows++;
	report_refuse(sink, stat,
	    &(struct refusal){
		.row = row, .reason = why->text, .piece = in->bytes, .size = in->size});
}

static bool
read_member(const struct report_input *in, const char *member, const struct wr *bytes,
    const struct report_sink *sink, struct report_stat *stat, struct err *err)
{
	char name[256];
	struct report_input part = {.bytes = bytes->bytes, .size = bytes->size};

	(void)snprintf(
	    name, sizeof name, "%s", base_name(*member != 0 ? member : in->name));
	part.name = name;
	return report_part(in, &part, sink, stat, err);
}

static bool
archive_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	struct input *input = report_open(in, err);
	struct wr bytes;
	const char *member;
	uint64_t row = 0;
	int more = input == NULL ? -1 : 1;

	/* Archives in archives are in memory together. */
	wr_init(&bytes, (size_t)UNPACKED >> in->depth);
	while (more > 0) {
		struct err why;

		more = input_next(input, &member, err);
		if (more <= 0)
			break;
		row++;
		wr_reset(&bytes);
		if (!input_windows(input, collect, &bytes, &why) ||
		    !read_member(in, member, &bytes, sink, stat, &why))
			refuse(in, sink, stat, row, &why);
		if (input_failed(input))
			break;
	}
	wr_fini(&bytes);
	input_free(input);
	return more >= 0;
}

static int
archive_recognise(const char *name, const uint8_t *head, size_t size)
{
	static const struct {
		const char *bytes;
		size_t size;
	} marks[] = {{"PK\x03\x04", 4}, {"\x1f\x8b", 2},
	    {"\xfd"
	     "7zXZ",
		5},
	    {"\x28\xb5\x2f\xfd", 4}};

	(void)name;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (size > marks[i].size &&
		    memcmp(head, marks[i].bytes, marks[i].size) == 0)
			return 15;
	return 0;
}

const struct format format_archive = {
    .name = "archive",
    .summary = "zip, gzip, xz or zstd around other reports",
    .recognise = archive_recognise,
    .read = archive_read,
};
