/* SPDX-License-Identifier: Apache-2.0 */
/* session.c -- see session.h. Times are monotonic µs, never 0. */
#include "web/session.h"

#include "base/when.h"

#include <sodium.h>
#include <string.h>

#define SESSION_IDLE (30 * WHEN_MINUTE)
#define SESSION_LIFE (10 * WHEN_HOUR)

static void
random_token(char token[SESSION_TOKEN])
{
	uint8_t bytes[32];

	randombytes_buf(bytes, sizeof bytes);
	(void)sodium_bin2hex(token, SESSION_TOKEN, bytes, sizeof bytes);
}

static void
digest(const char *token, uint8_t out[32])
{
	(void)crypto_generichash(
	    out, 32, (const unsigned char *)token, strlen(token), NULL, 0);
}

struct session *
session_open(struct sessions *all, int64_t now, char token[SESSION_TOKEN])
{
	struct session *oldest = &all->items[0];

	for (size_t i = 1; i < SESSIONS; i++)
		if (all->items[i].seen < oldest->seen)
			oldest = &all->items[i];
	*oldest = (struct session){.began = now, .seen = now};
	random_token(token);
	random_token(oldest->csrf);
	digest(token, oldest->digest);
	return oldest;
}

static bool
alive(const struct session *session, int64_t now)
{
	return session->began != 0 && now - session->seen < SESSION_IDLE &&
	       now - session->began < SESSION_LIFE;
}

struct session *
session_find(struct sessions *all, int64_t now, const char *token)
{
	uint8_t wanted[32];

	if (token == NULL || strlen(token) != SESSION_TOKEN - 1)
		return NULL;
	digest(token, wanted);
	for (size_t i = 0; i < SESSIONS; i++) {
		struct session *session = &all->items[i];

		if (alive(session, now) &&
		    sodium_memcmp(session->digest, wanted, 32) == 0) {
			session->seen = now;
			return session;
		}
	}
	return NULL;
}

void
session_close(struct session *session)
{
	sodium_memzero(session, sizeof *session);
}

bool
session_csrf_holds(const struct session *session, const char *csrf)
{
	return csrf != NULL && strlen(csrf) == SESSION_TOKEN - 1 &&
	       sodium_memcmp(session->csrf, csrf, SESSION_TOKEN - 1) == 0;
}

void
session_close_others(struct sessions *all, uint32_t staff, const struct session *but)
{
	for (size_t i = 0; i < SESSIONS; i++)
		if (all->items[i].staff == staff && &all->items[i] != but)
			session_close(&all->items[i]);
}
