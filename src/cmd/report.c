/* SPDX-License-Identifier: Apache-2.0 */
/* report.c -- `botkoll report ...`: what concerns reports by others. */
#include "cmd/command.h"

extern const struct command command_report_schema;

static const struct command *const report_subs[] = {&command_report_schema, NULL};

const struct command command_report = {
    .name = "report",
    .summary = "reports by others: what their columns mean",
    .subs = report_subs,
};
