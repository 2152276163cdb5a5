/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role.c -- see role.h: the child's side of starting, meeting and ending.
 *
 * A status is sent at once if none went lately, else when STATUS_EVERY has passed, so
 * that whoever waits for a watermark does not wait for us.
 */
#include "role/role.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { STATUS_EVERY = 20000, STATUS_MAX = 256 * 1024 };

const struct role_ops *const role_ops[ROLE_KINDS] = {
    [DECODE_ROLE] = &decode_ops,
    [DETECT_ROLE] = &detect_ops,
    [INTAKE_ROLE] = &intake_ops,
    [LEASES_ROLE] = &leases_ops,
    [ENGINE_ROLE] = &engine_ops,
    [ACTOR_ROLE] = &actor_ops,
    [CONSOLE_ROLE] = &console_ops,
    [FETCH_ROLE] = &fetch_ops,
    [BATCH_ROLE] = &batch_ops,
};

_Noreturn void
role_fail(const struct err *err)
{
	log_line(LEVEL_ERROR, "%s", err->text);
	_exit(1);
}

static void
send_status(void *ctx)
{
	struct role *role = ctx;
	struct jw j;
	struct wr w;

	role->status_due = false;
	role->status_sent = clock_monotonic();
	wr_init(&w, STATUS_MAX);
	jw_begin(&j, &w);
	jw_object(&j, NULL);
	role->ops->status(role->self, &j);
	jw_end(&j);
	if (!w.bad)
		msg_send(role->parent, WIRE_STATUS, w.bytes, w.size, -1);
	wr_fini(&w);
}

void
role_changed(struct role *role)
{
	int64_t since = clock_monotonic() - role->status_sent;

	if (role->ops->status == NULL || role->status_due)
		return;
	role->status_due = true;
	(void)loop_after(role->loop, STATUS_EVERY - since, send_status, role);
}

void
role_tell_violation(
    struct role *role, enum role_kind kind, unsigned index, const char *why)
{
	struct wr w;

	if (why == NULL)
		return;
	wr_init(&w, 4096);
	wr_u8(&w, (uint8_t)kind);
	wr_u32(&w, index);
	wr_text(&w, why);
	msg_send(role->parent, WIRE_VIOLATION, w.bytes, w.size, -1);
	wr_fini(&w);
}

static void
on_connect(struct role *role, struct msg *msg)
{
	struct role_link link;

	link.kind = (enum role_kind)rd_u8(&msg->body);
	link.index = rd_u32(&msg->body);
	link.fd = msg_take_fd(msg);
	link.ring = role->pending_ring;
	role->pending_ring = -1;
	role->ops->connect(role->self, &link);
	role_changed(role);
}

static void
on_stop(struct role *role)
{
	if (role->ops->stop != NULL)
		role->ops->stop(role->self);
	_exit(0);
}

static void
on_parent(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	struct role *role = ctx;

	(void)peer;
	if (msg->type == WIRE_CONNECT)
		on_connect(role, msg);
	else if (msg->type == WIRE_RING)
		role->pending_ring = msg_take_fd(msg);
	else if (msg->type == WIRE_STOP)
		on_stop(role);
	else if (role->ops->told != NULL)
		role->ops->told(role->self, msg);
}

/* Without a parent nobody would restart or stop us. */
static void
on_parent_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	(void)ctx;
	(void)peer;
	(void)why;
	_exit(0);
}

static const struct msg_calls parent_calls = {on_parent, on_parent_gone, NULL};

static void
reset_signals(void)
{
	sigset_t none;

	(void)signal(SIGINT, SIG_IGN); /* the terminal sends it to all: the parent acts */
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn void
role_run(struct role *role, int parent_fd)
{
	struct sandbox jail = {role->ops->name, role->config->user, role->ops->allow};
	struct err err;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NAME, role->ops->name);
	reset_signals();
	log_setup(role->ops->name, LEVEL_INFO);
	role->loop = loop_new();
	role->pending_ring = -1;
	role->self = role->ops->warm(role, &err);
	if (role->self == NULL || !sandbox_enter(&jail, &err))
		role_fail(&err);
	role->parent = msg_peer_new(role->loop, parent_fd, &parent_calls, role);
	if (role->ops->start != NULL)
		role->ops->start(role->self);
	msg_send(role->parent, WIRE_READY, "", 0, -1);
	role_changed(role);
	loop_run(role->loop);
	_exit(0);
}
