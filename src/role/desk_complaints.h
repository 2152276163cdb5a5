/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_complaints.h -- requests to other networks, for the other files of the desk.
 */
#ifndef ROLE_DESK_COMPLAINTS_H
#define ROLE_DESK_COMPLAINTS_H

#include "role/desk_inside.h"

/* Notes what a sighting says of an address elsewhere; not `fresh`: newer numbers only. */
MUST_CHECK bool desk_complain(struct desk *desk, const struct stored_sighting *stored,
    bool fresh, int64_t now, struct err *err);
/* Puts mails for what is due into the outbox. */
MUST_CHECK bool desk_complaints(struct desk *desk, int64_t now, struct err *err);
int64_t desk_complaints_due(struct desk *desk);
MUST_CHECK bool desk_complaint_order(
    struct desk *desk, const struct outbox_entry *e, struct order *out, struct err *err);

extern const struct verb desk_complaint_verbs[];

#endif
