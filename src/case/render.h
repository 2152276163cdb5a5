/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render.h -- cases and entries as JSON, the same for control socket, console and export.
 *
 * Pseudonymous: a line appears as its random id. 64-bit ids are written as text, since
 * JSON readers keep only 53 bits.
 */
#ifndef CASE_RENDER_H
#define CASE_RENDER_H

#include "base/json.h"
#include "case/case.h"

/* An object named `name` (NULL inside arrays). */
void render_case(struct jw *j, const char *name, const struct case_record *record);
/* `note`: the text of the payload, NULL where there is none. */
void render_entry(
    struct jw *j, const char *name, const struct entry *entry, const char *note);

#endif
