/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed.h -- a MISP feed's directory: manifest.json names the events that lie beside it.
 */
#ifndef CMD_FEED_H
#define CMD_FEED_H

#include "base/err.h"

/* One file; false ends nothing, but the whole will be false. */
typedef bool feed_visit(void *ctx, const char *path);

/* Is the path a directory? */
bool feed_is(const char *path);
/* Gives the path of each event that the manifest names, in its order. False with a
 * sentence if there is no manifest, or a visit was false (the sentence is then empty). */
MUST_CHECK bool feed_each(
    const char *directory, feed_visit *visit, void *ctx, struct err *err);

#endif
