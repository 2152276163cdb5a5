/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_daemon.h -- the real daemon as a child of the demo: started, asked, fed, stopped.
 */
#ifndef CMD_DEMO_DAEMON_H
#define CMD_DEMO_DAEMON_H

#include "cmd/control.h"

#include <sys/types.h>

struct demo_daemon {
	pid_t pid;
	char directory[512]; /* with botkoll.yaml; the daemon's own is `data` in it */
	struct control *control;
};

/* Called while datagrams are sent. False stops the sending. */
typedef bool demo_sent(void *ctx, uint64_t sent);

/* Starts `botkoll run` on the directory's botkoll.yaml, with its log in daemon.log, and
 * waits until it answers. */
MUST_CHECK bool demo_daemon_start(
    struct demo_daemon *d, const char *directory, struct err *err);
/* Asks it to end and waits. False if it did not end well. */
MUST_CHECK bool demo_daemon_stop(struct demo_daemon *d, struct err *err);
/* True while the process lives. */
bool demo_daemon_alive(struct demo_daemon *d);
json_t *demo_daemon_ask(
    struct demo_daemon *d, const char *verb, json_t *args, struct err *err);
/* Sends the datagrams of netflow.pcap to the loopback interface's `port`, never further
 * ahead of what the source `name` has read than its socket holds. */
MUST_CHECK bool demo_daemon_feed(struct demo_daemon *d, const char *name, uint16_t port,
    demo_sent *sent, void *ctx, struct err *err);

#endif
