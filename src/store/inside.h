/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inside.h -- what the files of store/ share with each other and with nobody else.
 */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H

#include "store/db.h"
#include "store/store.h"

enum { AUDIT_DIGEST = 32 };

struct store {
	struct db db;
	int lock;       /* of the writer, -1 */
	bool unflushed; /* the WAL may hold what was erased */
	/* The newest link of the audit chain; read again after a rollback. */
	bool audit_known, audit_moved;
	uint64_t audit_number;
	uint8_t audit_link[AUDIT_DIGEST];
};

/* Appends a link; (case_id, number) names the skeleton that `digest` is of, or 0, 0. */
MUST_CHECK bool audit_append(struct store *store, int64_t time, const char *what,
    const struct entry *entry, const uint8_t *digest, struct err *err);
/* The chain's head as a setting, so that a cut-off end is noticed. */
MUST_CHECK bool audit_seal(struct store *store, struct err *err);
void entry_digest(const struct entry *entry, uint8_t *out);
bool entry_get(struct store *store, uint64_t case_id, uint32_t number, struct entry *out);

bool sighting_fetch(struct store *store, int64_t n, struct stored_sighting *out);
/* Writes a new row (n = 0) or puts `s` in the place of row `n`. */
MUST_CHECK bool sighting_keep(
    struct store *store, int64_t n, const struct stored_sighting *s, struct err *err);

/* Seals and opens payloads under the key of the entry's case. The key is made with the
 * first payload. `seal` allocates; the caller frees. */
MUST_CHECK bool payload_seal(struct store *store, const struct entry *entry,
    const void *plain, size_t size, struct wr *out, struct err *err);
bool payload_open(struct store *store, const struct entry *entry, const void *sealed,
    size_t size, struct wr *out);

/* The piece of a sighting that was bound to a case is sealed under its key. */
MUST_CHECK bool piece_bind(
    struct store *store, const struct id128 *id, uint64_t case_id, struct err *err);
MUST_CHECK bool piece_drop(struct store *store, const struct id128 *id, struct err *err);

#endif
