/* SPDX-License-Identifier: Apache-2.0 */
/* charts.h -- the console's pictures, drawn from the store at each request. */
#ifndef WEB_CHARTS_H
#define WEB_CHARTS_H

#include "base/buf.h"
#include "store/store.h"

/* The posterior of a case as its log tells it, with the thresholds of suspect (.5) and
 * infected (.99). */
void chart_of_case(struct store *store, const struct case_record *record, struct wr *out);

/* Active lines and new episodes per day, for the `days` days that end at `now`. */
void chart_of_prevalence(struct store *store, int64_t now, int64_t days, struct wr *out);

#endif
