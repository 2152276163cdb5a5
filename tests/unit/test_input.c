/* SPDX-License-Identifier: Apache-2.0 */
/* test_input.c -- plain, compressed and zipped files give the same bytes; the bounds. */
#include "../../src/base/input.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { BYTES = 5 * INPUT_PIECE / 2 };

static uint8_t *bytes;

static void
put_member(struct archive *a, const char *name, mode_t type, size_t size)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_size(entry, (int64_t)size);
	archive_entry_set_perm(entry, 0644);
	assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
	if (size > 0)
		assert_int_equal(archive_write_data(a, bytes, size), size);
	archive_entry_free(entry);
}

/* `filter` packs one nameless file; without one it is a zip of a directory and `count`
 * files. */
static int
packed(int (*filter)(struct archive *), int count)
{
	int fd = memfd_create("packed", MFD_CLOEXEC);
	struct archive *a = archive_write_new();

	if (filter != NULL) {
		assert_int_equal(filter(a), ARCHIVE_OK);
		assert_int_equal(archive_write_set_format_raw(a), ARCHIVE_OK);
	} else {
		assert_int_equal(archive_write_set_format_zip(a), ARCHIVE_OK);
	}
	assert_int_equal(archive_write_open_fd(a, fd), ARCHIVE_OK);
	if (filter != NULL)
		put_member(a, "one", AE_IFREG, BYTES);
	else
		put_member(a, "dir/", AE_IFDIR, 0);
	for (int i = 0; i < count; i++) {
		char name[16];

		(void)snprintf(name, sizeof name, "dir/%d", i);
		put_member(a, name, AE_IFREG, BYTES);
	}
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

struct taking {
	size_t at, windows;
};

/* Leaves half a window each time. */
static size_t
take_half(void *ctx, const char *text, size_t size, bool last, struct err *err)
{
	struct taking *t = ctx;
	size_t used = last ? size : size / 2 + 1;

	(void)err;
	assert_memory_equal(text, bytes + t->at, size);
	t->at += used;
	t->windows++;
	return used;
}

static void
read_all(int fd, const char *expected)
{
	struct taking t = {0};
	struct err err;
	struct input *in = input_new(fd, BYTES, &err);
	const char *name;

	assert_non_null(in);
	assert_int_equal(input_next(in, &name, &err), 1);
	assert_string_equal(name, expected);
	assert_memory_equal(input_take(in, 1000), bytes, 1000);
	assert_true(input_skip(in, BYTES - 1010));
	assert_null(input_look(in, 11));
	assert_int_equal(input_rest(in), 10);
	assert_false(input_failed(in));
	assert_int_equal(input_next(in, &name, &err), 0);
	input_free(in);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	in = input_new(fd, BYTES, &err);
	assert_int_equal(input_next(in, &name, &err), 1);
	assert_true(input_windows(in, take_half, &t, &err));
	assert_int_equal(t.at, BYTES);
	assert_int_equal(t.windows, 2);
	input_free(in);
	(void)close(fd);
}

static void
test_same(void **state)
{
	(void)state;
	read_all(packed(archive_write_add_filter_none, 0), "");
	read_all(packed(archive_write_add_filter_gzip, 0), "");
	read_all(packed(archive_write_add_filter_xz, 0), "");
	read_all(packed(archive_write_add_filter_zstd, 0), "");
	read_all(packed(NULL, 1), "dir/0");
}

static void
test_members(void **state)
{
	int fd = packed(NULL, 3);
	struct err err;
	struct input *in = input_new(fd, 2 * BYTES + 1, &err);
	const char *name;
	struct taking t = {0};

	(void)state;
	assert_int_equal(input_next(in, &name, &err), 1); /* not read: does not count */
	assert_int_equal(input_next(in, &name, &err), 1);
	assert_string_equal(name, "dir/1");
	assert_true(input_windows(in, take_half, &t, &err));
	assert_int_equal(input_next(in, &name, &err), 1);
	t = (struct taking){0};
	assert_true(input_windows(in, take_half, &t, &err));
	assert_int_equal(input_next(in, &name, &err), 0);
	input_free(in);
	(void)close(fd);
}

static void
test_bounds(void **state)
{
	int fd = packed(archive_write_add_filter_gzip, 0);
	struct err err;
	struct input *in = input_new(fd, BYTES - 1, &err);
	const char *name;
	struct taking t = {0};

	(void)state;
	assert_int_equal(input_next(in, &name, &err), 1);
	assert_false(input_windows(in, take_half, &t, &err));
	assert_non_null(strstr(err.text, "when unpacked"));
	assert_true(input_failed(in));
	input_free(in);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_END) / 2), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	in = input_new(fd, BYTES, &err); /* cut short */
	assert_int_equal(input_next(in, &name, &err), 1);
	assert_false(input_skip(in, BYTES));
	assert_true(input_failed(in));
	input_free(in);
	(void)close(fd);
	fd = memfd_create("empty", MFD_CLOEXEC);
	in = input_new(fd, BYTES, &err);
	assert_int_equal(input_next(in, &name, &err), 0);
	assert_null(input_look(in, 1));
	input_free(in);
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same),
	    cmocka_unit_test(test_members),
	    cmocka_unit_test(test_bounds),
	};
	uint64_t x = 1;

	bytes = xmalloc(BYTES);
	for (size_t i = 0; i < BYTES; i++) { /* compresses badly */
		x = x * 6364136223846793005u + 1442695040888963407u;
		bytes[i] = (uint8_t)(x >> 56);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
