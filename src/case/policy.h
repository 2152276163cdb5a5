/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.h -- what evidence leads to what contact: policy.yaml, bound by tables.
 *
 * Data, not code: versioned, checked, replayable. `policy_decide` is the whole judgement
 * about one (line, class), from the evidence and the case so far to what is to be done
 * now; it is pure, so that a dry run is the same call.
 */
#ifndef CASE_POLICY_H
#define CASE_POLICY_H

#include "base/conf.h"
#include "case/case.h"

struct policy_threshold {
	double posterior;
	int64_t groups;  /* independent groups of 3 nats or more */
	int64_t sources; /* independent upstreams and own groups */
};

struct policy_rung {
	int64_t after; /* µs since the case opened; from the second on, since the first
			  notice was delivered, less the first rung's */
	int do_;       /* enum rung_act */
	struct conf_texts channels;
	int if_; /* enum rung_if */
};

enum rung_act { RUNG_NOTIFY, RUNG_REMIND, RUNG_LIMIT, RUNG_ISOLATE, RUNG_TASK };
enum rung_if { RUNG_ALWAYS, RUNG_FRESH_EVIDENCE };

struct policy_class {
	bool enabled;
	struct policy_threshold notify, limit, isolate;
	struct conf_list ladder; /* of struct policy_rung */
	int64_t verify;          /* µs without evidence until clean, at least */
	int64_t fresh;           /* µs: evidence counts as fresh */
};

struct policy_caps {
	int64_t notices_per_hour, notices_per_hour_per_cause;
	int64_t hold_cause_floor, hold_site_floor;
	double hold_factor;
};

struct policy_retention {
	int64_t sightings, case_payload, case_skeleton, leases, audit, measure_days;
};

struct policy_calendar {
	int64_t from, to; /* quiet hours, µs of the local day; equal: none */
};

struct policy_shadow {
	int64_t days, sample;
};

struct policy_export {
	struct conf_texts
	    addresses; /* purposes for which our lines' addresses may leave */
};

struct policy {
	char *name;
	int64_t version;
	double prior;
	double holdout;
	int64_t review_by;
	struct policy_class classes[CLASS_COUNT];
	struct policy_caps caps;
	struct conf_texts exempt; /* kinds that only a person may restrict */
	struct policy_retention retention;
	struct policy_calendar calendar;
	struct policy_shadow shadow;
	struct policy_export export_;
};

extern const struct conf_opt policy_options[];
extern const char *const rung_names[];
/* Whom an export may be for: each a class of recipients. NULL-terminated. */
extern const char *const policy_purposes[];
/* May addresses of our lines leave for that purpose? */
bool policy_addresses_for(const struct policy *policy, const char *purpose);

/* path NULL: the built-in se-default. NULL with a sentence if the file cannot be read or
 * contradicts itself. */
struct policy *policy_read(const char *path, struct err *err);
/* The same from memory; `name` stands for the file in errors. */
struct policy *policy_parse(
    const char *name, const char *text, size_t size, struct err *err);
void policy_free(struct policy *policy);

/* One piece of evidence about one line, as the store keeps it. */
struct line_evidence {
	struct evidence evidence;
	struct id128 sighting;
	uint8_t role, grade;
	uint64_t source; /* hash of the configured source */
	int64_t first;
};

struct policy_view {
	const struct line_evidence *items;
	size_t count;
	const struct case_record *open;  /* NULL: no open case of this class */
	bool line_online, sources_alive; /* since the last evidence: for "clean" */
	int64_t now;
};

enum decision_act {
	DECIDE_NOTHING,
	DECIDE_OPEN,
	DECIDE_EVIDENCE, /* the numbers moved enough to be written down */
	DECIDE_NOTICE,   /* rung `step` is due: notify or remind */
	DECIDE_TASK,
	DECIDE_VERIFYING,
	DECIDE_CLEAN,
	DECIDE_EXPIRE
};

struct decision {
	enum decision_act act;
	struct score score;
	uint32_t sources; /* independent upstreams and own groups behind it */
	int32_t step;     /* NOTICE, TASK: the rung */
	int64_t last;     /* newest evidence, or what the case knew of it */
	int64_t until;    /* VERIFYING: when the absence will have lasted */
	int64_t due;      /* NOTHING: look again then; WHEN_NEVER */
};

/* Whether the class is concerned with such evidence at all. */
bool policy_concerns(enum case_class class_, const struct line_evidence *item);
/* Call again after writing down what was decided, until DECIDE_NOTHING. Restrictions
 * (limit, isolate) come out as DECIDE_TASK: a person does them. */
void policy_decide(const struct policy *policy, enum case_class class_,
    const struct policy_view *view, struct decision *out);

#endif
