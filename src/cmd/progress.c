/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c -- see progress.h. */
#include "cmd/progress.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BAR = 30, LINE = 200 };

static const int64_t redraw = 100000; /* µs */

void
progress_begin(struct progress *p, const char *label, const char *unit, uint64_t total)
{
	*p = (struct progress){.shown = isatty(STDERR_FILENO),
	    .label = label,
	    .unit = unit,
	    .total = total,
	    .begun = clock_monotonic()};
	p->next = p->begun + 3 * redraw; /* what ends at once needs no line */
}

static size_t
write_bar(char *out, size_t room, double share, double left)
{
	char bar[BAR + 1];
	int full = (int)(share * BAR);

	memset(bar, '.', BAR);
	memset(bar, '#', (size_t)full);
	bar[BAR] = 0;
	return (size_t)snprintf(
	    out, room, "[%s] %3.0f %%, %.0f s left, ", bar, 100 * share, left);
}

/* The whole line, without terminal codes; `elapsed` in µs. */
static void
write_line(
    const struct progress *p, uint64_t done, int64_t elapsed, char *out, size_t room)
{
	double seconds = (double)elapsed / 1e6;
	double rate = seconds > 0 ? (double)done / seconds : 0;
	double share = p->total ? (double)done / (double)p->total : 0;
	size_t used = (size_t)snprintf(out, room, "%s ", p->label);

	if (share > 1)
		share = 1;
	if (p->total > 0 && used < room)
		used += write_bar(out + used, room - used, share,
		    share > 0 ? seconds * (1 - share) / share : 0);
	if (used < room)
		(void)snprintf(out + used, room - used, "%" PRIu64 " %s, %.0f/s", done,
		    p->unit, rate);
}

void
progress_at(struct progress *p, uint64_t done)
{
	char line[LINE];
	int64_t now;

	if (!p->shown)
		return;
	now = clock_monotonic();
	if (now < p->next)
		return;
	p->next = now + redraw;
	p->drawn = true;
	write_line(p, done, now - p->begun, line, sizeof line);
	(void)fprintf(stderr, "\r\033[K%s", line);
	(void)fflush(stderr);
}

void
progress_end(struct progress *p)
{
	if (p->drawn)
		(void)fputs("\r\033[K", stderr);
	p->shown = p->drawn = false;
}
