/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem.c -- see mem.h. An arena is a chain of blocks; each request comes from the newest
 * one or opens another, at least BLOCK bytes large.
 */
#include "base/mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { BLOCK = 64 * 1024, HUGE_PAGE = 2 << 20 };

struct block {
	struct block *next;
	size_t size, used;
	alignas(max_align_t) unsigned char bytes[];
};

struct arena {
	struct block *newest;
	size_t limit, held, used;
};

void
fatal(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fputs("botkoll: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
	va_end(args);
	abort();
}

void *
xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (p == NULL)
		fatal("out of memory: %zu bytes", size);
	return p;
}

void *
xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (p == NULL)
		fatal("out of memory: %zu times %zu bytes", count, size);
	return p;
}

void *
xrealloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (p == NULL)
		fatal("out of memory: %zu bytes", size);
	return p;
}

char *
xstrdup(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(xmalloc(size), text, size);
}

void *
xmap(size_t size)
{
	void *p =
	    mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		fatal("out of memory: %zu bytes for a table", size);
	if (size >= HUGE_PAGE)
		(void)madvise(p, size, MADV_HUGEPAGE); /* a wish: refused is as well */
	return p;
}

void
xunmap(void *pages, size_t size)
{
	if (pages != NULL)
		(void)munmap(pages, size);
}

struct arena *
arena_new(size_t limit)
{
	struct arena *arena = xcalloc(1, sizeof *arena);

	arena->limit = limit;
	return arena;
}

static void
free_chain(struct block *block)
{
	while (block != NULL) {
		struct block *next = block->next;

		free(block);
		block = next;
	}
}

void
arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	free_chain(arena->newest);
	free(arena);
}

static struct block *
open_block(struct arena *arena, size_t size)
{
	size_t room = size > BLOCK ? size : BLOCK;
	struct block *block;

	if (room > arena->limit - arena->held)
		fatal("arena: more than the configured %zu bytes", arena->limit);
	block = xmalloc(sizeof *block + room);
	block->next = arena->newest;
	block->size = room;
	block->used = 0;
	arena->newest = block;
	arena->held += room;
	return block;
}

void *
arena_get(struct arena *arena, size_t size)
{
	struct block *block = arena->newest;
	size_t rounded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	void *p;

	if (rounded < size)
		fatal("arena: %zu bytes asked for", size);
	if (block == NULL || block->size - block->used < rounded)
		block = open_block(arena, rounded);
	p = block->bytes + block->used;
	block->used += rounded;
	arena->used += rounded;
	return memset(p, 0, size);
}

char *
arena_strdup(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_get(arena, length + 1);

	memcpy(copy, text, length);
	return copy;
}

void
arena_reset(struct arena *arena)
{
	if (arena->newest == NULL)
		return;
	free_chain(arena->newest->next);
	arena->newest->next = NULL;
	arena->newest->used = 0;
	arena->held = arena->newest->size;
	arena->used = 0;
}

size_t
arena_used(const struct arena *arena)
{
	return arena->used;
}
