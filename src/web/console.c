/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.c -- see console.h: routing, sessions, and the requests that wait for the
 * engine.
 *
 * Waiting requests are kept in a small array by ticket; a full array answers 503. A
 * session is looked up again when its answer comes, since it may have ended meanwhile.
 */
#include "web/console.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "web/api.h"
#include "web/pages.h"

#include <stdlib.h>
#include <string.h>

enum { WAITING = 64 };

struct waiting {
	uint64_t ticket; /* 0: free */
	struct http_request *request;
	struct session *session;
	int64_t session_began; /* still the same session? */
	engine_reply *then;
};

struct console {
	struct console_config config;
	struct http *http;
	struct sessions sessions;
	struct throttle *throttle;
	struct waiting waiting[WAITING];
	uint64_t last_ticket;
};

struct store *
console_store(struct console *console)
{
	return console->config.store;
}

struct sessions *
console_sessions(struct console *console)
{
	return &console->sessions;
}

struct throttle *
console_throttle(struct console *console)
{
	return console->throttle;
}

bool
console_metrics(const struct console *console)
{
	return console->config.metrics;
}

/* Matches a path against a pattern with at most one {id}; copies what it stands for. */
static bool
path_matches(const char *pattern, const char *path, char *part, size_t room)
{
	const char *open = strstr(pattern, "{id}"), *tail;
	size_t head, size;

	part[0] = 0;
	if (open == NULL)
		return strcmp(pattern, path) == 0;
	head = (size_t)(open - pattern);
	if (strncmp(pattern, path, head) != 0)
		return false;
	tail = strchr(path + head, '/');
	size = tail == NULL ? strlen(path + head) : (size_t)(tail - (path + head));
	if (size == 0 || size >= room || strcmp(tail == NULL ? "" : tail, open + 4) != 0)
		return false;
	memcpy(part, path + head, size);
	part[size] = 0;
	return true;
}

/* Forms of other sites cannot send this type. */
static bool
is_json(const struct http_request *request)
{
	const char *type = http_header(request, "Content-Type");

	return type != NULL && strncmp(type, "application/json", 16) == 0;
}

/* A page of another origin cannot set this header, nor know the session's second token.
 */
static bool
allowed(const struct route *route, struct call *call)
{
	if (strcmp(route->method, "POST") == 0 && !is_json(call->request)) {
		http_error(call->request, 415, "the body must be application/json");
		return false;
	}
	if (route->need == NEED_NOTHING)
		return true;
	call->session = session_find(&call->console->sessions, clock_monotonic(),
	    http_cookie(call->request, "session"));
	if (call->session == NULL) {
		http_error(call->request, 401, "log in first");
		return false;
	}
	if (route->need == NEED_CSRF && !session_csrf_holds(call->session,
					    http_header(call->request, "X-CSRF-Token"))) {
		http_error(call->request, 403, "the request lacks its X-CSRF-Token");
		return false;
	}
	if (call->session->one_time && strcmp(route->path, "/api/password") != 0 &&
	    strcmp(route->path, "/api/session") != 0 &&
	    strcmp(route->path, "/api/logout") != 0) {
		http_error(call->request, 403, "choose a password of your own first");
		return false;
	}
	return true;
}

static void
handle(void *ctx, struct http_request *request)
{
	struct call call = {.console = ctx, .request = request};
	const char *method = http_method(request), *path = http_path(request);
	bool known = false;
	char part[64];

	for (const struct route *route = routes; route->method != NULL; route++) {
		if (!path_matches(route->path, path, part, sizeof part))
			continue;
		known = true;
		if (strcmp(route->method, method) != 0)
			continue;
		call.part = part;
		if (allowed(route, &call))
			route->run(&call);
		return;
	}
	if (known)
		http_error(request, 405, "this path does not take that method");
	else if (strcmp(method, "GET") != 0 || !pages_serve(request))
		http_error(request, 404, "there is nothing here");
}

struct console *
console_new(const struct console_config *config, struct err *err)
{
	struct console *console = xcalloc(1, sizeof *console);

	console->config = *config;
	console->http = http_new(config->listen_fd, handle, console, err);
	if (console->http == NULL) {
		free(console);
		return NULL;
	}
	console->throttle = throttle_new();
	return console;
}

void
console_free(struct console *console)
{
	if (console == NULL)
		return;
	console_engine_lost(console);
	http_run(console->http);
	http_free(console->http);
	sodium_memzero(&console->sessions, sizeof console->sessions);
	throttle_free(console->throttle);
	free(console);
}

int
console_fd(const struct console *console)
{
	return http_fd(console->http);
}

void
console_run(struct console *console)
{
	http_run(console->http);
}

int64_t
console_timeout(const struct console *console)
{
	return http_timeout(console->http);
}

static struct waiting *
free_slot(struct console *console)
{
	for (size_t i = 0; i < WAITING; i++)
		if (console->waiting[i].ticket == 0)
			return &console->waiting[i];
	return NULL;
}

void
console_ask_engine(struct call *call, const char *verb, json_t *args, engine_reply *then)
{
	struct console *console = call->console;
	struct waiting *slot = free_slot(console);
	json_t *request = json_pack("{s:s, s:o}", "verb", verb, "args", args);
	char *text = json_text(request);
	uint32_t actor = call->session ? call->session->staff : 0;

	json_decref(request);
	if (text == NULL) { /* the path holds bytes that are no text */
		http_error(call->request, 400, "the request is not UTF-8");
		return;
	}
	console->last_ticket++;
	if (slot == NULL || !console->config.ask(console->config.ask_ctx,
				console->last_ticket, actor, text, strlen(text))) {
		http_error(
		    call->request, 503, "the engine is out of reach: try again soon");
	} else {
		*slot = (struct waiting){.ticket = console->last_ticket,
		    .request = call->request,
		    .session = call->session,
		    .session_began = call->session ? call->session->began : 0,
		    .then = then};
		http_wait(call->request);
	}
	sodium_memzero(text, strlen(text)); /* it may hold a password */
	free(text);
}

static void
finish(struct console *console, struct waiting *slot, json_t *reply)
{
	struct waiting done = *slot;

	*slot = (struct waiting){0};
	if (done.session != NULL && done.session->began != done.session_began)
		http_error(done.request, 401, "the session has ended");
	else if (reply == NULL)
		http_error(
		    done.request, 503, "the engine is out of reach: try again soon");
	else
		done.then(console, done.request, done.session, reply);
}

void
console_answer(struct console *console, uint64_t ticket, const char *json, size_t size)
{
	struct err err;
	json_t *reply;

	for (size_t i = 0; i < WAITING; i++) {
		if (ticket == 0 || console->waiting[i].ticket != ticket)
			continue;
		reply = json_read(json, size, &err);
		finish(console, &console->waiting[i], reply);
		json_decref(reply);
	}
	http_run(console->http);
}

void
console_end_sessions(struct console *console, uint32_t staff)
{
	session_close_others(&console->sessions, staff, NULL);
}

void
console_engine_lost(struct console *console)
{
	for (size_t i = 0; i < WAITING; i++)
		if (console->waiting[i].ticket != 0)
			finish(console, &console->waiting[i], NULL);
	http_run(console->http);
}
