/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_score.h -- the daemon's cases against the truth of the simulation.
 */
#ifndef CMD_DEMO_SCORE_H
#define CMD_DEMO_SCORE_H

#include "cmd/demo_daemon.h"

enum { DEMO_FAMILIES = 16 };

struct demo_score {
	uint32_t planted;
	uint32_t visible;        /* of them: at least one source could tell */
	uint32_t found;          /* have a case */
	uint32_t found_late;     /* of them: opened after the infection had ended */
	uint32_t missed, unseen; /* unseen: missed, and no source could tell */
	uint32_t cases;          /* of class infected */
	uint32_t wrong;          /* cases on lines without a bot, or before it came */
	uint32_t notified, wrongly_notified; /* lines */
	char wrong_lines[128];               /* the first few ISP's numbers */
	struct {
		char name[24];
		uint32_t missed; /* though a source could tell */
	} families[DEMO_FAMILIES];
	size_t family_count;
	double true_per_1000;     /* lines with a bot at any time of the story */
	double measured_per_1000; /* NaN: not measured */
	uint64_t measured_active;
};

/* `lines`: of the simulated provider. */
MUST_CHECK bool demo_score(
    struct demo_daemon *d, uint32_t lines, struct demo_score *score, struct err *err);

#endif
