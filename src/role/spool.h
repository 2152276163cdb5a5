/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool.h -- the directories that report files are put into, watched for intake.
 *
 * Files are passed in the order of their names, each once in the life of an intake role,
 * under a number of its own; what was taken in already, the engine's streams know. In
 * WALL at most SPOOL_WINDOW are with intake at a time, and one that it says is taken in
 * is not passed again: the rest waits on disk. A file must be moved in whole: names that
 * begin with a dot or end in .tmp or .part are left alone. Of a Maildir, new/ and cur/
 * are watched; a mail that is moved between them stays the same.
 *
 * The files of `fetch` are called "key,name" (feeds.h); intake hears the name alone.
 */
#ifndef ROLE_SPOOL_H
#define ROLE_SPOOL_H

#include "base/loop.h"
#include "base/msg.h"
#include "role/config.h"

enum { SPOOL_WINDOW = 512 };

struct spool;

/* The file `name` of an entry of the configuration has been taken in. */
typedef void spool_taken_call(void *ctx, size_t entry, const char *name);

struct spool *spool_new(
    const struct config *config, struct loop *loop, spool_taken_call *taken, void *ctx);
void spool_free(struct spool *spool);
/* A fresh intake role (or NULL: it ended): passes it everything, then what comes. */
void spool_to(struct spool *spool, struct msg_peer *intake);
/* Intake says so of the file `number`. */
void spool_taken(struct spool *spool, uint64_t number);
/* The file is gone. */
void spool_forget(struct spool *spool, size_t entry, const char *name);

#endif
