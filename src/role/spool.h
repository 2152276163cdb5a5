/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool.h -- the directories that report files are put into, watched for intake.
 *
 * Files are passed in the order of their names, each once in the life of an intake role;
 * what was taken in already, the engine's streams know. A file must be moved in whole:
 * names that begin with a dot or end in .tmp or .part are left alone.
 */
#ifndef ROLE_SPOOL_H
#define ROLE_SPOOL_H

#include "base/loop.h"
#include "base/msg.h"
#include "role/config.h"

struct spool;

struct spool *spool_new(const struct config *config, struct loop *loop);
void spool_free(struct spool *spool);
/* A fresh intake role (or NULL: it ended): passes it everything, then what comes. */
void spool_to(struct spool *spool, struct msg_peer *intake);

#endif
