/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.c -- see loop.h. epoll for descriptors, a binary heap for timers, one signalfd.
 *
 * Watches live in an array indexed by descriptor. Each registration carries a
 * generation, which travels in the epoll data: an event fetched for a descriptor that
 * was since forgotten and reused is recognised as old and dropped. A cancelled timer
 * stays in the heap without a call until its time.
 *
 * Not handled: more descriptors than memory; signals other than through loop_signal.
 */
#include "base/loop.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { EVENTS = 64, SIGNALS = 65 };

struct watch {
	loop_fd_call *call; /* NULL: not watched */
	void *ctx;
	uint32_t generation;
};

struct timer {
	int64_t at;
	uint64_t id;
	loop_timer_call *call; /* NULL: cancelled */
	void *ctx;
};

struct handler {
	loop_timer_call *call;
	void *ctx;
};

struct loop {
	int epoll, signals;
	bool stopped;
	struct watch *watches;
	size_t watch_count;
	uint32_t generation;
	struct timer *timers; /* heap, earliest first; equal times in order of id */
	size_t timer_count, timer_room;
	uint64_t next_id;
	struct handler handlers[SIGNALS];
	sigset_t mask;
};

struct loop *
loop_new(void)
{
	struct loop *loop = xcalloc(1, sizeof *loop);

	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		fatal("epoll_create1: %s", strerrordesc_np(errno));
	loop->signals = -1;
	(void)sigemptyset(&loop->mask);
	return loop;
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	if (loop->signals >= 0)
		(void)close(loop->signals);
	(void)close(loop->epoll);
	free(loop->watches);
	free(loop->timers);
	free(loop);
}

static struct watch *
find_watch(struct loop *loop, int fd)
{
	size_t old = loop->watch_count, need = (size_t)fd + 1;

	assert(fd >= 0);
	if (need > old) {
		loop->watches = xrealloc(loop->watches, 2 * need * sizeof *loop->watches);
		loop->watch_count = 2 * need;
		memset(loop->watches + old, 0, (2 * need - old) * sizeof *loop->watches);
	}
	return &loop->watches[fd];
}

void
loop_fd(struct loop *loop, int fd, unsigned want, loop_fd_call *call, void *ctx)
{
	struct watch *w = find_watch(loop, fd);
	struct epoll_event ev = {0};
	int op = w->call ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	assert(call != NULL);
	if (w->call == NULL)
		w->generation = ++loop->generation;
	ev.events = (want & LOOP_READ ? (uint32_t)EPOLLIN : 0) |
		    (want & LOOP_WRITE ? (uint32_t)EPOLLOUT : 0);
	ev.data.u64 = (uint64_t)w->generation << 32 | (uint32_t)fd;
	if (epoll_ctl(loop->epoll, op, fd, &ev) < 0)
		fatal("epoll_ctl on descriptor %d: %s", fd, strerrordesc_np(errno));
	w->call = call;
	w->ctx = ctx;
}

void
loop_forget(struct loop *loop, int fd)
{
	struct watch *w = find_watch(loop, fd);

	if (w->call == NULL)
		return;
	(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
	w->call = NULL;
}

static bool
earlier(const struct timer *a, const struct timer *b)
{
	return a->at < b->at || (a->at == b->at && a->id < b->id);
}

static void
swap(struct timer *a, struct timer *b)
{
	struct timer t = *a;

	*a = *b;
	*b = t;
}

static void
sift_up(struct timer *heap, size_t i)
{
	for (; i > 0 && earlier(&heap[i], &heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&heap[i], &heap[(i - 1) / 2]);
}

static void
sift_down(struct timer *heap, size_t count)
{
	size_t i = 0, child;

	while ((child = 2 * i + 1) < count) {
		if (child + 1 < count && earlier(&heap[child + 1], &heap[child]))
			child++;
		if (!earlier(&heap[child], &heap[i]))
			return;
		swap(&heap[i], &heap[child]);
		i = child;
	}
}

uint64_t
loop_after(struct loop *loop, int64_t delay, loop_timer_call *call, void *ctx)
{
	struct timer *t;

	if (loop->timer_count == loop->timer_room) {
		loop->timer_room = loop->timer_room ? 2 * loop->timer_room : 16;
		loop->timers =
		    xrealloc(loop->timers, loop->timer_room * sizeof *loop->timers);
	}
	t = &loop->timers[loop->timer_count++];
	*t = (struct timer){
	    clock_monotonic() + (delay > 0 ? delay : 0), ++loop->next_id, call, ctx};
	sift_up(loop->timers, loop->timer_count - 1);
	return loop->next_id;
}

void
loop_cancel(struct loop *loop, uint64_t id)
{
	for (size_t i = 0; id != 0 && i < loop->timer_count; i++)
		if (loop->timers[i].id == id)
			loop->timers[i].call = NULL;
}

static void
on_signals(void *ctx, int fd, unsigned ready)
{
	struct loop *loop = ctx;
	struct signalfd_siginfo info;

	(void)ready;
	while (read(fd, &info, sizeof info) == (ssize_t)sizeof info)
		if (info.ssi_signo < SIGNALS && loop->handlers[info.ssi_signo].call)
			loop->handlers[info.ssi_signo].call(
			    loop->handlers[info.ssi_signo].ctx);
}

void
loop_signal(struct loop *loop, int signal, loop_timer_call *call, void *ctx)
{
	assert(signal > 0 && signal < SIGNALS);
	loop->handlers[signal] = (struct handler){call, ctx};
	(void)sigaddset(&loop->mask, signal);
	(void)sigprocmask(SIG_BLOCK, &loop->mask, NULL);
	loop->signals = signalfd(loop->signals, &loop->mask, SFD_NONBLOCK | SFD_CLOEXEC);
	if (loop->signals < 0)
		fatal("signalfd: %s", strerrordesc_np(errno));
	loop_fd(loop, loop->signals, LOOP_READ, on_signals, loop);
}

/* Timers added by these calls wait for the next round, or a timer that sets itself anew
 * without delay would keep descriptors from being served. */
static void
run_timers(struct loop *loop)
{
	int64_t now = clock_monotonic();
	uint64_t last = loop->next_id;

	while (loop->timer_count > 0 && loop->timers[0].at <= now &&
	       loop->timers[0].id <= last) {
		struct timer t = loop->timers[0];

		loop->timers[0] = loop->timers[--loop->timer_count];
		sift_down(loop->timers, loop->timer_count);
		if (t.call != NULL)
			t.call(t.ctx);
	}
}

static void
dispatch(struct loop *loop, const struct epoll_event *ev)
{
	int fd = (int)(uint32_t)ev->data.u64;
	const struct watch *w = find_watch(loop, fd);
	unsigned ready = 0;

	if (w->call == NULL || w->generation != (uint32_t)(ev->data.u64 >> 32))
		return;
	if (ev->events & EPOLLIN)
		ready |= LOOP_READ;
	if (ev->events & EPOLLOUT)
		ready |= LOOP_WRITE;
	if (ev->events & (EPOLLHUP | EPOLLERR))
		ready |= LOOP_HANGUP;
	w->call(w->ctx, fd, ready);
}

static int
milliseconds(const struct loop *loop, int64_t timeout)
{
	if (loop->timer_count > 0) {
		int64_t left = loop->timers[0].at - clock_monotonic();

		timeout = left < timeout ? left : timeout;
	}
	if (timeout <= 0)
		return 0;
	return timeout > 3600 * INT64_C(1000000) ? 3600000
						 : (int)((timeout + 999) / 1000);
}

void
loop_once(struct loop *loop, int64_t timeout)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(loop->epoll, events, EVENTS, milliseconds(loop, timeout));

	if (n < 0 && errno != EINTR)
		fatal("epoll_wait: %s", strerrordesc_np(errno));
	for (int i = 0; i < n; i++)
		dispatch(loop, &events[i]);
	run_timers(loop);
}

void
loop_run(struct loop *loop)
{
	loop->stopped = false;
	while (!loop->stopped)
		loop_once(loop, INT64_MAX);
}

void
loop_stop(struct loop *loop)
{
	loop->stopped = true;
}
