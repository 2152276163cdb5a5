/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.h -- what a command prints: JSON Lines for machines, a table for people.
 *
 * A command writes objects and names the columns a person wants to see; which of the two
 * comes out is decided here (call->human). In tables control bytes of foreign texts are
 * shown as `?`, lists are joined by ", ", times end with the second, and an absent key is
 * an empty cell.
 *
 *     output_begin(&out, call, columns);
 *     for (...) { jw = output_object(&out); jw_text(jw, "host", ...);
 *         output_object_end(&out); }
 *     output_end(&out);
 */
#ifndef CMD_OUTPUT_H
#define CMD_OUTPUT_H

#include "base/json.h"
#include "cmd/command.h"

struct output_column {
	const char *key;   /* of the object; "a.b" looks into the object `a` */
	const char *title; /* of the column */
	bool right;        /* numbers stand right */
};

struct output {
	bool human;
	const struct output_column *columns; /* ends with key NULL */
	size_t column_count;
	struct wr line;
	struct jw jw;
	char **cells; /* row by row, titles first; human only */
	size_t cell_count;
};

/* `columns` NULL: each object as lines `key  value`. */
void output_begin(struct output *out, const struct command_call *call,
    const struct output_column *columns);
/* A writer inside a fresh object; borrowed until output_object_end. */
struct jw *output_object(struct output *out);
void output_object_end(struct output *out);
/* An object that was read. */
void output_json(struct output *out, const json_t *object);
/* Prints the table, frees everything. */
void output_end(struct output *out);
/* A list's objects as a table of their own among others, an empty line after it; nothing
 * of an empty list. For people's pages. */
void output_table(const struct command_call *call, const json_t *rows,
    const struct output_column *columns);

#endif
