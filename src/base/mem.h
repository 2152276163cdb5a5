/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem.h -- memory that is there, or the process is not.
 *
 * Running out of memory is fatal (the parent restarts the role), so callers have no
 * error branch. An arena holds what lives exactly as long as one piece of work: one
 * request, one report, one batch.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Analysers know by this that no caller need ask. */
#define NEVER_NULL __attribute__((returns_nonnull))

NEVER_NULL void *xmalloc(size_t size);
NEVER_NULL void *xcalloc(size_t count, size_t size);
NEVER_NULL void *xrealloc(void *old, size_t size);
NEVER_NULL char *xstrdup(const char *text);
/* Zeroed pages for a large table, huge ones where the kernel allows. */
NEVER_NULL void *xmap(size_t size);
void xunmap(void *pages, size_t size);
/* Ends the process with the sentence on stderr. */
_Noreturn void fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct arena;

/* `limit`: bytes the arena may hold in all; going over is fatal. */
NEVER_NULL struct arena *arena_new(size_t limit);
void arena_free(struct arena *arena);
/* Zeroed, aligned for any type; valid until arena_reset or arena_free. */
NEVER_NULL void *arena_get(struct arena *arena, size_t size);
NEVER_NULL char *arena_strdup(struct arena *arena, const char *text, size_t length);
/* Forgets everything handed out, keeps the pages. */
void arena_reset(struct arena *arena);
size_t arena_used(const struct arena *arena);

#endif
