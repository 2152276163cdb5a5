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

/* Answers `request` into `reply`, one JSON object without newline. False: the answer
 * comes later, with control_answer and this ticket. */
typedef bool control_verb(
    void *ctx, uint64_t ticket, const json_t *request, struct wr *reply);

/* `fd`: listening, taken. `owner`: the user besides root who may speak. */
struct control_server *control_server_new(
    struct loop *loop, int fd, unsigned owner, control_verb *verb, void *ctx);
/* Whoever asked may have gone meanwhile: then nothing happens. */
void control_answer(
    struct control_server *server, uint64_t ticket, const void *json, size_t size);
void control_server_free(struct control_server *server);

#endif
