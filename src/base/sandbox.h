/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.h -- the jail of a role: another user, no capabilities, few system calls.
 *
 * sandbox_enter cannot be undone. A system call that is not allowed ends the process; the
 * role, the call's name and number are told on stderr first ("jail: role actor asked for
 * openat (257)"), so that a missing line in the list is found at once.
 *
 * Built with -Dsandbox=sanitizer, the calls that address and leak sanitizers need are
 * allowed as well.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include "base/err.h"

/* What a role may do beyond computing, its descriptors and its messages. */
enum sandbox_allow {
	SANDBOX_FILES = 1,   /* open, make, rename, remove files */
	SANDBOX_ACCEPT = 2,  /* take connections on a socket it was given */
	SANDBOX_CONNECT = 4, /* open sockets to others */
	SANDBOX_RESOLVE = 8, /* ask DNS: the files that this looks for are refused, not
			      * punished; without SANDBOX_FILES */
};

struct sandbox {
	const char *role; /* constant */
	const char *user; /* whom to become, if root; NULL: stay */
	unsigned allow;   /* set of enum sandbox_allow */
};

/* Whom `user` is; false with a sentence if nobody is called so. */
MUST_CHECK bool sandbox_user(
    const char *user, unsigned *uid, unsigned *gid, struct err *err);
MUST_CHECK bool sandbox_enter(const struct sandbox *sandbox, struct err *err);
/* In the jail: from now on only `allow`, a part of what was allowed. For a role that
 * needs files at its start and none later. */
MUST_CHECK bool sandbox_narrow(unsigned allow, struct err *err);

#endif
