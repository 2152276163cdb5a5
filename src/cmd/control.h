/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h -- the client's end of the control socket: a question, an answer.
 *
 * The engine listens on the socket `control` in its directory (0600, peer credentials)
 * and answers each line {"verb": ..., "args": {...}} with one line {"ok": true, "result":
 * ...} or {"ok": false, "error": "..."}.
 */
#ifndef CMD_CONTROL_H
#define CMD_CONTROL_H

#include "base/json.h"

struct control;

/* `directory`: of the running engine. NULL with a sentence if nobody listens. */
struct control *control_open(const char *directory, struct err *err);
void control_close(struct control *control);
/* Asks and waits, at most a minute. `args` is borrowed; NULL: none. The result is the
 * caller's (json_decref); NULL with the engine's sentence, or with what went wrong on the
 * way. */
json_t *control_ask(
    struct control *control, const char *verb, json_t *args, struct err *err);

#endif
