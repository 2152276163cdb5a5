/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h -- who is logged in at the console: tokens in memory, bounded.
 *
 * A token is 32 random bytes; memory keeps only its digest. A session ends after
 * SESSION_IDLE without a request or SESSION_LIFE in all, and with the process. With it
 * goes a second token that every changing request must show in a header (CSRF).
 */
#ifndef WEB_SESSION_H
#define WEB_SESSION_H

#include <stdbool.h>
#include <stdint.h>

enum { SESSION_TOKEN = 65, SESSIONS = 64 };

struct session {
	uint8_t digest[32];
	char csrf[SESSION_TOKEN];
	char name[48], role[32];
	uint32_t staff;
	bool one_time;       /* the password must be changed first */
	int64_t began, seen; /* monotonic µs; began 0: free */
};

struct sessions {
	struct session items[SESSIONS];
};

/* Opens a session, taking the place of the one idle for longest; writes the token. */
struct session *session_open(
    struct sessions *all, int64_t now, char token[SESSION_TOKEN]);
/* The live session of a token, its idle clock set back; NULL if there is none. */
struct session *session_find(struct sessions *all, int64_t now, const char *token);
void session_close(struct session *session);
/* Constant time. */
bool session_csrf_holds(const struct session *session, const char *csrf);
/* Ends all sessions of a staff member but one (NULL: all): the password has changed. */
void session_close_others(
    struct sessions *all, uint32_t staff, const struct session *but);

#endif
