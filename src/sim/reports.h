/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reports.h -- what third parties write about our addresses: a file a day.
 */
#ifndef SIM_REPORTS_H
#define SIM_REPORTS_H

#include "sim/bots.h"

/* A sinkhole saw the bot's line, which has an address now, from `our_port`. */
void reports_contact(
    struct world *w, const struct bot *bot, int64_t t, uint16_t our_port);
/* Writes reports/DATE-event4_sinkhole-botkoll-sim.csv for each day. */
MUST_CHECK bool reports_finish(struct world *w, struct err *err);

#endif
