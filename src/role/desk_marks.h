/* SPDX-License-Identifier: Apache-2.0 */
/* desk_marks.h -- what the desk's other files ask of desk_marks.c. */
#ifndef ROLE_DESK_MARKS_H
#define ROLE_DESK_MARKS_H

#include "role/desk.h"

/* Within the epoch's transaction: `lines` are those that something happened to. */
MUST_CHECK bool desk_marks(
    struct desk *desk, const uint64_t *lines, size_t count, int64_t now, struct err *err);
int64_t desk_marks_due(struct desk *desk);
/* A person changed something: the next epoch looks at all marked lines. */
MUST_CHECK bool desk_marks_again(struct desk *desk, int64_t now, struct err *err);

#endif
