/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_inside.h -- what the files of the desk share with each other and nobody else.
 *
 * desk.c       life, epochs, intake, retention
 * desk_evidence.c  what is known of one line, as the policy sees it
 * desk_case.c  decisions written down: entries, brakes, outbox
 * desk_marks.c which lines the detect roles tell everything about
 * desk_reports.c   what reports bring besides sightings: books, alarms, status
 * desk_reporters.c who is believed how far: claims, and what came of them
 * desk_answers.c   what reporters are told
 * desk_tray.c  verbs: what no parser understood, and reporters' grades
 * desk_orders.c    letters rendered at dispatch, outcomes taken in
 * desk_control.c   verbs: finding and running them
 * desk_lines.c verbs: lines, privacy, audit, leases
 * desk_staff.c verbs: staff of the console
 * desk_show.c  verbs: case.list, show, explain, reveal
 * desk_complaints.c  requests to other networks, and verbs: complaint.list, close
 * desk_export.c    verbs: export.rules, audit
 * desk_act.c   verbs: case.note, hold, release, close, judge
 * desk_retract.c   verb: case.retract
 *
 * Whatever is drawn (case codes, outbox keys, handles) is a function of the desk's seed
 * and of what it names, never of a generator's state: a killed run that begins again
 * gives the same.
 */
#ifndef ROLE_DESK_INSIDE_H
#define ROLE_DESK_INSIDE_H

#include "base/hash.h"
#include "base/mem.h"
#include "base/when.h"
#include "case/brakes.h"
#include "case/notice.h"
#include "role/desk.h"

enum { GATHERED = 96, DESK_REPLY = 32 << 20 };

struct handed {
	struct id128 *keys;
	size_t count, room;
};

/* Counted in an epoch, written at its end. */
struct desk_books {
	struct book_row rows[64];
	size_t count;
	uint64_t received;
};

struct desk_reply;

struct desk {
	struct desk_config config;
	struct store *store;
	struct identity *identity;
	struct notices *notices;
	struct static_line *statics;
	size_t static_count;
	uint64_t seed;
	struct handed handed;
	uint64_t
	    marks_had; /* words about marks that all detect roles have made durable */
	struct desk_books books;
	struct desk_reply *replies;
	size_t reply_count;
};

/* ---- desk.c */
/* A number that is a function of the seed and the parts; `what` keeps uses apart. */
struct id128 desk_draw(
    const struct desk *desk, const char *what, const void *bytes, size_t size);
void desk_rng(
    const struct desk *desk, const char *what, const char *name, struct rng *rng);
/* Sorts and drops repeats; returns how many are left. */
size_t desk_unique(uint64_t *items, size_t count);
struct desk_ids {
	uint64_t *items; /* freed by whoever began it */
	size_t count, room;
};
void desk_ids_add(struct desk_ids *ids, uint64_t id);
/* The days on which the line was seen, for the statistics (bots only); `seen` false takes
 * them back. */
MUST_CHECK bool desk_days(
    struct desk *desk, const struct stored_sighting *s, bool seen, struct err *err);
void desk_attribute(const struct desk *desk, const struct sighting *s, int64_t now,
    struct attributed *out);
MUST_CHECK bool desk_statics_load(struct desk *desk, struct err *err);
int64_t desk_setting_time(struct desk *desk, const char *name, int64_t absent);
MUST_CHECK bool desk_setting_time_set(
    struct desk *desk, const char *name, int64_t t, struct err *err);

/* One sighting or other fate; adds the line it is about to `touched`. */
MUST_CHECK bool desk_take(struct desk *desk, int64_t now, const struct fate *fate,
    struct desk_ids *touched, struct err *err);

/* ---- desk_evidence.c */
struct gathered {
	struct line_evidence items[GATHERED];
	char cause[GATHERED][BRAKE_CAUSE];
	char indicator[GATHERED][BRAKE_CAUSE];
	int64_t seen[GATHERED]; /* last day counted */
	size_t count;
	int64_t now;
	const struct case_record *as_of;
};
void desk_evidence_of(const struct sighting *s, struct line_evidence *out);
/* The line's evidence, as it weighs at `now`. `as_of`: an ended case, and only what was
 * known to it; NULL: what is known today. */
void desk_gather(struct desk *desk, uint64_t line, int64_t now,
    const struct case_record *as_of, struct gathered *out);
/* Was the line online, were the sources of the case alive, until lately? */
bool desk_online(struct desk *desk, const struct case_record *record, int64_t now);
bool desk_alive(struct desk *desk, const struct case_record *record, int64_t now);
MUST_CHECK bool desk_heard(
    struct desk *desk, const struct sighting *s, int64_t now, struct err *err);
MUST_CHECK bool desk_heard_traffic(struct desk *desk, int64_t now, struct err *err);

/* ---- desk_case.c */
struct entry_extra {
	enum actor_kind actor_kind;
	uint32_t actor;
	const char *payload; /* may be NULL */
};
/* Folds and writes an entry; `d` NULL: no numbers. Updates the record. */
MUST_CHECK bool desk_entry(struct desk *desk, struct case_record *record,
    struct entry *entry, const struct entry_extra *extra, struct err *err);
/* Decides about all classes of the line until nothing is left to do at `now`. */
MUST_CHECK bool desk_work(struct desk *desk, uint64_t line, int64_t now, struct err *err);
/* Puts a letter into the outbox and notes its key. */
struct letter {
	const char *template_;
	int32_t step; /* rung of the ladder, -1 none */
	int64_t now;
	struct id128 key;
};
MUST_CHECK bool desk_letter(struct desk *desk, const struct case_record *record,
    struct letter *letter, struct err *err);
/* Cancels the letters of a case that have not left. */
MUST_CHECK bool desk_cancel(
    struct desk *desk, uint64_t case_id, int64_t now, struct err *err);

/* Does the site still show what it would do, and do nothing? */
bool desk_is_shadow(struct desk *desk, int64_t now);

#include "role/verb.h"

#endif
