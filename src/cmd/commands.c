/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c -- the list of subcommands, in the order of `botkoll --help`. */
#include "cmd/command.h"

const struct command *const commands[] = {
    &command_audit,
    &command_lines,
    &command_measure,
    &command_privacy,
    &command_simulate,
    &command_check,
    &command_version,
    &command_manual_page,
    NULL,
};
