/* SPDX-License-Identifier: Apache-2.0 */
/* intel_import.h -- `botkoll intel import`: lists, and reports that hold indicators. */
#ifndef CMD_INTEL_IMPORT_H
#define CMD_INTEL_IMPORT_H

#include "cmd/command.h"
#include "cmd/output.h"
#include "intel/import.h"

extern const struct output_column intel_import_columns[];

/* A file, or the directory of a MISP feed, into the set; an object on `out` for each
 * file. False if anything was refused, which has been said on stderr. */
bool intel_import_operand(const struct command_call *call, struct indicators *set,
    const struct indicator_row *preset, const char *path, struct output *out);

#endif
