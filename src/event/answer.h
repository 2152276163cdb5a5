/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.h -- what the other side said, judged from the two directions of a flow.
 *
 * Shared by the flow table (packets) and by pair (flow records). Silence is a finding
 * only where both directions are evidently seen: a flow of which both were seen speaks
 * for that; a TCP flow whose one direction proves that there must have been another (SYN
 * and ACK by the same side; without flags, packets larger than SYNs) speaks against. Up
 * to 5 % of the latter are taken for loss. A scanner, whose flows have SYN only, speaks
 * for neither.
 */
#ifndef EVENT_ANSWER_H
#define EVENT_ANSWER_H

#include "event/event.h"

/* Counted per exporter, or per capture. */
struct ways {
	uint32_t both, missed;
};

/* A flow's end: counts for or against. Sampled and continued flows say nothing. */
void ways_learn(struct ways *ways, const struct event *ev);
/* `trust`: contrary flows forgiven before there is evidence; -N: N flows with both
 * directions are asked for first. */
bool ways_both(const struct ways *ways, int trust);
/* The answer to what ev->src began. `both`: both directions are seen here. `refused`: an
 * ICMP error spoke of this flow. `told`: the answer as an earlier piece had it. */
enum answer answer_of(const struct event *ev, bool both, bool refused, enum answer told);

#endif
