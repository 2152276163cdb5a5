/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.c -- see sandbox.h. Order matters: groups and user first (they need the
 * capabilities), then the capabilities, then no_new_privs and the filter (libseccomp).
 *
 * All roles may run as one user, who could signal or limit every one of them; so the few
 * calls that reach another process are allowed on the caller itself only.
 *
 * Not handled: paths (seccomp sees no strings); a role with SANDBOX_FILES is bounded by
 * what its user may open.
 */
#include "base/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NAMES = 512, SAID = 128 };

#define CALL(name) SCMP_SYS(name)

/* Memory, time, the loop, reading and writing what is open, messages with descriptors. */
static const int base_calls[] = {CALL(brk), CALL(mmap), CALL(munmap), CALL(mremap),
    CALL(mprotect), CALL(madvise), CALL(clock_gettime), CALL(clock_nanosleep),
    CALL(nanosleep), CALL(gettimeofday), CALL(time), CALL(getrandom), CALL(futex),
    CALL(sched_yield), CALL(read), CALL(readv), CALL(pread64), CALL(write), CALL(writev),
    CALL(pwrite64), CALL(lseek), CALL(close), CALL(fstat), CALL(newfstatat),
    CALL(ftruncate), CALL(fsync), CALL(fdatasync), CALL(dup), CALL(epoll_create1),
    CALL(epoll_ctl), CALL(epoll_wait), CALL(epoll_pwait), CALL(poll), CALL(ppoll),
    CALL(recvmsg), CALL(recvfrom), CALL(recvmmsg), CALL(sendmsg), CALL(sendto),
    CALL(getsockopt), CALL(setsockopt), CALL(shutdown), CALL(rt_sigreturn),
    CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(signalfd4), CALL(restart_syscall),
    CALL(getpid), CALL(gettid), CALL(exit), CALL(exit_group), CALL(getuid), CALL(geteuid),
    CALL(getgid), CALL(getegid), CALL(uname), CALL(sysinfo), CALL(sched_getaffinity),
    CALL(seccomp), CALL(rseq), CALL(getrusage)};
static const int file_calls[] = {CALL(openat), CALL(open), CALL(stat), CALL(lstat),
    CALL(statx), CALL(access), CALL(faccessat), CALL(faccessat2), CALL(unlink),
    CALL(unlinkat), CALL(rename), CALL(renameat), CALL(renameat2), CALL(mkdir),
    CALL(mkdirat), CALL(rmdir), CALL(getdents64), CALL(readlink), CALL(getcwd),
    CALL(flock), CALL(fallocate), CALL(fchmod), CALL(fchown), CALL(utimensat),
    CALL(statfs), CALL(fstatfs), CALL(sync_file_range)};
static const int accept_calls[] = {
    CALL(accept), CALL(accept4), CALL(getpeername), CALL(getsockname), CALL(eventfd2)};
static const int connect_calls[] = {CALL(socket), CALL(connect), CALL(bind),
    CALL(getpeername), CALL(getsockname), CALL(socketpair), CALL(pipe2), CALL(ioctl),
    CALL(eventfd2)};
#ifndef SANDBOX_SANITIZER /* which needs some of them */
/* What getaddrinfo asks of files after its first time: it goes on without. */
static const int resolve_refused[] = {CALL(openat), CALL(open), CALL(stat), CALL(lstat),
    CALL(statx), CALL(access), CALL(faccessat), CALL(faccessat2), CALL(readlink)};
#endif
static const int resolve_calls[] = {CALL(sendmmsg)};
#ifdef SANDBOX_SANITIZER
static const int sanitizer_calls[] = {CALL(openat), CALL(open), CALL(readlink),
    CALL(sigaltstack), CALL(clone), CALL(clone3), CALL(wait4), CALL(ptrace), CALL(prctl),
    CALL(getdents64), CALL(arch_prctl), CALL(personality), CALL(set_robust_list),
    CALL(kill), CALL(getppid), CALL(ioctl), CALL(pipe2), CALL(stat),
    CALL(process_vm_readv)};
#endif

/* What fcntl may do: no owner, no signal, so that no descriptor can signal a process. */
static const int fcntl_commands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL,
    F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW,
    F_ADD_SEALS, F_GET_SEALS};

static const char *role_name = "";
static char *names[NAMES];

/* Async-signal-safe: bytes put together by hand. */
static size_t
say(char *out, size_t used, const char *text)
{
	while (*text && used < SAID - 1)
		out[used++] = *text++;
	return used;
}

static void
on_violation(int signal, siginfo_t *info, void *context)
{
	int number = info->si_syscall;
	char text[SAID], digits[12];
	size_t used = 0, d = sizeof digits - 1;

	(void)signal;
	(void)context;
	digits[d] = 0;
	for (int n = number; d > 0 && (n > 0 || d == sizeof digits - 1); n /= 10)
		digits[--d] = (char)('0' + n % 10);
	used = say(text, used, "<3>jail: role ");
	used = say(text, used, role_name);
	used = say(text, used, " asked for ");
	if (number >= 0 && number < NAMES && names[number] != NULL)
		used = say(text, used, names[number]);
	used = say(text, used, " (");
	used = say(text, used, digits + d);
	used = say(text, used, ")\n");
	(void)!write(STDERR_FILENO, text, used);
	_exit(128 + SIGSYS);
}

static bool
prepare_report(struct err *err)
{
	struct sigaction action = {.sa_sigaction = on_violation, .sa_flags = SA_SIGINFO};

	for (int i = 0; i < NAMES; i++)
		names[i] = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, i);
	if (sigaction(SIGSYS, &action, NULL) < 0)
		return err_errno(err, "sigaction");
	return true;
}

bool
sandbox_user(const char *user, unsigned *uid, unsigned *gid, struct err *err)
{
	const struct passwd *pw = getpwnam(user); /* NOLINT: one thread */

	if (pw == NULL)
		return err_set(
		    err, "no user is called \"%s\"; see the option user", user);
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return true;
}

static bool
become(const char *user, struct err *err)
{
	unsigned uid = 0, gid = 0;

	if (user == NULL || geteuid() != 0)
		return true;
	if (!sandbox_user(user, &uid, &gid, err))
		return false;
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return err_errno(err, "become %s", user);
	return true;
}

/* Without privileges there are no capabilities to give away. */
static bool
drop_capabilities(struct err *err)
{
	if (capng_get_caps_process() != 0)
		return err_set(err, "capabilities cannot be read");
	if (capng_have_capabilities(CAPNG_SELECT_CAPS) == CAPNG_NONE)
		return true;
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		return err_errno(err, "drop capabilities");
	return true;
}

static int
allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	return rc;
}

#define ALLOW(calls) allow(filter, calls, sizeof(calls) / sizeof *(calls))

static int
allow_if(scmp_filter_ctx filter, int call, unsigned argument, uint64_t value)
{
	return seccomp_rule_add(
	    filter, SCMP_ACT_ALLOW, call, 1, SCMP_CMP64(argument, SCMP_CMP_EQ, value, 0));
}

/* Roles share a user: what could end or bind another process is for oneself only. */
static int
allow_own(scmp_filter_ctx filter)
{
	int rc = allow_if(filter, CALL(tgkill), 0, (uint64_t)getpid());

	if (rc == 0)
		rc = allow_if(filter, CALL(prlimit64), 0, 0);
	for (size_t i = 0; i < sizeof fcntl_commands / sizeof *fcntl_commands && rc == 0;
	     i++)
		rc = allow_if(filter, CALL(fcntl), 1, (uint64_t)fcntl_commands[i]);
	return rc;
}

static int
allow_resolving(scmp_filter_ctx filter)
{
	int rc = ALLOW(resolve_calls);

#ifndef SANDBOX_SANITIZER
	for (size_t i = 0;
	     i < sizeof resolve_refused / sizeof *resolve_refused && rc == 0; i++)
		rc = seccomp_rule_add(
		    filter, SCMP_ACT_ERRNO(EACCES), resolve_refused[i], 0);
#endif
	return rc;
}

static int
fill(scmp_filter_ctx filter, unsigned set)
{
	int rc = ALLOW(base_calls);

	if (rc == 0)
		rc = allow_own(filter);
	if (rc == 0 && (set & SANDBOX_FILES))
		rc = ALLOW(file_calls);
	if (rc == 0 && (set & SANDBOX_ACCEPT))
		rc = ALLOW(accept_calls);
	if (rc == 0 && (set & SANDBOX_CONNECT))
		rc = ALLOW(connect_calls);
	if (rc == 0 && (set & SANDBOX_RESOLVE))
		rc = allow_resolving(filter);
#ifdef SANDBOX_SANITIZER
	if (rc == 0)
		rc = ALLOW(sanitizer_calls);
#endif
	return rc;
}

static bool
filter_calls(unsigned set, struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
	int rc;

	if (filter == NULL)
		return err_set(err, "no filter for system calls can be made");
	rc = fill(filter, set);
	if (rc == 0) /* asked for by sandbox_enter; a jailed process may not again */
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	if (rc != 0)
		return err_set(err, "filter for system calls: %s", strerrordesc_np(-rc));
	return true;
}

bool
sandbox_enter(const struct sandbox *sandbox, struct err *err)
{
	role_name = sandbox->role;
	if (!prepare_report(err) || !become(sandbox->user, err) ||
	    !drop_capabilities(err))
		return false;
	/* After a change of user the parent's death signal is forgotten. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(err, "prctl");
	return filter_calls(sandbox->allow, err);
}

/* Filters add up: a call must pass all of them. */
bool
sandbox_narrow(unsigned set, struct err *err)
{
	return filter_calls(set, err);
}
