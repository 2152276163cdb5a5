/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role.h -- what all roles have in common: how they start, meet each other and end.
 *
 * The parent forks a role (no exec). The role calls warm() while it still may open files,
 * then enters its jail, says READY, and lives in its loop. Its peers come as descriptors
 * from the parent: connect() is called once for each, and again whenever that peer was
 * started anew. A peer that ends is only forgotten; the parent sees to the rest.
 */
#ifndef ROLE_ROLE_H
#define ROLE_ROLE_H

#include "base/json.h"
#include "base/loop.h"
#include "base/msg.h"
#include "role/config.h"
#include "role/snapshot.h"
#include "role/wire.h"

enum role_kind {
	DECODE_ROLE, /* one for each source */
	DETECT_ROLE, /* as many as configured */
	INTAKE_ROLE,
	LEASES_ROLE,
	ENGINE_ROLE,
	ACTOR_ROLE,
	CONSOLE_ROLE,
	FETCH_ROLE, /* one for each entry of `fetch` */
	BATCH_ROLE, /* started when the engine asks for it; short-lived */
	ROLE_KINDS
};

enum { ROLE_FDS = 2 };

struct role_link {
	enum role_kind kind;
	unsigned index;
	int fd;   /* taken by connect() */
	int ring; /* -1, or memory of the ring; taken */
};

struct role;

struct role_ops {
	const char *name;
	unsigned allow; /* set of enum sandbox_allow */
	/* Before the jail. NULL with a sentence: the role ends and is tried again. */
	void *(*warm)(struct role *role, struct err *err);
	/* In the jail; may be NULL. */
	void (*start)(void *self);
	void (*connect)(void *self, const struct role_link *link);
	/* A message of the parent's that is not for role.c; may be NULL. */
	void (*told)(void *self, struct msg *msg);
	/* Fields for `botkoll status`, inside an object that is open; may be NULL. */
	void (*status)(void *self, struct jw *j);
	/* Before an orderly end; may be NULL. */
	void (*stop)(void *self);
};

struct role {
	const struct role_ops *ops;
	const struct config *config;
	struct loop *loop;
	struct msg_peer *parent;
	enum role_kind kind;
	unsigned index;
	struct snapshot_slots slots; /* decode, detect */
	int fds[ROLE_FDS];           /* what the parent opened for this role, -1 none */
	uint16_t port;               /* that it listens on, 0 none */
	/* role.c's own. */
	void *self;
	int pending_ring;
	bool status_due;
	int64_t status_sent; /* monotonic */
};

extern const struct role_ops *const role_ops[ROLE_KINDS];
extern const struct role_ops decode_ops, detect_ops, intake_ops, leases_ops, engine_ops,
    actor_ops, console_ops, fetch_ops, batch_ops;

/* In the child: never returns. `parent_fd`: this end of the pair with the parent. */
_Noreturn void role_run(struct role *role, int parent_fd);
/* The status has changed: it is sent soon. */
void role_changed(struct role *role);
/* A pair ended (msg.h, `gone`): if the other side sent nonsense, the parent is told. */
void role_tell_violation(
    struct role *role, enum role_kind kind, unsigned index, const char *why);
/* Ends this role because of a broken installation; the parent tries again. */
_Noreturn void role_fail(const struct err *err);

#endif
