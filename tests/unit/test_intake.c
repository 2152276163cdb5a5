/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_intake.c -- an intake that a stranger's bytes have taken over can do nothing: no
 * file, no socket, no other process's memory; and it is told nothing but numbers.
 */
#include "../../src/role/intake.c"

#include "base/sandbox.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

static long
open_file(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static long
open_at(void)
{
	return syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", NULL, 0);
}

static long
make_file(void)
{
	return syscall(SYS_creat, "/tmp/botkoll-intake", 0600);
}

static long
list_files(void)
{
	return syscall(SYS_getdents64, 0, NULL, 0);
}

static long
remove_file(void)
{
	return unlink("/tmp/botkoll-intake");
}

static long
make_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long
make_pair(void)
{
	int fds[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}

/* Were a socket there, it could not be connected, nor listened on. */
static long
connect_out(void)
{
	const struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/run/x"};

	return connect(0, (const struct sockaddr *)&to, sizeof to);
}

static long
take_connection(void)
{
	return accept(0, NULL, NULL);
}

static long
trace_parent(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static long
read_parent(void)
{
	char bytes[16];
	struct iovec here = {bytes, sizeof bytes}, there = {bytes, sizeof bytes};

	return process_vm_readv((pid_t)syscall(SYS_getpid) - 1, &here, 1, &there, 1, 0);
}

static long
write_parent(void)
{
	char bytes[16] = {0};
	struct iovec here = {bytes, sizeof bytes}, there = {bytes, sizeof bytes};

	return process_vm_writev((pid_t)syscall(SYS_getpid) - 1, &here, 1, &there, 1, 0);
}

static long
take_descriptor(void)
{
	return syscall(SYS_pidfd_open, 1, 0);
}

static long
signal_others(void)
{
	return kill(-1, 0);
}

static long
start_process(void)
{
	return execl("/bin/true", "true", (char *)NULL);
}

static long
fork_itself(void)
{
	return syscall(SYS_fork);
}

static const struct {
	const char *what;
	long (*deed)(void);
} deeds[] = {{"open", open_file}, {"openat2", open_at}, {"creat", make_file},
    {"getdents64", list_files}, {"unlink", remove_file}, {"socket", make_socket},
    {"socketpair", make_pair}, {"connect", connect_out}, {"accept", take_connection},
    {"ptrace", trace_parent}, {"process_vm_readv", read_parent},
    {"process_vm_writev", write_parent}, {"pidfd_open", take_descriptor},
    {"kill", signal_others}, {"execve", start_process}, {"fork", fork_itself}};

/* How a child ends that is in intake's jail when it does it. */
static int
jailed(long (*deed)(void))
{
	const struct sandbox jail = {intake_ops.name, "nobody", intake_ops.allow};
	struct err err;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		(void)close(STDERR_FILENO);
		if (!sandbox_enter(&jail, &err))
			_exit(99);
		_exit(deed == NULL ? 0 : deed() < 0 ? 2 : 3);
	}
	assert_true(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_jail(void **state)
{
	(void)state;
	assert_int_equal(intake_ops.allow, 0);
	assert_int_equal(jailed(NULL), 0);
#ifdef SANDBOX_SANITIZER
	skip(); /* the sanitizers need some of these calls */
#endif
	for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
		if (jailed(deeds[i].deed) != 128 + SIGSYS)
			fail_msg("intake may %s", deeds[i].what);
}

/* ---- what it is told */

struct other {
	struct msg_peer *peer;
	bool gone;
};

static void
other_message(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	(void)ctx;
	(void)peer;
	(void)msg;
}

static void
other_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	struct other *o = ctx;

	(void)peer;
	(void)why;
	o->gone = true;
}

static void
end_loop(void *ctx)
{
	loop_stop(ctx);
}

/* Whether intake hears a message of this type from the engine, or hangs up. */
static bool
hears(uint32_t type)
{
	static const struct msg_calls other_calls = {other_message, other_gone, NULL};
	struct config config = {.clock = CLOCK_WALL};
	struct role role = {.config = &config, .loop = loop_new(), .ops = &intake_ops};
	struct intake in = {.role = &role};
	struct other o = {0};
	int fds[2], parent[2];
	bool heard;

	msg_pair(fds);
	msg_pair(parent);
	role.parent = msg_peer_new(role.loop, parent[0], &other_calls, &o);
	role.status_due = true; /* nobody asks */
	wr_init(&in.w, MSG_MAX);
	in.engine = msg_peer_new(role.loop, fds[0], &calls, &in);
	o.peer = msg_peer_new(role.loop, fds[1], &other_calls, &o);
	msg_send(o.peer, type, "\0\0\0\0\0\0\0\7report/x", 16, -1);
	(void)loop_after(role.loop, 20000, end_loop, role.loop);
	loop_run(role.loop);
	heard = in.engine != NULL;
	msg_peer_free(in.engine);
	msg_peer_free(o.peer);
	msg_peer_free(role.parent);
	(void)close(parent[1]);
	loop_free(role.loop);
	wr_fini(&in.w);
	return heard;
}

static void
test_told_numbers_only(void **state)
{
	(void)state;
	assert_true(hears(WIRE_ACK)); /* a stream's name and a number */
	for (uint32_t type = WIRE_BATCH; type <= WIRE_MEASURE; type++)
		if (type != WIRE_ACK && hears(type))
			fail_msg("intake hears message %u of the engine's", type);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_jail),
	    cmocka_unit_test(test_told_numbers_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
