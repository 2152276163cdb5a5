/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.h -- one event loop a process: descriptors, timers, signals (epoll).
 *
 * Level-triggered. Callbacks may add and remove anything, themselves too. Timers count
 * monotonic µs. No threads.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

enum loop_ready { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_HANGUP = 4 };

struct loop;

typedef void loop_fd_call(void *ctx, int fd, unsigned ready);
typedef void loop_timer_call(void *ctx);

struct loop *loop_new(void);
void loop_free(struct loop *loop);
/* `want`: LOOP_READ and/or LOOP_WRITE; calling again for the same fd replaces both. */
void loop_fd(struct loop *loop, int fd, unsigned want, loop_fd_call *call, void *ctx);
void loop_forget(struct loop *loop, int fd);
/* Calls once, `delay` µs from now; returns an id that loop_cancel takes (0 is none). */
uint64_t loop_after(struct loop *loop, int64_t delay, loop_timer_call *call, void *ctx);
void loop_cancel(struct loop *loop, uint64_t id);
/* Signal numbers arrive as calls inside the loop (signalfd). */
void loop_signal(struct loop *loop, int signal, loop_timer_call *call, void *ctx);
/* Until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* One round, waiting `timeout` µs at most. */
void loop_once(struct loop *loop, int64_t timeout);

#endif
