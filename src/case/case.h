/* SPDX-License-Identifier: Apache-2.0 */
/*
 * case.h -- one line's trouble of one class, from first sighting to verified end.
 *
 * The state of a case is the fold of its entries and nothing else. An entry is a skeleton
 * (type, time, numbers, policy version, actor) that alone determines state; anything
 * personal is a payload beside it, encrypted under the case's key, and erased by
 * destroying that key. Pure logic: no store, no clock, no I/O.
 *
 * States after reference/response.md F.3, as far as this capability reaches:
 *
 *   DUE -> NOTIFYING -> NOTIFIED -> OVERDUE (reminded) -> TASK (a person must act)
 *                    -> UNREACHED -> TASK
 *   NOTIFIED, OVERDUE -> VERIFYING -> CLEAN      VERIFYING -> OVERDUE on new evidence
 *   any -> FALSE_POSITIVE | MOVED | EXPIRED      overlays: shadow, hold
 *   CLEAN, MOVED, EXPIRED -> FALSE_POSITIVE: an end is revised; it keeps its time
 */
#ifndef CASE_CASE_H
#define CASE_CASE_H

#include "detect/score.h"

enum case_class { CLASS_INFECTED, CLASS_EXPOSED, CLASS_HOST, CLASS_ABUSE, CLASS_COUNT };

enum case_state {
	CASE_NONE, /* before the first entry */
	CASE_DUE,
	CASE_NOTIFYING,
	CASE_NOTIFIED,
	CASE_UNREACHED,
	CASE_OVERDUE,
	CASE_TASK,
	CASE_VERIFYING,
	CASE_CLEAN,          /* ended */
	CASE_FALSE_POSITIVE, /* ended */
	CASE_MOVED,          /* ended */
	CASE_EXPIRED,        /* ended */
	CASE_STATES
};

enum entry_type {
	ENTRY_OPENED,
	ENTRY_EVIDENCE, /* the score moved: new numbers */
	ENTRY_NOTICE,   /* a message was put into the outbox; step tells which rung */
	ENTRY_DELIVERED,
	ENTRY_FAILED, /* the message could not be delivered for good */
	ENTRY_TASK,   /* a person must act */
	ENTRY_HELD,
	ENTRY_RESUMED,
	ENTRY_SHADOWED, /* would have been notified */
	ENTRY_UNSHADOWED,
	ENTRY_VERIFYING, /* absence began to count; until = when it is verified */
	ENTRY_CLEAN,
	ENTRY_FALSE_POSITIVE,
	ENTRY_MOVED,
	ENTRY_EXPIRED,
	ENTRY_CORRECTION, /* "we were wrong" was put into the outbox */
	ENTRY_NOTE,       /* a person's remark: payload */
	ENTRY_TYPES
};

enum actor_kind { ACTOR_ENGINE, ACTOR_STAFF, ACTOR_SUBSCRIBER };

/* The skeleton. No field may name or lead to a person; `actor` is a staff number. */
struct entry {
	uint64_t case_id;
	uint32_t number; /* 1, 2, 3 ... within the case */
	int64_t time;
	uint8_t type, actor_kind;
	uint32_t actor;
	uint32_t policy_version;
	double score, posterior, prior;
	uint32_t groups;    /* set of enum group; reports: bit GROUP_REPORT */
	uint32_t upstreams; /* how many independent ones among the reports */
	bool gold;
	int32_t step;  /* rung of the ladder, -1 none */
	int64_t until; /* a deadline; OPENED, EVIDENCE: `last` of the newest evidence */
	struct id128 ref; /* sighting or outbox entry that it speaks of */
};

/* What the fold yields. */
struct case_state_of {
	enum case_state state;
	bool held, shadow;
	/* changed: time of the last entry; verified_at: when absence will have lasted */
	int64_t opened, changed, last_evidence, notified, ended, verified_at;
	int32_t step; /* last rung taken, -1 none */
	uint32_t reminders, notices_sent, relapses;
	double posterior;
	uint32_t entries;
};

/* False if the entry cannot follow (a broken log); the state is then unchanged. Starts
 * from a zeroed state. */
bool case_fold(struct case_state_of *state, const struct entry *entry);
bool case_is_open(enum case_state state);
/* Whether the type may follow at all, apart from its number and time. */
bool case_may(const struct case_state_of *state, enum entry_type type);

struct case_record {
	uint64_t id;
	char code[9];   /* eight characters, readable by phone, without look-alikes */
	uint64_t line;  /* random id */
	uint8_t class_; /* enum case_class */
	struct case_state_of now;
	int64_t due; /* when the engine must look at it next; WHEN_NEVER */
};

extern const char *const class_names[CLASS_COUNT];
extern const char *const state_names[CASE_STATES + 1]; /* NULL-terminated */
extern const char *const entry_names[ENTRY_TYPES];

#endif
