/* SPDX-License-Identifier: Apache-2.0 */
/*
 * today.h -- the present figures of one installation, from its store, as JSON.
 *
 * One rendering for `botkoll measure today`, the control socket and the console. Every
 * figure goes with its method version, sources, coverage and unattributed share.
 */
#ifndef MEASURE_TODAY_H
#define MEASURE_TODAY_H

#include "base/json.h"
#include "measure/prevalence.h"
#include "store/store.h"

/* Writes one object: figures at `now` (µs, the engine's event time) and of the `days`
 * days that end with it. `name` NULL inside arrays and at the top. Reads only. */
void measure_json(
    struct store *store, int64_t now, int64_t days, struct jw *j, const char *name);
/* The figures of the `days` days that end with the day of `now`; prevalence_free. */
struct prevalence *measure_days(struct store *store, int64_t now, int64_t days);
/* The time up to which the store's inputs are complete, 0 for an empty one. */
int64_t measure_now(struct store *store);

#endif
