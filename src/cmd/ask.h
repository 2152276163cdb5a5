/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask.h -- a command that is one question to the running daemon: ask, print, exit status.
 *
 * Such a command lists ASK_OPTION among its options, with a field `char *directory`.
 */
#ifndef CMD_ASK_H
#define CMD_ASK_H

#include "cmd/control.h"
#include "cmd/output.h"
#include "store/store.h"

/* clang-format off */
#define ASK_OPTION(s)                                                                    \
	{'d', "DIRECTORY", {COMMAND_FIELD(s, directory), .type = CONF_TEXT,              \
	    .preset_text = "/var/lib/botkoll",                                           \
	    .help = "directory of the running daemon"}}
/* clang-format on */

/* The result; NULL with the sentence already on stderr: return STATUS_NO then. Takes
 * `args` (NULL: none). */
json_t *ask(const struct command_call *call, const char *directory, const char *verb,
    json_t *args);
/* Asks, and prints the result: the items of an array, or one object. Returns the exit
 * status. Takes `args`. */
int ask_print(const struct command_call *call, const char *directory, const char *verb,
    json_t *args, const struct output_column *columns);

/* The store in the daemon's directory, to be read beside the daemon or without one; NULL
 * with the sentence on stderr. */
struct store *ask_store(const struct command_call *call, const char *directory);

#endif
