/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_reports.h -- the desk's side of reports: books, reporters, answers, the tray.
 *
 * Whatever counts reports does so between desk_books_open and desk_books_close, in one
 * transaction: the books are gathered in memory and written once.
 */
#ifndef ROLE_DESK_REPORTS_H
#define ROLE_DESK_REPORTS_H

#include "case/credit.h"
#include "role/config.h"
#include "role/desk_inside.h"

/* ---- desk_reports.c */
void desk_books_open(struct desk *desk);
MUST_CHECK bool desk_books_close(struct desk *desk, struct err *err);
/* What became of one item. */
MUST_CHECK bool desk_book(struct desk *desk, const struct fate *fate, enum book outcome,
    const char *reason, struct err *err);
/* ASIDE, UNREAD and END. */
MUST_CHECK bool desk_fate(struct desk *desk, const struct fate *fate, struct err *err);
MUST_CHECK bool desk_piece(
    struct desk *desk, const struct fate *fate, uint64_t case_id, struct err *err);

/* ---- desk_reporters.c */
/* Sets weight and grade to what its reporter is worth now. */
void desk_weigh(struct desk *desk, struct sighting *s);
struct credit desk_credit(const struct reporter *r, char otherwise);
/* A fresh sighting: a claim of its reporter's, or what confirms others' claims.
 * `assigned`: the grade it came with. */
MUST_CHECK bool desk_claim(
    struct desk *desk, const struct stored_sighting *s, char assigned, struct err *err);
/* The case has ended: so have the claims behind it. */
MUST_CHECK bool desk_claims_end(
    struct desk *desk, const struct case_record *record, struct err *err);
MUST_CHECK bool desk_claims_silent(struct desk *desk, int64_t now, struct err *err);

/* ---- desk_answers.c */
MUST_CHECK bool desk_answer_letter(
    struct desk *desk, const struct fate *fate, int64_t now, struct err *err);
void desk_answer_count(struct desk *desk, const struct fate *fate, enum book outcome,
    enum attribution answer);
MUST_CHECK bool desk_answers_flush(struct desk *desk, struct err *err);
/* False: there is nothing to say. */
bool desk_answer_order(
    struct desk *desk, const struct outbox_entry *e, struct order *out, struct err *err);

#endif
