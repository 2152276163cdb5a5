/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease_book.h -- leases with the subscribers' keys, for commands without a daemon.
 *
 * In the daemon handles are the engine's and keys stand in the identity database. A
 * directory filled by `botkoll leases import` has a file `handles` of its own (mode
 * 0600): the key of handle N stands in its line N.
 */
#ifndef CMD_LEASE_BOOK_H
#define CMD_LEASE_BOOK_H

#include "line/lease_log.h"

#include "line/lease.h"

struct lease_book;

/* A directory of segments, or, with `directory` NULL, in memory only. */
struct lease_book *lease_book_open(const char *directory, bool writer, struct err *err);
void lease_book_close(struct lease_book *book);
struct leases *lease_book_leases(const struct lease_book *book);
/* NULL if the handle has no key here. */
const char *lease_book_key(const struct lease_book *book, uint32_t handle);
/* For struct lease_log: ctx is the book; leases get the realm set here. */
void lease_book_realm(struct lease_book *book, uint32_t realm);
void lease_book_event(void *ctx, const struct lease_event *event);
MUST_CHECK bool lease_book_sync(struct lease_book *book, struct err *err);

#endif
