/* SPDX-License-Identifier: Apache-2.0 */
/* options.h -- the words after a command against its table; private to command.c. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "cmd/command.h"

struct options {
	const struct command_opt *table; /* may be NULL */
	void *target;
	uint64_t seen;
	bool help, human, json;
	char **operands;
	size_t count;
};

/* Sets presets, then reads `argc` words. `target` holds the command's struct. The
 * operands point into argv; the array is freed by options_free. On failure options_free
 * is to be called as well. */
MUST_CHECK bool options_read(struct options *o, const struct command_opt *table,
    void *target, int argc, char **argv, struct err *err);
void options_free(struct options *o);

#endif
