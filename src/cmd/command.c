/* SPDX-License-Identifier: Apache-2.0 */
/* command.c -- see command.h: from the words of the command line to one function. */
#include "cmd/command.h"

#include "base/mem.h"
#include "base/near.h"
#include "cmd/options.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME = 64, FIELD = 28, WIDTH = 80 };

__attribute__((format(printf, 2, 0))) static void
say(const struct command_call *call, const char *format, va_list args)
{
	(void)fprintf(stderr, "botkoll%s%s: ", *call->name ? " " : "", call->name);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
}

int
command_fail(const struct command_call *call, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(call, format, args);
	va_end(args);
	return status;
}

void
command_say(const struct command_call *call, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(call, format, args);
	va_end(args);
}

int
command_misuse(const struct command_call *call, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(call, format, args);
	va_end(args);
	(void)fprintf(stderr, "botkoll%s%s --help tells more\n", *call->name ? " " : "",
	    call->name);
	return STATUS_USAGE;
}

static const struct command *
find(const struct command *const *list, const char *name)
{
	for (; *list != NULL; list++)
		if (strcmp((*list)->name, name) == 0)
			return *list;
	return NULL;
}

static void
list_commands(const struct command *const *list)
{
	for (; *list != NULL; list++)
		if (!(*list)->hidden)
			(void)printf("  %-12s %s\n", (*list)->name, (*list)->summary);
}

static void
top_help(void)
{
	(void)printf(
	    "usage: botkoll COMMAND [--help] ...\n\n"
	    "Finds the subscribers of an Internet provider whose devices have become\n"
	    "part of a botnet, tells them, helps them, and counts them.\n\n");
	list_commands(commands);
	(void)printf(
	    "\nOutput is JSON Lines, or tables on a terminal and with --human.\n"
	    "Exit status: 0 done, 1 the answer is \"no\" or part of the input was\n"
	    "refused, 2 usage or configuration.\n");
}

/* Words from FIELD on, as many lines as they need; the first is begun already. */
static void
help_wrapped(const char *text)
{
	int column = FIELD + 3;

	while (*text != 0) {
		int size = (int)strcspn(text, " ");

		if (column > FIELD + 3 && column + 1 + size > WIDTH) {
			(void)printf("\n%*s", FIELD + 3, "");
			column = FIELD + 3;
		} else if (column > FIELD + 3) {
			(void)putchar(' ');
			column++;
		}
		(void)printf("%.*s", size, text);
		column += size;
		text += size + (text[size] == ' ');
	}
	(void)putchar('\n');
}

/* What a choice may be, since its argument is one word in help and manual. */
static void
name_choices(const struct conf_opt *row, struct wr *out)
{
	for (int i = 0; row->type == CONF_CHOICE && row->choices[i] != NULL; i++)
		wr_printf(out, "%s%s", i == 0 ? ": " : ", ", row->choices[i]);
}

static void
help_option(const struct command_opt *row)
{
	char left[80], name[40];
	struct wr text, preset;

	(void)snprintf(name, sizeof name, "%s", row->opt.name);
	for (char *c = name; *c != 0; c++)
		if (*c == '_')
			*c = '-';
	(void)snprintf(left, sizeof left, "%s%c%s--%s%s%s", row->letter ? "-" : "  ",
	    row->letter ? row->letter : ' ', row->letter ? ", " : " ", name,
	    row->argument ? " " : "", row->argument ? row->argument : "");
	(void)printf("  %-*s ", FIELD, left);
	wr_init(&text, 4096);
	wr_text(&text, row->opt.help ? row->opt.help : "");
	name_choices(&row->opt, &text);
	if (row->opt.required)
		wr_text(&text, " (required)");
	wr_init(&preset, 4096);
	if (row->argument != NULL && conf_preset_print(&row->opt, &preset))
		wr_printf(&text, " (default %s)", wr_string(&preset));
	wr_fini(&preset);
	help_wrapped(wr_string(&text));
	wr_fini(&text);
}

void
command_help(const struct command *command, const char *full_name)
{
	(void)printf("usage: botkoll %s%s%s%s%s\n%s\n", full_name,
	    command->options ? " [OPTION]..." : "", command->subs ? " COMMAND" : "",
	    command->operands ? " " : "", command->operands ? command->operands : "",
	    command->summary);
	if (command->help != NULL)
		(void)printf("\n%s\n", command->help);
	(void)putchar('\n');
	if (command->subs != NULL)
		list_commands(command->subs);
	for (const struct command_opt *row = command->options;
	     row != NULL && row->opt.type != CONF_END; row++)
		help_option(row);
	(void)printf("  %-*s %s\n  %-*s %s\n  %-*s %s\n", FIELD, "    --human",
	    "tables, as on a terminal", FIELD, "    --json",
	    "JSON Lines, as into a file or pipe", FIELD, "-h, --help", "this text");
}

/* What was written must have arrived: a full disk is no success. */
static int
flush(const struct command_call *call, int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	return command_fail(call, STATUS_NO, "writing the output failed");
}

static int
run(const struct command *command, const char *name, int argc, char **argv)
{
	struct command_call call = {.name = name};
	struct options o;
	struct err err;
	void *target = xcalloc(1, command->options_size + 1);
	int status;

	if (!options_read(&o, command->options, target, argc, argv, &err)) {
		status = command_misuse(&call, "%s", err.text);
	} else if (o.help) {
		command_help(command, name);
		status = STATUS_DONE;
	} else if (o.count > 0 && command->operands == NULL) {
		status = command_misuse(&call, "takes no `%s`", o.operands[0]);
	} else {
		call.options = target;
		call.operands = o.operands;
		call.count = o.count;
		call.human = o.human || (!o.json && isatty(STDOUT_FILENO));
		status = command->run(&call);
	}
	status = flush(&call, status);
	options_free(&o);
	free(target);
	return status;
}

static int
unknown(const struct command *const *list, const char *group, const char *word)
{
	struct command_call call = {.name = group};
	struct near near = near_init(word);

	for (; *list != NULL; list++)
		if (!(*list)->hidden)
			near_try(&near, (*list)->name);
	if (near_best(&near) == NULL)
		return command_misuse(&call, "unknown command `%s`", word);
	return command_misuse(
	    &call, "unknown command `%s`; did you mean `%s`?", word, near_best(&near));
}

static bool
is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
	       strcmp(word, "help") == 0;
}

/* A group may hold groups: `botkoll report unread list`. */
static int
run_group(const struct command *group, const char *group_name, int argc, char **argv)
{
	const struct command *sub;
	struct command_call call = {.name = group_name};
	char name[NAME];

	if (argc > 0 && is_help(argv[0])) {
		command_help(group, group_name);
		return flush(&call, STATUS_DONE);
	}
	sub = argc > 0 ? find(group->subs, argv[0]) : NULL;
	if (sub == NULL && group->run != NULL)
		return run(group, group_name, argc, argv);
	if (argc == 0)
		return command_misuse(&call, "which of its commands?");
	if (sub == NULL)
		return unknown(group->subs, group_name, argv[0]);
	(void)snprintf(name, sizeof name, "%s %s", group_name, sub->name);
	if (sub->subs != NULL)
		return run_group(sub, name, argc - 1, argv + 1);
	return run(sub, name, argc - 1, argv + 1);
}

int
command_main(int argc, char **argv)
{
	const struct command *command;
	struct command_call call = {.name = ""};

	(void)signal(SIGPIPE, SIG_DFL);
	if (argc < 2) {
		top_help();
		return flush(&call, STATUS_USAGE);
	}
	if (is_help(argv[1])) {
		top_help();
		return flush(&call, STATUS_DONE);
	}
	if (strcmp(argv[1], "--version") == 0)
		argv[1] += 2;
	command = find(commands, argv[1]);
	if (command == NULL)
		return unknown(commands, "", argv[1]);
	if (command->subs != NULL)
		return run_group(command, command->name, argc - 2, argv + 2);
	return run(command, command->name, argc - 2, argv + 2);
}

static void
manual_option(const struct conf_opt *row, struct wr *out)
{
	struct conf_opt told = *row;
	struct wr text;

	wr_init(&text, 4096);
	wr_text(&text, row->help ? row->help : "");
	name_choices(row, &text);
	told.help = wr_string(&text);
	if (row->type == CONF_FLAG) /* on where it is written: no default to tell */
		told = (struct conf_opt){.type = CONF_TEXT, .help = told.help};
	conf_manual_option(&told, out);
	wr_fini(&text);
}

static void
manual_options(const struct command *command, struct wr *out)
{
	const struct command_opt *row = command->options;

	if (row == NULL || row->opt.type == CONF_END)
		return;
	wr_text(out, ".Bl -tag -width Ds\n");
	for (; row->opt.type != CONF_END; row++) {
		wr_text(out, ".It ");
		if (row->letter != 0)
			wr_printf(out, "Fl %c , ", row->letter);
		wr_text(out, "Fl -");
		for (const char *c = row->opt.name; *c != 0; c++)
			wr_u8(out, *c == '_' ? '-' : (uint8_t)*c);
		if (row->argument != NULL)
			wr_printf(out, " Ar %s", row->argument);
		wr_text(out, "\n");
		manual_option(&row->opt, out);
	}
	wr_text(out, ".El\n");
}

/* Sentences for mdoc: each on a line of its own, none that begins like a macro. */
static void
manual_text(const char *text, struct wr *out)
{
	bool fresh = true;

	for (const char *c = text; *c != 0; c++) {
		if (fresh && (*c == '.' || *c == '\''))
			wr_text(out, "\\&");
		fresh = *c == '\n' || (c > text && c[-1] == '.' && *c == ' ');
		if (*c == '\\')
			wr_text(out, "\\e");
		else
			wr_u8(out, fresh ? '\n' : (uint8_t)*c);
	}
	wr_text(out, "\n");
}

/* Operands as mdoc: what stands in capitals is an argument. */
static void
manual_command(const struct command *command, const char *group, struct wr *out)
{
	char name[NAME];

	if (command->run != NULL) {
		wr_printf(
		    out, ".Ss botkoll %s%s%s\n", group, *group ? " " : "", command->name);
		wr_printf(out, ".Nm Cm %s%s%s", group, *group ? " " : "", command->name);
		if (command->options != NULL)
			wr_text(out, " Oo Ar option ... Oc");
		if (command->operands != NULL)
			wr_printf(out, " Ar %s", command->operands);
		wr_printf(out, "\n.Pp\n%c%s.\n",
		    command->summary[0] >= 'a' && command->summary[0] <= 'z'
			? command->summary[0] - 32
			: command->summary[0],
		    command->summary + 1);
		if (command->help != NULL)
			manual_text(command->help, out);
		manual_options(command, out);
	}
	(void)snprintf(
	    name, sizeof name, "%s%s%s", group, *group ? " " : "", command->name);
	for (size_t i = 0; command->subs != NULL && command->subs[i] != NULL; i++)
		manual_command(command->subs[i], name, out);
}

void
command_manual(struct wr *out)
{
	for (size_t i = 0; commands[i] != NULL; i++)
		if (!commands[i]->hidden)
			manual_command(commands[i], "", out);
}
