/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c -- the list of subcommands, in the order of `botkoll --help`. */
#include "cmd/command.h"

extern const struct command command_attribute;
extern const struct command command_audit;
extern const struct command command_case;
extern const struct command command_check;
extern const struct command command_demo;
extern const struct command command_detect;
extern const struct command command_intel;
extern const struct command command_leases;
extern const struct command command_lines;
extern const struct command command_manual_page;
extern const struct command command_measure;
extern const struct command command_parse;
extern const struct command command_policy;
extern const struct command command_privacy;
extern const struct command command_run;
extern const struct command command_simulate;
extern const struct command command_status;
extern const struct command command_version;

const struct command *const commands[] = {
    &command_demo,
    &command_run,
    &command_status,
    &command_check,
    &command_version,
    &command_detect,
    &command_parse,
    &command_case,
    &command_policy,
    &command_intel,
    &command_attribute,
    &command_leases,
    &command_lines,
    &command_measure,
    &command_audit,
    &command_privacy,
    &command_simulate,
    &command_manual_page,
    NULL,
};
