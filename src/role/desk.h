/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk.h -- the right side of the waist: sightings in, cases, entries and orders out.
 *
 * The engine's work without its sockets: attribution, scoring, policy, brakes, ladder,
 * outbox, retention, and the verbs of the control socket, over store.h and the pure logic
 * of case/. It runs in epochs of event time: everything that became known in an epoch is
 * sorted by (received, id) and taken in by one transaction, then the timers up to `now`
 * fire; so neither batch size nor the number of processes shows in what is stored.
 */
#ifndef ROLE_DESK_H
#define ROLE_DESK_H

#include "action/action.h"
#include "case/complaint.h"
#include "case/policy.h"
#include "detect/weights.h"
#include "report/fate.h"
#include "store/store.h"

#define DESK_EPOCH (60 * INT64_C(1000000)) /* µs of event time, unless configured */

struct desk;

struct contacts; /* exchange/contacts.h */

/* Requests to other networks; off while `contacts` is NULL. */
struct desk_complaints {
	const struct contacts *contacts;
	const char *mail; /* of our abuse desk */
	struct complaint_policy policy;
	int64_t per_hour; /* mails */
};

struct desk_config {
	const char *directory;
	const struct policy *policy;
	const struct weight_table *weights;
	const struct our_networks *ours;
	const struct conf_list *reports; /* of struct config_report; may be NULL */
	const struct leases *leases;     /* refreshed by the engine; may be NULL */
	int64_t clock_error;             /* of the lease logs */
	bool marks;  /* there are detect roles to be told of marked lines */
	bool shadow; /* the configuration's word; `off` for the demo and tests */
	const char *templates; /* directory that overrides the letters; may be NULL */
	uint64_t seed;         /* 0: from the system; else ids are repeatable (REPLAY) */
	struct desk_complaints complaints;
	const char *from_name,
	    *site_url; /* for notices; times there are Swedish local time */
};

struct stream_mark {
	const char *stream;
	uint64_t number;
};

struct desk *desk_new(const struct desk_config *config, struct store *store,
    struct identity *identity, struct err *err);
void desk_free(struct desk *desk);
/* One epoch that ends at `now`: what came in it, sorted by the desk, stream positions
 * made durable with it. False: nothing was taken in (disk full, say); call again later.
 */
/* NOLINTNEXTLINE(readability-function-size): two arrays and their lengths */
MUST_CHECK bool desk_epoch(struct desk *desk, int64_t now, struct fate *fates,
    size_t count, const struct stream_mark *marks, size_t mark_count, struct err *err);
/* When desk_epoch must be called even without sightings: the earliest timer. */
int64_t desk_next_timer(struct desk *desk);
/* All detect roles have made the marks up to this number durable (store/mark.h). */
void desk_marks_taken(struct desk *desk, uint64_t had);
/* The handle for a subscriber key of the lease logs. */
MUST_CHECK bool desk_handle(
    struct desk *desk, const char *key, uint32_t *handle, struct err *err);
/* Renders due outbox entries into orders, at most `room`; marks them SENT_OUT. Each is
 * handed out once in this desk's life, unless its outcome was LATER. False: none was
 * marked or handed out (disk full); call again later. */
/* NOLINTNEXTLINE(readability-function-size) */
MUST_CHECK bool desk_orders(struct desk *desk, int64_t now, struct order *out,
    size_t room, size_t *count, struct err *err);
MUST_CHECK bool desk_outcome(struct desk *desk, int64_t now, const struct id128 *key,
    enum outcome outcome, const char *text, struct err *err);
/* The actor began anew: what it was given and has not answered is handed out again. */
void desk_orders_again(struct desk *desk);
/* What stops notices now, as an object "brakes". */
void desk_brakes(struct desk *desk, int64_t now, struct jw *j);
/* Books, feeds and alarms of reports, as fields of the open object. */
void desk_report_status(struct desk *desk, struct jw *j);
/* One verb of the control socket or the console: {"verb": ..., "args": {...}} in, one
 * JSON object {"ok": true, "result": ...} or {"ok": false, "error": "..."} out.
 * `actor`: staff number, 0 for the local root. */
void desk_control(struct desk *desk, int64_t now, uint32_t actor, const json_t *request,
    struct wr *reply);

#endif
