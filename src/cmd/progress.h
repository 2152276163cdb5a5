/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress.h -- one line on stderr while something takes time: bar, rate, time left.
 *
 * Only when stderr is a terminal; otherwise every call does nothing. Redrawn at most ten
 * times a second, so it may be called often.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool shown, drawn;
	const char *label, *unit;
	uint64_t total;
	int64_t begun, next; /* monotonic µs */
};

/* `total` 0: unknown, then only the count and the rate are shown. Texts are borrowed. */
void progress_begin(
    struct progress *p, const char *label, const char *unit, uint64_t total);
void progress_at(struct progress *p, uint64_t done);
/* Takes the line away. */
void progress_end(struct progress *p);

#endif
