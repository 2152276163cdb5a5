/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.c -- see control.h. Blocking: a command has nothing else to do meanwhile.
 *
 * Not handled: directories whose name does not fit into a socket address (107 bytes).
 */
#include "cmd/control.h"

#include "base/buf.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_LIMIT = 64 << 20, PIECE = 65536, PATIENCE = 60 /* s */ };

struct control {
	int fd;
	struct wr in; /* what of an answer has come so far */
};

struct control *
control_open(const char *directory, struct err *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = PATIENCE};
	struct control *c;
	int fd;

	if ((size_t)snprintf(at.sun_path, sizeof at.sun_path, "%s/control", directory) >=
	    sizeof at.sun_path) {
		(void)err_set(
		    err, "%s: too long a name for a socket's directory", directory);
		return NULL;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) != 0) {
		(void)err_errno(err,
		    "no daemon answers at %s (is `botkoll run` alive? --directory "
		    "names another place)",
		    at.sun_path);
		if (fd >= 0)
			(void)close(fd);
		return NULL;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	c = xcalloc(1, sizeof *c);
	c->fd = fd;
	wr_init(&c->in, ANSWER_LIMIT);
	return c;
}

void
control_close(struct control *c)
{
	if (c == NULL)
		return;
	(void)close(c->fd);
	wr_fini(&c->in);
	free(c);
}

static bool
send_line(struct control *c, const char *verb, json_t *args, struct err *err)
{
	json_t *request = json_pack("{s:s,s:O?}", "verb", verb, "args", args);
	char *text = json_text(request);
	size_t size, sent = 0;
	ssize_t n;

	json_decref(request);
	if (text == NULL)
		return err_set(err, "%s: the arguments are not UTF-8", verb);
	size = strlen(text);
	text[size] = '\n'; /* in place of the terminating zero */
	for (; sent < size + 1; sent += (size_t)n) {
		n = send(c->fd, text + sent, size + 1 - sent, MSG_NOSIGNAL);
		if (n < 0)
			break;
	}
	free(text);
	return sent == size + 1 || err_errno(err, "ask the engine: %s", verb);
}

static bool
receive_line(struct control *c, struct err *err)
{
	uint8_t *room;
	ssize_t n;

	wr_reset(&c->in);
	while (c->in.size == 0 || c->in.bytes[c->in.size - 1] != '\n') {
		room = wr_reserve(&c->in, PIECE);
		if (room == NULL)
			return err_set(err, "the engine's answer is too long");
		n = recv(c->fd, room, PIECE, 0);
		c->in.size -= PIECE - (n > 0 ? (size_t)n : 0);
		if (n < 0 && errno != EINTR)
			return err_errno(err, "wait for the engine's answer");
		if (n == 0)
			return err_set(err, "the engine closed the connection");
	}
	return true;
}

json_t *
control_ask(struct control *c, const char *verb, json_t *args, struct err *err)
{
	json_t *answer, *result;

	if (!send_line(c, verb, args, err) || !receive_line(c, err))
		return NULL;
	answer = json_read((const char *)c->in.bytes, c->in.size, err);
	if (answer == NULL)
		return NULL;
	result = json_object_get(answer, "result");
	if (json_is_true(json_object_get(answer, "ok"))) {
		result = result ? json_incref(result) : json_null();
	} else {
		const char *why = json_string_value(json_object_get(answer, "error"));

		(void)err_set(
		    err, "%s", why ? why : "the engine refused without a reason");
		result = NULL;
	}
	json_decref(answer);
	return result;
}
