/* SPDX-License-Identifier: Apache-2.0 */
/* complaint.c -- see complaint.h. */
#include "case/complaint.h"

const char *const complaint_state_names[] = {
    "waiting", "sent", "reminded", "ended", "closed", "given-up", NULL};

/* Silence is judged before noise: an address that was seen once since the mail, long ago,
 * has ended, too. */
enum complaint_step
complaint_decide(struct complaint *c, const struct complaint_policy *policy, int64_t now)
{
	int64_t quiet = c->last + policy->end;

	if (c->state == COMPLAINT_WAITING)
		return COMPLAINT_MAIL;
	if (now >= quiet) {
		c->state = COMPLAINT_ENDED;
		return COMPLAINT_STOP;
	}
	if (c->last <= c->sent) { /* not seen since: wait until that counts as ended */
		c->due = quiet;
		return COMPLAINT_WAIT;
	}
	if (c->state == COMPLAINT_SENT)
		return COMPLAINT_MAIL;
	c->state = COMPLAINT_GIVEN_UP;
	return COMPLAINT_STOP;
}

void
complaint_mailed(struct complaint *c, const struct complaint_policy *policy, int64_t now)
{
	c->state = c->state == COMPLAINT_WAITING ? COMPLAINT_SENT : COMPLAINT_REMINDED;
	c->sent = now;
	c->due = now + policy->remind;
	c->mails++;
}
