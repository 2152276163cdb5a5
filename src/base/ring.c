/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring.c -- see ring.h.
 *
 * The data pages are mapped twice in a row, so that a frame that wraps around the end is
 * still one piece of memory. `head` counts bytes ever written, `tail` bytes ever read;
 * each side keeps its own count privately and only publishes it. Sleeping: a side sets
 * its flag, then looks once more; the other side clears the flag after having published.
 */
#include "base/ring.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, FRAME_ALIGN = 8 };

struct shared {
	_Atomic uint64_t head, tail;
	_Atomic uint32_t reader_sleeps, writer_sleeps;
};

struct frame {
	uint32_t size, type;
};

struct ring {
	struct shared *shared;
	uint8_t *data;
	uint64_t mine; /* head of the writer, tail of the reader */
	bool writer, bad;
};

int
ring_memory(void)
{
	int fd = memfd_create("botkoll-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, PAGE + RING_BYTES) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		fatal("memory for a ring: %s", strerrordesc_np(errno));
	return fd;
}

static bool
is_sealed(int fd)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	return fstat(fd, &st) == 0 && st.st_size == PAGE + RING_BYTES && seals >= 0 &&
	       (seals & F_SEAL_SHRINK);
}

static bool
map(struct ring *r, int fd)
{
	uint8_t *base = mmap(NULL, PAGE + 2 * (size_t)RING_BYTES, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *second;

	if (base == MAP_FAILED)
		return false;
	second = base + PAGE + RING_BYTES;
	r->shared = (struct shared *)(void *)base;
	r->data = base + PAGE;
	if (mmap(base, PAGE + RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		fd, 0) == MAP_FAILED ||
	    mmap(second, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		PAGE) == MAP_FAILED) {
		(void)munmap(base, PAGE + 2 * (size_t)RING_BYTES);
		return false;
	}
	return true;
}

struct ring *
ring_open(int fd, bool writer, struct err *err)
{
	struct ring *r = xcalloc(1, sizeof *r);
	bool good = is_sealed(fd) || err_set(err, "no memory of a ring was passed");

	if (good && !map(r, fd))
		good = err_errno(err, "map the memory of a ring");
	(void)close(fd);
	if (!good) {
		free(r);
		return NULL;
	}
	r->writer = writer;
	r->mine = writer ? atomic_load(&r->shared->head) : atomic_load(&r->shared->tail);
	return r;
}

void
ring_close(struct ring *r)
{
	if (r == NULL)
		return;
	(void)munmap(r->shared, PAGE + 2 * (size_t)RING_BYTES);
	free(r);
}

/* Bytes between the two ends; sets `bad` if that cannot be. */
static uint64_t
used(struct ring *r)
{
	uint64_t head = r->writer ? r->mine : atomic_load(&r->shared->head);
	uint64_t tail = r->writer ? atomic_load(&r->shared->tail) : r->mine;

	if (head - tail > RING_BYTES)
		r->bad = true;
	return r->bad ? 0 : head - tail;
}

static size_t
span(size_t size)
{
	return sizeof(struct frame) +
	       ((size + FRAME_ALIGN - 1) & ~(size_t)(FRAME_ALIGN - 1));
}

/* Says so when there is no room, then looks again: the reader may just have read. */
static bool
has_room(struct ring *r, size_t need)
{
	if (RING_BYTES - used(r) >= need)
		return !r->bad;
	atomic_store(&r->shared->writer_sleeps, 1);
	return RING_BYTES - used(r) >= need && !r->bad;
}

bool
ring_put(struct ring *r, uint32_t type, const void *bytes, size_t size)
{
	struct frame f = {(uint32_t)size, type};
	uint8_t *at = r->data + r->mine % RING_BYTES;

	if (size > RING_FRAME_MAX)
		fatal("ring: a frame of %zu bytes", size);
	if (r->bad || !has_room(r, span(size)))
		return false;
	memcpy(at, &f, sizeof f);
	memcpy(at + sizeof f, bytes, size);
	r->mine += span(size);
	atomic_store(&r->shared->head, r->mine);
	return true;
}

static bool
has_frame(struct ring *r)
{
	if (used(r) > 0)
		return !r->bad;
	atomic_store(&r->shared->reader_sleeps, 1);
	return used(r) > 0 && !r->bad;
}

bool
ring_get(struct ring *r, uint32_t *type, struct wr *out)
{
	const uint8_t *at = r->data + r->mine % RING_BYTES;
	struct frame f;

	if (r->bad || !has_frame(r))
		return false;
	memcpy(&f, at, sizeof f);
	if (f.size > RING_FRAME_MAX || used(r) < span(f.size)) {
		r->bad = true;
		return false;
	}
	wr_put(out, at + sizeof f, f.size);
	*type = f.type;
	r->mine += span(f.size);
	atomic_store(&r->shared->tail, r->mine);
	return !out->bad;
}

bool
ring_bad(const struct ring *r)
{
	return r->bad;
}

bool
ring_wake(struct ring *r)
{
	_Atomic uint32_t *flag =
	    r->writer ? &r->shared->reader_sleeps : &r->shared->writer_sleeps;

	return atomic_load(flag) != 0 && atomic_exchange(flag, 0) != 0;
}
