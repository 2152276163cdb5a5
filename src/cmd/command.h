/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h -- one subcommand of `botkoll`: one file in this directory that ends in one
 * const struct, a line here and a line in commands.c.
 *
 * Its options are a table over a struct of its own, as in the configuration (conf.h):
 * types, presets, ranges and help come from there, and the manual is made of the same
 * rows. An option is `--name VALUE` or `--name=VALUE`, with a letter also `-n VALUE`; a
 * CONF_FLAG takes no value and switches on. CONF_TEXTS and CONF_PREFIXES may be repeated
 * and take commas; the first use replaces the preset. `--` ends options.
 *
 * Every command also knows --help, --human (tables) and --json (JSON Lines); without the
 * latter two, tables are for terminals. See version.c for the smallest example.
 *
 * Output: machine output on stdout through output.h and nothing else there; sentences on
 * stderr through command_fail or command_say; progress.h for what takes time.
 */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include "base/conf.h"

enum {
	STATUS_DONE = 0,
	STATUS_NO = 1,   /* the answer is "no", or part of the input was refused */
	STATUS_USAGE = 2 /* usage or configuration */
};

struct command_opt {
	char letter;          /* 0: none */
	const char *argument; /* what stands for the value in help; NULL for a flag */
	struct conf_opt opt;
};

struct command_call {
	const char *name;    /* "case list": for messages */
	const void *options; /* the command's own struct, filled in */
	char **operands;     /* what is no option */
	size_t count;
	bool human; /* tables instead of JSON Lines */
};

struct command {
	const char *name;
	const char *summary;  /* one line, for lists */
	const char *operands; /* as in usage: "[FILE]..."; NULL: none are taken */
	const char *help;     /* sentences; one a line for the manual; may be NULL */
	const struct command_opt *options; /* ends with COMMAND_OPT_END; may be NULL */
	size_t options_size;
	int (*run)(const struct command_call *call); /* NULL: only `subs` */
	const struct command *const *subs; /* NULL-terminated: `botkoll case list` */
	bool hidden;                       /* not in the list and the manual */
};

#define COMMAND_OPT_END                                                                  \
	{                                                                                \
		.opt = {.type = CONF_END }                                               \
	}
#define COMMAND_FIELD(s, f) .name = #f, .offset = offsetof(struct s, f)

extern const struct command *const commands[]; /* NULL-terminated */

extern const struct command command_attribute;
extern const struct command command_audit;
extern const struct command command_case;
extern const struct command command_complaint;
extern const struct command command_check;
extern const struct command command_demo;
extern const struct command command_detect;
extern const struct command command_export;
extern const struct command command_intel;
extern const struct command command_leases;
extern const struct command command_lines;
extern const struct command command_manual_page;
extern const struct command command_measure;
extern const struct command command_parse;
extern const struct command command_policy;
extern const struct command command_privacy;
extern const struct command command_report;
extern const struct command command_run;
extern const struct command command_simulate;
extern const struct command command_status;
extern const struct command command_version;

int command_main(int argc, char **argv);

/* "botkoll NAME: sentence" on stderr; returns `status`. */
int command_fail(const struct command_call *call, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same without a status: what was refused, a summary. */
void command_say(const struct command_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "botkoll NAME: sentence" and a hint to --help; returns STATUS_USAGE. */
int command_misuse(const struct command_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The usage, options and sentences of one command on stdout. */
void command_help(const struct command *command, const char *full_name);
/* All commands as mdoc(7), for botkoll(1). */
void command_manual(struct wr *out);

#endif
