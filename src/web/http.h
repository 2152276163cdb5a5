/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h -- the little of HTTP that our pages need, over libmicrohttpd.
 *
 * One daemon, no threads, its epoll descriptor in the caller's loop. A request reaches
 * its handler whole (bodies up to HTTP_BODY bytes); the handler replies at once, or calls
 * http_wait and replies later. Every reply carries the same strict headers. A connection
 * that is silent, or gets no request done in HTTP_PATIENCE, is cut.
 */
#ifndef WEB_HTTP_H
#define WEB_HTTP_H

#include "base/addr.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

enum {
	HTTP_BODY = 64 * 1024,
	HTTP_REPLY = 8 * 1024 * 1024,
	HTTP_CONNECTIONS = 256,
	HTTP_PATIENCE =
	    60, /* seconds for a request and its reply, however they trickle */
	HTTP_CONNECTIONS_EACH = 64
}; /* of one address: no single client takes them all */

struct http;
struct http_request; /* lives until its reply has been sent */

/* Called once for each request. */
typedef void http_handler(void *ctx, struct http_request *request);

/* `listen_fd` is taken. */
struct http *http_new(int listen_fd, http_handler *handler, void *ctx, struct err *err);
void http_free(struct http *http);
int http_fd(const struct http *http);
void http_run(struct http *http);
int64_t http_timeout(const struct http *http); /* µs, -1 none */

/* All texts are borrowed until the reply; NULL if absent. */
const char *http_method(const struct http_request *request);
const char *http_path(const struct http_request *request);
const char *http_query(const struct http_request *request, const char *name);
const char *http_header(const struct http_request *request, const char *name);
const char *http_cookie(const struct http_request *request, const char *name);
/* Who asks; of a proxy, its address. */
struct addr http_peer(const struct http_request *request);
/* Terminated by a zero byte. */
const char *http_body(const struct http_request *request, size_t *size);

/* The reply will come later, by one of the functions below. */
void http_wait(struct http_request *request);
/* `type`: media type. The bytes are copied. */
void http_reply(struct http_request *request, unsigned status, const char *type,
    const void *bytes, size_t size);
/* The bytes are static, with a name for caches that changes with them. */
void http_reply_static(
    struct http_request *request, const char *type, const void *bytes, size_t size);
/* {"error": sentence} */
void http_error(struct http_request *request, unsigned status, const char *sentence);
/* Set-Cookie, before the reply: HttpOnly, SameSite=Strict; empty value: deletes it. */
void http_set_cookie(struct http_request *request, const char *name, const char *value);

#endif
