/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h -- the status as Prometheus reads it (text exposition format 0.0.4).
 *
 * Made from the JSON of `botkoll status`, not beside it: whatever a role counts there is
 * a sample here, under a name that follows from its place. Numbers and flags are taken as
 * they are, times as seconds since 1970, of lists of texts their length; other texts
 * never, but for those that tell sources, exporters and the like apart, which become
 * labels. Samples have no type, since a role that begins anew may count from its last
 * snapshot.
 */
#ifndef ROLE_METRICS_H
#define ROLE_METRICS_H

#include "base/buf.h"
#include "base/json.h"

void metrics_write(const json_t *status, struct wr *w);

#endif
