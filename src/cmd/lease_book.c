/* SPDX-License-Identifier: Apache-2.0 */
/* lease_book.c -- see lease_book.h. Keys are looked up in an open-addressed table. */
#include "cmd/lease_book.h"

#include "base/hash.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct lease_book {
	struct leases *leases;
	int dir_fd;
	uint32_t realm;
	char **keys; /* handle - 1 -> key */
	uint32_t count, room, saved;
	uint32_t *slots; /* handle, 0: free; twice `room` of them */
};

static uint32_t *
slot_of(const struct lease_book *book, const char *key)
{
	uint32_t mask = 2 * book->room - 1;
	uint32_t at = (uint32_t)hash_bytes(key, strlen(key), 0) & mask;

	while (book->slots[at] != 0 && strcmp(book->keys[book->slots[at] - 1], key) != 0)
		at = (at + 1) & mask;
	return &book->slots[at];
}

static void
grow(struct lease_book *book)
{
	book->room = book->room ? 2 * book->room : 1024;
	book->keys = xrealloc(book->keys, book->room * sizeof *book->keys);
	free(book->slots);
	book->slots = xcalloc(2 * (size_t)book->room, sizeof *book->slots);
	for (uint32_t i = 0; i < book->count; i++)
		*slot_of(book, book->keys[i]) = i + 1;
}

static uint32_t
handle_of(struct lease_book *book, const char *key)
{
	uint32_t *slot;

	if (book->count == book->room)
		grow(book);
	slot = slot_of(book, key);
	if (*slot == 0) {
		book->keys[book->count] = xstrdup(key);
		*slot = ++book->count;
	}
	return *slot;
}

static bool
read_keys(struct lease_book *book, struct err *err)
{
	int fd = openat(book->dir_fd, "handles", O_RDONLY | O_CLOEXEC);
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	FILE *f;

	if (fd < 0)
		return errno == ENOENT || err_errno(err, "open the file of handles");
	f = fdopen(fd, "r");
	if (f == NULL)
		fatal("out of memory: a stream");
	while ((n = getline(&line, &room, f)) > 0) {
		line[n - (line[n - 1] == '\n')] = 0;
		(void)handle_of(book, line);
	}
	free(line);
	(void)fclose(f);
	book->saved = book->count;
	return true;
}

static bool
open_directory(
    struct lease_book *book, const char *directory, bool writer, struct err *err)
{
	if (writer && mkdir(directory, 0700) != 0 && errno != EEXIST)
		return err_errno(err, "create %s", directory);
	book->dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (book->dir_fd < 0)
		return err_errno(err, "open %s", directory);
	book->leases = leases_open(book->dir_fd, writer, err);
	return book->leases != NULL && read_keys(book, err);
}

struct lease_book *
lease_book_open(const char *directory, bool writer, struct err *err)
{
	struct lease_book *book = xcalloc(1, sizeof *book);

	book->dir_fd = -1;
	if (directory == NULL) {
		book->leases = leases_in_memory();
		return book;
	}
	if (open_directory(book, directory, writer, err))
		return book;
	lease_book_close(book);
	return NULL;
}

void
lease_book_close(struct lease_book *book)
{
	if (book == NULL)
		return;
	leases_close(book->leases);
	for (uint32_t i = 0; i < book->count; i++)
		free(book->keys[i]);
	free(book->keys);
	free(book->slots);
	if (book->dir_fd >= 0)
		(void)close(book->dir_fd);
	free(book);
}

struct leases *
lease_book_leases(const struct lease_book *book)
{
	return book->leases;
}

const char *
lease_book_key(const struct lease_book *book, uint32_t handle)
{
	return handle != 0 && handle <= book->count ? book->keys[handle - 1] : NULL;
}

void
lease_book_realm(struct lease_book *book, uint32_t realm)
{
	book->realm = realm;
}

void
lease_book_event(void *ctx, const struct lease_event *event)
{
	struct lease_book *book = ctx;
	struct lease lease = {.addr = event->addr,
	    .realm = book->realm,
	    .port_lo = event->port_lo,
	    .port_hi = event->port_hi,
	    .start = event->time,
	    .end = event->expires};

	if (event->subscriber[0] != 0)
		lease.handle = handle_of(book, event->subscriber);
	if (event->change == LEASE_GIVEN)
		(void)leases_add(book->leases, &lease);
	else
		leases_end(book->leases, &lease, event->time);
}

bool
lease_book_sync(struct lease_book *book, struct err *err)
{
	int fd = openat(
	    book->dir_fd, "handles", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "a");
	bool good;

	if (f == NULL)
		return err_errno(err, "open the file of handles");
	for (uint32_t i = book->saved; i < book->count; i++)
		(void)fprintf(f, "%s\n", book->keys[i]);
	good = fflush(f) == 0 && fsync(fd) == 0;
	if (!good)
		(void)err_errno(err, "write the file of handles");
	(void)fclose(f);
	if (!good)
		return false;
	book->saved = book->count; /* keys first: a lease never lacks its key */
	return leases_sync(book->leases, err);
}
