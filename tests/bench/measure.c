/* SPDX-License-Identifier: Apache-2.0 */
/* measure.c -- see measure.h. */
#include "measure.h"

#include "base/hash.h"
#include "base/mem.h"
#include "event/event.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile uint64_t sink_of_sums;

double
cpu_of(const struct rusage *use)
{
	return (double)(use->ru_utime.tv_sec + use->ru_stime.tv_sec) +
	       1e-6 * (double)(use->ru_utime.tv_usec + use->ru_stime.tv_usec);
}

double
cpu_seconds(int who)
{
	struct rusage use;

	(void)getrusage(who, &use);
	return cpu_of(&use);
}

void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

void
write_capture(const char *path)
{
	static const uint32_t head[6] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};
	FILE *f = fopen(path, "w");

	if (f == NULL || fwrite(head, sizeof head, 1, f) != 1)
		fatal("%s: cannot be written", path);
	for (uint32_t i = 0; i < PACKETS; i++) {
		uint32_t flow = (uint32_t)hash_u64(i, 1) % FLOWS, back = i & 1;
		uint8_t p[54] = {
		    [12] = 8, [14] = 0x45, [22] = 64, [23] = PROTO_TCP, [46] = 0x50};
		uint32_t meta[4] = {1700000000 + i / 20000, i % 20000 * 50, 54, 54};

		put16(p + 16, 40);
		put32(p + (back ? 30 : 26), 0x0a000000 + flow / 8);
		put32(p + (back ? 26 : 30), 0xc0000000 + flow % 977);
		put16(p + (back ? 36 : 34), 40000 + flow % 8);
		put16(p + (back ? 34 : 36), 443);
		p[47] = back ? TCP_SYN | TCP_ACK : TCP_ACK;
		if (fwrite(meta, sizeof meta, 1, f) != 1 ||
		    fwrite(p, sizeof p, 1, f) != 1)
			fatal("%s: cannot be written", path);
	}
	(void)fclose(f);
}

void
bare_scan(const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t size = 24 + (size_t)PACKETS * RECORD;
	const uint8_t *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	uint64_t sum = 0;

	for (size_t at = 24; at < size;) {
		uint32_t captured;

		memcpy(&captured, p + at + 8, 4);
		if (captured >= 38)
			sum += hash_bytes(p + at + 16 + 26, 12, p[at + 16 + 23]);
		at += 16 + captured;
	}
	sink_of_sums = sum;
	(void)close(fd);
}

_Noreturn void
quiet_exec(const char *const *argv)
{
	char *copy[12] = {0};
	int null = open("/dev/null", O_RDWR);

	for (size_t i = 0; argv[i] != NULL; i++)
		copy[i] = xstrdup(argv[i]);
	(void)dup2(null, 0);
	(void)dup2(null, 1);
	(void)dup2(null, 2);
	(void)execvp(copy[0], copy);
	_exit(127);
}

/* It removes the file of -p when it ends: never name a device there. With a control
 * socket it would wait for somebody to speak. */
void
softflowd(const char *path)
{
	char pid[128];
	const char *const argv[] = {
	    "softflowd", "-r", path, "-d", "-m", "131072", "-p", pid, "-c", "none", NULL};

	(void)snprintf(pid, sizeof pid, "%s.pid", path);
	quiet_exec(argv);
}

void
argus(const char *path)
{
	const char *const argv[] = {"argus", "-r", path, "-w", "/dev/null", NULL};

	quiet_exec(argv);
}

double
measure(void (*work)(const char *), const char *path)
{
	double least = -1;

	for (int i = 0; i < ROUNDS; i++) {
		double before = cpu_seconds(RUSAGE_CHILDREN), used;
		int status = 0;
		pid_t pid = fork();

		if (pid == 0) {
			work(path);
			_exit(0);
		}
		(void)waitpid(pid, &status, 0);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			return -1;
		used = cpu_seconds(RUSAGE_CHILDREN) - before;
		if (least < 0 || used < least)
			least = used;
	}
	return least;
}

void
compare(const char *what, const char *peer_name, double own, double peer, double count)
{
	if (peer <= 0)
		(void)printf("%s against %s: not measured (not installed, or failed)\n",
		    what, peer_name);
	else
		(void)printf("%s against %s: ours %.2f M/s, %s %.2f M/s, ratio of CPU "
			     "time %.2f\n",
		    what, peer_name, count / own / 1e6, peer_name, count / peer / 1e6,
		    own / peer);
}
