/* SPDX-License-Identifier: Apache-2.0 */
/* control.c -- see control.h. Requests and replies are bounded; so are connections. */
#include "role/control.h"

#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 64 << 20, REPLY_MAX = 256 << 20, READ_ROOM = 65536, MOST = 64 };

struct connection {
	struct control_server *server;
	int fd;
	struct wr in, out;
	size_t sent;
	uint64_t ticket;
	bool waiting; /* its answer comes later */
	struct connection *next;
};

struct control_server {
	struct loop *loop;
	int fd;
	unsigned owner;
	control_verb *verb;
	void *ctx;
	struct connection *first;
	size_t count;
	uint64_t tickets;
};

static void
drop(struct connection *c)
{
	struct connection **at = &c->server->first;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->server->count--;
	loop_forget(c->server->loop, c->fd);
	(void)close(c->fd);
	wr_fini(&c->in);
	wr_fini(&c->out);
	free(c);
}

static void
answer_line(struct connection *c, const char *text, size_t size)
{
	struct err err;
	json_t *request = json_read(text, size, &err);
	struct jw j;

	c->ticket = ++c->server->tickets;
	if (json_is_object(request))
		c->waiting =
		    !c->server->verb(c->server->ctx, c->ticket, request, &c->out);
	else {
		jw_begin(&j, &c->out);
		jw_object(&j, NULL);
		jw_flag(&j, "ok", false);
		jw_text(
		    &j, "error", request ? "the request is no JSON object" : err.text);
		jw_end(&j);
	}
	json_decref(request);
	if (!c->waiting)
		wr_text(&c->out, "\n");
}

static void
answer_lines(struct connection *c)
{
	uint8_t *at = c->in.bytes, *newline;
	size_t left = c->in.size;

	while (!c->waiting && left > 0 && (newline = memchr(at, '\n', left)) != NULL) {
		size_t size = (size_t)(newline - at);

		answer_line(c, (const char *)at, size);
		at += size + 1;
		left -= size + 1;
	}
	if (left > 0)
		memmove(c->in.bytes, at, left);
	c->in.size = left;
}

/* False: the connection has ended. */
static bool
read_more(struct connection *c)
{
	uint8_t *room = wr_reserve(&c->in, READ_ROOM);
	ssize_t n;

	if (room == NULL)
		return false;
	n = read(c->fd, room, READ_ROOM);
	c->in.size -= READ_ROOM - (size_t)(n > 0 ? n : 0);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		return false;
	answer_lines(c);
	return !c->out.bad;
}

static bool
write_more(struct connection *c)
{
	while (c->sent < c->out.size) {
		ssize_t n = send(
		    c->fd, c->out.bytes + c->sent, c->out.size - c->sent, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		c->sent += (size_t)n;
	}
	wr_reset(&c->out);
	c->sent = 0;
	return true;
}

static void
on_ready(void *ctx, int fd, unsigned ready)
{
	struct connection *c = ctx;
	bool good = true;

	if (c->sent == c->out.size && (ready & (LOOP_READ | LOOP_HANGUP)))
		good = read_more(c);
	if (!good || !write_more(c)) {
		drop(c);
		return;
	}
	loop_fd(
	    c->server->loop, fd, c->out.size > 0 ? LOOP_WRITE : LOOP_READ, on_ready, c);
}

void
control_answer(struct control_server *s, uint64_t ticket, const void *json, size_t size)
{
	struct connection *c = s->first;

	while (c != NULL && !(c->waiting && c->ticket == ticket))
		c = c->next;
	if (c == NULL)
		return;
	c->waiting = false;
	wr_put(&c->out, json, size);
	wr_text(&c->out, "\n");
	answer_lines(c);
	loop_fd(s->loop, c->fd, LOOP_WRITE, on_ready, c);
}

static bool
may_speak(const struct control_server *s, int fd)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == 0 || peer.uid == s->owner);
}

static void
on_knock(void *ctx, int fd, unsigned ready)
{
	struct control_server *s = ctx;
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct connection *c;

	(void)ready;
	if (peer < 0)
		return;
	if (s->count >= MOST || !may_speak(s, peer)) {
		(void)close(peer);
		return;
	}
	c = xcalloc(1, sizeof *c);
	c->server = s;
	c->fd = peer;
	wr_init(&c->in, REQUEST_MAX);
	wr_init(&c->out, REPLY_MAX);
	c->next = s->first;
	s->first = c;
	s->count++;
	loop_fd(s->loop, peer, LOOP_READ, on_ready, c);
}

struct control_server *
control_server_new(
    struct loop *loop, int fd, unsigned owner, control_verb *verb, void *ctx)
{
	struct control_server *s = xcalloc(1, sizeof *s);

	*s = (struct control_server){
	    .loop = loop, .fd = fd, .owner = owner, .verb = verb, .ctx = ctx};
	loop_fd(loop, fd, LOOP_READ, on_knock, s);
	return s;
}

void
control_server_free(struct control_server *s)
{
	if (s == NULL)
		return;
	for (struct connection *c = s->first, *next; c != NULL; c = next) {
		next = c->next;
		drop(c);
	}
	loop_forget(s->loop, s->fd);
	(void)close(s->fd);
	free(s);
}
