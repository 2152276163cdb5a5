/* SPDX-License-Identifier: Apache-2.0 */
/* mail_log.h -- log lines in complaints. */
#ifndef REPORT_MAIL_LOG_H
#define REPORT_MAIL_LOG_H

#include "base/addr.h"
#include "report/date.h"

struct mail_log {
	char address[ADDR_TEXT]; /* who did it */
	long port, other_port;   /* its own, and that at the other end; 0: not told */
	struct date date;
	bool dated;
};

/* False unless the line is a log's and names who did it. `sent`: as date_prefix's near.
 */
bool mail_log_line(const char *line, int64_t sent, struct mail_log *out);

#endif
