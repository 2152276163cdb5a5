/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.h -- options declared as tables, filled from YAML (libyaml).
 *
 * Each key is a row in exactly one table: name, type, where it goes, default, range, one
 * line of help. From the same rows come parsing, range checks, the printed effective
 * configuration (which, read back, gives itself), and the lists in the manual. An unknown
 * key is refused with file, line and the nearest known key.
 *
 * A table describes one mapping, of at most 64 rows. Sub-mappings (CONF_SECTION) and
 * lists of mappings (CONF_LIST) point to further tables.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include "base/addr.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum conf_type {
	CONF_END,      /* last row */
	CONF_INT,      /* int64_t */
	CONF_REAL,     /* double */
	CONF_FLAG,     /* bool: yes/no, true/false, on/off */
	CONF_TEXT,     /* char *, owned by the configuration; NULL is YAML's null */
	CONF_DURATION, /* int64_t µs: 90s, 15m, 36h, 14d, never */
	CONF_TIME,     /* int64_t µs since 1970, RFC 3339 with zone */
	CONF_CHOICE,   /* int: index into `choices` */
	CONF_ADDR,     /* struct addr */
	CONF_PREFIXES, /* struct conf_prefixes: a list of prefixes */
	CONF_TEXTS,    /* struct conf_texts: a list of texts */
	CONF_SECTION,  /* an embedded struct described by `rows` */
	CONF_LIST, /* struct conf_list of structs of `size` bytes described by `rows` */
};

struct conf_prefixes {
	struct prefix *items;
	size_t count;
};

struct conf_texts {
	char **items;
	size_t count;
};

struct conf_list {
	void *items; /* an array of structs */
	size_t count;
};

struct conf_opt {
	const char *name;
	enum conf_type type;
	size_t offset;           /* of the field in the struct that the table fills */
	double preset, min, max; /* numbers; durations in µs; a choice's index; no range
				  * if min equals max */
	const char *help;        /* one line, for the manual and `botkoll check` */
	const char *preset_text; /* texts, addresses; lists of them: blanks between */
	const char *const *choices; /* NULL-terminated */
	const struct conf_opt *rows;
	size_t size;
	bool required;
};

/* Fills in the defaults; lists are empty. `target` is overwritten. */
void conf_preset(const struct conf_opt *rows, void *target);
/* Reads a file into `target` (defaults first). The sentence names file and line, and for
 * an unknown key the nearest one. On failure nothing is left allocated. */
MUST_CHECK bool conf_read(
    const struct conf_opt *rows, void *target, const char *path, struct err *err);
/* The same from memory; `name` stands for the file in errors. */
MUST_CHECK bool conf_parse(const struct conf_opt *rows, void *target, const char *name,
    const char *text, size_t size, struct err *err);
/* Frees what the fields own; `target` itself is the caller's. */
void conf_free(const struct conf_opt *rows, void *target);
/* The effective configuration as YAML. */
void conf_print(const struct conf_opt *rows, const void *target, struct wr *out);
/* mdoc(7) list of the options, for the manual. */
void conf_manual(const struct conf_opt *rows, struct wr *out);
/* The sentences of one option in it: help, whether it is required, default and range. */
void conf_manual_option(const struct conf_opt *row, struct wr *out);
/* "90d, from 1s to 4000d"; false, and nothing, where there is no default. */
bool conf_preset_print(const struct conf_opt *row, struct wr *out);

#endif
