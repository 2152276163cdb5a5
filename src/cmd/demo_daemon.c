/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_daemon.c -- see demo_daemon.h.
 *
 * UDP has no flow control, so the demo makes its own: `status` tells how many datagrams
 * the source has read, and the number on the way stays below what its receive buffer
 * holds even at the kernel's price for a datagram. A real router cannot do that; the demo
 * wants to show a week in a minute and to lose nothing.
 */
#include "cmd/demo_daemon.h"
#include "base/file.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	HEADERS = 14 + 20 + 8, /* Ethernet, IPv4, UDP, as the simulation writes them */
	PRICE = 4096,          /* bytes of receive buffer that a datagram may cost */
	LEAST_BUFFER = 212992, /* where status does not tell */
	PAUSE = 2000,          /* µs between two looks at the status */
	START_TIME = 30 * 1000000,
	STALL_TIME = 60 * 1000000
};

_Noreturn static void
become_daemon(const char *directory)
{
	char path[600];
	int log, null = open("/dev/null", O_RDWR);

	/* Not in the terminal's foreground group: the demo decides when it ends. */
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)snprintf(path, sizeof path, "%s/daemon.log", directory);
	log = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (log < 0 || null < 0)
		_exit(127);
	(void)dup2(null, 0);
	(void)dup2(null, 1);
	(void)dup2(log, 2);
	(void)snprintf(path, sizeof path, "%s/botkoll.yaml", directory);
	(void)execl("/proc/self/exe", "botkoll", "run", "-c", path, (char *)NULL);
	_exit(127);
}

bool
demo_daemon_alive(struct demo_daemon *d)
{
	if (d->pid > 0 && waitpid(d->pid, NULL, WNOHANG) == d->pid)
		d->pid = 0;
	return d->pid > 0;
}

/* Its last words are in its log: a port in use, most often. */
static bool
ended_at_once(const char *directory, struct err *err)
{
	const char *last;
	char path[600];
	struct err ignored;
	struct wr log;
	bool read;

	(void)snprintf(path, sizeof path, "%s/daemon.log", directory);
	wr_init(&log, 1 << 20);
	read = file_read(path, &log, &ignored);
	while (log.size > 0 && log.bytes[log.size - 1] == '\n')
		log.size--;
	last = wr_string(&log);
	if (strrchr(last, '\n') != NULL)
		last = strrchr(last, '\n') + 1;
	(void)err_set(err, "the daemon ended at once: %.120s (all of it: %s)",
	    read ? last : "", path);
	wr_fini(&log);
	return false;
}

bool
demo_daemon_start(struct demo_daemon *d, const char *directory, struct err *err)
{
	int64_t begun = clock_monotonic();
	char data[600];
	json_t *status;

	*d = (struct demo_daemon){0};
	(void)snprintf(d->directory, sizeof d->directory, "%s", directory);
	(void)snprintf(data, sizeof data, "%s/data", directory);
	d->pid = fork();
	if (d->pid < 0)
		return err_errno(err, "fork");
	if (d->pid == 0)
		become_daemon(directory);
	while (clock_monotonic() < begun + START_TIME) {
		if (!demo_daemon_alive(d))
			return ended_at_once(directory, err);
		if (d->control == NULL)
			d->control = control_open(data, err);
		if (d->control != NULL &&
		    (status = demo_daemon_ask(d, "status", NULL, err))) {
			json_decref(status);
			return true;
		}
		control_close(d->control);
		d->control = NULL;
		(void)usleep(20000);
	}
	return err_set(err, "the daemon does not answer; see %s/daemon.log", directory);
}

bool
demo_daemon_stop(struct demo_daemon *d, struct err *err)
{
	int status = 0;

	control_close(d->control);
	d->control = NULL;
	if (d->pid <= 0)
		return err_set(err, "the daemon had ended by itself; see %s/daemon.log",
		    d->directory);
	(void)kill(d->pid, SIGTERM);
	(void)waitpid(d->pid, &status, 0);
	d->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	return err_set(err, "the daemon ended with status %d; see %s/daemon.log", status,
	    d->directory);
}

json_t *
demo_daemon_ask(struct demo_daemon *d, const char *verb, json_t *args, struct err *err)
{
	return control_ask(d->control, verb, args, err);
}

struct feed {
	struct demo_daemon *daemon;
	const char *name;
	uint64_t sent, read, room;
	int64_t moved; /* monotonic: when `read` last grew */
};

/* What the source has read so far. */
static bool
look(struct feed *f, struct err *err)
{
	json_t *status = demo_daemon_ask(f->daemon, "status", NULL, err), *source;
	uint64_t before = f->read;
	size_t i;

	if (status == NULL)
		return false;
	json_array_foreach(json_object_get(status, "sources"), i, source)
	{
		const char *name = json_string_value(json_object_get(source, "source"));
		json_int_t buffer =
		    json_integer_value(json_object_get(source, "receive_buffer"));

		if (name == NULL || strcmp(name, f->name) != 0)
			continue;
		f->read =
		    (uint64_t)json_integer_value(json_object_get(source, "records"));
		f->room = (uint64_t)(buffer > 0 ? buffer : LEAST_BUFFER) / PRICE;
	}
	json_decref(status);
	if (f->read > before)
		f->moved = clock_monotonic();
	if (clock_monotonic() > f->moved + STALL_TIME)
		return err_set(err, "the daemon has read nothing for a minute");
	return true;
}

static bool
wait_for_room(struct feed *f, uint64_t room, struct err *err)
{
	while (f->sent >= f->read + room) {
		if (!look(f, err))
			return false;
		if (f->sent >= f->read + room)
			(void)usleep(PAUSE);
	}
	return true;
}

static int
connect_to(uint16_t port, struct err *err)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	(void)err_errno(err, "export to port %u", port);
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static bool
send_all(
    struct feed *f, pcap_t *file, int fd, demo_sent *sent, void *ctx, struct err *err)
{
	struct pcap_pkthdr *head;
	const uint8_t *bytes;

	if (!look(f, err))
		return false;
	while (pcap_next_ex(file, &head, &bytes) == 1) {
		if (!wait_for_room(f, f->room, err))
			return false;
		if (head->caplen <= HEADERS)
			return err_set(err, "netflow.pcap: a packet is too short");
		if (send(fd, bytes + HEADERS, head->caplen - HEADERS, 0) < 0)
			return err_errno(err, "export a datagram");
		f->sent++;
		if (!sent(ctx, f->sent))
			return err_set(err, "stopped");
	}
	return wait_for_room(f, 1, err); /* until all is read */
}

bool
demo_daemon_feed(struct demo_daemon *d, const char *name, uint16_t port, demo_sent *sent,
    void *ctx, struct err *err)
{
	struct feed f = {
	    .daemon = d, .name = name, .moved = clock_monotonic(), .room = 1};
	char path[600], why[PCAP_ERRBUF_SIZE];
	pcap_t *file;
	bool ok = false;
	int fd;

	(void)snprintf(path, sizeof path, "%s/netflow.pcap", d->directory);
	file = pcap_open_offline(path, why);
	if (file == NULL)
		return err_set(err, "%s", why);
	fd = connect_to(port, err);
	if (fd >= 0) {
		ok = send_all(&f, file, fd, sent, ctx, err);
		(void)close(fd);
	}
	pcap_close(file);
	return ok;
}
