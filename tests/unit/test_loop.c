/* SPDX-License-Identifier: Apache-2.0 */
/* test_loop.c -- timers in order, descriptors replaced and forgotten, signals. */
#include "../../src/base/loop.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct trace {
	struct loop *loop;
	char text[32];
	size_t used;
	int fds[2];
};

static void
note(struct trace *t, char c)
{
	t->text[t->used++] = c;
	t->text[t->used] = 0;
}

static void
note_a(void *ctx)
{
	note(ctx, 'a');
}

static void
note_b(void *ctx)
{
	note(ctx, 'b');
}

static void
stop(void *ctx)
{
	loop_stop(((struct trace *)ctx)->loop);
}

static void
test_timers_in_order(void **state)
{
	struct trace t = {.loop = loop_new()};
	uint64_t never;

	(void)state;
	(void)loop_after(t.loop, 3000, stop, &t);
	(void)loop_after(t.loop, 2000, note_b, &t);
	never = loop_after(t.loop, 500, note_b, &t);
	(void)loop_after(t.loop, 1000, note_a, &t);
	loop_cancel(t.loop, never);
	loop_run(t.loop);
	assert_string_equal(t.text, "ab");
	loop_free(t.loop);
}

/* A timer that sets itself anew without delay must not starve the loop. */
static void
again(void *ctx)
{
	struct trace *t = ctx;

	note(t, 'x');
	(void)loop_after(t->loop, 0, again, t);
}

static void
test_timer_waits_for_next_round(void **state)
{
	struct trace t = {.loop = loop_new()};

	(void)state;
	(void)loop_after(t.loop, 0, again, &t);
	loop_once(t.loop, 0);
	loop_once(t.loop, 0);
	assert_true(t.used <= 2);
	loop_free(t.loop);
}

static void
on_read(void *ctx, int fd, unsigned ready)
{
	struct trace *t = ctx;
	char c;

	if ((ready & LOOP_READ) && read(fd, &c, 1) == 1)
		note(t, c);
	if (ready & LOOP_HANGUP)
		loop_forget(t->loop, fd);
}

static void
test_descriptors(void **state)
{
	struct trace t = {.loop = loop_new()};

	(void)state;
	assert_int_equal(pipe(t.fds), 0);
	loop_fd(t.loop, t.fds[0], LOOP_READ, on_read, &t);
	assert_int_equal(write(t.fds[1], "q", 1), 1);
	loop_once(t.loop, 100000);
	assert_string_equal(t.text, "q");
	(void)close(t.fds[1]);
	loop_once(t.loop, 100000);
	assert_null(t.loop->watches[t.fds[0]].call);
	(void)close(t.fds[0]);
	loop_free(t.loop);
}

/* One callback forgets another descriptor whose event has been fetched already. */
static void
forget_both(void *ctx, int fd, unsigned ready)
{
	struct trace *t = ctx;

	(void)fd;
	(void)ready;
	note(t, 'f');
	loop_forget(t->loop, t->fds[0]);
	loop_forget(t->loop, t->fds[1]);
}

static void
test_forgotten_is_not_called(void **state)
{
	struct trace t = {.loop = loop_new()};
	int a[2], b[2];

	(void)state;
	assert_int_equal(pipe(a) | pipe(b), 0);
	t.fds[0] = a[0];
	t.fds[1] = b[0];
	assert_int_equal(write(a[1], "1", 1), 1);
	assert_int_equal(write(b[1], "2", 1), 1);
	loop_fd(t.loop, a[0], LOOP_READ, forget_both, &t);
	loop_fd(t.loop, b[0], LOOP_READ, forget_both, &t);
	loop_once(t.loop, 100000);
	assert_string_equal(t.text, "f");
	loop_free(t.loop);
	(void)(close(a[0]) | close(a[1]) | close(b[0]) | close(b[1]));
}

static void
test_signal(void **state)
{
	struct trace t = {.loop = loop_new()};

	(void)state;
	loop_signal(t.loop, SIGUSR1, note_a, &t);
	(void)raise(SIGUSR1);
	loop_once(t.loop, 100000);
	assert_string_equal(t.text, "a");
	loop_free(t.loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_timers_in_order),
	    cmocka_unit_test(test_timer_waits_for_next_round),
	    cmocka_unit_test(test_descriptors),
	    cmocka_unit_test(test_forgotten_is_not_called),
	    cmocka_unit_test(test_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
