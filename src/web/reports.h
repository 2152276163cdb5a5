/* SPDX-License-Identifier: Apache-2.0 */
/* reports.h -- the API's handlers about reports, for the table of routes. */
#ifndef WEB_REPORTS_H
#define WEB_REPORTS_H

#include "web/api.h"

void run_unread(struct call *call);
void run_unread_one(struct call *call);
void run_unread_done(struct call *call);
void run_unread_item(struct call *call);
void run_reporters(struct call *call);

#endif
