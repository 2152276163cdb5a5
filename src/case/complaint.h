/* SPDX-License-Identifier: Apache-2.0 */
/*
 * complaint.h -- requests to other networks: this address of yours does harm, please end
 * it; and what becomes of them.
 *
 *     waiting ──mail──> sent ──seen again──> reminded ──seen still──> given up
 *                         └──────not seen for `end`──────┴─────────> ended
 *
 * At most one open complaint per (address, kind). What is seen again while it is open
 * adds to it. A person may close it at any time. Given up means: a person's to judge.
 */
#ifndef CASE_COMPLAINT_H
#define CASE_COMPLAINT_H

#include "event/sighting.h"

enum complaint_state {
	COMPLAINT_WAITING, /* for its first mail */
	COMPLAINT_SENT,
	COMPLAINT_REMINDED,
	COMPLAINT_ENDED,
	COMPLAINT_CLOSED, /* by a person */
	COMPLAINT_GIVEN_UP,
	COMPLAINT_STATES
};

extern const char *const complaint_state_names[COMPLAINT_STATES + 1]; /* ends in NULL */

struct complaint {
	uint64_t number;
	struct id128 key; /* drawn for it; of this the report's UUID is made */
	struct addr addr; /* elsewhere's */
	uint16_t port;    /* 0: not told */
	uint8_t proto;
	uint8_t kind;        /* KIND_C2: a control server; else what it did to us */
	int64_t first, last; /* µs */
	uint32_t count;      /* how often it was seen */
	char family[SIGHTING_NAME];
	uint8_t state;
	int64_t created, sent, due; /* µs; sent 0: not yet */
	uint32_t mails;
	struct id128 batch; /* key of its last mail in the outbox */
};

struct complaint_policy {
	int64_t remind; /* µs after a mail: look again, and remind if it was seen since */
	int64_t end;    /* µs without being seen that count as ended */
};

enum complaint_step { COMPLAINT_WAIT, COMPLAINT_MAIL, COMPLAINT_STOP };

/* What to do with an open complaint that is due at `now`. WAIT: `due` is set anew; MAIL:
 * the caller puts the mail out, then calls complaint_mailed; STOP: `state` is its end. */
enum complaint_step complaint_decide(
    struct complaint *c, const struct complaint_policy *policy, int64_t now);
void complaint_mailed(
    struct complaint *c, const struct complaint_policy *policy, int64_t now);
static inline bool
complaint_is_open(const struct complaint *c)
{
	return c->state <= COMPLAINT_REMINDED;
}

#endif
