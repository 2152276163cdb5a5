/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.c -- see http.h.
 *
 * libmicrohttpd calls `access_handler` several times for one request: first with the
 * headers, then with pieces of the body, then with none left. A request that waits is
 * suspended; resuming it makes the library call once more, and the stored reply is
 * queued.
 *
 * The library's own time-out begins anew with each byte. So each connection remembers
 * when its present request may have begun: when it was opened, or when its last request
 * was done. Those whose time is over are shut down, and the library sees their end. What
 * waits for the engine is spared: it does not depend on the client.
 *
 * Not handled: uploads beyond HTTP_BODY (413), TLS (a reverse proxy or tunnel does that).
 */
#include "web/http.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum stage { STAGE_BODY, STAGE_RUNNING, STAGE_WAITING, STAGE_REPLIED };

struct connection { /* in a list, least `since` first */
	struct connection *next, *before;
	int64_t since; /* monotonic */
	int fd;
	bool waits;
};

struct http {
	struct MHD_Daemon *daemon;
	http_handler *handler;
	void *ctx;
	int epoll_fd;
	int64_t patience; /* µs */
	struct connection *first, *last;
};

struct http_request {
	struct http *http;
	struct MHD_Connection *connection;
	struct connection *of;
	const char *method, *path;
	struct wr body;
	enum stage stage;
	struct MHD_Response *response;
	unsigned status;
	char cookie[192];
};

/* ---- connections that take too long */

static void
unlink_connection(struct http *http, struct connection *c)
{
	*(c->before != NULL ? &c->before->next : &http->first) = c->next;
	*(c->next != NULL ? &c->next->before : &http->last) = c->before;
	c->next = c->before = NULL;
}

static void
begin_anew(struct http *http, struct connection *c)
{
	c->since = clock_monotonic();
	c->next = NULL;
	c->before = http->last;
	*(http->last != NULL ? &http->last->next : &http->first) = c;
	http->last = c;
}

static void
touch_connection(struct http *http, struct connection *c)
{
	unlink_connection(http, c);
	begin_anew(http, c);
}

static void
on_connection(void *ctx, struct MHD_Connection *connection, void **slot,
    enum MHD_ConnectionNotificationCode code)
{
	struct connection *c = *slot;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*slot = c = xcalloc(1, sizeof *c);
		c->fd =
		    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
			->connect_fd;
		begin_anew(ctx, c);
	} else if (c != NULL) {
		unlink_connection(ctx, c);
		free(c);
		*slot = NULL;
	}
}

/* One that was shut down and is still there has another such time to be gone. */
static void
cut_the_slow(struct http *http)
{
	int64_t now = clock_monotonic();

	while (http->first != NULL && http->first->since + http->patience <= now) {
		struct connection *c = http->first;

		if (!c->waits)
			(void)shutdown(c->fd, SHUT_RDWR);
		touch_connection(http, c);
	}
}

/* ---- replies */

/* No frames, no scripts or styles but our own, nothing sent elsewhere. */
static const char *const headers[][2] = {
    {"Content-Security-Policy",
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
	"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors "
	"'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

static void
set_reply(struct http_request *request, unsigned status, const char *type,
    struct MHD_Response *response, const char *caching)
{
	if (response == NULL)
		fatal("out of memory: response");
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		(void)MHD_add_response_header(response, headers[i][0], headers[i][1]);
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, caching);
	if (request->cookie[0] != 0)
		(void)MHD_add_response_header(
		    response, MHD_HTTP_HEADER_SET_COOKIE, request->cookie);
	request->response = response;
	request->status = status;
	if (request->stage == STAGE_WAITING) {
		request->of->waits = false;
		touch_connection(request->http, request->of);
		MHD_resume_connection(request->connection);
	}
	request->stage = STAGE_REPLIED;
}

void
http_reply(struct http_request *request, unsigned status, const char *type,
    const void *bytes, size_t size)
{
	void *copy = xmalloc(size);

	memcpy(copy, bytes, size);
	set_reply(request, status, type,
	    MHD_create_response_from_buffer(size, copy, MHD_RESPMEM_MUST_FREE),
	    "no-store");
}

void
http_reply_static(
    struct http_request *request, const char *type, const void *bytes, size_t size)
{
	union {
		const void *in;
		void *out;
	} unconst = {.in = bytes}; /* the library promises not to write (PERSISTENT) */

	set_reply(request, MHD_HTTP_OK, type,
	    MHD_create_response_from_buffer(size, unconst.out, MHD_RESPMEM_PERSISTENT),
	    "no-cache");
}

void
http_error(struct http_request *request, unsigned status, const char *sentence)
{
	struct jw j;
	struct wr w;

	wr_init(&w, 4096);
	jw_begin(&j, &w);
	jw_object(&j, NULL);
	jw_text(&j, "error", sentence);
	jw_end(&j);
	http_reply(request, status, "application/json", w.bytes, w.size);
	wr_fini(&w);
}

void
http_set_cookie(struct http_request *request, const char *name, const char *value)
{
	(void)snprintf(request->cookie, sizeof request->cookie,
	    "%s=%s; Path=/; HttpOnly; SameSite=Strict%s", name, value,
	    *value == 0 ? "; Max-Age=0" : "");
}

void
http_wait(struct http_request *request)
{
	request->stage = STAGE_WAITING;
	request->of->waits = true;
	MHD_suspend_connection(request->connection);
}

const char *
http_method(const struct http_request *request)
{
	return request->method;
}

const char *
http_path(const struct http_request *request)
{
	return request->path;
}

static const char *
lookup(const struct http_request *request, enum MHD_ValueKind kind, const char *name)
{
	return MHD_lookup_connection_value(request->connection, kind, name);
}

const char *
http_query(const struct http_request *request, const char *name)
{
	return lookup(request, MHD_GET_ARGUMENT_KIND, name);
}

const char *
http_header(const struct http_request *request, const char *name)
{
	return lookup(request, MHD_HEADER_KIND, name);
}

const char *
http_cookie(const struct http_request *request, const char *name)
{
	return lookup(request, MHD_COOKIE_KIND, name);
}

struct addr
http_peer(const struct http_request *request)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = info->client_addr;
	struct sockaddr_in6 sin6;
	struct sockaddr_in sin;
	struct addr addr = {{0}};

	if (sa->sa_family == AF_INET6) {
		memcpy(&sin6, sa, sizeof sin6);
		memcpy(addr.b, &sin6.sin6_addr, sizeof addr.b);
	} else if (sa->sa_family == AF_INET) {
		memcpy(&sin, sa, sizeof sin);
		addr = addr_v4(ntohl(sin.sin_addr.s_addr));
	}
	return addr;
}

const char *
http_body(const struct http_request *request, size_t *size)
{
	*size = request->body.size;
	return (const char *)request->body.bytes;
}

static struct http_request *
request_new(struct http *http, struct MHD_Connection *connection, const char *method,
    const char *path)
{
	struct http_request *request = xcalloc(1, sizeof *request);

	request->http = http;
	request->connection = connection;
	request->of =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
	request->method = method;
	request->path = path;
	wr_init(&request->body, HTTP_BODY);
	return request;
}

static void
dispatch(struct http *http, struct http_request *request)
{
	request->stage = STAGE_RUNNING;
	if (request->body.bad) {
		http_error(
		    request, MHD_HTTP_CONTENT_TOO_LARGE, "the request is too large");
		return;
	}
	(void)wr_string(&request->body);
	http->handler(http->ctx, request);
	if (request->stage == STAGE_RUNNING)
		http_error(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "no reply was made");
}

/* The parameters are libmicrohttpd's. */
static enum MHD_Result /* NOLINTNEXTLINE(readability-function-size) */
access_handler(void *ctx, struct MHD_Connection *connection, const char *path,
    const char *method, const char *version, const char *upload, size_t *upload_size,
    void **slot)
{
	struct http_request *request = *slot;
	enum MHD_Result result;

	(void)version;
	if (request == NULL) {
		*slot = request_new(ctx, connection, method, path);
		return MHD_YES;
	}
	if (*upload_size > 0) {
		wr_put(&request->body, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	if (request->stage == STAGE_BODY)
		dispatch(ctx, request);
	if (request->stage != STAGE_REPLIED)
		return MHD_YES;
	result = MHD_queue_response(connection, request->status, request->response);
	MHD_destroy_response(request->response);
	request->response = NULL;
	return result;
}

static void
request_done(void *ctx, struct MHD_Connection *connection, void **slot,
    enum MHD_RequestTerminationCode code)
{
	struct http_request *request = *slot;

	(void)ctx;
	(void)connection;
	(void)code;
	if (request == NULL)
		return;
	request->of->waits = false;
	touch_connection(request->http, request->of);
	if (request->response != NULL)
		MHD_destroy_response(request->response);
	wr_fini(&request->body);
	free(request);
	*slot = NULL;
}

struct http *
http_new(int listen_fd, http_handler *handler, void *ctx, struct err *err)
{
	struct http *http = xcalloc(1, sizeof *http);
	const union MHD_DaemonInfo *info;

	http->handler = handler;
	http->ctx = ctx;
	http->patience = HTTP_PATIENCE * INT64_C(1000000);
	http->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
	    NULL, access_handler, http, MHD_OPTION_LISTEN_SOCKET, listen_fd,
	    MHD_OPTION_NOTIFY_COMPLETED, request_done, NULL, MHD_OPTION_NOTIFY_CONNECTION,
	    on_connection, http, MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_EACH,
	    MHD_OPTION_CONNECTION_TIMEOUT, 30u, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)32768, MHD_OPTION_END);
	if (http->daemon == NULL) {
		free(http);
		err_set(err, "console: libmicrohttpd does not start on the socket");
		return NULL;
	}
	info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	http->epoll_fd = info->epoll_fd;
	return http;
}

void
http_free(struct http *http)
{
	if (http == NULL)
		return;
	MHD_stop_daemon(http->daemon);
	free(http);
}

int
http_fd(const struct http *http)
{
	return http->epoll_fd;
}

void
http_run(struct http *http)
{
	cut_the_slow(http);
	(void)MHD_run(http->daemon);
}

int64_t
http_timeout(const struct http *http)
{
	MHD_UNSIGNED_LONG_LONG ms;
	int64_t theirs =
	    MHD_get_timeout(http->daemon, &ms) == MHD_YES ? (int64_t)ms * 1000 : -1;
	int64_t ours;

	if (http->first == NULL)
		return theirs;
	ours = http->first->since + http->patience - clock_monotonic();
	ours = ours > 0 ? ours : 0;
	return theirs < 0 || ours < theirs ? ours : theirs;
}
