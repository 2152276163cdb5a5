/* SPDX-License-Identifier: Apache-2.0 */
/*
 * score.c -- see score.h.
 *
 * The pieces are sorted by group, upstream, and falling weight, so that one pass sums
 * each group. The order in which they were given never shows.
 */
#include "detect/score.h"

#include "base/mem.h"
#include "base/when.h"

#include <math.h>
#include <stdlib.h>

static const double CAP = 8, CAP_TIMING = 6, CAP_GOLD = 14;
static const double PRIOR_LEAST = 3e-4, PRIOR_MOST = 5e-3;
static const double SECOND_GROUP = 3; /* nats that make a group count for `infected` */

const char *const verdict_names[] = {"clear", "suspect", "infected"};

static int64_t
half_life(const struct evidence *item)
{
	switch ((enum group)item->group) {
	case GROUP_REPORT:
	case GROUP_INTEL:
	case GROUP_DECOY:
		return 14 * WHEN_DAY;
	case GROUP_PROPAGATION:
	case GROUP_ATTACK:
	case GROUP_MAIL:
	case GROUP_TIMING:
	case GROUP_COMPANY:
	case GROUP_P2P:
	case GROUP_NAMES:
	case GROUP_RELAY:
	case GROUP_COUNT:
		break;
	}
	return 7 * WHEN_DAY;
}

double
evidence_weight(const struct evidence *item, int64_t now)
{
	int64_t age = now - item->last - 72 * WHEN_HOUR;
	double weight = item->weight;

	if (!(weight > 0))
		return 0;
	if (item->days > 1)
		weight += item->days > 4 ? 3 : item->days - 1;
	return age > 0 ? weight * exp2(-(double)age / (double)half_life(item)) : weight;
}

struct piece {
	uint8_t group, kind;
	bool gold;
	uint64_t upstream;
	double weight;
};

static int
compare_piece(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->upstream != y->upstream)
		return x->upstream < y->upstream ? -1 : 1;
	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return y->gold - x->gold;
}

static bool
same_group(const struct piece *a, const struct piece *b)
{
	return a->group == b->group && a->upstream == b->upstream;
}

/* Sums the group that begins at items[0]; returns how many pieces it has. Of reports only
 * the strongest of each kind counts, so the next is the next of another kind. */
static size_t
sum_group(const struct piece *items, size_t count, struct group_score *out)
{
	double next = 0, cap = items->group == GROUP_TIMING ? CAP_TIMING : CAP;
	size_t n;

	*out = (struct group_score){.group = items->group, .upstream = items->upstream};
	for (n = 0; n < count && same_group(items, &items[n]); n++) {
		out->gold |= items[n].gold && items[n].weight > 0;
		if (n > 0 && next == 0 &&
		    (items->group != GROUP_REPORT || items[n].kind != items->kind))
			next = items[n].weight;
	}
	if (out->gold)
		cap = CAP_GOLD;
	out->weight = fmin(cap, items->weight + next / 2);
	return n;
}

/* Keeps the list sorted, strongest first; beyond its end the weakest fall out (they have
 * been summed). */
static void
list_group(struct score *out, const struct group_score *g)
{
	uint32_t at = out->group_count;

	while (at > 0 && out->groups[at - 1].weight < g->weight)
		at--;
	if (at == SCORE_GROUPS)
		return;
	if (out->group_count < SCORE_GROUPS)
		out->group_count++;
	for (uint32_t i = out->group_count - 1; i > at; i--)
		out->groups[i] = out->groups[i - 1];
	out->groups[at] = *g;
}

static bool
besides_timing(const struct score *s)
{
	for (uint32_t i = 0; i < s->group_count; i++)
		if (s->groups[i].group != GROUP_TIMING && s->groups[i].weight > 0)
			return true;
	return false;
}

static bool
well_founded(const struct score *s)
{
	uint32_t strong = 0;

	for (uint32_t i = 0; i < s->group_count; i++) {
		strong += s->groups[i].weight >= SECOND_GROUP;
		if (s->groups[i].gold)
			return true;
	}
	return strong >= 2;
}

static enum verdict
judge(const struct score *s)
{
	if (s->posterior >= .99 && well_founded(s))
		return VERDICT_INFECTED;
	if (s->posterior >= .5 && besides_timing(s))
		return VERDICT_SUSPECT;
	return VERDICT_CLEAR;
}

void
score_evidence(const struct evidence *items, size_t count, double prior, int64_t now,
    struct score *out)
{
	struct piece *pieces = xcalloc(count, sizeof *pieces);

	for (size_t i = 0; i < count; i++)
		pieces[i] = (struct piece){.group = items[i].group,
		    .kind = items[i].kind,
		    .gold = items[i].gold,
		    .upstream = items[i].group == GROUP_REPORT ? items[i].upstream : 0,
		    .weight = evidence_weight(&items[i], now)};
	qsort(pieces, count, sizeof *pieces, compare_piece);
	*out = (struct score){.sum = 0};
	for (size_t i = 0; i < count;) {
		struct group_score g;

		i += sum_group(&pieces[i], count - i, &g);
		out->sum += g.weight;
		list_group(out, &g);
	}
	free(pieces);
	/* A prior that is no number counts as the least. */
	prior = prior > PRIOR_LEAST ? fmin(prior, PRIOR_MOST) : PRIOR_LEAST;
	out->posterior = 1 / (1 + exp(-(out->sum + log(prior / (1 - prior)))));
	out->verdict = judge(out);
}
