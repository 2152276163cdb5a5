/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setup.h -- the files that an operator would have: registry, indicators, configuration.
 */
#ifndef SIM_SETUP_H
#define SIM_SETUP_H

#include "sim/world.h"

/* registry.csv, indicators.csv, botkoll.yaml. */
MUST_CHECK bool setup_write(const struct world *w, struct err *err);

#endif
