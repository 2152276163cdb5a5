/* SPDX-License-Identifier: Apache-2.0 */
/* main.c -- the program is its commands (cmd/). */
#include "cmd/command.h"

int
main(int argc, char **argv)
{
	return command_main(argc, argv);
}
