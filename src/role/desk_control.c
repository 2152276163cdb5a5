/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_control.c -- one verb of the control socket or the console: found, run, answered.
 *
 * Verbs are rows of tables; one that writes runs inside one transaction of the store,
 * which is committed before the answer says "ok". An answer is built beside and thrown
 * away if the verb failed, so that nobody sees half of one.
 */
#include "role/desk_complaints.h"
#include "role/desk_inside.h"
#include "role/desk_marks.h"

#include <stdio.h>
#include <stdlib.h>

static const struct verb *const tables[] = {desk_show_verbs, desk_act_verbs,
    desk_complaint_verbs, desk_retract_verbs, desk_line_verbs, desk_staff_verbs,
    desk_tray_verbs, desk_export_verbs};

const char *
verb_text(const struct verb_call *call, const char *name)
{
	return json_string_value(json_object_get(call->args, name));
}

bool
verb_case(const struct verb_call *call, struct case_record *out, struct err *err)
{
	const json_t *value = json_object_get(call->args, "case");
	const char *name = json_string_value(value);
	char code[9] = {0}, *end;
	uint64_t id;

	if (json_is_integer(value) &&
	    store_case_get(call->desk->store, (uint64_t)json_integer_value(value), out))
		return true;
	if (name == NULL)
		return err_set(err, "say which case, by its code or number");
	for (size_t i = 0; i < sizeof code - 1 && name[i] != '\0'; i++)
		code[i] =
		    name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 32) : name[i];
	if (strlen(name) == 8 && store_case_by_code(call->desk->store, code, out))
		return true;
	id = strtoull(name, &end, 10);
	if (*end == '\0' && id != 0 && store_case_get(call->desk->store, id, out))
		return true;
	return err_set(err, "there is no case %.32s", name);
}

static const struct verb *
find_verb(const char *name)
{
	for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
		for (const struct verb *v = tables[t]; v->name != NULL; v++)
			if (strcmp(v->name, name) == 0)
				return v;
	return NULL;
}

static bool
run_verb(const struct verb *verb, struct verb_call *call, struct err *err)
{
	struct store *store = call->desk->store;

	if (!verb->writes)
		return verb->run(call, err);
	if (!store_begin(store, err))
		return false;
	if (verb->run(call, err) && desk_marks_again(call->desk, call->now, err) &&
	    store_commit(store, err))
		return true;
	store_rollback(store);
	return false;
}

static void
refuse(struct wr *reply, const char *sentence)
{
	struct jw j;

	wr_reset(reply);
	jw_begin(&j, reply);
	jw_object(&j, NULL);
	jw_flag(&j, "ok", false);
	jw_text(&j, "error", sentence);
	jw_end(&j);
}

void
desk_control(struct desk *desk, int64_t now, uint32_t actor, const json_t *request,
    struct wr *reply)
{
	const char *name = json_string_value(json_object_get(request, "verb"));
	const struct verb *verb = name != NULL ? find_verb(name) : NULL;
	struct jw j;
	struct verb_call call = {.desk = desk,
	    .now = now,
	    .actor = actor,
	    .args = json_object_get(request, "args"),
	    .out = &j};
	struct err err;

	if (verb == NULL) {
		(void)err_set(&err, "no verb is named \"%.64s\"", name ? name : "");
		refuse(reply, err.text);
		return;
	}
	jw_begin(&j, reply);
	jw_object(&j, NULL);
	jw_flag(&j, "ok", true);
	if (!run_verb(verb, &call, &err)) {
		refuse(reply, err.text);
		return;
	}
	jw_end(&j);
	if (reply->bad)
		refuse(reply, "the answer is too long: ask for less");
}
