/* SPDX-License-Identifier: Apache-2.0 */
/*
 * privacy.c -- `botkoll privacy erase NUMBER`, `botkoll privacy verify MARKER`.
 *
 * Erasing is the engine's: it alone opens the identity database. Verifying is not: the
 * files are searched as they lie on the disk, by whoever may read them.
 */
#include "cmd/ask.h"
#include "store/search.h"

#include <string.h>

struct privacy_options {
	char *directory;
};

static const struct command_opt privacy_options[] = {
    ASK_OPTION(privacy_options),
    COMMAND_OPT_END,
};

static const struct output_column erase_columns[] = {
    {"erased", "erased", false},
    {"cases", "cases", true},
    {NULL, NULL, false},
};

static const struct output_column verify_columns[] = {
    {"file", "file", false},
    {"offset", "offset", true},
    {NULL, NULL, false},
};

static int
erase_run(const struct command_call *call)
{
	const struct privacy_options *opt = call->options;

	if (call->count != 1)
		return command_misuse(call, "one subscription number is needed");
	return ask_print(call, opt->directory, "privacy.erase",
	    json_pack("{s:s}", "number", call->operands[0]), erase_columns);
}

struct verify {
	struct output out;
	uint64_t found;
};

static bool
print_place(void *ctx, const char *path, uint64_t offset)
{
	struct verify *v = ctx;
	struct jw *j = output_object(&v->out);

	jw_text(j, "file", path);
	jw_uint(j, "offset", offset);
	output_object_end(&v->out);
	v->found++;
	return true;
}

static int
verify_run(const struct command_call *call)
{
	const struct privacy_options *opt = call->options;
	struct verify v = {.found = 0};
	uint64_t files;
	struct err err;
	bool good;

	if (call->count != 1)
		return command_misuse(call, "one marker is needed");
	if (strlen(call->operands[0]) < SEARCH_LEAST)
		return command_misuse(call,
		    "a marker has %d bytes at least, or it is found by chance",
		    SEARCH_LEAST);
	output_begin(&v.out, call, verify_columns);
	good = search_files(
	    opt->directory, call->operands[0], &files, print_place, &v, &err);
	output_end(&v.out);
	if (!good)
		return command_fail(call, STATUS_NO, "%s", err.text);
	command_say(call, "found %llu times in %llu files", (unsigned long long)v.found,
	    (unsigned long long)files);
	return v.found == 0 ? STATUS_DONE : STATUS_NO;
}

static const struct command command_erase = {
    .name = "erase",
    .summary = "erase all that leads from a subscription to a person",
    .operands = "NUMBER",
    .help = "NUMBER is the provider's own subscription number. Its name, contacts, keys\n"
	    "and handles are removed, and so are the payloads of its cases; what\n"
	    "remains is anonymous. It cannot be undone.",
    .options = privacy_options,
    .options_size = sizeof(struct privacy_options),
    .run = erase_run,
};

static const struct command command_verify = {
    .name = "verify",
    .summary = "search everything on disk for a marker that should be gone",
    .operands = "MARKER",
    .help = "Searches the bytes of MARKER in every file below the daemon's directory.\n"
	    "Exit status 0: it is nowhere; 1: it is still there, and the places are\n"
	    "printed.",
    .options = privacy_options,
    .options_size = sizeof(struct privacy_options),
    .run = verify_run,
};

static const struct command *const privacy_subs[] = {
    &command_erase, &command_verify, NULL};

const struct command command_privacy = {
    .name = "privacy",
    .summary = "erase a subscriber, and see that it is done",
    .subs = privacy_subs,
};
