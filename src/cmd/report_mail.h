/* SPDX-License-Identifier: Apache-2.0 */
/* report_mail.h -- `botkoll report mail`. */
#ifndef CMD_REPORT_MAIL_H
#define CMD_REPORT_MAIL_H

#include "cmd/command.h"

extern const struct command command_report_mail;

#endif
