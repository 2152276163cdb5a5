/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c -- see answer.h. */
#include "event/answer.h"

enum { SYN_SIZE = 84, WAYS_MAX = 1 << 16 };

/* One direction alone shows that there was another. */
static bool
proves_answer(const struct event *ev, size_t way)
{
	if (ev->proto != PROTO_TCP || ev->packets[way] == 0)
		return false;
	if (ev->tcp_flags[way] == 0)
		return ev->packets[way] >= 5 &&
		       ev->bytes[way] / ev->packets[way] > SYN_SIZE;
	return (ev->tcp_flags[way] & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
}

void
ways_learn(struct ways *ways, const struct event *ev)
{
	bool both = ev->packets[0] > 0 && ev->packets[1] > 0;
	bool missed = !both && (proves_answer(ev, 0) || proves_answer(ev, 1));

	if (ev->sampling > 1 || ev->continued)
		return;
	ways->both += both;
	ways->missed += missed;
	if (ways->both + ways->missed > WAYS_MAX) {
		ways->both /= 2;
		ways->missed /= 2;
	}
}

bool
ways_both(const struct ways *ways, int trust)
{
	if (trust < 0 && ways->both < (uint32_t)-trust)
		return false;
	return ways->missed <= ways->both / 20 + (trust > 0 ? (uint32_t)trust : 0);
}

/* Nobody answers for a group. */
static bool
is_group(const struct addr *a)
{
	if (!addr_is_v4(a))
		return a->b[0] == 0xff;
	return a->b[12] >> 4 == 14 || addr_to_v4(a) == UINT32_MAX;
}

static enum answer
answer_by_reply(const struct event *ev)
{
	enum { REAL = TCP_SYN | TCP_PSH | TCP_FIN };

	return ev->proto == PROTO_TCP && (ev->tcp_flags[1] & TCP_RST) != 0 &&
		       (ev->tcp_flags[1] & REAL) == 0
		   ? ANSWER_REFUSED
		   : ANSWER_ANSWERED;
}

enum answer
answer_of(const struct event *ev, bool both, bool refused, enum answer told)
{
	if (told == ANSWER_ANSWERED)
		return ANSWER_ANSWERED;
	if (ev->packets[1] > 0)
		return refused && ev->proto != PROTO_TCP ? ANSWER_REFUSED
							 : answer_by_reply(ev);
	if (told != ANSWER_UNKNOWN)
		return told;
	if (proves_answer(ev, 0))
		return ANSWER_ANSWERED;
	if (ev->sampling > 1)
		return ANSWER_UNKNOWN;
	if (refused)
		return ANSWER_REFUSED;
	if (ev->proto == PROTO_TCP && ev->tcp_flags[0] != 0 &&
	    (ev->tcp_flags[0] & TCP_SYN) == 0)
		return ANSWER_UNKNOWN;
	return both && !is_group(&ev->dst) ? ANSWER_SILENT : ANSWER_UNKNOWN;
}
