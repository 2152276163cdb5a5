/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manual_page.c -- `botkoll manual-page FILE`: fills in a manual page (hidden; the build
 * calls it).
 *
 * A line `@COMMANDS@` becomes the list of all commands with their options, a line
 * `@OPTIONS@` that of the configuration, `@MAPPING@` that of mappings, all from the
 * tables the program works with; so manual and program cannot differ.
 */
#include "base/file.h"
#include "cmd/command.h"
#include "report/map.h"
#include "role/config.h"

#include <stdio.h>

enum { PAGE = 4 << 20 };

static void
fill_in(char *text, struct wr *page)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strcmp(line, "@COMMANDS@") == 0)
			command_manual(page);
		else if (strcmp(line, "@OPTIONS@") == 0)
			conf_manual(config_options(), page);
		else if (strcmp(line, "@MAPPING@") == 0)
			conf_manual(map_options(), page);
		else
			wr_printf(page, "%s\n", line);
	}
}

static int
manual_page_run(const struct command_call *call)
{
	struct wr file, page;
	struct err err;
	int status = STATUS_DONE;

	if (call->count != 1)
		return command_misuse(call, "wants one file");
	wr_init(&file, PAGE);
	wr_init(&page, PAGE);
	if (file_read(call->operands[0], &file, &err)) {
		(void)wr_string(&file);
		fill_in((char *)file.bytes, &page);
		(void)fputs(wr_string(&page), stdout);
	} else {
		status = command_fail(call, STATUS_USAGE, "%s", err.text);
	}
	wr_fini(&file);
	wr_fini(&page);
	return status;
}

const struct command command_manual_page = {
    .name = "manual-page",
    .summary = "fill the option tables into a manual page",
    .operands = "FILE",
    .run = manual_page_run,
    .hidden = true,
};
