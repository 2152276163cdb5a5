/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c -- the list of subcommands, in the order of `botkoll --help`. */
#include "cmd/command.h"

const struct command *const commands[] = {
    &command_demo,
    &command_run,
    &command_check,
    &command_status,
    &command_version,
    &command_detect,
    &command_parse,
    &command_attribute,
    &command_case,
    &command_complaint,
    &command_policy,
    &command_report,
    &command_intel,
    &command_lines,
    &command_leases,
    &command_measure,
    &command_export,
    &command_audit,
    &command_privacy,
    &command_simulate,
    &command_manual_page,
    NULL,
};
