/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.h -- the runner's memory of lines: what was found about each, and who was told.
 *
 * One finding per line and detector, the newest. Lines whose findings changed are scored
 * at the end of the epoch, in the order of their keys, and handed out as runner.h says.
 */
#ifndef DETECT_LEDGER_H
#define DETECT_LEDGER_H

#include "detect/runner.h"

struct ledger;

/* `env` is copied; what it points to is borrowed. */
struct ledger *ledger_new(const struct runner_env *env);
void ledger_free(struct ledger *l);
/* Where the detector with index `detector` of detectors[] reports; borrowed until the
 * next call. */
struct findings *ledger_desk(struct ledger *l, uint32_t detector);
/* Accounts for an event of a line. */
void ledger_note(struct ledger *l, const struct event *ev);
void ledger_prefetch(const struct ledger *l, const struct line_key *key);
/* `now`: the mark's time; `until` not after it ends the line's mark. */
void ledger_mark(
    struct ledger *l, const struct line_key *key, int64_t now, int64_t until);
void ledger_forget_mark(struct ledger *l, const struct line_key *key);
/* Scores what changed and hands it out; forgets what is too old. */
void ledger_close_epoch(struct ledger *l, int64_t end);
/* Scores are those at `now`. */
void ledger_each_line(struct ledger *l, int64_t now,
    void (*visit)(void *ctx, const struct runner_line *line), void *ctx);
/* Fills in the fields about lines, findings and sightings. */
void ledger_stat(const struct ledger *l, struct runner_stat *out);
size_t ledger_memory(const struct ledger *l);
void ledger_save(const struct ledger *l, struct wr *w);
bool ledger_load(struct ledger *l, struct rd *r);

#endif
