/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg.c -- see msg.h.
 *
 * On the wire: struct header, then the bytes; host byte order, since both ends are the
 * same program on the same machine. A descriptor rides on the first byte of its message
 * (SCM_RIGHTS); the kernel never glues bytes behind a descriptor to those before it, so
 * descriptors arrive in the order of the messages that announce them.
 *
 * msg_decode takes one message off a buffer and is all that looks at foreign headers; the
 * fuzz target calls it.
 */
#include "base/msg.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

struct header {
	uint32_t size; /* of the bytes that follow */
	uint16_t type;
	uint16_t fds; /* 0 or 1 */
};

enum { FDS_WAITING = 16, READ_ROOM = 64 * 1024, PASSES = 16 };

struct outgoing {
	struct outgoing *next;
	int fd;
	size_t size, sent;
	uint8_t bytes[];
};

struct msg_peer {
	struct loop *loop;
	int fd; /* -1: ended */
	const struct msg_calls *calls;
	void *ctx;
	struct outgoing *first, **last;
	size_t queued;
	uint8_t *in; /* received, not yet a whole message */
	size_t in_size, in_room;
	int fds[FDS_WAITING];
	unsigned fd_count;
	unsigned busy;   /* depth of calls: free waits for them */
	uint64_t resume; /* timer: messages kept by a pause wait for it */
	bool freed, paused, writing;
};

void
msg_pair(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
		fatal("socketpair: %s", strerrordesc_np(errno));
}

static void on_ready(void *ctx, int fd, unsigned ready);

static void
watch(struct msg_peer *p)
{
	unsigned want = p->paused ? 0 : (unsigned)LOOP_READ;

	if (p->fd < 0)
		return;
	p->writing = p->first != NULL;
	loop_fd(p->loop, p->fd, want | (p->writing ? LOOP_WRITE : 0), on_ready, p);
}

struct msg_peer *
msg_peer_new(struct loop *loop, int fd, const struct msg_calls *calls, void *ctx)
{
	struct msg_peer *p = xcalloc(1, sizeof *p);

	p->loop = loop;
	p->fd = fd;
	p->calls = calls;
	p->ctx = ctx;
	p->last = &p->first;
	watch(p);
	return p;
}

static void
drop_queue(struct msg_peer *p)
{
	while (p->first != NULL) {
		struct outgoing *o = p->first;

		p->first = o->next;
		if (o->fd >= 0)
			(void)close(o->fd);
		free(o);
	}
	p->last = &p->first;
	p->queued = 0;
}

static void
shut(struct msg_peer *p)
{
	if (p->fd < 0)
		return;
	loop_forget(p->loop, p->fd);
	loop_cancel(p->loop, p->resume);
	(void)close(p->fd);
	p->fd = -1;
	drop_queue(p);
	while (p->fd_count > 0)
		(void)close(p->fds[--p->fd_count]);
}

void
msg_peer_free(struct msg_peer *p)
{
	if (p == NULL)
		return;
	shut(p);
	p->freed = true;
	if (p->busy > 0)
		return;
	free(p->in);
	free(p);
}

/* Leaves a call; true if the peer is no more. */
static bool
leave(struct msg_peer *p)
{
	if (--p->busy > 0 || !p->freed)
		return p->freed;
	free(p->in);
	free(p);
	return true;
}

static void
end(struct msg_peer *p, const char *why)
{
	if (p->fd < 0)
		return;
	shut(p);
	p->calls->gone(p->ctx, p, why);
}

void
msg_violation(struct msg_peer *p, const char *why)
{
	p->busy++;
	end(p, why);
	(void)leave(p);
}

size_t
msg_queued(const struct msg_peer *p)
{
	return p->queued;
}

int
msg_take_fd(struct msg *msg)
{
	int fd = msg->fd;

	msg->fd = -1;
	return fd;
}

/* Writes the first queued message as far as the socket takes it. */
static ssize_t
write_some(const struct msg_peer *p, const struct outgoing *o)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {(void *)(uintptr_t)(o->bytes + o->sent), o->size - o->sent};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

	if (o->fd >= 0 && o->sent == 0) {
		struct cmsghdr *c;

		m.msg_control = control.bytes;
		m.msg_controllen = sizeof control.bytes;
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &o->fd, sizeof(int));
	}
	return sendmsg(p->fd, &m, MSG_NOSIGNAL);
}

/* False: the socket takes no more now, or the other side is gone (reading tells). */
static bool
write_first(struct msg_peer *p)
{
	struct outgoing *o = p->first;
	ssize_t n = write_some(p, o);

	if (n < 0)
		return errno == EINTR;
	o->sent += (size_t)n;
	p->queued -= (size_t)n;
	if (o->sent < o->size)
		return true;
	p->first = o->next;
	if (p->first == NULL)
		p->last = &p->first;
	if (o->fd >= 0)
		(void)close(o->fd);
	free(o);
	return true;
}

static void
write_queue(struct msg_peer *p)
{
	while (p->first != NULL && write_first(p))
		;
	if (p->writing != (p->first != NULL))
		watch(p);
}

void
msg_send(struct msg_peer *p, uint32_t type, const void *bytes, size_t size, int fd)
{
	struct header h = {(uint32_t)size, (uint16_t)type, fd >= 0};
	struct outgoing *o;

	assert(size <= MSG_MAX && type <= UINT16_MAX);
	if (p->fd < 0) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	o = xmalloc(sizeof *o + sizeof h + size);
	o->next = NULL;
	o->fd = fd;
	o->size = sizeof h + size;
	o->sent = 0;
	memcpy(o->bytes, &h, sizeof h);
	if (size > 0)
		memcpy(o->bytes + sizeof h, bytes, size);
	*p->last = o;
	p->last = &o->next;
	p->queued += o->size;
	if (p->first == o)
		write_queue(p);
}

bool
msg_flush(struct msg_peer *p, size_t left)
{
	while (p->fd >= 0 && p->queued > left) {
		struct pollfd poll_fd = {p->fd, POLLOUT, 0};

		if (poll(&poll_fd, 1, -1) < 0 && errno != EINTR)
			return false;
		if (poll_fd.revents & (POLLHUP | POLLERR))
			return false;
		write_queue(p);
	}
	return p->fd >= 0;
}

/* One message off `r`: 1 found, 0 not whole yet, -1 out of bounds. */
static int
msg_decode(struct rd *r, struct header *h, struct rd *body)
{
	struct rd look = *r;

	if (!rd_copy(&look, h, sizeof *h))
		return 0;
	if (h->size > MSG_MAX || h->fds > 1)
		return -1;
	if (rd_left(&look) < h->size)
		return 0;
	*body = rd_sub(&look, h->size);
	*r = look;
	return 1;
}

static int
next_fd(struct msg_peer *p)
{
	int fd = p->fds[0];

	p->fd_count--;
	memmove(p->fds, p->fds + 1, p->fd_count * sizeof p->fds[0]);
	return fd;
}

static void
deliver(struct msg_peer *p, const struct header *h, struct rd body)
{
	struct msg m = {h->type, body, -1};

	if (h->fds > 0 && p->fd_count == 0) {
		end(p, "a message announces a descriptor that did not come");
		return;
	}
	if (h->fds > 0)
		m.fd = next_fd(p);
	p->calls->message(p->ctx, p, &m);
	if (m.fd >= 0)
		(void)close(m.fd);
}

/* Hands out what is whole; keeps the rest. */
static void
take_messages(struct msg_peer *p)
{
	struct rd r = rd_init(p->in, p->in_size), body;
	struct header h;
	int found = 0;

	while (p->fd >= 0 && !p->paused && (found = msg_decode(&r, &h, &body)) > 0)
		deliver(p, &h, body);
	if (found < 0)
		end(p, "a message with a header out of bounds");
	p->in_size = rd_left(&r);
	if (p->in_size > 0)
		memmove(p->in, r.at, p->in_size);
}

static bool
keep_fds(struct msg_peer *p, struct msghdr *m)
{
	bool good = !(m->msg_flags & MSG_CTRUNC);

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		int fd;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (p->fd_count < FDS_WAITING)
				p->fds[p->fd_count++] = fd;
			else
				good = close(fd) == 0 && false;
		}
	}
	return good;
}

/* Bytes received; 0 none now; -1 the end, with *why set for a violation. */
static ssize_t
receive(struct msg_peer *p, const char **why)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec iov;
	struct msghdr m = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof control.bytes};
	ssize_t n;

	if (p->in_room - p->in_size < READ_ROOM) {
		p->in_room = 2 * p->in_room + READ_ROOM;
		p->in = xrealloc(p->in, p->in_room);
	}
	iov = (struct iovec){p->in + p->in_size, READ_ROOM};
	n = recvmsg(p->fd, &m, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (!keep_fds(p, &m)) {
		*why = "more descriptors than announced";
		return -1;
	}
	p->in_size += (size_t)n;
	return n == 0 ? -1 : n;
}

static void
read_some(struct msg_peer *p)
{
	const char *why = NULL;
	ssize_t n = 1;

	for (int i = 0; i < PASSES && n > 0 && p->fd >= 0 && !p->paused; i++) {
		n = receive(p, &why);
		if (n > 0)
			take_messages(p);
	}
	if (n < 0 && p->fd >= 0)
		end(p, why);
}

static void
on_ready(void *ctx, int fd, unsigned ready)
{
	struct msg_peer *p = ctx;
	bool full = p->first != NULL;

	(void)fd;
	p->busy++;
	if (ready & LOOP_WRITE)
		write_queue(p);
	if (p->fd >= 0 && full && p->first == NULL && p->calls->room != NULL)
		p->calls->room(p->ctx, p);
	if (p->fd >= 0 && !p->paused && p->in_size > 0)
		take_messages(p);
	if (p->fd >= 0 && !p->paused && (ready & (LOOP_READ | LOOP_HANGUP)))
		read_some(p);
	if (p->fd >= 0 && p->paused && (ready & LOOP_HANGUP))
		end(p, NULL);
	(void)leave(p);
}

static void
on_resume(void *ctx)
{
	struct msg_peer *p = ctx;

	p->resume = 0;
	on_ready(p, p->fd, 0);
}

/* What had been read before the pause is handed out from the loop, not from here. */
void
msg_pause(struct msg_peer *p, bool paused)
{
	if (p->paused == paused || p->fd < 0)
		return;
	p->paused = paused;
	watch(p);
	loop_cancel(p->loop, p->resume);
	p->resume = paused ? 0 : loop_after(p->loop, 0, on_resume, p);
}
