/* SPDX-License-Identifier: Apache-2.0 */
/*
 * habits.h -- what ordinary households do.
 */
#ifndef SIM_HABITS_H
#define SIM_HABITS_H

#include "sim/world.h"

/* Makes the actors of all lines' devices. */
void habits_begin(struct world *w);

/* The shapes of conversations, shared with the bots. `t` has line, remote, ports and
 * first; these fill in the rest. */
void talk_answered(struct talk *t, struct rng *rng, uint32_t up, uint32_t down);
/* A try that nobody answers, or a refusal. */
void talk_failed(struct talk *t, struct rng *rng, bool refused);

#endif
