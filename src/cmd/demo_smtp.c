/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_smtp.c -- as much of SMTP (RFC 5321) as a client that sends notices needs.
 *
 * One process, one poll loop, a few connections with a line buffer each. No extensions
 * are offered, every sender and recipient is accepted. Repeated Message-IDs are told by
 * their hashes: a second copy of a notice would be a fault of the daemon.
 *
 * Not handled: pipelining across DATA, lines over 4 KiB (cut), more than 8 clients at
 * once (they wait).
 */
#include "cmd/demo_smtp.h"

#include "base/hash.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS = 8, LINE = 4096, IDS = 65536 };

struct client {
	int fd; /* -1: free */
	bool data, header;
	size_t used;
	char line[LINE];
};

struct sink {
	struct client clients[CLIENTS];
	struct demo_smtp_count *count;
	uint64_t ids[IDS]; /* hashes of the Message-IDs, as they came */
	FILE *mbox;
};

static void
reply(struct client *c, const char *text)
{
	if (send(c->fd, text, strlen(text), MSG_NOSIGNAL) >= 0)
		return;
	(void)close(c->fd);
	c->fd = -1;
}

static void
note_id(struct sink *s, const char *line)
{
	uint64_t id = hash_bytes(line, strlen(line), 0);
	uint32_t known = s->count->accepted < IDS ? s->count->accepted : IDS;

	for (uint32_t i = 0; i < known; i++)
		if (s->ids[i] == id) {
			s->count->again++;
			break;
		}
	if (s->count->accepted < IDS)
		s->ids[s->count->accepted] = id;
}

/* One line of a message. */
static void
data_line(struct sink *s, struct client *c)
{
	const char *text = c->line;

	if (strcmp(text, ".") == 0) {
		(void)fputs("\n", s->mbox);
		(void)fflush(s->mbox);
		s->count->accepted++;
		c->data = false;
		reply(c, "250 2.0.0 accepted\r\n");
		return;
	}
	if (*text == '.')
		text++;
	if (*text == '\0')
		c->header = false;
	if (c->header && strncasecmp(text, "Message-ID:", 11) == 0)
		note_id(s, text);
	(void)fprintf(s->mbox, "%s%s\n", strncmp(text, "From ", 5) == 0 ? ">" : "", text);
}

static bool
says(const struct client *c, const char *verb)
{
	return strncasecmp(c->line, verb, strlen(verb)) == 0;
}

static void
command_line(struct sink *s, struct client *c)
{
	if (says(c, "EHLO") || says(c, "HELO")) {
		reply(c, "250 demo.example.invalid\r\n");
	} else if (says(c, "MAIL") || says(c, "RCPT") || says(c, "RSET") ||
		   says(c, "NOOP")) {
		reply(c, "250 2.0.0 ok\r\n");
	} else if (says(c, "DATA")) {
		c->data = c->header = true;
		(void)fputs(
		    "From botkoll@demo.example.invalid Mon Jan  1 00:00:00 2001\n",
		    s->mbox);
		reply(c, "354 go on\r\n");
	} else if (says(c, "QUIT")) {
		reply(c, "221 2.0.0 bye\r\n");
		if (c->fd >= 0)
			(void)close(c->fd);
		c->fd = -1;
	} else {
		reply(c, "502 5.5.1 not here\r\n");
	}
}

static void
take_bytes(struct sink *s, struct client *c, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size && c->fd >= 0; i++) {
		if (bytes[i] != '\n') {
			if (c->used < LINE - 1)
				c->line[c->used++] = bytes[i];
			continue;
		}
		if (c->used > 0 && c->line[c->used - 1] == '\r')
			c->used--;
		c->line[c->used] = '\0';
		c->used = 0;
		if (c->data)
			data_line(s, c);
		else
			command_line(s, c);
	}
}

static void
welcome(struct sink *s, int listener)
{
	for (int i = 0; i < CLIENTS; i++) {
		struct client *c = &s->clients[i];

		if (c->fd >= 0)
			continue;
		*c = (struct client){.fd = accept(listener, NULL, NULL)};
		if (c->fd >= 0)
			reply(c, "220 demo.example.invalid ESMTP\r\n");
		return;
	}
}

static void
hear(struct sink *s, struct client *c)
{
	char bytes[8192];
	ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);

	if (n > 0) {
		take_bytes(s, c, bytes, (size_t)n);
		return;
	}
	(void)close(c->fd);
	c->fd = -1;
}

_Noreturn static void
serve(struct sink *s, int listener)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGINT, SIG_IGN); /* the demo ends it */
	for (int i = 0; i < CLIENTS; i++)
		s->clients[i].fd = -1;
	for (;;) {
		struct pollfd polls[1 + CLIENTS];
		int room = 0;

		for (int i = 0; i < CLIENTS; i++) {
			polls[1 + i] =
			    (struct pollfd){.fd = s->clients[i].fd, .events = POLLIN};
			room += s->clients[i].fd < 0;
		}
		polls[0] = (struct pollfd){.fd = room ? listener : -1, .events = POLLIN};
		if (poll(polls, 1 + CLIENTS, -1) < 0)
			continue;
		for (int i = 0; i < CLIENTS; i++)
			if (polls[1 + i].revents != 0)
				hear(s, &s->clients[i]);
		if (polls[0].revents != 0)
			welcome(s, listener);
	}
}

/* A listening socket on any free port of the loopback interface. */
static int
listen_somewhere(uint16_t *port, struct err *err)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
	    listen(fd, 64) == 0 && getsockname(fd, (struct sockaddr *)&at, &size) == 0) {
		*port = ntohs(at.sin_port);
		return fd;
	}
	(void)err_errno(err, "listen for mail on the loopback interface");
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

bool
demo_smtp_start(struct demo_smtp *s, const char *path, struct err *err)
{
	struct sink *sink;
	int listener;
	FILE *mbox = fopen(path, "w");

	if (mbox == NULL)
		return err_errno(err, "create %s", path);
	listener = listen_somewhere(&s->port, err);
	if (listener < 0) {
		(void)fclose(mbox);
		return false;
	}
	s->count = mmap(NULL, sizeof *s->count, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->count == MAP_FAILED)
		fatal("no memory for two numbers");
	s->pid = fork();
	if (s->pid == 0) {
		sink = xcalloc(1, sizeof *sink);
		sink->count = s->count;
		sink->mbox = mbox;
		serve(sink, listener);
	}
	(void)close(listener);
	(void)fclose(mbox);
	return s->pid > 0 || err_errno(err, "start the mail server");
}

void
demo_smtp_stop(struct demo_smtp *s)
{
	if (s->pid > 0) {
		(void)kill(s->pid, SIGTERM);
		(void)waitpid(s->pid, NULL, 0);
	}
	s->pid = 0;
}
