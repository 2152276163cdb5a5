/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feeds.h -- the parent's side of `fetch`: files for what is fetched, and their fate.
 *
 * A document lies as "key,name" in DIRECTORY/spool/FEED from the moment it is whole until
 * it is acknowledged at its origin: so the directory itself is the record of what is in
 * our hands. The role fetch has no way to a file but by asking here:
 *
 *     OPEN                      an empty file, written through the descriptor
 *     KEEP key,name             made durable, renamed: intake reads it from now on
 *     (TAKEN, from intake)      the engine has committed all of it; fetch is told
 *     DROP key,name             acknowledged at the origin: removed
 *
 * `key` says what the document is at its origin (a mail's number, a report's id), so that
 * a fetch that was killed finds in the list of files what it had, and neither loses it
 * nor brings it twice. Only what was taken can be dropped.
 */
#ifndef ROLE_FEEDS_H
#define ROLE_FEEDS_H

#include "base/msg.h"
#include "role/config.h"
#include "role/spool.h"

enum { DOCUMENT_KEY = 100, DOCUMENT_NAME = 200 }; /* longest key; longest file name */

struct feeds;

struct feeds *feeds_new(const struct config *config);
void feeds_free(struct feeds *feeds);
/* A fresh fetch role (or NULL: it ended): is told what waits. */
void feeds_to(struct feeds *feeds, size_t feed, struct msg_peer *fetch);
/* False: not a message of fetch's, or nonsense. */
bool feeds_message(
    struct feeds *feeds, struct spool *spool, size_t feed, struct msg *msg);
/* The engine has committed the document. */
void feeds_taken(struct feeds *feeds, size_t feed, const char *name);
/* 1 to DOCUMENT_KEY of letters, digits and ._@=+-, a comma, and a name of letters,
 * digits and ._@=+-: all that a document may be called. */
bool feeds_name_sound(const char *name);

#endif
