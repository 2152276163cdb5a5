/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_smtp.h -- a mail server for the demo: accepts everything, delivers nothing.
 *
 * It listens on the loopback interface in a child process and keeps what it accepted in a
 * file, so that one can read what subscribers would have been told.
 */
#ifndef CMD_DEMO_SMTP_H
#define CMD_DEMO_SMTP_H

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

struct demo_smtp {
	pid_t pid;
	uint16_t port;
	struct demo_smtp_count {
		uint32_t accepted; /* messages, up to the reply after their last line */
		uint32_t again;    /* of them: with a Message-ID seen before */
	} * count;                 /* shared with the child */
};

/* `path`: the file that messages are appended to (mbox). */
MUST_CHECK bool demo_smtp_start(struct demo_smtp *s, const char *path, struct err *err);
void demo_smtp_stop(struct demo_smtp *s);

#endif
