/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.c -- `botkoll lines import FILE`, `botkoll lines show [NUMBER]`.
 *
 * The registry goes to the engine in pieces of about a megabyte, each with the header
 * before it, cut between rows (a line break within quotes is none). The engine takes each
 * piece in as one transaction; an import that was cut short is simply made again.
 */
#include "base/file.h"
#include "cmd/ask.h"
#include "cmd/progress.h"

enum { FILE_LIMIT = 1 << 30, PIECE = 1 << 20 };

struct lines_options {
	char *directory;
};

static const struct command_opt lines_options[] = {
    ASK_OPTION(lines_options),
    COMMAND_OPT_END,
};

static const struct output_column import_columns[] = {
    {"lines", "lines", true},
    {"keys", "keys", true},
    {"prefixes", "prefixes", true},
    {"refused", "refused", true},
    {NULL, NULL, false},
};

/* The end of the last whole row that begins before `limit`; 0 if there is none. */
static size_t
row_end(const char *text, size_t size, size_t limit)
{
	size_t end = 0;
	bool quoted = false;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '"')
			quoted = !quoted;
		else if (text[i] == '\n' && !quoted)
			end = i + 1;
		if (i >= limit && end > 0)
			return end;
	}
	return size;
}

/* Adds up what the pieces were answered. */
static void
add_up(json_t *sum, json_t *part)
{
	const char *key;
	json_t *value;

	json_object_foreach(part, key, value)
	{
		json_int_t before = json_integer_value(json_object_get(sum, key));

		if (json_is_integer(value))
			(void)json_object_set_new(
			    sum, key, json_integer(before + json_integer_value(value)));
	}
}

static size_t
count_lines(const char *text, size_t size)
{
	size_t lines = 0;

	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	return lines;
}

/* The engine counts lines from the piece's header on and knows no file. */
static void
say_refused(const struct command_call *call, const char *sentence, size_t skipped)
{
	const char *file = call->operands[0];
	unsigned long line;
	int used = 0;

	if (sscanf(sentence, "line %lu: %n", &line, &used) == 1 && used > 0)
		command_say(
		    call, "%s:%zu: %s", file, (size_t)line + skipped, sentence + used);
	else if (strncmp(sentence, "registry:", 9) == 0)
		command_say(call, "%s:%s", file, sentence + 9);
	else
		command_say(call, "%s", sentence);
}

/* One piece, `skipped` lines after the header; false with the sentence on stderr. */
static bool
send_piece(const struct command_call *call, struct control *control, json_t *sum,
    const struct wr *piece, size_t skipped)
{
	json_t *args =
	    json_pack("{s:s%}", "csv", (const char *)piece->bytes, (size_t)piece->size);
	struct err err;
	json_t *result;

	if (args == NULL) {
		command_say(call, "the registry is not UTF-8");
		return false;
	}
	result = control_ask(control, "lines.import", args, &err);
	json_decref(args);
	if (result == NULL) {
		say_refused(call, err.text, skipped);
		return false;
	}
	add_up(sum, result);
	json_decref(result);
	return true;
}

static bool
send_all(const struct command_call *call, struct control *control, const char *text,
    size_t size, json_t *sum)
{
	size_t header = row_end(text, size, 0), at = header;
	struct progress progress;
	struct wr piece;
	bool good = true;

	wr_init(&piece, FILE_LIMIT);
	progress_begin(&progress, "lines", "bytes", size);
	do {
		size_t take = row_end(text + at, size - at, PIECE);

		wr_reset(&piece);
		wr_put(&piece, text, header);
		wr_put(&piece, text + at, take);
		good = send_piece(
		    call, control, sum, &piece, count_lines(text + header, at - header));
		at += take;
		progress_at(&progress, at);
	} while (good && at < size);
	progress_end(&progress);
	wr_fini(&piece);
	return good;
}

static int
import_text(const struct command_call *call, const struct wr *text)
{
	const struct lines_options *opt = call->options;
	json_t *sum = json_object();
	struct control *control;
	struct output out;
	struct err err;
	bool good;
	int status;

	control = control_open(opt->directory, &err);
	if (control == NULL) {
		json_decref(sum);
		return command_fail(call, STATUS_NO, "%s", err.text);
	}
	good = send_all(call, control, (const char *)text->bytes, text->size, sum);
	control_close(control);
	output_begin(&out, call, import_columns);
	if (json_object_size(sum) > 0)
		output_json(&out, sum);
	output_end(&out);
	status = good && json_integer_value(json_object_get(sum, "refused")) == 0
		     ? STATUS_DONE
		     : STATUS_NO;
	json_decref(sum);
	return status;
}

static int
import_run(const struct command_call *call)
{
	struct err err;
	struct wr text;
	int status;

	if (call->count != 1)
		return command_misuse(call, "one file is needed");
	wr_init(&text, FILE_LIMIT);
	if (!file_read(call->operands[0], &text, &err))
		status = command_fail(call, STATUS_NO, "%s", err.text);
	else if (text.size == 0)
		status =
		    command_fail(call, STATUS_NO, "%s: it is empty", call->operands[0]);
	else
		status = import_text(call, &text);
	wr_fini(&text);
	return status;
}

struct show_options {
	char *directory, *purpose;
};

static const struct command_opt show_options[] = {
    ASK_OPTION(show_options),
    {'p', "TEXT",
	{COMMAND_FIELD(show_options, purpose), .type = CONF_TEXT,
	    .help = "why the person is to be shown: goes into the audit chain"}},
    COMMAND_OPT_END,
};

static int
show_run(const struct command_call *call)
{
	const struct show_options *opt = call->options;
	json_t *args = NULL;

	if (call->count > 1)
		return command_misuse(call, "one subscription number at most");
	if (call->count == 1 && opt->purpose == NULL)
		return command_misuse(call, "say for what purpose: --purpose TEXT");
	if (call->count == 1)
		args = json_pack(
		    "{s:s, s:s}", "number", call->operands[0], "purpose", opt->purpose);
	return ask_print(call, opt->directory, "lines.show", args, NULL);
}

static const struct command command_import = {
    .name = "import",
    .summary = "take in the provider's registry of lines",
    .operands = "FILE",
    .help = "FILE is CSV in UTF-8 with a header; columns: line, subscriber, realm,\n"
	    "prefixes, name, email, phone, postal, language, segment, profile, exempt,\n"
	    "operator. A line that is known already is brought up to date.\n"
	    "Exit status 1: some rows were refused.",
    .options = lines_options,
    .options_size = sizeof(struct lines_options),
    .run = import_run,
};

static const struct command command_show = {
    .name = "show",
    .summary = "how many lines are known, or who one of them is",
    .operands = "[NUMBER]",
    .help = "With the provider's subscription number: the person behind the line. This\n"
	    "is written into the audit chain before it is answered.",
    .options = show_options,
    .options_size = sizeof(struct show_options),
    .run = show_run,
};

static const struct command *const lines_subs[] = {&command_import, &command_show, NULL};

const struct command command_lines = {
    .name = "lines",
    .summary = "the registry of lines",
    .subs = lines_subs,
};
