/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mark.h -- which lines the detect roles have been asked to tell everything about.
 *
 * A row for each word that was said, under rising numbers, so that a detect role that was
 * killed hears them again; a row goes when it has been followed by another or has ended,
 * and all detect roles have made it durable.
 */
#ifndef STORE_MARK_H
#define STORE_MARK_H

#include "base/err.h"
#include "event/merge.h"

struct store;

struct stored_mark {
	uint64_t line; /* 0: erased */
	struct line_mark mark;
};

typedef bool mark_visit(void *ctx, const struct stored_mark *mark); /* false stops */

/* Takes the place of what was said of this line and address before. An `until` that is
 * not after `time` ends it. */
MUST_CHECK bool store_mark_put(
    struct store *store, const struct stored_mark *mark, struct err *err);
/* The number of the last word, 0 before the first. */
uint64_t store_mark_last(struct store *store);
/* Those numbered above `after`, in order. */
void store_marks_after(struct store *store, uint64_t after, mark_visit *visit, void *ctx);
/* What holds of a line; of all lines with line 0. By line, then number. */
void store_marks_active(struct store *store, uint64_t line, mark_visit *visit, void *ctx);
/* Forgets what no longer holds, up to the number `had` by all. */
MUST_CHECK bool store_marks_forget(struct store *store, uint64_t had, struct err *err);

#endif
