/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h -- the control socket: one JSON object a line in, one a line out.
 *
 * Only root and the user that the daemon was started by may speak (peer credentials, and
 * the socket's mode 0600). A connection asks one thing at a time; requests end in a
 * newline.
 */
#ifndef ROLE_CONTROL_H
#define ROLE_CONTROL_H

#include "base/json.h"
#include "base/loop.h"

struct control_server;

/* Answers `request` into `reply`, one JSON object without newline. */
typedef void control_verb(void *ctx, const json_t *request, struct wr *reply);

/* `fd`: listening, taken. `owner`: the user besides root who may speak. */
struct control_server *control_server_new(
    struct loop *loop, int fd, unsigned owner, control_verb *verb, void *ctx);
void control_server_free(struct control_server *server);

#endif
