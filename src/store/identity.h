/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.h -- who a line is: a database apart, which only the engine opens.
 *
 * Names, contacts, subscriber keys of the lease logs, handles, fixed prefixes. It is held
 * by one process alone: nobody else can read it meanwhile. Deleting a line here makes
 * all else that is kept about it anonymous. Numbers (line ids, handles) are drawn from
 * the generator that the caller gives: seeded from what they name, they are repeatable.
 */
#ifndef STORE_IDENTITY_H
#define STORE_IDENTITY_H

#include "base/hash.h"
#include "line/attribute.h"

struct identity;
struct identity *identity_open(const char *directory, struct err *err);
void identity_close(struct identity *identity);
MUST_CHECK bool identity_begin(struct identity *identity, struct err *err);
MUST_CHECK bool identity_commit(struct identity *identity, struct err *err);
void identity_rollback(struct identity *identity);
/* What identity_line_put takes; texts are borrowed. `line` 0: a new random id is drawn
 * from `rng` unless the ISP's number is known already. */
struct line_person {
	uint64_t line;
	const char *number, *name, *email, *phone, *postal;
	const char *language, *segment, *profile, *exempt, *operator_;
};
MUST_CHECK bool identity_line_put(struct identity *identity, struct line_person *person,
    struct rng *rng, struct err *err);
/* A subscriber key of the lease logs, or a fixed prefix, belongs to `line`; a random
 * 32-bit handle is drawn once per key. */
MUST_CHECK bool identity_key_put(struct identity *identity, uint64_t line,
    const char *key, struct rng *rng, uint32_t *handle, struct err *err);
MUST_CHECK bool identity_prefix_put(struct identity *identity, uint64_t line,
    uint32_t realm, const struct prefix *prefix, struct rng *rng, struct err *err);
/* The handle of a key; an unknown key gets a handle without a line. */
MUST_CHECK bool identity_handle(struct identity *identity, const char *key,
    struct rng *rng, uint32_t *handle, struct err *err);
/* 0 if the handle leads to no line. */
uint64_t identity_line_of(struct identity *identity, uint32_t handle);
/* All fixed prefixes, sorted; the caller frees. */
struct static_line *identity_statics(struct identity *identity, size_t *count);
/* The person, texts owned by the caller's arena; false if erased or unknown. */
struct arena;
bool identity_person(struct identity *identity, uint64_t line, struct arena *arena,
    struct line_person *out);
bool identity_line_by_number(
    struct identity *identity, const char *number, uint64_t *line);
uint64_t identity_lines(struct identity *identity);
/* Removes every trace of the line here (row, keys, handles, prefixes), durably, WAL too.
 * In its own transaction. */
MUST_CHECK bool identity_erase(struct identity *identity, uint64_t line, struct err *err);

#endif
