/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.h -- the staff's API and pages, over HTTP on a loopback or inner address.
 *
 * Runs in its own process on a listening socket that the parent opened, with the store
 * read-only and pseudonymous. Whatever changes something, checks a password or shows a
 * person is asked of the engine, one JSON verb at a time (`ask`), and answered later
 * (console_answer); the connection waits meanwhile, nothing else does.
 */
#ifndef WEB_CONSOLE_H
#define WEB_CONSOLE_H

#include "base/err.h"
#include "store/store.h"

struct console;

/* Sends a request to the engine; false if it cannot be reached now. `actor`: the staff
 * number that asks, 0 before login. The bytes are borrowed for the call. */
typedef bool console_ask(
    void *ctx, uint64_t ticket, uint32_t actor, const char *json, size_t size);

struct console_config {
	int listen_fd;       /* taken */
	bool metrics;        /* /metrics is served */
	struct store *store; /* read-only, borrowed */
	console_ask *ask;
	void *ask_ctx;
};

struct console *console_new(const struct console_config *config, struct err *err);
void console_free(struct console *console);
/* Readable when console_run has work to do. */
int console_fd(const struct console *console);
void console_run(struct console *console);
/* µs until console_run must be called even if the descriptor is quiet; -1 none. */
int64_t console_timeout(const struct console *console);
/* The engine's answer to a ticket; unknown tickets are ignored. */
void console_answer(
    struct console *console, uint64_t ticket, const char *json, size_t size);
/* A staff member's password was set by somebody else: all sessions end. */
void console_end_sessions(struct console *console, uint32_t staff);
/* The engine is gone: every waiting request is answered with 503. */
void console_engine_lost(struct console *console);

#endif
