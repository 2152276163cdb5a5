/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outbox.h -- what is to leave the house, written in the transaction that decided it.
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "base/digest.h"
#include "base/err.h"

struct store;

enum outbox_state {
	OUTBOX_WAITING,
	OUTBOX_SENT_OUT,
	OUTBOX_DONE,
	OUTBOX_FAILED,
	OUTBOX_CANCELLED
};
struct outbox_entry {
	struct id128 key;
	uint64_t case_id;
	char kind[16];      /* "mail" */
	char template_[48]; /* what to render when it goes out */
	uint8_t state, verb;
	int32_t step;
	int64_t created, not_before, expires, changed;
	uint32_t attempts;
	char error[128]; /* last refusal, without addresses */
};
MUST_CHECK bool store_outbox_put(
    struct store *store, const struct outbox_entry *entry, struct err *err);
MUST_CHECK bool store_outbox_update(
    struct store *store, const struct outbox_entry *entry, struct err *err);
bool store_outbox_get(
    struct store *store, const struct id128 *key, struct outbox_entry *out);
typedef bool outbox_visit(void *ctx, const struct outbox_entry *entry);
/* WAITING and SENT_OUT entries with not_before <= now, oldest first. */
void store_outbox_pending(
    struct store *store, int64_t now, outbox_visit *visit, void *ctx);
void store_outbox_of_case(
    struct store *store, uint64_t case_id, outbox_visit *visit, void *ctx);
/* How many came into this state at or after `since`. */
uint64_t store_outbox_count(struct store *store, enum outbox_state state, int64_t since);

#endif
