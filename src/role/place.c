/* SPDX-License-Identifier: Apache-2.0 */
/* place.c -- see place.h. */
#include "role/place.h"

#include "base/mem.h"
#include "base/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { SOCKET_BUFFER = 8 << 20, WAITING = 64 };

char *
place_path(const struct config *config, const char *name)
{
	size_t size = strlen(config->directory) + strlen(name) + 2;
	char *path = xmalloc(size);

	(void)snprintf(path, size, "%s/%s", config->directory, name);
	return path;
}

int
place_file(const struct config *config, const char *name, struct err *err)
{
	char *path = place_path(config, name);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		(void)err_errno(err, "open %s", path);
	free(path);
	return fd;
}

/* A directory that the roles' user owns. `follow`: 0, or O_NOFOLLOW where that user may
 * have put a link, so that what it points at is not given away. */
static bool
make_directory(const struct config *config, const char *path, int follow, struct err *err)
{
	unsigned uid, gid;
	bool good;
	int fd;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_errno(err, "make directory %s", path);
	if (geteuid() != 0)
		return true;
	if (!sandbox_user(config->user, &uid, &gid, err))
		return false;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | follow);
	good = fd >= 0 && fchown(fd, uid, gid) == 0;
	if (!good)
		(void)err_errno(err, "give %s to %s", path, config->user);
	if (fd >= 0)
		(void)close(fd);
	return good;
}

static bool
make_directories(const struct config *config, struct err *err)
{
	static const char *const parts[] = {"leases", "snapshots"};
	bool good = make_directory(config, config->directory, 0, err);

	for (size_t i = 0; good && i < sizeof parts / sizeof parts[0]; i++) {
		char *path = place_path(config, parts[i]);

		good = make_directory(config, path, O_NOFOLLOW, err);
		free(path);
	}
	return good;
}

/* What is fetched lies where only the parent writes by name. */
static bool
make_spools(const struct config *config, struct err *err)
{
	char *path = place_path(config, "spool");
	bool good = config->fetch.count == 0 || mkdir(path, 0700) == 0 || errno == EEXIST;

	if (!good)
		(void)err_errno(err, "make directory %s", path);
	for (size_t i = 0; good && i < config->fetch.count; i++) {
		const char *part = config_fetch(config, i)->report.path;

		good = mkdir(part, 0700) == 0 || errno == EEXIST ||
		       err_errno(err, "make directory %s", part);
	}
	free(path);
	return good;
}

static bool
take_lock(struct place *place, struct err *err)
{
	char text[32];
	int n;

	place->lock = place_file(place->config, "lock", err);
	if (place->lock < 0)
		return false;
	if (flock(place->lock, LOCK_EX | LOCK_NB) < 0)
		return err_set(err,
		    "%s: another botkoll runs in this directory (see the file lock for "
		    "its number)",
		    place->config->directory);
	n = snprintf(text, sizeof text, "%d\n", (int)getpid());
	if (ftruncate(place->lock, 0) < 0 || write(place->lock, text, (size_t)n) != n)
		return err_errno(err, "write the lock");
	return true;
}

static bool
listen_control(struct place *place, struct err *err)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	char *path = place_path(place->config, "control");
	mode_t mask = umask(0177);
	bool good = strlen(path) < sizeof sun.sun_path;

	if (!good)
		(void)err_set(err, "%s: too long for a socket's path", path);
	else {
		memcpy(sun.sun_path, path, strlen(path) + 1);
		(void)unlink(path);
		place->control =
		    socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		good = place->control >= 0 &&
		       bind(place->control, (struct sockaddr *)&sun, sizeof sun) == 0 &&
		       listen(place->control, WAITING) == 0;
		if (!good)
			(void)err_errno(err, "listen on %s", path);
	}
	(void)umask(mask);
	free(path);
	return good;
}

/* Binds to an address of ours; *bound: the port given. `shared`: with others of this
 * process, among which the kernel deals by the sender's address and port. */
static int
bind_socket(int type, const struct addr *addr, int64_t port, bool shared, uint16_t *bound)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6};
	socklen_t size = sizeof sin6;
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, off = 0, buffer = SOCKET_BUFFER;

	if (fd < 0)
		return -1;
	memcpy(&sin6.sin6_addr, addr->b, 16);
	sin6.sin6_port = htons((uint16_t)port);
	(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (shared)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
	(void)setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
	if (type == SOCK_STREAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	else if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
	if (bind(fd, (struct sockaddr *)&sin6, sizeof sin6) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sin6, &size) < 0) {
		(void)close(fd);
		return -1;
	}
	*bound = ntohs(sin6.sin6_port);
	return fd;
}

static bool
open_sources(struct place *place, struct err *err)
{
	size_t count = place->config->decoder_count;

	place->sources = xcalloc(count, sizeof *place->sources);
	place->source_ports = xcalloc(count, sizeof *place->source_ports);
	for (size_t i = 0; i < count; i++)
		place->sources[i] = -1;
	for (size_t i = 0; i < count; i++) {
		const struct config_source *s = config_decoder(place->config, i);
		int64_t port = s->part == 0 ? s->port : place->source_ports[i - 1];

		if (!s->live)
			continue;
		place->sources[i] = bind_socket(SOCK_DGRAM, &s->listen, port,
		    s->processes > 1, &place->source_ports[i]);
		if (place->sources[i] < 0)
			return err_errno(err, "source \"%s\": listen on UDP port %d",
			    s->name, (int)s->port);
	}
	return true;
}

static bool
listen_console(struct place *place, struct err *err)
{
	const struct config_console *c = &place->config->console;

	if (!c->enabled)
		return true;
	place->console =
	    bind_socket(SOCK_STREAM, &c->listen, c->port, false, &place->console_port);
	if (place->console < 0 || listen(place->console, WAITING) < 0)
		return err_errno(err, "console: listen on port %d", (int)c->port);
	return true;
}

bool
place_open(struct place *place, const struct config *config, struct err *err)
{
	char *key = place_path(config, "snapshot.key");
	bool good;

	*place =
	    (struct place){.config = config, .lock = -1, .control = -1, .console = -1};
	good = make_directories(config, err) && make_spools(config, err) &&
	       take_lock(place, err) && snapshot_key(key, place->key, err) &&
	       listen_control(place, err) && open_sources(place, err) &&
	       listen_console(place, err);
	free(key);
	if (!good)
		place_close(place);
	return good;
}

static void
close_one(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

void
place_close(struct place *place)
{
	for (size_t i = 0; place->sources != NULL && i < place->config->decoder_count;
	     i++)
		close_one(place->sources[i]);
	free(place->sources);
	free(place->source_ports);
	close_one(place->control);
	close_one(place->console);
	close_one(place->lock);
}
