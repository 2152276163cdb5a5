/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_findings.c -- CPU time from input to findings: source, flow table or templates,
 * merge, pair, detectors, ledger, in one process as `botkoll detect` has them.
 *
 * Packets: the capture of measure.h, against softflowd, argus (which make flows only) and
 * a bare scan of the headers. NetFlow v9: a simulated provider's export, sent over the
 * loopback interface to our UDP source and, apart, to nfcapd (which stores only). The
 * sender looks at the receiver's queue in /proc/net/udp and waits while it is long; its
 * own time is not counted. The kernel's work of receiving counts for both. Nothing may be
 * lost on the way, or the bench fails.
 */
#include "base/mem.h"
#include "base/when.h"
#include "detect/runner.h"
#include "detect/weights.h"
#include "intel/import.h"
#include "measure.h"
#include "sim/sim.h"
#include "source/source.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINES = 2000, DAYS = 3, BOTS = 25, QUEUE = 1 << 16, CHECK_EACH = 8 };
enum { BEFORE_PAYLOAD = 16 + 14 + 20 + 8, PATIENCE = 100 * 1000 };

struct result {
	uint64_t records, lost, sightings, lines;
};

static struct result *shared; /* told by a child */
static char indicators_path[64];
static volatile sig_atomic_t stopped;

static void
count_sighting(void *ctx, const struct sighting *s)
{
	(void)s;
	++*(uint64_t *)ctx;
}

static void
put_batch(void *ctx, struct batch *batch)
{
	(void)runner_put(ctx, batch);
}

static void
stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void
read_input(const struct source *source, void *self, int fd, struct runner *r)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	while (!stopped) {
		while (source->step(self, put_batch, r))
			;
		if (source != &source_netflow)
			break;
		(void)poll(&wait, 1, 20);
	}
	source->finish(self, WHEN_NEVER, put_batch, r);
}

static void
findings(const struct source *source, int fd)
{
	struct prefix nets[3];
	struct our_networks ours = {.items = nets, .count = 3, .v6_length = 64};
	struct source_env env = {.ours = &ours,
	    .lateness = WHEN_MINUTE,
	    .classes = DATA_TRAFFIC | DATA_NAME,
	    .flows = 1 << 17,
	    .active = WHEN_HOUR,
	    .idle = WHEN_MINUTE};
	struct runner_env renv;
	struct runner *runner;
	struct err err;
	void *self;

	if (!prefix_parse("10.0.0.0/8", &nets[0]) ||
	    !prefix_parse("198.18.0.0/15", &nets[1]) ||
	    !prefix_parse("100.64.0.0/16", &nets[2]))
		fatal("networks");
	runner_preset(&renv);
	renv.weights = weights_read(NULL, &err);
	renv.indicators = indicators_read(indicators_path, &err);
	renv.out.ctx = &shared->sightings;
	renv.out.sighting = count_sighting;
	self = source->open(&env, fd, "input", &err);
	if (renv.weights == NULL || renv.indicators == NULL || self == NULL)
		fatal("%s", err.text);
	shared->sightings = 0;
	runner = runner_new(&renv);
	read_input(source, self, fd, runner);
	shared->records = source->stat(self)->flow_records;
	shared->lost = source->stat(self)->lost;
	shared->lines = runner_stat(runner).lines;
}

static void
file_findings(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		fatal("%s: cannot be read", path);
	findings(&source_pcap, fd);
	if (shared->lines == 0)
		fatal("%s: no line was seen", path);
}

/* Queue and drops of the socket bound to the port; false: there is none. */
static bool
look(uint16_t port, unsigned long *queued, unsigned long *drops)
{
	FILE *f = fopen("/proc/net/udp", "r");
	char line[256];
	bool found = false;

	if (f == NULL)
		fatal("/proc/net/udp: cannot be read");
	while (!found && fgets(line, sizeof line, f) != NULL) {
		unsigned local;

		found = sscanf(line,
			    " %*u: %*x:%x %*x:%*x %*x %*x:%lx %*s %*s %*s %*s %*s %*s "
			    "%*s %lu",
			    &local, queued, drops) == 3 &&
			local == port;
	}
	(void)fclose(f);
	return found;
}

static void
wait_for_queue(uint16_t port, unsigned long most)
{
	unsigned long queued, drops;

	do {
		if (!look(port, &queued, &drops))
			fatal("the receiver has gone");
		if (drops > 0)
			fatal("datagrams were lost on the way");
		if (queued > most)
			(void)usleep(500);
	} while (queued > most);
}

/* Every UDP payload of the simulator's capture, in order. */
static void
send_all(const char *path, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = open(path, O_RDONLY), s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct stat st;
	const uint8_t *p;
	size_t size, at = 24, sent = 0;

	if (fd < 0 || fstat(fd, &st) != 0 ||
	    connect(s, (struct sockaddr *)&to, sizeof to) != 0)
		fatal("%s: cannot be sent", path);
	size = (size_t)st.st_size;
	p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	while (at + BEFORE_PAYLOAD < size) {
		size_t captured =
		    (size_t)p[at + 9] << 16 | (size_t)p[at + 10] << 8 | p[at + 11];

		if (send(s, p + at + BEFORE_PAYLOAD, captured - (BEFORE_PAYLOAD - 16),
			0) < 0)
			fatal("a datagram could not be sent");
		at += 16 + captured;
		if (++sent % CHECK_EACH == 0)
			wait_for_queue(port, QUEUE);
	}
	wait_for_queue(port, 0);
	(void)usleep(PATIENCE); /* the last ones are out of the queue, not yet stored */
	(void)munmap((void *)(uintptr_t)p, size);
	(void)close(fd);
	(void)close(s);
}

static int
bind_any(uint16_t *port)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0 || bind(s, (struct sockaddr *)&at, sizeof at) != 0 ||
	    getsockname(s, (struct sockaddr *)&at, &size) != 0)
		fatal("no port on the loopback interface");
	*port = ntohs(at.sin_port);
	return s;
}

/* Sends to the child, ends it, and says what CPU time it took; negative: it failed. */
static double
serve(pid_t pid, const char *capture, uint16_t port)
{
	unsigned long queued, drops;
	struct rusage use;
	int status = 0;

	for (int i = 0; i < 100 && !look(port, &queued, &drops); i++)
		(void)usleep(20000);
	if (look(port, &queued, &drops))
		send_all(capture, port);
	(void)kill(pid, SIGTERM);
	if (wait4(pid, &status, 0, &use) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 0)
		return -1;
	return cpu_of(&use);
}

static double
ours_over_udp(const char *capture)
{
	uint16_t port;
	int s = bind_any(&port);
	pid_t pid = fork();

	if (pid == 0) {
		struct sigaction act = {.sa_handler = stop};

		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		(void)sigaction(SIGTERM, &act, NULL);
		findings(&source_netflow, s);
		_exit(0);
	}
	(void)close(s);
	return serve(pid, capture, port);
}

static double
nfcapd_over_udp(const char *capture, const char *directory)
{
	uint16_t port;
	char number[8];
	pid_t pid;

	(void)close(bind_any(&port));
	(void)snprintf(number, sizeof number, "%u", port);
	pid = fork();
	if (pid == 0) {
		const char *const argv[] = {
		    "nfcapd", "-b", "127.0.0.1", "-p", number, "-w", directory, NULL};

		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		quiet_exec(argv);
	}
	return serve(pid, capture, port);
}

/* What nfcapd stored, as nfdump counts it. */
static uint64_t
stored(const char *directory)
{
	char command[128], line[128];
	unsigned long long flows = 0;
	FILE *f;

	(void)snprintf(command, sizeof command, "nfdump -R %s -I 2>/dev/null", directory);
	f = popen(command, "r");
	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		(void)sscanf(line, "Flows: %llu", &flows);
	if (f != NULL)
		(void)pclose(f);
	return flows;
}

static void
remove_tree(const char *directory)
{
	DIR *d = opendir(directory);
	const struct dirent *entry;
	char path[400];

	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
		if (unlink(path) != 0)
			remove_tree(path);
	}
	if (d != NULL)
		(void)closedir(d);
	(void)rmdir(directory);
}

static void
bench_packets(const char *directory)
{
	char path[80];
	double own;

	(void)snprintf(path, sizeof path, "%s/packets.pcap", directory);
	write_capture(path);
	(void)chmod(path, 0644);
	own = measure(file_findings, path);
	if (own < 0)
		fatal("packets -> findings failed");
	compare(
	    "packets -> findings", "bare scan", own, measure(bare_scan, path), PACKETS);
	compare(
	    "packets -> findings", "softflowd", own, measure(softflowd, path), PACKETS);
	compare("packets -> findings", "argus", own, measure(argus, path), PACKETS);
}

static void
bench_v9(const char *directory, const struct sim_stat *sim)
{
	char capture[80], store[80];
	double own = -1, peer = -1, file;

	(void)snprintf(capture, sizeof capture, "%s/netflow.pcap", directory);
	(void)snprintf(store, sizeof store, "%s/nfcapd", directory);
	for (int i = 0; i < ROUNDS; i++) {
		double used = ours_over_udp(capture);

		if (used < 0 || shared->records < sim->records || shared->lost > 0)
			fatal("v9: %llu records of %llu",
			    (unsigned long long)shared->records,
			    (unsigned long long)sim->records);
		own = own < 0 || used < own ? used : own;
		(void)mkdir(store, 0755);
		used = nfcapd_over_udp(capture, store);
		if (used >= 0 && stored(store) != sim->records)
			fatal("nfcapd stored %llu records of %llu",
			    (unsigned long long)stored(store),
			    (unsigned long long)sim->records);
		if (used >= 0 && (peer < 0 || used < peer))
			peer = used;
		remove_tree(store);
	}
	compare("v9 over UDP -> findings", "nfcapd", own, peer, (double)sim->records);
	file = measure(file_findings, capture);
	(void)printf("v9 in a capture -> findings: %.2f M records/s; %llu records, %llu "
		     "lines, %llu sightings\n",
	    (double)sim->records / file / 1e6, (unsigned long long)shared->records,
	    (unsigned long long)shared->lines, (unsigned long long)shared->sightings);
}

int
main(void)
{
	const struct sim_config config = {
	    .seed = 1, .lines = LINES, .days = DAYS, .bots = BOTS, .start = SIM_START};
	char directory[] = "/tmp/botkoll-bench-XXXXXX";
	struct sim_stat sim;
	struct err err;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (mkdtemp(directory) == NULL || shared == MAP_FAILED)
		fatal("no directory under /tmp");
	if (!sim_run(&config, directory, NULL, NULL, &sim, &err))
		fatal("%s", err.text);
	(void)snprintf(
	    indicators_path, sizeof indicators_path, "%s/indicators.csv", directory);
	bench_packets(directory);
	bench_v9(directory, &sim);
	remove_tree(directory);
	return 0;
}
