/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answers.h -- what reporters are told of what they sent.
 *
 * An answer and its outbox entry share their key. The address is kept until the answer
 * has left; of it, and of messages that were answered, digests stay for 30 days.
 */
#ifndef STORE_ANSWERS_H
#define STORE_ANSWERS_H

#include "base/err.h"
#include "event/sighting.h"

struct store;

enum { ANSWER_ADDRESS = 320, ANSWER_COUNTS = 200 };
struct reply {
	struct id128 key; /* of the outbox entry */
	struct id128 who; /* digest of the address */
	char address[ANSWER_ADDRESS];
	char source[SIGHTING_NAME];
	int64_t created;
	uint64_t reports;
	char counts[ANSWER_COUNTS]; /* numbers, the desk's */
};
MUST_CHECK bool store_reply_put(
    struct store *store, const struct reply *answer, struct err *err);
bool store_reply(struct store *store, const struct id128 *key, struct reply *out);
/* It has left: forgets the address. */
MUST_CHECK bool store_reply_drop(
    struct store *store, const struct id128 *key, struct err *err);
/* How many there were since, and the newest of them. */
uint64_t store_replies_to(
    struct store *store, const struct id128 *who, int64_t since, struct reply *newest);
/* Answers to anybody. */
uint64_t store_replies(struct store *store, int64_t since);
/* A file is to be counted in an answer. *fresh false: its message has been answered. */
struct answered {
	struct id128 file, message, key;
	int64_t time;
};
MUST_CHECK bool store_answered_put(
    struct store *store, const struct answered *a, bool *fresh, struct err *err);
/* The answer that the file is counted in; false: none. */
bool store_answered(struct store *store, const struct id128 *file, struct reply *out);

#endif
