/* SPDX-License-Identifier: Apache-2.0 */
/* render.c -- see render.h. Absent times (0, WHEN_NEVER) are null. */
#include "case/render.h"

#include "base/when.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const actor_names[] = {"engine", "staff", "subscriber"};

static void
id_text(struct jw *j, const char *name, uint64_t id)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%" PRIu64, id);
	jw_text(j, name, text);
}

static void
time_or_null(struct jw *j, const char *name, int64_t t)
{
	if (t == 0 || t == WHEN_NEVER)
		jw_null(j, name);
	else
		jw_when(j, name, t);
}

static void
render_groups(struct jw *j, const char *name, uint32_t groups)
{
	jw_array(j, name);
	for (uint32_t g = 0; g < GROUP_COUNT; g++)
		if (groups & 1u << g)
			jw_text(j, NULL, group_names[g]);
	jw_end(j);
}

void
render_case(struct jw *j, const char *name, const struct case_record *record)
{
	const struct case_state_of *now = &record->now;

	jw_object(j, name);
	id_text(j, "id", record->id);
	jw_text(j, "code", record->code);
	id_text(j, "line", record->line);
	jw_text(j, "class", class_names[record->class_]);
	jw_text(j, "state", state_names[now->state]);
	jw_flag(j, "open", case_is_open(now->state));
	jw_flag(j, "held", now->held);
	jw_flag(j, "shadow", now->shadow);
	jw_fixed(j, "posterior", now->posterior, 4);
	time_or_null(j, "opened", now->opened);
	time_or_null(j, "last_evidence", now->last_evidence);
	time_or_null(j, "notified", now->notified);
	time_or_null(j, "ended", now->ended);
	time_or_null(j, "due", record->due);
	jw_uint(j, "notices", now->notices_sent);
	jw_uint(j, "reminders", now->reminders);
	jw_uint(j, "entries", now->entries);
	jw_end(j);
}

void
render_entry(struct jw *j, const char *name, const struct entry *entry, const char *note)
{
	char ref[33];

	jw_object(j, name);
	jw_uint(j, "number", entry->number);
	jw_when(j, "time", entry->time);
	jw_text(j, "type", entry_names[entry->type]);
	jw_text(j, "actor", actor_names[entry->actor_kind]);
	jw_uint(j, "staff", entry->actor);
	jw_uint(j, "policy_version", entry->policy_version);
	jw_fixed(j, "score", entry->score, 2);
	jw_fixed(j, "posterior", entry->posterior, 4);
	jw_fixed(j, "prior", entry->prior, 6);
	render_groups(j, "groups", entry->groups);
	jw_uint(j, "upstreams", entry->upstreams);
	jw_flag(j, "gold", entry->gold);
	jw_int(j, "step", entry->step);
	time_or_null(j, "until", entry->until);
	jw_text(j, "ref", id128_text(&entry->ref, ref));
	jw_text(j, "note", note);
	jw_end(j);
}
