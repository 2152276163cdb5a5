/* SPDX-License-Identifier: Apache-2.0 */
/* mail_inside.h -- between mail.c and mail_part.c, who alone know gmime. */
#ifndef REPORT_MAIL_INSIDE_H
#define REPORT_MAIL_INSIDE_H

#include "report/mail.h"

/* Lists the parts of a GMimeMessage; those of messages within it count as one part. */
void mail_list_parts(struct mail *mail, void *message);
/* A GMimeStreamMem of a part's decoded bytes, the caller's; NULL: it has none. */
void *mail_part_stream(const struct mail_part *part);

#endif
