/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot.c -- see snapshot.h. A file is the secretstream's header and one message whose
 * tag is FINAL; a torn or mixed file does not authenticate. The old content is destroyed
 * first (truncated), so that a slot is never a blend of two.
 */
#include "role/snapshot.h"

#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	HEADER = crypto_secretstream_xchacha20poly1305_HEADERBYTES,
	ADDED = crypto_secretstream_xchacha20poly1305_ABYTES
};

static bool
make_key(const char *path, uint8_t key[SNAPSHOT_KEY], struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good;

	if (fd < 0)
		return err_errno(err, "make %s", path);
	randombytes_buf(key, SNAPSHOT_KEY);
	good = write(fd, key, SNAPSHOT_KEY) == SNAPSHOT_KEY && fsync(fd) == 0;
	if (!good) {
		(void)err_errno(err, "write %s", path);
		(void)unlink(path); /* half a key would be refused for ever */
	}
	(void)close(fd);
	return good;
}

bool
snapshot_key(const char *path, uint8_t key[SNAPSHOT_KEY], struct err *err)
{
	struct wr w;
	bool good;

	if (access(path, F_OK) != 0)
		return make_key(path, key, err);
	wr_init(&w, 4096);
	good = file_read(path, &w, err);
	if (good && w.size != SNAPSHOT_KEY)
		good = err_set(
		    err, "%s: not a key; remove it with the snapshots beside it", path);
	if (good)
		memcpy(key, w.bytes, SNAPSHOT_KEY);
	wr_fini(&w);
	return good;
}

static bool
write_all(int fd, const uint8_t *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t n = pwrite(fd, bytes + at, size - at, (off_t)at);

		if (n < 0 && errno != EINTR)
			return false;
		at += n > 0 ? (size_t)n : 0;
	}
	return true;
}

bool
snapshot_write(const struct snapshot_slots *slots, unsigned slot, const void *bytes,
    size_t size, struct err *err)
{
	crypto_secretstream_xchacha20poly1305_state state;
	size_t whole = HEADER + size + ADDED;
	uint8_t *sealed = xmalloc(whole);
	int fd = slots->fds[slot];
	bool good;

	(void)crypto_secretstream_xchacha20poly1305_init_push(&state, sealed, slots->key);
	(void)crypto_secretstream_xchacha20poly1305_push(&state, sealed + HEADER, NULL,
	    bytes, size, NULL, 0, crypto_secretstream_xchacha20poly1305_TAG_FINAL);
	good =
	    ftruncate(fd, 0) == 0 && write_all(fd, sealed, whole) && fdatasync(fd) == 0;
	if (!good)
		(void)err_errno(err, "write a snapshot");
	free(sealed);
	return good;
}

static bool
read_all(int fd, uint8_t *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t n = pread(fd, bytes + at, size - at, (off_t)at);

		if (n == 0 || (n < 0 && errno != EINTR))
			return false;
		at += n > 0 ? (size_t)n : 0;
	}
	return true;
}

static bool
open_sealed(const struct snapshot_slots *slots, const uint8_t *sealed, size_t size,
    struct wr *out)
{
	crypto_secretstream_xchacha20poly1305_state state;
	size_t plain = size - HEADER - ADDED;
	uint8_t tag = 0, *at = wr_reserve(out, plain);

	return at != NULL &&
	       crypto_secretstream_xchacha20poly1305_init_pull(
		   &state, sealed, slots->key) == 0 &&
	       crypto_secretstream_xchacha20poly1305_pull(&state, at, NULL, &tag,
		   sealed + HEADER, size - HEADER, NULL, 0) == 0 &&
	       tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
}

bool
snapshot_read(const struct snapshot_slots *slots, unsigned slot, struct wr *out)
{
	struct stat st;
	uint8_t *sealed;
	size_t size;
	bool good;

	if (slots->fds[slot] < 0 || fstat(slots->fds[slot], &st) < 0 ||
	    st.st_size <= HEADER + ADDED || st.st_size > SNAPSHOT_MAX)
		return false;
	size = (size_t)st.st_size;
	sealed = xmalloc(size);
	good = read_all(slots->fds[slot], sealed, size) &&
	       open_sealed(slots, sealed, size, out);
	if (!good)
		wr_reset(out);
	free(sealed);
	return good;
}
