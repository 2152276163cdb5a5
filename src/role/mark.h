/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mark.h -- marks on their way from the engine to the detect roles.
 *
 * A mark says: tell us all findings about whoever holds this address (DESIGN 4: a report
 * names the line, or a case is open). It changes what detect tells the engine, and what
 * detect tells changes which lines are marked: a circle, through which the same input
 * must give the same output. Therefore marks are a numbered source of detect's merge,
 * with a date and a watermark like any other:
 *
 *   - The marks of an epoch that ends at T are dated T + MARK_DELAY. They are written in
 *     that epoch's transaction; a detect role that comes back says the last number it has
 *     (HELLO), as in every numbered stream.
 *   - Once all epochs that end at or before t are closed, the next one ends a whole epoch
 *     later, so no mark dated at or before mark_reach(t) is missing: the engine says that
 *     as watermark. In REPLAY detect goes no further than this. In WALL it never waits: a
 *     mark usually comes MARK_DELAY before its date; one that comes later takes effect at
 *     once and is counted.
 *
 * Why they do not wait for each other for ever. Let E be the engine's epoch, e = 10 s
 * that of merge, and say detect has passed t when nothing that it will tell is received
 * at or before t. If nobody else holds back, all that can hold detect is the watermark W.
 * It then has passed W rounded down to e. Let kE be the last end of an epoch within what
 * all have passed; the engine closes all epochs up to it and says W' = kE + E + D - 1, D
 * = MARK_DELAY. Detect gets to W' rounded down to e, which is at least kE + E because D >
 * e: so the engine can close the next epoch too, and each round takes both a whole E
 * further. At the start there is no W yet; but before its first event detect has nothing
 * to tell, so it has passed the time just before that event (runner_first), and this
 * gives the first k. Leases, intake and actor wait for neither of the two; the engine
 * pauses no role but one that is ahead of the slowest.
 *
 * The end of a replay. When the inputs have ended, detect still waits for the marks up to
 * mark_reach(the latest watermark of its inputs), and takes none that are dated later: a
 * limit that is the same in every detect role, in every run, and that no mark made before
 * the end can lie beyond.
 */
#ifndef ROLE_MARK_H
#define ROLE_MARK_H

#include "event/merge.h"

#define MARK_DELAY (5 * 60 * INT64_C(1000000)) /* µs of event time */

/* `epoch`: its length. INT64_MIN and WHEN_NEVER stay what they are. */
int64_t mark_reach(int64_t epoch, int64_t t);
void mark_write(const struct line_mark *mark, struct wr *w);
/* False unless the bytes are one mark with a time that lies in time. */
bool mark_read(struct line_mark *mark, struct rd *r);

#endif
