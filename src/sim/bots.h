/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bots.h -- planted bots: what they are, what they do, and the truth about them.
 */
#ifndef SIM_BOTS_H
#define SIM_BOTS_H

#include "sim/world.h"

/* Ways in which a bot shows itself; a set. */
enum bot_sign {
	SIGN_SCAN = 1,      /* tries telnet all over the world */
	SIGN_CONTROL = 2,   /* calls a control server that the indicator list names */
	SIGN_UNLISTED = 4,  /* calls one that no list names */
	SIGN_SINKHOLE = 8,  /* calls a sinkhole, whose owner reports it */
	SIGN_PORTLESS = 16, /* ... without saying from which port */
	SIGN_CAPTURE =
	    32, /* its own traffic is in the packet capture, not in the flows */
};

struct bot_kind {
	const char *family;
	unsigned signs;
	enum scheme scheme; /* of the lines it is planted on */
};

struct bot {
	const struct bot_kind *kind;
	uint32_t line;
	int64_t from, to; /* to: WHEN_NEVER if it outlives the story */
	uint32_t control; /* address of its control server or sinkhole */
};

/* Chooses lines and times; before anything else is made of the lines. */
void bots_plant(struct world *w);
/* Makes the actors, writes the packet capture, the truth and the indicator list. */
MUST_CHECK bool bots_begin(struct world *w, struct err *err);

#endif
