/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c -- the list of subcommands, in the order of `botkoll --help`. */
#include "cmd/command.h"

extern const struct command command_simulate;
extern const struct command command_version;

const struct command *const commands[] = {
    &command_simulate,
    &command_version,
    NULL,
};
