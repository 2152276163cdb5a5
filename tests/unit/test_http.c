/* SPDX-License-Identifier: Apache-2.0 */
/* test_http.c -- clients that trickle are cut; those who wait for us, or ask, are not. */
#include "../../src/web/http.c"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MS = 1000, PATIENCE = 400 * MS };

struct house {
	struct http *http;
	struct sockaddr_in at;
	struct http_request *waiting; /* for the engine, say */
	struct addr peer;
	int handled;
};

static void
handle(void *ctx, struct http_request *request)
{
	struct house *h = ctx;

	h->handled++;
	h->peer = http_peer(request);
	if (strcmp(http_path(request), "/wait") == 0) {
		h->waiting = request;
		http_wait(request);
	} else {
		http_reply(request, 200, "text/plain", "good", 4);
	}
}

static void
set_up(struct house *h)
{
	socklen_t size = sizeof h->at;
	struct err err;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	*h = (struct house){
	    .at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
	assert_int_equal(bind(fd, (struct sockaddr *)&h->at, sizeof h->at), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&h->at, &size), 0);
	h->http = http_new(fd, handle, h, &err);
	assert_non_null(h->http);
	h->http->patience = PATIENCE;
}

static int
client(const struct house *h, const char *text)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&h->at, sizeof h->at), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	return fd;
}

/* The loop, for so long; true as soon as there is news for the client: bytes or the end.
 */
static bool
run(struct house *h, int64_t span, int fd)
{
	int64_t end = clock_monotonic() + span;
	char byte;

	while (clock_monotonic() < end) {
		struct pollfd p = {http_fd(h->http), POLLIN, 0};

		(void)poll(&p, 1, 5);
		http_run(h->http);
		if (fd >= 0 && (recv(fd, &byte, 1, MSG_PEEK) >= 0 || errno != EAGAIN))
			return true;
	}
	return false;
}

static bool
ended(int fd)
{
	char byte;

	return recv(fd, &byte, 1, 0) <= 0 && errno != EAGAIN;
}

/* µs until the connection is cut, a byte every 20 ms; -1: not in ten times our patience.
 */
static int64_t
trickle(struct house *h, const char *begin, char byte)
{
	int fd = client(h, begin);
	int64_t from = clock_monotonic(), now = from;

	while (now - from < 10 * PATIENCE) {
		(void)!send(fd, &byte, 1, MSG_NOSIGNAL);
		if (run(h, 20 * MS, fd)) {
			errno = 0;
			assert_true(ended(fd));
			(void)close(fd);
			return clock_monotonic() - from;
		}
		now = clock_monotonic();
	}
	(void)close(fd);
	return -1;
}

static void
test_trickle(void **state)
{
	struct house h;

	(void)state;
	set_up(&h);
	assert_in_range(trickle(&h,
			    "POST /x HTTP/1.1\r\nHost: a\r\n"
			    "Content-Length: 60000\r\n\r\n",
			    'x'),
	    PATIENCE - 20 * MS, 9 * PATIENCE);
	assert_in_range(
	    trickle(&h, "GET /x HTTP/1.1\r\nX: ", 'x'), PATIENCE - 20 * MS, 9 * PATIENCE);
	assert_in_range(trickle(&h, "", 'G'), PATIENCE - 20 * MS, 9 * PATIENCE);
	assert_int_equal(h.handled, 0);
	http_free(h.http);
}

/* Request after request on one connection, longer than our patience in all. */
static void
test_busy(void **state)
{
	static const char ask[] = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
	struct house h;
	char reply[4096];
	int fd;

	(void)state;
	set_up(&h);
	fd = client(&h, "");
	for (int i = 0; i < 8; i++) {
		assert_int_equal(
		    send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL), sizeof ask - 1);
		assert_true(run(&h, 10 * PATIENCE, fd));
		assert_true(recv(fd, reply, sizeof reply, 0) > 0);
		(void)run(&h, PATIENCE / 4, -1);
	}
	assert_int_equal(h.handled, 8);
	assert_true(addr_is_v4(&h.peer));
	assert_int_equal(addr_to_v4(&h.peer), INADDR_LOOPBACK);
	(void)close(fd);
	http_free(h.http);
}

static void
test_waiting(void **state)
{
	struct house h;
	char reply[4096];
	int fd;

	(void)state;
	set_up(&h);
	fd = client(&h, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_false(run(&h, 3 * PATIENCE, fd));
	assert_non_null(h.waiting);
	http_reply(h.waiting, 200, "text/plain", "late", 4);
	assert_true(run(&h, 10 * PATIENCE, fd));
	assert_true(recv(fd, reply, sizeof reply, 0) > 0);
	assert_memory_equal(reply, "HTTP/1.1 200", 12);
	(void)close(fd);
	http_free(h.http);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_trickle),
	    cmocka_unit_test(test_busy),
	    cmocka_unit_test(test_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
