/* SPDX-License-Identifier: Apache-2.0 */
/* mark.c -- see mark.h. */
#include "role/mark.h"

#include "base/when.h"
#include "event/sighting.h"

_Static_assert(MARK_DELAY > MERGE_EPOCH, "or engine and detect wait for each other");

int64_t
mark_reach(int64_t epoch, int64_t t)
{
	int64_t rest = t % epoch;

	if (t == INT64_MIN || t > WHEN_NEVER - epoch - MARK_DELAY)
		return t;
	return t - rest - (rest < 0 ? epoch : 0) + epoch + MARK_DELAY - 1;
}

void
mark_write(const struct line_mark *mark, struct wr *w)
{
	wr_u64(w, mark->seq);
	wr_u64(w, (uint64_t)mark->time);
	wr_u64(w, (uint64_t)mark->as_of);
	wr_u64(w, (uint64_t)mark->until);
	wr_u32(w, mark->line.realm);
	wr_put(w, mark->line.addr.b, sizeof mark->line.addr.b);
	wr_u16(w, mark->line.port_lo);
	wr_u16(w, mark->line.port_hi);
}

bool
mark_read(struct line_mark *mark, struct rd *r)
{
	*mark = (struct line_mark){.seq = rd_u64(r)};
	mark->time = (int64_t)rd_u64(r);
	mark->as_of = (int64_t)rd_u64(r);
	mark->until = (int64_t)rd_u64(r);
	mark->line.realm = rd_u32(r);
	(void)rd_copy(r, mark->line.addr.b, sizeof mark->line.addr.b);
	mark->line.port_lo = rd_u16(r);
	mark->line.port_hi = rd_u16(r);
	return !r->bad && rd_left(r) == 0 && mark->seq > 0 &&
	       mark->time >= -SIGHTING_TIME_MAX && mark->time <= SIGHTING_TIME_MAX;
}
