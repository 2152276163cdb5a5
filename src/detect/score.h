/* SPDX-License-Identifier: Apache-2.0 */
/*
 * score.h -- from pieces of evidence to a probability (DESIGN 5).
 *
 * Pure: structs in, struct out, no clock. It stands in detect/ because a detect process
 * sums its own groups with it; the case logic uses the same function for all of them.
 *
 * E = sum over groups of min(cap, strongest + half of the next); caps 8 nats, timing 6,
 * gold 14. Full weight for 72 h after `last`, then halved every 7 days (reports, intel,
 * decoy: 14). The same claim on further days adds 1 nat each, 3 at most.
 * posterior = logistic(E + ln(prior/(1-prior))).
 */
#ifndef DETECT_SCORE_H
#define DETECT_SCORE_H

#include "event/sighting.h"

enum verdict { VERDICT_CLEAR, VERDICT_SUSPECT, VERDICT_INFECTED };

struct evidence {
	uint8_t group, kind;
	bool gold;
	uint64_t upstream; /* GROUP_REPORT: hash of the upstream's name; else 0 */
	double weight;     /* nats, before decay */
	int64_t last;
	uint32_t days; /* distinct days on which the same claim was made, at least 1 */
};

struct group_score {
	uint8_t group;
	uint64_t upstream;
	double weight; /* after decay and cap */
	bool gold;
};

enum { SCORE_GROUPS = 32 };

struct score {
	double sum; /* E, nats: printed as `score` */
	double posterior;
	enum verdict verdict;
	uint32_t group_count;
	struct group_score groups[SCORE_GROUPS]; /* strongest first */
};

/* `prior`: probability, clamped to [3e-4, 5e-3]. The rule for `infected` (posterior >=
 * .99 and two groups of 3 nats or more, or one gold) is applied here; `suspect` is
 * posterior
 * >= .5 and a group besides timing. */
void score_evidence(const struct evidence *items, size_t count, double prior, int64_t now,
    struct score *out);
/* The weight of one piece at `now`, with decay and repeats, before caps. */
double evidence_weight(const struct evidence *item, int64_t now);

extern const char *const verdict_names[];

#endif
