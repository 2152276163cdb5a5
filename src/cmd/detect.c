/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect.c -- `botkoll detect`: judges the hosts of a capture or flow file at once.
 *
 * The same sources and the same runner as in the daemon, by function call. An address of
 * the given networks is a line that stays the same one through the whole input.
 */
#include "base/mem.h"
#include "base/when.h"
#include "cmd/command.h"
#include "cmd/output.h"
#include "cmd/progress.h"
#include "detect/runner.h"
#include "detect/weights.h"
#include "intel/import.h"
#include "source/source.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINES = 1 << 18, FLOWS = 1 << 17, HEAD = 64 };

struct detect_options {
	struct conf_prefixes network;
	struct conf_texts classes;
	bool all;
	int64_t windows;
	char *indicators, *weights;
	double prior;
	int64_t sampling;
};

/* clang-format off */
static const struct command_opt detect_options[] = {
	{'n', "NET", {COMMAND_FIELD(detect_options, network), .type = CONF_PREFIXES, .preset_text = "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7", .help = "networks whose hosts are judged"}},
	{0, "CLASSES", {COMMAND_FIELD(detect_options, classes), .type = CONF_TEXTS, .preset_text = "traffic name", .help = "classes of data that may be read: traffic, name"}},
	{0, NULL, {COMMAND_FIELD(detect_options, all), .type = CONF_FLAG, .help = "hosts without evidence too"}},
	{0, "SECONDS", {COMMAND_FIELD(detect_options, windows), .type = CONF_INT, .min = 0, .max = 86400, .help = "also one line per host and window of this length, a multiple of 10; 0: none"}},
	{0, "FILE", {COMMAND_FIELD(detect_options, indicators), .type = CONF_TEXT, .help = "a list of indicators, as `intel import` reads them"}},
	{0, "FILE", {COMMAND_FIELD(detect_options, weights), .type = CONF_TEXT, .help = "weights instead of those built in"}},
	{0, "P", {COMMAND_FIELD(detect_options, prior), .type = CONF_REAL, .preset = 1e-3, .min = 3e-4, .max = 5e-3, .help = "share of hosts expected to be bots"}},
	{0, "N", {COMMAND_FIELD(detect_options, sampling), .type = CONF_INT, .min = 0, .max = 1e6, .help = "flow export holds 1 in N packets; 0: as the exporter says"}},
	COMMAND_OPT_END,
};
/* clang-format on */

static const struct output_column columns[] = {
    {"host", "host", false},
    {"verdict", "verdict", false},
    {"posterior", "posterior", true},
    {"score", "score", true},
    {"groups", "groups", false},
    {"first", "first", false},
    {"last", "last", false},
    {"flows", "flows", true},
    {"why", "why", false},
    {NULL, NULL, false},
};

struct input {
	const char *path;
	const struct source *source;
	void *self;
	int fd;
	bool ended;
};

struct work {
	const struct command_call *call;
	const struct detect_options *opt;
	struct runner *runner;
	struct input *inputs;
	struct output out;
	struct progress progress;
	int64_t window_end; /* 0: no events yet */
	uint64_t hosts, by_verdict[3];
	bool refused;
};

static unsigned
read_classes(const struct conf_texts *texts)
{
	unsigned classes = 0;

	for (size_t i = 0; i < texts->count; i++) {
		if (strcmp(texts->items[i], "traffic") == 0)
			classes |= DATA_TRAFFIC;
		else if (strcmp(texts->items[i], "name") == 0)
			classes |= DATA_NAME;
		else
			return 0;
	}
	return classes;
}

static void
print_groups(struct jw *j, const struct score *score)
{
	jw_array(j, "groups");
	for (uint32_t i = 0; i < score->group_count; i++)
		if (score->groups[i].weight > 0)
			jw_text(j, NULL, group_names[score->groups[i].group]);
	jw_end(j);
}

static void
print_evidence(struct jw *j, const struct runner_line *line)
{
	jw_array(j, "evidence");
	for (uint32_t i = 0; i < line->finding_count; i++) {
		const struct finding *f = line->findings[i];

		jw_object(j, NULL);
		jw_text(j, "detector", f->detector);
		jw_text(j, "group", group_names[f->group]);
		jw_text(j, "kind", kind_names[f->kind]);
		jw_fixed(j, "weight", f->weight, 1);
		if (f->family[0] != '\0')
			jw_text(j, "family", f->family);
		jw_when(j, "first", f->first);
		jw_when(j, "last", f->last);
		jw_text(j, "why", f->why);
		jw_end(j);
	}
	jw_end(j);
}

static void
print_verdict(struct jw *j, const struct runner_line *line)
{
	char host[ADDR_TEXT];

	jw_text(j, "host", addr_text(&line->key.addr, host));
	jw_text(j, "verdict", verdict_names[line->score.verdict]);
	jw_fixed(j, "posterior", line->score.posterior, 4);
	jw_fixed(j, "score", line->score.sum, 1);
	print_groups(j, &line->score);
}

static void
print_host(void *ctx, const struct runner_line *line)
{
	struct work *w = ctx;
	struct jw *j;

	w->hosts++;
	w->by_verdict[line->score.verdict]++;
	if (line->finding_count == 0 && !w->opt->all)
		return;
	j = output_object(&w->out);
	print_verdict(j, line);
	jw_when(j, "first", line->first);
	jw_when(j, "last", line->last);
	if (line->alert != 0)
		jw_when(j, "alert", line->alert);
	else
		jw_null(j, "alert");
	jw_uint(j, "flows", line->flows);
	print_evidence(j, line);
	if (w->call->human && line->finding_count > 0)
		jw_text(j, "why", line->findings[0]->why);
	output_object_end(&w->out);
}

/* A host seen within the window that ends at w->window_end. */
static void
print_window(void *ctx, const struct runner_line *line)
{
	struct work *w = ctx;
	int64_t start = w->window_end - w->opt->windows * WHEN_SECOND;
	struct jw *j;

	if (line->last < start || line->first >= w->window_end)
		return;
	j = output_object(&w->out);
	jw_when(j, "window", start);
	print_verdict(j, line);
	output_object_end(&w->out);
}

static void
close_window(void *ctx, int64_t end)
{
	struct work *w = ctx;
	int64_t length = w->opt->windows * WHEN_SECOND;

	if (length == 0)
		return;
	if (w->window_end != 0 && end >= w->window_end)
		runner_each_line(w->runner, print_window, w);
	if (w->window_end == 0 || end >= w->window_end)
		w->window_end = end - end % length + length;
}

static void
say_notice(void *ctx, const char *detector, const char *text)
{
	const struct work *w = ctx;

	command_say(w->call, "%s: %s", detector, text);
}

static void
refuse(struct work *w, const char *path, const char *sentence)
{
	command_say(w->call, "%s: %s", path, sentence);
	w->refused = true;
}

static const struct source *
recognise(int fd, struct err *err)
{
	uint8_t head[HEAD];
	ssize_t size = pread(fd, head, sizeof head, 0);

	if (size < 0) {
		(void)err_errno(err, "cannot be read");
		return NULL;
	}
	return source_for_file(head, (size_t)size, err);
}

static void
open_input(struct work *w, struct input *in, const struct source_env *env)
{
	struct err err;

	in->fd = open(in->path, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0) {
		(void)err_errno(&err, "cannot be opened");
	} else {
		in->source = recognise(in->fd, &err);
		if (in->source != NULL)
			in->self = in->source->open(env, in->fd, in->path, &err);
	}
	if (in->self == NULL)
		refuse(w, in->path, err.text);
}

static void
put(void *ctx, struct batch *batch)
{
	struct work *w = ctx;

	(void)runner_put(w->runner, batch);
}

/* A piece of work on one input; false if it has ended. */
static bool
step_input(struct work *w, uint32_t number)
{
	struct input *in = &w->inputs[number];

	if (in->ended)
		return false;
	if (in->self == NULL) {
		in->ended = true;
		runner_watermark(w->runner, number, WHEN_NEVER);
		return false;
	}
	if (!runner_wants(w->runner, number))
		return true;
	if (in->source->step(in->self, put, w))
		return true;
	in->source->finish(in->self, WHEN_NEVER, put, w);
	in->ended = true;
	return false;
}

static void
show_progress(struct work *w)
{
	uint64_t done = 0;

	for (size_t i = 0; i < w->call->count; i++)
		if (w->inputs[i].fd >= 0)
			done += (uint64_t)lseek(w->inputs[i].fd, 0, SEEK_CUR);
	progress_at(&w->progress, done);
}

static void
read_all(struct work *w)
{
	bool more = true;

	while (more) {
		more = false;
		for (uint32_t i = 0; i < w->call->count; i++)
			more |= step_input(w, i);
		show_progress(w);
	}
}

static uint64_t
total_size(const struct work *w)
{
	uint64_t total = 0;
	struct stat st;

	for (size_t i = 0; i < w->call->count; i++)
		if (w->inputs[i].fd >= 0 && fstat(w->inputs[i].fd, &st) == 0)
			total += (uint64_t)st.st_size;
	return total;
}

static void
add_counts(struct work *w, struct source_stat *sum)
{
	for (size_t i = 0; i < w->call->count; i++) {
		const struct input *in = &w->inputs[i];
		const struct source_stat *stat;

		if (in->self == NULL)
			continue;
		stat = in->source->stat(in->self);
		sum->records += stat->records;
		sum->malformed += stat->malformed;
		sum->unknown += stat->unknown;
		sum->non_ip += stat->non_ip;
		sum->not_ours += stat->not_ours;
		sum->lost += stat->lost;
		if (stat->cut_short)
			refuse(w, in->path, "ends inside a record, or is damaged");
	}
}

static void
say_summary(struct work *w, unsigned classes)
{
	struct source_stat sum = {.records = 0};
	struct runner_stat stat = runner_stat(w->runner);

	add_counts(w, &sum);
	command_say(w->call,
	    "%" PRIu64 " packets or records (%" PRIu64 " malformed, %" PRIu64
	    " unknown, %" PRIu64 " not IP, %" PRIu64 " lost), %" PRIu64 " flows, %" PRIu64
	    " DNS messages, %" PRIu64 " hosts: %" PRIu64 " infected, %" PRIu64 " suspect",
	    sum.records, sum.malformed, sum.unknown, sum.non_ip, sum.lost, stat.flows,
	    stat.names, w->hosts, w->by_verdict[VERDICT_INFECTED],
	    w->by_verdict[VERDICT_SUSPECT]);
	command_say(w->call, "classes of data read: %s%s%s",
	    classes & DATA_TRAFFIC ? "traffic" : "",
	    classes == (DATA_TRAFFIC | DATA_NAME) ? ", " : "",
	    classes & DATA_NAME ? "name" : "");
	if (w->hosts == 0 && sum.records > 0)
		command_say(w->call, "no host of the networks to judge is in there; "
				     "--network names yours");
	if (stat.lines_evicted + stat.findings_evicted + stat.merge.forced > 0)
		command_say(w->call,
		    "too much for the memory: %" PRIu64 " hosts and %" PRIu64
		    " findings forgotten, %" PRIu64 " events out of order",
		    stat.lines_evicted, stat.findings_evicted, stat.merge.forced);
}

static void
judge(struct work *w, struct runner_env *env)
{
	struct our_networks ours = {.items = w->opt->network.items,
	    .count = w->opt->network.count,
	    .v6_length = 128};
	struct source_env source = {.ours = &ours,
	    .sampling = (uint32_t)w->opt->sampling,
	    .lateness = WHEN_MINUTE,
	    .classes = env->classes,
	    .flows = FLOWS,
	    .active = 5 * WHEN_MINUTE,
	    .idle = WHEN_MINUTE};

	w->inputs = xcalloc(w->call->count, sizeof *w->inputs);
	for (uint32_t i = 0; i < w->call->count; i++) {
		w->inputs[i].path = w->call->operands[i];
		source.number = i;
		open_input(w, &w->inputs[i], &source);
	}
	w->runner = runner_new(env);
	output_begin(&w->out, w->call, columns);
	progress_begin(&w->progress, "reading", "bytes", total_size(w));
	read_all(w);
	progress_end(&w->progress);
	if (w->window_end != 0)
		runner_each_line(w->runner, print_window, w);
	runner_each_line(w->runner, print_host, w);
	output_end(&w->out);
	say_summary(w, env->classes);
	for (size_t i = 0; i < w->call->count; i++) {
		if (w->inputs[i].self != NULL)
			w->inputs[i].source->close(w->inputs[i].self);
		if (w->inputs[i].fd >= 0)
			(void)close(w->inputs[i].fd);
	}
	free(w->inputs);
	runner_free(w->runner);
}

static int
detect_run(const struct command_call *call)
{
	const struct detect_options *opt = call->options;
	struct work work = {.call = call, .opt = opt};
	struct weight_table *weights;
	struct indicators *set = NULL;
	struct runner_env env;
	struct err err;

	runner_preset(&env);
	env.classes = read_classes(&opt->classes);
	if (call->count == 0)
		return command_misuse(call, "which file?");
	if (env.classes == 0)
		return command_misuse(call, "--classes takes traffic and name");
	if (opt->windows % 10 != 0)
		return command_misuse(call, "--windows takes a multiple of 10");
	weights = weights_read(opt->weights, &err);
	if (weights == NULL)
		return command_fail(call, STATUS_USAGE, "%s", err.text);
	if (opt->indicators != NULL && access(opt->indicators, R_OK) != 0)
		(void)err_errno(&err, "%s", opt->indicators);
	else if (opt->indicators != NULL)
		set = indicators_read(opt->indicators, &err);
	if (opt->indicators != NULL && set == NULL) {
		weights_free(weights);
		return command_fail(call, STATUS_NO, "%s", err.text);
	}
	env.sources = call->count;
	env.lines = LINES;
	env.flows = FLOWS;
	env.v6_length = 128;
	env.hold = 3650 * WHEN_DAY;
	env.prior = opt->prior;
	env.weights = weights;
	env.indicators = set;
	env.out = (struct runner_out){
	    .ctx = &work, .epoch = close_window, .notice = say_notice};
	judge(&work, &env);
	indicators_free(set);
	weights_free(weights);
	return work.refused ? STATUS_NO : STATUS_DONE;
}

const struct command command_detect = {
    .name = "detect",
    .summary = "judge the hosts of a capture or flow file",
    .operands = "INPUT...",
    .help =
	"Prints one line per host of the given networks against which there is "
	"evidence:\n"
	"verdict (clear, suspect, infected), posterior, groups of evidence, sentences.\n"
	"Several inputs are read as one, in the order of their times.",
    .options = detect_options,
    .options_size = sizeof(struct detect_options),
    .run = detect_run,
};
