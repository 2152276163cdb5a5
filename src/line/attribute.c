/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attribute.c -- see attribute.h.
 *
 * The true holder's lease, as logged, may be off by the clock error, and the time that
 * was reported by its precision; so he is always among the leases that touch the widened
 * window, and a window that only one line touches names him. A line with a fixed address
 * in the registry needs no lease. IPv6 is looked up as the address itself (DHCPv6
 * addresses) and as the delegated prefix; one prefix length for all realms.
 */
#include "line/attribute.h"

#include "base/when.h"

#include <string.h>

const char *const attribution_names[ATTRIBUTION_COUNT] = {
    [ATTRIBUTION_UNIQUE] = "unique",
    [ATTRIBUTION_AMBIGUOUS] = "ambiguous",
    [ATTRIBUTION_NO_LEASE] = "no lease",
    [ATTRIBUTION_NEEDS_PORT] = "needs port",
    [ATTRIBUTION_NOT_OURS] = "not ours",
    [ATTRIBUTION_CLOCK_DOUBTFUL] = "clock doubtful",
};

enum { HANDLES = 64 };

struct holders {
	const struct attribute_query *query;
	int64_t kept;
	struct attributed *out;
	uint32_t all[HANDLES], exact[HANDLES]; /* distinct handles, of the two windows */
	uint32_t all_count, exact_count;       /* HANDLES: that many or more */
	bool blocks;                           /* some lease is a port block */
};

static void
add_distinct(uint32_t *handles, uint32_t *count, uint32_t handle)
{
	for (uint32_t i = 0; i < *count; i++)
		if (handles[i] == handle)
			return;
	if (*count < HANDLES)
		handles[(*count)++] = handle;
}

static bool
is_block(const struct lease *lease)
{
	return lease->port_lo != 0 || lease->port_hi != 0;
}

static bool
older(const struct lease *a, const struct lease *b)
{
	return a->start != b->start ? a->start < b->start : a->handle < b->handle;
}

/* Keeps the oldest, oldest first. */
static void
trail_add(struct attributed *out, const struct lease *lease)
{
	uint32_t at = out->trail_count;

	if (at == ATTRIBUTION_TRAIL) {
		if (!older(lease, &out->trail[at - 1]))
			return;
		at--;
	} else {
		out->trail_count++;
	}
	for (; at > 0 && older(lease, &out->trail[at - 1]); at--)
		out->trail[at] = out->trail[at - 1];
	out->trail[at] = *lease;
}

static void
holder_visit(void *ctx, const struct lease *lease)
{
	struct holders *h = ctx;
	const struct attribute_query *q = h->query;

	if (lease->end < h->kept)
		return;
	if (is_block(lease)) {
		if (q->port != 0 &&
		    (q->port < lease->port_lo || q->port > lease->port_hi))
			return;
		h->blocks = true;
	}
	trail_add(h->out, lease);
	add_distinct(h->all, &h->all_count, lease->handle);
	if (lease->start <= q->last && lease->end > q->first)
		add_distinct(h->exact, &h->exact_count, lease->handle);
}

/* `t` + `by`, as far as numbers go. */
static int64_t
moved(int64_t t, int64_t by)
{
	int64_t sum;

	if (__builtin_add_overflow(t, by, &sum))
		return by < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

static void
judge(const struct holders *h, struct attributed *out)
{
	out->candidates = h->all_count;
	if (h->all_count == 0) {
		out->answer = ATTRIBUTION_NO_LEASE;
	} else if (h->blocks && h->query->port == 0) {
		out->answer = ATTRIBUTION_NEEDS_PORT;
	} else if (h->all_count == 1) {
		out->answer = ATTRIBUTION_UNIQUE;
		out->handle = h->all[0];
	} else {
		out->answer = h->exact_count > 1 ? ATTRIBUTION_AMBIGUOUS
						 : ATTRIBUTION_CLOCK_DOUBTFUL;
	}
}

static void
by_lease(
    const struct attributor *a, const struct attribute_query *q, struct attributed *out)
{
	struct holders h = {.query = q, .kept = a->kept, .out = out};
	int64_t slack = moved(q->precision, a->clock_error);
	struct line_key key = line_key_of(q->realm, &q->addr, a->v6_length);
	struct lease_question question = {
	    key.addr, q->realm, moved(q->first, -slack), moved(q->last, slack)};

	if (a->leases != NULL) {
		leases_visit(a->leases, &question, holder_visit, &h);
		question.addr = q->addr;
		if (!addr_equal(&key.addr, &q->addr))
			leases_visit(a->leases, &question, holder_visit, &h);
	}
	judge(&h, out);
}

/* How many static lines stand at or before (realm, addr). */
static size_t
statics_until(const struct attributor *a, uint32_t realm, const struct addr *addr)
{
	size_t low = 0, high = a->static_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct static_line *s = &a->statics[middle];

		if (s->realm < realm ||
		    (s->realm == realm && addr_compare(&s->prefix.addr, addr) <= 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int
common_bits(const struct addr *a, const struct addr *b)
{
	int bits = 0;

	for (size_t i = 0; i < sizeof a->b; i++, bits += 8)
		if (a->b[i] != b->b[i])
			return bits + __builtin_clz((unsigned)(a->b[i] ^ b->b[i])) - 24;
	return bits;
}

/* Of the lines at one address, `last` the last of them, the longest that holds `addr`. */
static const struct static_line *
static_at(const struct attributor *a, size_t last, const struct addr *addr)
{
	const struct static_line *best = NULL, *s = &a->statics[last];

	for (size_t i = last + 1; i-- > 0;) {
		const struct static_line *t = &a->statics[i];

		if (t->realm != s->realm || !addr_equal(&t->prefix.addr, &s->prefix.addr))
			break;
		if (prefix_holds(&t->prefix, addr) &&
		    (best == NULL || t->prefix.length > best->prefix.length))
			best = t;
	}
	return best;
}

/* The line whose fixed prefix holds the address, the longest if several do, or NULL. A
 * prefix that holds the address, but begins before a line that does not, holds that
 * line's beginning too: so its length is at most what the two have in common. */
static const struct static_line *
static_find(const struct attributor *a, const struct attribute_query *q)
{
	int length = 128;

	while (length >= 0) {
		struct prefix key = prefix_of(&q->addr, (uint8_t)length);
		size_t until = statics_until(a, q->realm, &key.addr);
		const struct static_line *found;
		int common;

		if (until == 0 || a->statics[until - 1].realm != q->realm)
			return NULL;
		found = static_at(a, until - 1, &q->addr);
		if (found != NULL)
			return found;
		common = common_bits(&a->statics[until - 1].prefix.addr, &q->addr);
		length = common < length ? common : length - 1;
	}
	return NULL;
}

static bool
is_ours(const struct attributor *a, const struct addr *addr)
{
	for (size_t i = 0; i < a->our_count; i++)
		if (prefix_holds(&a->ours[i], addr))
			return true;
	return a->our_count == 0;
}

void
attribute(
    const struct attributor *a, const struct attribute_query *q, struct attributed *out)
{
	const struct static_line *line;

	*out = (struct attributed){.answer = ATTRIBUTION_NOT_OURS};
	if (!is_ours(a, &q->addr))
		return;
	line = static_find(a, q);
	if (line == NULL) {
		by_lease(a, q, out);
		return;
	}
	out->answer = ATTRIBUTION_UNIQUE;
	out->handle = line->handle;
	out->candidates = 1;
	out->trail_count = 1;
	out->trail[0] = (struct lease){.addr = line->prefix.addr,
	    .realm = line->realm,
	    .start = INT64_MIN,
	    .end = WHEN_NEVER,
	    .handle = line->handle};
}
