/* SPDX-License-Identifier: Apache-2.0 */
/*
 * action.h -- what carries a decision out: one const struct for each kind.
 *
 * An action leaves the engine through an outbox entry written in the transaction that
 * decided it. The actor runs prepare, apply, verify (and undo, to lift) and keeps a
 * durable journal of keys, never of content: after a kill it knows what had begun. Apply
 * must be safe to repeat with the same key; where the protocol cannot promise that (the
 * end of SMTP's DATA), the repeated message carries the same Message-ID.
 */
#ifndef ACTION_ACTION_H
#define ACTION_ACTION_H

#include "base/buf.h"
#include "base/conf.h"
#include "base/digest.h"

enum order_verb { ORDER_APPLY, ORDER_UNDO };

enum { ORDER_KIND = 16, ORDER_TARGET = 320, ORDER_SUBJECT = 256, ORDER_BODY = 32768 };
enum { ORDER_NAME = 32, ORDER_PART = 32768 };

/* What the engine hands to the actor; the only place where contact and content meet. */
struct order {
	struct id128 key; /* the same for every delivery of this entry */
	uint8_t verb;
	char kind[ORDER_KIND]; /* "mail" */
	int64_t not_before, expires;
	char target[ORDER_TARGET]; /* mail address, ... */
	char subject[ORDER_SUBJECT];
	char body[ORDER_BODY]; /* UTF-8 */
	/* One attachment of JSON, under this file name; "": none. */
	char part_name[ORDER_NAME];
	char part[ORDER_PART];
};

void order_write(const struct order *order, struct wr *w);
bool order_read(struct order *order, struct rd *r);

enum outcome {
	OUTCOME_DONE,
	OUTCOME_LATER,  /* not now: try again with back-off until `expires` */
	OUTCOME_REFUSED /* never: the target is wrong */
};

struct action {
	const char *kind;
	const char *summary;
	const struct conf_opt *options;
	size_t options_size;
	void *(*open)(const void *options, struct err *err);
	/* Checks the order without touching the world. */
	bool (*prepare)(void *self, const struct order *order, struct err *err);
	enum outcome (*apply)(void *self, const struct order *order, struct err *err);
	/* Asks the world whether it holds; DONE where that cannot be asked. */
	enum outcome (*verify)(void *self, const struct order *order, struct err *err);
	enum outcome (*undo)(void *self, const struct order *order, struct err *err);
	void (*close)(void *self);
};

extern const struct action *const actions[]; /* NULL-terminated */
extern const struct action action_mail;

#endif
