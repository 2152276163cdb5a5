/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intel.c -- `botkoll intel ...`: the indicators of a daemon's directory.
 *
 * They stand in one file there, which import replaces as a whole (written aside, then
 * renamed); the daemon reads it at start. What was imported before stays until its time
 * is over; the same value of the same source is renewed.
 */
#include "base/file.h"
#include "base/when.h"
#include "cmd/command.h"
#include "cmd/control.h"
#include "cmd/intel_import.h"
#include "cmd/output.h"
#include "event/event.h"
#include "event/tlp.h"
#include "intel/import.h"
#include "intel/review.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 };

struct intel_options {
	char *directory, *source, *family;
	int role, purpose, tlp;
	int64_t confidence, valid, from;
	bool shared;
};

#define DIRECTORY                                                                        \
	{                                                                                \
		'd', "DIRECTORY",                                                        \
		{                                                                        \
			COMMAND_FIELD(intel_options, directory),                         \
			    .type = CONF_TEXT, .preset_text = "/var/lib/botkoll",        \
			    .help = "directory of the daemon"                            \
		}                                                                        \
	}

/* clang-format off */
static const struct command_opt import_options[] = {
	DIRECTORY,
	{'s', "NAME", {COMMAND_FIELD(intel_options, source), .type = CONF_TEXT, .required = true, .help = "who says so"}},
	{0, "NAME", {COMMAND_FIELD(intel_options, family), .type = CONF_TEXT, .preset_text = "", .help = "malware family, where a line does not name one"}},
	{0, "ROLE", {COMMAND_FIELD(intel_options, role), .type = CONF_CHOICE, .choices = indicator_role_names, .help = "what stands at the address"}},
	{0, "PURPOSE", {COMMAND_FIELD(intel_options, purpose), .type = CONF_CHOICE, .choices = indicator_purpose_names, .help = "why it is listed; nothing else is taken"}},
	{0, "COLOUR", {COMMAND_FIELD(intel_options, tlp), .type = CONF_CHOICE, .choices = tlp_choices, .help = "to whom it may be told on, where a line does not say; untold counts as amber"}},
	{0, "PERCENT", {COMMAND_FIELD(intel_options, confidence), .type = CONF_INT, .preset = 75, .min = 0, .max = 100, .help = "confidence; from 90 a C2 endpoint is gold, below 50 it counts as shared"}},
	{0, "SPAN", {COMMAND_FIELD(intel_options, valid), .type = CONF_DURATION, .preset = 90 * 86400e6, .min = 3600e6, .max = 36500 * 86400e6, .help = "how long a line is valid"}},
	{0, "TIME", {COMMAND_FIELD(intel_options, from), .type = CONF_TIME, .help = "from when; by default now"}},
	{0, NULL, {COMMAND_FIELD(intel_options, shared), .type = CONF_FLAG, .help = "the addresses serve other things too"}},
	COMMAND_OPT_END,
};

static const struct command_opt list_options[] = {
	DIRECTORY,
	COMMAND_OPT_END,
};
/* clang-format on */

static const struct output_column list_columns[] = {
    {"value", "value", false},
    {"role", "role", false},
    {"purpose", "purpose", false},
    {"family", "family", false},
    {"source", "source", false},
    {"confidence", "confidence", true},
    {"until", "until", false},
    {"review", "review", false},
    {NULL, NULL, false},
};

static bool
save(struct indicators *set, const char *path, struct err *err)
{
	struct wr text;
	bool good;

	indicators_seal(set);
	wr_init(&text, IMPORT_FILE_MOST);
	indicators_write(set, &text);
	good = text.bad ? err_set(err, "%.160s would grow beyond 1 GB", path)
			: file_replace(path, &text, err);
	wr_fini(&text);
	return good;
}

static int64_t
wall_time(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * WHEN_SECOND;
}

static struct indicator_row
preset_row(const struct intel_options *opt)
{
	int64_t from = opt->from != 0 ? opt->from : wall_time();

	return (struct indicator_row){.role = (uint8_t)opt->role,
	    .purpose = (uint8_t)opt->purpose,
	    .tlp = (uint8_t)opt->tlp,
	    .confidence = (uint8_t)opt->confidence,
	    .shared = opt->shared,
	    .family = opt->family,
	    .source = opt->source,
	    .from = from,
	    .until = from + opt->valid};
}

static int
import_run(const struct command_call *call)
{
	const struct intel_options *opt = call->options;
	char path[PATH_ROOM];
	struct indicators *set;
	struct indicator_row preset = preset_row(opt);
	struct output out;
	struct err err;
	bool all = true;

	if (call->count == 0)
		return command_misuse(call, "which list?");
	if (snprintf(path, sizeof path, "%s/" INDICATORS_FILE, opt->directory) >=
	    (int)sizeof path)
		return command_fail(
		    call, STATUS_USAGE, "the directory's name is too long");
	set = indicators_new();
	if (!indicators_load(set, path, &err)) {
		indicators_free(set);
		return command_fail(call, STATUS_NO, "%s", err.text);
	}
	output_begin(&out, call, intel_import_columns);
	for (size_t i = 0; i < call->count; i++)
		all &= intel_import_operand(call, set, &preset, call->operands[i], &out);
	output_end(&out);
	if (!save(set, path, &err)) {
		indicators_free(set);
		return command_fail(call, STATUS_NO, "%s", err.text);
	}
	indicators_free(set);
	return all ? STATUS_DONE : STATUS_NO;
}

static void
print_indicator(
    struct output *out, const struct indicators *set, const struct indicator *i)
{
	char value[INDICATOR_NAME + 8];
	struct jw *j = output_object(out);

	jw_text(j, "value", indicator_value(set, i, value));
	jw_text(j, "type", indicator_type_names[i->type]);
	if (i->proto != 0)
		jw_text(j, "protocol", i->proto == PROTO_TCP ? "tcp" : "udp");
	jw_text(j, "role", indicator_role_names[i->role]);
	jw_text(j, "purpose", indicator_purpose_names[i->purpose]);
	jw_uint(j, "confidence", i->confidence);
	jw_flag(j, "shared", i->shared);
	if (i->tlp != TLP_UNTOLD)
		jw_text(j, "tlp", tlp_words[i->tlp]);
	jw_text(j, "review", indicator_review_names[i->review]);
	jw_text(j, "source", indicator_text(set, i->source));
	jw_text(j, "family", indicator_text(set, i->family));
	if (i->from != INT64_MIN)
		jw_when(j, "from", i->from);
	if (i->until != WHEN_NEVER)
		jw_when(j, "until", i->until);
	output_object_end(out);
}

static int
list_run(const struct command_call *call)
{
	const struct intel_options *opt = call->options;
	char path[PATH_ROOM], reviews[PATH_ROOM];
	struct indicators *set = indicators_new();
	struct output out;
	struct err err;

	(void)snprintf(path, sizeof path, "%s/" INDICATORS_FILE, opt->directory);
	(void)snprintf(reviews, sizeof reviews, "%s/" REVIEWS_FILE, opt->directory);
	if (!indicators_load(set, path, &err) || !reviews_load(set, reviews, &err)) {
		indicators_free(set);
		return command_fail(call, STATUS_NO, "%s", err.text);
	}
	indicators_seal(set);
	output_begin(&out, call, list_columns);
	for (size_t i = 0; i < indicators_count(set); i++)
		print_indicator(&out, set, indicators_at(set, i));
	output_end(&out);
	indicators_free(set);
	return STATUS_DONE;
}

/* A person's word on what was suspended. A daemon that runs takes it up at once. */
static int
review(const struct command_call *call, enum indicator_review what)
{
	const struct intel_options *opt = call->options;
	char path[PATH_ROOM];
	struct control *control;
	json_t *done;
	struct indicators *none = indicators_new();
	struct err err;
	size_t found;

	(void)snprintf(path, sizeof path, "%s/" REVIEWS_FILE, opt->directory);
	for (size_t i = 0; i < call->count; i++)
		if (!indicators_review(none, call->operands[i], what, &found, &err) ||
		    !reviews_add(path, call->operands[i], what, wall_time(), &err)) {
			indicators_free(none);
			return command_fail(call, STATUS_NO, "%s", err.text);
		}
	indicators_free(none);
	if (call->count == 0)
		return command_misuse(
		    call, "which indicator? `status` names the suspended");
	control = control_open(opt->directory, &err);
	if (control == NULL)
		return STATUS_DONE; /* none runs: it reads the answer when it starts */
	done = control_ask(control, "intel.reload", NULL, &err);
	control_close(control);
	if (done == NULL)
		return command_fail(call, STATUS_NO, "%s", err.text);
	json_decref(done);
	return STATUS_DONE;
}

static int
resume_run(const struct command_call *call)
{
	return review(call, REVIEW_KEEP);
}

static int
retire_run(const struct command_call *call)
{
	return review(call, REVIEW_RETIRED);
}

static const struct command intel_import = {
    .name = "import",
    .summary = "take a list of indicators",
    .operands = "FILE...",
    .help =
	"Reads CSV with a header (also Feodo Tracker's), or one address, prefix,\n"
	"address:port or domain a line; also STIX bundles, TAXII envelopes, MISP\n"
	"events and the directories of MISP feeds, IODEF documents. What these say of\n"
	"validity, confidence, role, family and TLP stands before the options.\n"
	"Refuses what would accuse everybody.\n"
	"The daemon reads its indicators when it starts.",
    .options = import_options,
    .options_size = sizeof(struct intel_options),
    .run = import_run,
};

static const struct command intel_list = {
    .name = "list",
    .summary = "print the indicators",
    .options = list_options,
    .options_size = sizeof(struct intel_options),
    .run = list_run,
};

static const struct command intel_resume = {
    .name = "resume",
    .summary = "keep a suspended indicator: it is an outbreak",
    .operands = "VALUE...",
    .help = "An indicator that more than 0.1 % of the lines hit within an hour is\n"
	    "suspended until a person says what it is; `status` names it.",
    .options = list_options,
    .options_size = sizeof(struct intel_options),
    .run = resume_run,
};

static const struct command intel_retire = {
    .name = "retire",
    .summary = "use an indicator no more: it is a bad one",
    .operands = "VALUE...",
    .help = "It counts for nothing from now on, whoever lists it. What stands on it\n"
	    "already is taken back by `case retract --cause indicator:VALUE`.",
    .options = list_options,
    .options_size = sizeof(struct intel_options),
    .run = retire_run,
};

static const struct command *const intel_subs[] = {
    &intel_import, &intel_list, &intel_resume, &intel_retire, NULL};

const struct command command_intel = {
    .name = "intel",
    .summary = "addresses and names that others say are a botnet's",
    .subs = intel_subs,
};
