/* SPDX-License-Identifier: Apache-2.0 */
/*
 * complaints.h -- requests to other networks (case/complaint.h), kept.
 */
#ifndef STORE_COMPLAINTS_H
#define STORE_COMPLAINTS_H

#include "case/complaint.h"
#include "store/store.h"

/* Adds what was seen (first, last, count) to the open complaint about (addr, kind), or
 * makes one that is due at `now`. */
MUST_CHECK bool store_complaint_seen(
    struct store *store, const struct complaint *complaint, int64_t now, struct err *err);
/* Writes state, sent, due, mails and batch. */
MUST_CHECK bool store_complaint_update(
    struct store *store, const struct complaint *complaint, struct err *err);
bool store_complaint_get(struct store *store, uint64_t number, struct complaint *out);
typedef bool complaint_visit(void *ctx, const struct complaint *complaint);
/* Open ones whose `due` is at or before `now`, by number. */
void store_complaints_due(
    struct store *store, int64_t now, complaint_visit *visit, void *ctx);
void store_complaints_of_batch(
    struct store *store, const struct id128 *batch, complaint_visit *visit, void *ctx);
/* The newest first; `state` -1: any. */
void store_complaints(
    struct store *store, int state, size_t limit, complaint_visit *visit, void *ctx);
int64_t store_complaints_next(struct store *store); /* earliest due; WHEN_NEVER: none */

#endif
