/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit.c -- `botkoll audit verify`: is the chain of digests whole?
 *
 * Reads the store itself, beside a running daemon or without one: an auditor need not
 * take the daemon's word for it.
 */
#include "cmd/ask.h"
#include "store/store.h"

struct verify_options {
	char *directory;
};

static const struct command_opt verify_options[] = {
    ASK_OPTION(verify_options),
    COMMAND_OPT_END,
};

static const struct output_column columns[] = {
    {"links", "links", true},
    {"whole", "whole", false},
    {"fault", "fault", false},
    {NULL, NULL, false},
};

static int
verify_run(const struct command_call *call)
{
	const struct verify_options *opt = call->options;
	struct err err;
	struct store *store = ask_store(call, opt->directory);
	uint64_t links, bad;
	struct output out;
	struct jw *j;
	bool whole;

	if (store == NULL)
		return STATUS_NO;
	whole = store_audit_verify(store, &links, &bad, &err);
	store_close(store);
	output_begin(&out, call, columns);
	j = output_object(&out);
	jw_uint(j, "links", links);
	jw_flag(j, "whole", whole);
	if (!whole) {
		jw_uint(j, "bad", bad);
		jw_text(j, "fault", err.text);
	}
	output_object_end(&out);
	output_end(&out);
	return whole ? STATUS_DONE : STATUS_NO;
}

static const struct command command_verify = {
    .name = "verify",
    .summary = "check that nothing was changed behind the daemon's back",
    .help = "Follows the chain link by link, and compares it with the entries of cases\n"
	    "that are still kept. Erasing a line or a payload does not change it.\n"
	    "Exit status 1: it is broken; the fault is printed.",
    .options = verify_options,
    .options_size = sizeof(struct verify_options),
    .run = verify_run,
};

static const struct command *const audit_subs[] = {&command_verify, NULL};

const struct command command_audit = {
    .name = "audit",
    .summary = "the chain of what was done",
    .subs = audit_subs,
};
