/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credit.h -- how far a reporter is believed: the grade a person or the configuration
 * assigned, and what came of earlier claims. Pure.
 *
 * The record is a Beta distribution over "a claim of this reporter is true" (Josang,
 * Ismail: The Beta Reputation System, 2002). Its prior is the grade's, the letters being
 * those of the Admiralty code (A completely reliable ... E unreliable, F cannot be
 * judged); the strength of the priors is assigned by us. Confirmed and refuted claims
 * count one each. Silence until a claim fell due counts a tenth of a refutation, but for
 * grade A nothing: who runs a sinkhole is often the only one who sees.
 *
 * A weight in nats moves with the log-odds of the mean against the prior's, downwards
 * only: a good record never claims more than was assigned.
 */
#ifndef CASE_CREDIT_H
#define CASE_CREDIT_H

#include <stdbool.h>
#include <stdint.h>

struct credit {
	char grade; /* 'A'..'F' */
	uint64_t confirmed, refuted, silent;
};

/* The mean: how likely the next claim is true. */
double credit_mean(const struct credit *credit);
/* What evidence assigned `weight` nats is worth from this reporter: 0..weight. */
double credit_weight(const struct credit *credit, double weight);
/* The grade that the mean would be given now: never better than the assigned one. */
char credit_grade(const struct credit *credit);
/* Whether this reporter's word confirms another's. */
bool credit_confirms(const struct credit *credit);

#endif
