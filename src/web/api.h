/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api.h -- the console's routes: one row each, one handler each (share/openapi.json is
 * their description, and a test holds the two against each other).
 */
#ifndef WEB_API_H
#define WEB_API_H

#include "web/console.h"
#include "web/http.h"
#include "web/session.h"
#include "web/throttle.h"

enum route_need { NEED_NOTHING, NEED_SESSION, NEED_CSRF };

struct call {
	struct console *console;
	struct http_request *request;
	struct session *session; /* NULL where the route needs none */
	const char *part;        /* what {id} stands for, NULL where there is none */
};

struct route {
	const char *method;
	const char *path; /* at most one "{id}" */
	enum route_need need;
	void (*run)(struct call *call);
};

extern const struct route routes[]; /* NULL-terminated */

/* What handlers may ask of the console. */
struct store *console_store(struct console *console);
struct sessions *console_sessions(struct console *console);
struct throttle *console_throttle(struct console *console);
bool console_metrics(const struct console *console);
/* Asks the engine; `then` gets its reply (jansson object, borrowed), or NULL when the
 * engine is out of reach. `args` is taken. The request waits. */
typedef void engine_reply(struct console *console, struct http_request *request,
    struct session *session, json_t *reply);
void console_ask_engine(
    struct call *call, const char *verb, json_t *args, engine_reply *then);
/* Passes the engine's answer on as it is: 200 with `result`, or 409 with its sentence. */
void reply_forward(struct console *console, struct http_request *request,
    struct session *session, json_t *reply);

#endif
