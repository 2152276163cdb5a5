/* SPDX-License-Identifier: Apache-2.0 */
/* test_msg.c -- whole messages or none; a malformed one ends the pair. */
#include "../../src/base/msg.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct end_of {
	struct msg_peer *peer;
	unsigned messages, gones, rooms, fds;
	uint32_t last_type;
	size_t last_size, bytes;
	char why[80];
	bool pause_each, free_each;
};

static void
on_message(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	struct end_of *e = ctx;
	int fd = msg_take_fd(msg);

	e->messages++;
	e->last_type = msg->type;
	e->last_size = rd_left(&msg->body);
	e->bytes += e->last_size;
	if (fd >= 0) {
		e->fds++;
		assert_int_equal(write(fd, "x", 1), 1);
		(void)close(fd);
	}
	if (e->pause_each)
		msg_pause(peer, true);
	if (e->free_each)
		msg_peer_free(peer);
}

static void
on_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	struct end_of *e = ctx;

	(void)peer;
	e->gones++;
	(void)snprintf(e->why, sizeof e->why, "%s", why ? why : "");
}

static void
on_room(void *ctx, struct msg_peer *peer)
{
	(void)peer;
	((struct end_of *)ctx)->rooms++;
}

static const struct msg_calls calls = {on_message, on_gone, on_room};

static void
rounds(struct loop *loop, int n)
{
	while (n-- > 0)
		loop_once(loop, 1000);
}

static void
start(struct loop **loop, struct end_of *a, struct end_of *b)
{
	int fds[2];

	*loop = loop_new();
	msg_pair(fds);
	a->peer = msg_peer_new(*loop, fds[0], &calls, a);
	b->peer = msg_peer_new(*loop, fds[1], &calls, b);
}

static void
test_sizes(void **state)
{
	static uint8_t bytes[MSG_MAX];
	static const size_t sizes[] = {0, 1, 40000, READ_ROOM, MSG_MAX};
	struct end_of a = {0}, b = {0};
	struct loop *loop;

	(void)state;
	start(&loop, &a, &b);
	for (size_t i = 0; i < 5; i++) {
		msg_send(a.peer, 7 + (uint32_t)i, bytes, sizes[i], -1);
		for (int k = 0; k < 100 && b.messages <= i; k++)
			rounds(loop, 1);
		assert_int_equal(b.messages, i + 1);
		assert_int_equal(b.last_type, 7 + i);
		assert_int_equal(b.last_size, sizes[i]);
	}
	assert_true(a.rooms > 0);
	assert_int_equal(msg_queued(a.peer), 0);
	msg_peer_free(a.peer);
	rounds(loop, 2);
	assert_int_equal(b.gones, 1);
	assert_string_equal(b.why, "");
	msg_peer_free(b.peer);
	loop_free(loop);
}

static void
test_descriptor(void **state)
{
	struct end_of a = {0}, b = {0};
	struct loop *loop;
	int p[2];
	char c = 0;

	(void)state;
	start(&loop, &a, &b);
	assert_int_equal(pipe(p), 0);
	msg_send(a.peer, 1, "without", 7, -1);
	msg_send(a.peer, 2, "with", 4, p[1]);
	msg_send(a.peer, 3, "without", 7, -1);
	rounds(loop, 4);
	assert_int_equal(b.messages, 3);
	assert_int_equal(b.fds, 1);
	assert_int_equal(read(p[0], &c, 1), 1);
	assert_int_equal(c, 'x');
	assert_int_equal(read(p[0], &c, 1), 0); /* nobody else holds it */
	(void)close(p[0]);
	msg_peer_free(a.peer);
	msg_peer_free(b.peer);
	loop_free(loop);
}

static void
test_pause_keeps_what_was_read(void **state)
{
	struct end_of a = {0}, b = {.pause_each = true};
	struct loop *loop;

	(void)state;
	start(&loop, &a, &b);
	for (uint32_t i = 0; i < 3; i++)
		msg_send(a.peer, i, "m", 1, -1);
	rounds(loop, 3);
	assert_int_equal(b.messages, 1);
	msg_pause(b.peer, false);
	rounds(loop, 3);
	assert_int_equal(b.messages, 2);
	b.pause_each = false;
	msg_pause(b.peer, false);
	rounds(loop, 3);
	assert_int_equal(b.messages, 3);
	msg_peer_free(a.peer);
	msg_peer_free(b.peer);
	loop_free(loop);
}

static void
test_free_inside_call(void **state)
{
	struct end_of a = {0}, b = {.free_each = true};
	struct loop *loop;

	(void)state;
	start(&loop, &a, &b);
	msg_send(a.peer, 1, "m", 1, -1);
	msg_send(a.peer, 2, "m", 1, -1);
	rounds(loop, 3);
	assert_int_equal(b.messages, 1);
	assert_int_equal(a.gones, 1);
	msg_peer_free(a.peer);
	loop_free(loop);
}

static void
test_violations(void **state)
{
	static const struct header bad[] = {
	    {MSG_MAX + 1, 1, 0}, {0, 1, 2}, {0, 1, 1}}; /* size; fds; a missing fd */
	struct loop *loop;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct end_of b = {0};
		int fds[2];

		loop = loop_new();
		msg_pair(fds);
		b.peer = msg_peer_new(loop, fds[1], &calls, &b);
		assert_int_equal(write(fds[0], &bad[i], sizeof bad[i]), sizeof bad[i]);
		rounds(loop, 2);
		assert_int_equal(b.gones, 1);
		assert_true(strlen(b.why) > 0);
		assert_int_equal(b.messages, 0);
		msg_peer_free(b.peer);
		(void)close(fds[0]);
		loop_free(loop);
	}
}

static void
test_flush(void **state)
{
	static uint8_t bytes[500000];
	struct end_of a = {0}, b = {0};
	struct loop *loop;

	(void)state;
	start(&loop, &a, &b);
	msg_send(a.peer, 1, bytes, sizeof bytes, -1);
	assert_true(msg_queued(a.peer) > 0);
	msg_peer_free(b.peer);
	assert_false(msg_flush(a.peer, 0));
	rounds(loop, 2);
	assert_int_equal(a.gones, 1);
	msg_send(a.peer, 1, bytes, 1, -1); /* after the end: nothing */
	msg_peer_free(a.peer);
	loop_free(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_descriptor),
	    cmocka_unit_test(test_pause_keeps_what_was_read),
	    cmocka_unit_test(test_free_inside_call),
	    cmocka_unit_test(test_violations),
	    cmocka_unit_test(test_flush),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
