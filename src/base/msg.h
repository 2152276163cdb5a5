/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg.h -- typed, length-checked messages between two processes of ours.
 *
 * A peer is one end of an AF_UNIX stream socket pair, served by the event loop. A message
 * is {size, type, with a descriptor or not} and up to MSG_MAX bytes. Sending never blocks
 * and never fails: it queues. Whoever can wait looks at msg_queued and stops producing at
 * his own high-water mark; `room` then tells him when the queue has drained.
 *
 * The other side is trusted with nothing. A header out of bounds, a descriptor that was
 * not announced, or a content that the receiver finds wrong (msg_violation) is fatal to
 * the sender: the pair is closed and `gone` called with `violation`; the parent then
 * restarts the sender.
 */
#ifndef BASE_MSG_H
#define BASE_MSG_H

#include "base/buf.h"
#include "base/loop.h"

enum { MSG_MAX = 1 << 20 };

struct msg {
	uint32_t type;
	struct rd body; /* borrowed for the call */
	int fd;         /* -1: none. msg_take_fd makes it the receiver's own */
};

struct msg_peer;

struct msg_calls {
	void (*message)(void *ctx, struct msg_peer *peer, struct msg *msg);
	/* The pair is closed; the peer is freed by the caller, now or later. `why`: NULL
	 * for an ordinary end. */
	void (*gone)(void *ctx, struct msg_peer *peer, const char *why);
	/* What was queued has been written; may be NULL. */
	void (*room)(void *ctx, struct msg_peer *peer);
};

/* Two connected, non-blocking descriptors. Fatal on failure. */
void msg_pair(int fds[2]);
/* Takes `fd`. `calls` is borrowed for the life of the peer. */
struct msg_peer *msg_peer_new(
    struct loop *loop, int fd, const struct msg_calls *calls, void *ctx);
/* Safe inside the peer's own calls. NULL is accepted. What is queued is lost. */
void msg_peer_free(struct msg_peer *peer);
/* `fd` -1, or a descriptor that the peer takes. After the end it is closed at once. */
void msg_send(
    struct msg_peer *peer, uint32_t type, const void *bytes, size_t size, int fd);
/* Bytes not yet written. */
size_t msg_queued(const struct msg_peer *peer);
/* Stops and resumes reading, so that the other side's queue fills. */
void msg_pause(struct msg_peer *peer, bool paused);
/* Blocks until at most `left` bytes are queued; false if the pair ended meanwhile (`gone`
 * is then called from the loop). For processes that have nothing else to do. */
bool msg_flush(struct msg_peer *peer, size_t left);
/* The content was wrong: closes the pair and calls `gone`. */
void msg_violation(struct msg_peer *peer, const char *why);
int msg_take_fd(struct msg *msg);

#endif
