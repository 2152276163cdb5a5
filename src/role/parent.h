/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parent.h -- the process that `botkoll run` is: it opens, forks, joins and restarts.
 *
 * It keeps the privileges and reads nothing from strangers. A role that dies is started
 * again within a second; one whose messages were malformed three times in a minute is
 * left down, which it says. Peers are introduced to each other anew by passing them the
 * ends of a fresh socket pair.
 */
#ifndef ROLE_PARENT_H
#define ROLE_PARENT_H

#include "role/config.h"

/* Runs until SIGTERM or SIGINT. False: could not start. */
MUST_CHECK bool parent_run(const struct config *config, struct err *err);

#endif
