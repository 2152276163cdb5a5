/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export.c -- `botkoll export FORMAT`: what we know, for others.
 *
 * The store is read beside the daemon. The daemon says what of it may leave for the
 * purpose (its policy, its networks) and writes into the audit log that it leaves, before
 * anything is written out; without a daemon that can do so there is nothing, unless
 * --offline takes that on the operator. Offline, addresses of our lines never leave.
 */
#include "case/policy.h"
#include "cmd/ask.h"
#include "exchange/writers.h"
#include "intel/import.h"
#include "intel/review.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/when.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { PATH_ROOM = 4096 };

static const char *const kinds[] = {"c2", "distribution", "lines", NULL};

struct export_options {
	char *directory, *out, *organisation;
	int64_t since, until, serial;
	int tlp, purpose;
	bool offline;
	struct conf_texts kind;
	struct conf_prefixes networks;
};

/* clang-format off */
static const struct command_opt export_options[] = {
	ASK_OPTION(export_options),
	{'o', "PATH", {COMMAND_FIELD(export_options, out), .type = CONF_TEXT, .help = "file, or directory of a MISP feed; by default stdout"}},
	{0, "TIME", {COMMAND_FIELD(export_options, since), .type = CONF_TIME, .max = 4e18, .help = "what was last seen from then on"}},
	{0, "TIME", {COMMAND_FIELD(export_options, until), .type = CONF_TIME, .max = 4e18, .help = "and before then; by default all"}},
	{0, "COLOUR", {COMMAND_FIELD(export_options, tlp), .type = CONF_CHOICE, .choices = tlp_choices + TLP_CLEAR, .preset = TLP_GREEN - TLP_CLEAR, .help = "the strictest TLP that the recipient may know"}},
	{0, "PURPOSE", {COMMAND_FIELD(export_options, purpose), .type = CONF_CHOICE, .choices = policy_purposes, .help = "whom it is for; the policy says whose addresses may leave"}},
	{0, "KIND", {COMMAND_FIELD(export_options, kind), .type = CONF_TEXTS, .help = "c2, distribution, lines; by default all"}},
	{0, "NAME", {COMMAND_FIELD(export_options, organisation), .type = CONF_TEXT, .preset_text = "Botkoll", .help = "who says so"}},
	{0, "NUMBER", {COMMAND_FIELD(export_options, serial), .type = CONF_INT, .min = 0, .max = UINT32_MAX, .help = "serial of an RPZ zone; by default the seconds since 1970"}},
	{0, NULL, {COMMAND_FIELD(export_options, offline), .type = CONF_FLAG, .help = "without the daemon, and so without a word in the audit log; needs --networks"}},
	{'n', "NET", {COMMAND_FIELD(export_options, networks), .type = CONF_PREFIXES, .help = "our networks, with --offline"}},
	COMMAND_OPT_END,
};
/* clang-format on */

struct export
{
	const struct command_call *call;
	const struct export_options *opt;
	const struct writer *writer;
	struct control *control;
	struct outgoing_rules rules;
	struct prefix *networks; /* the daemon's answer */
	struct outgoing_list list;
};

/* ---- rules */

static bool
read_kinds(struct export *x)
{
	const struct conf_texts *asked = &x->opt->kind;

	for (size_t i = 0; i < asked->count; i++) {
		unsigned found = 0;

		for (unsigned k = 0; kinds[k] != NULL; k++)
			if (strcmp(asked->items[i], kinds[k]) == 0)
				found = 1u << k;
		if (found == 0) {
			command_say(x->call,
			    "no kind is called \"%s\"; there are c2, distribution, lines",
			    asked->items[i]);
			return false;
		}
		x->rules.classes |= found;
	}
	if (asked->count == 0)
		x->rules.classes = OUTGOING_C2 | OUTGOING_DISTRIBUTION | OUTGOING_LINES;
	return true;
}

static bool
take_rules(struct export *x, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "networks");
	size_t count = json_array_size(list);

	x->networks = xcalloc(count + 1, sizeof *x->networks);
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text == NULL || !prefix_parse(text, &x->networks[i]))
			return false;
	}
	x->rules.ours = x->networks;
	x->rules.our_count = count;
	x->rules.addresses = json_is_true(json_object_get(answer, "addresses"));
	return true;
}

/* Asks the daemon; says why not. */
static bool
ask_rules(struct export *x)
{
	json_t *args = json_pack("{s:s}", "purpose", policy_purposes[x->opt->purpose]);
	struct err err;
	json_t *answer;
	bool good;

	x->control = control_open(x->opt->directory, &err);
	answer = x->control != NULL ? control_ask(x->control, "export.rules", args, &err)
				    : NULL;
	json_decref(args);
	if (answer == NULL) {
		command_say(x->call,
		    "%s; what leaves must stand in the audit log: start the daemon, "
		    "or say --offline",
		    err.text);
		return false;
	}
	good = take_rules(x, answer);
	json_decref(answer);
	return good;
}

static bool
make_rules(struct export *x)
{
	const struct export_options *opt = x->opt;

	x->rules.since = opt->since;
	x->rules.until = opt->until != 0 ? opt->until : INT64_MAX;
	x->rules.most = (enum tlp)(opt->tlp + TLP_CLEAR);
	if (!read_kinds(x))
		return false;
	if (!opt->offline)
		return ask_rules(x);
	x->rules.ours = opt->networks.items;
	x->rules.our_count = opt->networks.count;
	if (opt->networks.count > 0)
		return true;
	command_say(x->call, "--offline: say with --networks which networks are ours");
	return false;
}

/* ---- reading */

static bool
read_indicators(struct export *x)
{
	char path[PATH_ROOM], reviews[PATH_ROOM];
	struct indicators *set = indicators_new();
	struct err err;
	bool good;

	(void)snprintf(path, sizeof path, "%s/" INDICATORS_FILE, x->opt->directory);
	(void)snprintf(reviews, sizeof reviews, "%s/" REVIEWS_FILE, x->opt->directory);
	good = indicators_load(set, path, &err) && reviews_load(set, reviews, &err);
	if (good) {
		indicators_seal(set);
		outgoing_indicators(&x->list, set, &x->rules);
	} else {
		command_say(x->call, "%s", err.text);
	}
	indicators_free(set);
	return good;
}

static bool
collect(struct export *x)
{
	struct store *store = ask_store(x->call, x->opt->directory);

	if (store == NULL)
		return false;
	outgoing_sightings(&x->list, store, &x->rules);
	store_close(store);
	if (!read_indicators(x))
		return false;
	outgoing_seal(&x->list);
	return true;
}

/* ---- giving away */

static bool
has_addresses(const struct outgoing_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].kind == OUTGOING_INFECTION)
			return true;
	return false;
}

static bool
audit(struct export *x)
{
	json_t *args, *answer;
	struct err err;

	if (x->opt->offline)
		return true;
	args = json_pack("{s:s,s:s,s:s,s:I,s:b}", "format", x->writer->name, "purpose",
	    policy_purposes[x->opt->purpose], "tlp", tlp_words[x->rules.most],
	    "statements", (json_int_t)x->list.count, "addresses",
	    (int)has_addresses(&x->list));
	answer = control_ask(x->control, "export.audit", args, &err);
	json_decref(args);
	if (answer == NULL)
		command_say(x->call, "%s", err.text);
	json_decref(answer);
	return answer != NULL;
}

static bool
give(void *ctx, const char *name, const void *bytes, size_t size, struct err *err)
{
	const struct export *x = ctx;
	char path[PATH_ROOM];
	struct wr text;
	bool good;

	if (x->opt->out == NULL)
		return fwrite(bytes, 1, size, stdout) == size ||
		       err_errno(err, "standard output");
	(void)snprintf(path, sizeof path, name != NULL ? "%s/%s" : "%s", x->opt->out,
	    name != NULL ? name : "");
	wr_init(&text, size + 1);
	wr_put(&text, bytes, size);
	good = file_replace(path, &text, err);
	wr_fini(&text);
	return good;
}

static void
say_kept(const struct export *x)
{
	const struct outgoing_kept *kept = &x->list.kept;

	command_say(x->call,
	    "%zu statements; kept back: %llu by TLP, %llu in our own networks, "
	    "%llu vetoed or superseded, %llu not asked for or not for others",
	    x->list.count, (unsigned long long)kept->secret,
	    (unsigned long long)kept->ours, (unsigned long long)kept->vetoed,
	    (unsigned long long)kept->other);
}

static int64_t
newest(const struct outgoing_list *list)
{
	int64_t t = 0;

	for (size_t i = 0; i < list->count; i++)
		t = list->items[i].last > t ? list->items[i].last : t;
	return t;
}

static int
export_all(struct export *x)
{
	const struct writer_sink sink = {give, x};
	struct writer_head head = {.organisation = x->opt->organisation};
	struct err err;

	if (!make_rules(x) || !collect(x) || !audit(x))
		return STATUS_NO;
	head.made = newest(&x->list);
	head.serial = (uint32_t)(x->opt->serial != 0 ? x->opt->serial : time(NULL));
	if (x->writer->directory && mkdir(x->opt->out, 0750) != 0 && errno != EEXIST)
		return command_fail(
		    x->call, STATUS_NO, "mkdir %s: %s", x->opt->out, strerror(errno));
	if (!x->writer->write(&x->list, &head, &sink, &err))
		return command_fail(x->call, STATUS_NO, "%s", err.text);
	say_kept(x);
	return STATUS_DONE;
}

static int
export_run(const struct command_call *call)
{
	struct export x = {.call = call, .opt = call->options};
	struct err err;
	int status;

	if (call->count != 1)
		return command_misuse(call, "say one format");
	x.writer = writer_find(call->operands[0], &err);
	if (x.writer == NULL)
		return command_misuse(call, "%s", err.text);
	if (x.writer->directory && x.opt->out == NULL)
		return command_misuse(
		    call, "%s is a directory: say which with -o", x.writer->name);
	status = export_all(&x);
	outgoing_free(&x.list);
	control_close(x.control);
	free(x.networks);
	return status;
}

const struct command command_export = {
    .name = "export",
    .summary = "what we know, for others: indicators, sightings, counts",
    .operands = "FORMAT",
    .help =
	"Formats: csv, intelmq (JSON Lines), iodef (RFC 7970), list (places, one a\n"
	"line), misp (a feed's directory), rpz (a zone), stix (a STIX 2.1 bundle).\n"
	"C2 servers and malware sites elsewhere leave whole. Our own lines leave as\n"
	"counts by realm, class and family; their addresses only for a purpose that\n"
	"the policy names (export: addresses). What others told without a TLP counts\n"
	"as amber, what we saw as green. The running daemon writes each export into\n"
	"its audit log first.",
    .options = export_options,
    .options_size = sizeof(struct export_options),
    .run = export_run,
};
