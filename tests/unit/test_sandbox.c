/* SPDX-License-Identifier: Apache-2.0 */
/* test_sandbox.c -- what is not on the list ends the process, and is named. */
#include "../../src/base/sandbox.c"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

enum deed {
	COMPUTE,
	OPEN_FILE,
	OPEN_SOCKET,
	START_PROCESS,
	GAIN,
	SIGNAL_SELF,
	SIGNAL_OTHER,
	LIMIT_OTHER,
	OWN_DESCRIPTOR,
	NARROWED,
	LOOK_FOR_FILES,
	LOOK_INTO_OTHER,
	MAKE_DIRECTORY
};

static void
commit(enum deed deed)
{
	struct rlimit none = {0, 0};
	struct err err;
	char *copy;
	int fd;

	switch (deed) {
	case COMPUTE:
		copy = malloc(1 << 20);
		free(copy);
		break;
	case OPEN_FILE:
		fd = open("/etc/hostname", O_RDONLY);
		(void)close(fd);
		break;
	case OPEN_SOCKET:
		fd = socket(AF_INET, SOCK_STREAM, 0);
		(void)close(fd);
		break;
	case START_PROCESS:
		(void)execl("/bin/true", "true", (char *)NULL);
		break;
	case GAIN:
		_exit(setuid(0) == 0 ? 3 : 4);
	case SIGNAL_SELF:
		(void)signal(SIGUSR1, SIG_IGN);
		_exit(raise(SIGUSR1) == 0 ? 0 : 4);
	case SIGNAL_OTHER:
		_exit(syscall(SYS_tgkill, 1, 1, SIGTERM) == 0 ? 3 : 4);
	case LIMIT_OTHER:
		_exit(prlimit(1, RLIMIT_CORE, &none, NULL) == 0 ? 3 : 4);
	case OWN_DESCRIPTOR:
		_exit(fcntl(STDERR_FILENO, F_SETOWN, 1) == 0 ? 3 : 4);
	case LOOK_FOR_FILES:
		_exit(open("/etc/hostname", O_RDONLY) < 0 && errno == EACCES &&
			      access("/etc/hostname", R_OK) < 0 && errno == EACCES &&
			      open("made", O_WRONLY | O_CREAT, 0600) < 0
			  ? 0
			  : 4);
	case LOOK_INTO_OTHER:
		_exit(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0) == 0
			  ? 3
			  : 4);
	case MAKE_DIRECTORY:
		_exit(mkdir("made", 0700) == 0 ? 3 : 4);
	case NARROWED:
		fd = open("/etc/hostname", O_RDONLY);
		if (fd < 0 || !sandbox_narrow(SANDBOX_ACCEPT, &err))
			_exit(4);
		(void)open("/etc/hostname", O_RDONLY);
		break;
	}
}

/* Exit status of a child that enters the jail and commits `deed`; its stderr in `said`.
 */
static int
child(unsigned allow_set, enum deed deed, char said[256])
{
	int p[2], status = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		struct sandbox s = {"test", "nobody", allow_set};
		struct err err;

		(void)dup2(p[1], STDERR_FILENO);
		if (!sandbox_enter(&s, &err)) {
			(void)!write(STDERR_FILENO, err.text, strlen(err.text));
			_exit(99);
		}
		commit(deed);
		_exit(0);
	}
	(void)close(p[1]);
	n = read(p[0], said, 255);
	said[n > 0 ? n : 0] = 0;
	(void)close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_allowed(void **state)
{
	char said[256];

	(void)state;
	assert_int_equal(child(0, COMPUTE, said), 0);
	assert_string_equal(said, "");
	assert_int_equal(child(SANDBOX_FILES, OPEN_FILE, said), 0);
	assert_int_equal(child(SANDBOX_CONNECT, OPEN_SOCKET, said), 0);
	assert_int_equal(child(0, SIGNAL_SELF, said), 0);
}

/* Roles share a user; none may end or bind another. */
static void
test_others_are_out_of_reach(void **state)
{
	char said[256];

	(void)state;
	assert_int_equal(child(0, SIGNAL_OTHER, said), 128 + SIGSYS);
	assert_int_equal(child(0, LIMIT_OTHER, said), 128 + SIGSYS);
	assert_non_null(strstr(said, "asked for prlimit64"));
	assert_int_equal(child(0, OWN_DESCRIPTOR, said), 128 + SIGSYS);
	assert_non_null(strstr(said, "asked for fcntl"));
}

static void
test_narrow(void **state)
{
	(void)state;
#ifndef SANDBOX_SANITIZER
	char said[256];

	assert_int_equal(child(SANDBOX_FILES, NARROWED, said), 128 + SIGSYS);
	assert_string_equal(said, "<3>jail: role test asked for openat (257)\n");
#endif
}

static void
test_refused(void **state)
{
	char said[256];

	(void)state;
#ifndef SANDBOX_SANITIZER
	assert_int_equal(child(0, OPEN_FILE, said), 128 + SIGSYS);
	assert_string_equal(said, "<3>jail: role test asked for openat (257)\n");
#endif
	assert_int_equal(child(SANDBOX_FILES, OPEN_SOCKET, said), 128 + SIGSYS);
	assert_non_null(strstr(said, "asked for socket"));
	assert_int_equal(child(SANDBOX_FILES, START_PROCESS, said), 128 + SIGSYS);
	assert_non_null(strstr(said, "asked for execve"));
	assert_int_equal(child(0, GAIN, said), 128 + SIGSYS);
}

/* A role that may ask DNS finds no file, and dies of whatever else it tries. */
static void
test_resolving(void **state)
{
	const unsigned fetch = SANDBOX_CONNECT | SANDBOX_RESOLVE;
	char said[256];

	(void)state;
	assert_int_equal(child(fetch, OPEN_SOCKET, said), 0);
#ifndef SANDBOX_SANITIZER
	assert_int_equal(child(fetch, LOOK_FOR_FILES, said), 0);
	assert_string_equal(said, "");
	assert_int_equal(child(fetch, LOOK_INTO_OTHER, said), 128 + SIGSYS);
#endif
	assert_int_equal(child(fetch, MAKE_DIRECTORY, said), 128 + SIGSYS);
	assert_int_equal(child(fetch, START_PROCESS, said), 128 + SIGSYS);
	assert_int_equal(child(fetch, SIGNAL_OTHER, said), 128 + SIGSYS);
}

static void
test_unknown_user(void **state)
{
	struct err err;
	unsigned uid, gid;

	(void)state;
	assert_false(sandbox_user("no-such-user-here", &uid, &gid, &err));
	assert_non_null(strstr(err.text, "no-such-user-here"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_allowed),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_others_are_out_of_reach),
	    cmocka_unit_test(test_narrow),
	    cmocka_unit_test(test_resolving),
	    cmocka_unit_test(test_unknown_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
