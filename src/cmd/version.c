/* SPDX-License-Identifier: Apache-2.0 */
/* version.c -- `botkoll version`. The smallest command, to copy from. */
#include "base/json.h"
#include "cmd/command.h"
#include "cmd/output.h"

static const struct output_column columns[] = {
    {"name", "name", false},
    {"version", "version", false},
    {NULL, NULL, false},
};

static int
version_run(const struct command_call *call)
{
	struct output out;
	struct jw *j;

	output_begin(&out, call, columns);
	j = output_object(&out);
	jw_text(j, "name", "botkoll");
	jw_text(j, "version", BOTKOLL_VERSION);
	output_object_end(&out);
	output_end(&out);
	return STATUS_DONE;
}

const struct command command_version = {
    .name = "version",
    .summary = "print the version",
    .run = version_run,
};
