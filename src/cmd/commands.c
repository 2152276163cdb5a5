/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c -- the list of subcommands, in the order of `botkoll --help`. */
#include "cmd/command.h"

const struct command *const commands[] = {
    &command_detect,
    &command_case,
    &command_policy,
    &command_audit,
    &command_intel,
    &command_lines,
    &command_measure,
    &command_privacy,
    &command_demo,
    &command_parse,
    &command_simulate,
    &command_check,
    &command_version,
    &command_manual_page,
    NULL,
};
