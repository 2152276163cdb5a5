/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_export.c -- verbs about what leaves: export.rules, export.audit.
 *
 * `botkoll export` reads the store by itself, but not what may leave: it asks for the
 * rules of its purpose, and before it gives anything away it has that written down, in
 * words and with the number of statements.
 */
#include "role/desk_inside.h"

#include "source/source.h"

#include <stdio.h>

static bool
purpose_of(const struct verb_call *call, const char **out, struct err *err)
{
	*out = verb_text(call, "purpose");
	for (size_t i = 0; *out != NULL && policy_purposes[i] != NULL; i++)
		if (strcmp(*out, policy_purposes[i]) == 0)
			return true;
	return err_set(err, "say for which purpose");
}

/* Which networks are ours, and whether addresses may leave for the purpose. */
static bool
run_rules(struct verb_call *call, struct err *err)
{
	const struct our_networks *ours = call->desk->config.ours;
	char text[PREFIX_TEXT];
	const char *purpose;

	if (!purpose_of(call, &purpose, err))
		return false;
	jw_object(call->out, "result");
	jw_flag(call->out, "addresses",
	    policy_addresses_for(call->desk->config.policy, purpose));
	jw_array(call->out, "networks");
	for (size_t i = 0; ours != NULL && i < ours->count; i++)
		jw_text(call->out, NULL, prefix_text(&ours->items[i], text));
	jw_end(call->out);
	jw_end(call->out);
	return true;
}

static bool
run_audit(struct verb_call *call, struct err *err)
{
	const char *format = verb_text(call, "format"), *tlp = verb_text(call, "tlp");
	const char *purpose;
	json_int_t count = json_integer_value(json_object_get(call->args, "statements"));
	bool addresses = json_is_true(json_object_get(call->args, "addresses"));
	char what[160];

	if (!purpose_of(call, &purpose, err))
		return false;
	if (format == NULL || tlp == NULL || strlen(format) > 32 || strlen(tlp) > 16)
		return err_set(err, "say in which format, and up to which TLP");
	if (addresses && !policy_addresses_for(call->desk->config.policy, purpose))
		return err_set(err, "the policy lets no addresses leave for %s", purpose);
	(void)snprintf(what, sizeof what, "export.%s for %s up to %s: %lld statements%s",
	    format, purpose, tlp, (long long)count,
	    addresses ? ", addresses of lines" : "");
	jw_text(call->out, "result", what);
	return store_audit(
	    call->desk->store, call->now, what, &call->actor, sizeof call->actor, err);
}

const struct verb desk_export_verbs[] = {
    {"export.rules", false, run_rules},
    {"export.audit", true, run_audit},
    {NULL, false, NULL},
};
