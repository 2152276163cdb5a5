/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map.h -- what a site says about a feed of its own: a few lines of YAML that become
 * facts.
 *
 *     name: honeynet
 *     kind: csv
 *     type: brute-force
 *     fields:
 *       - {column: when, field: time.source, as: utc}
 *       - {column: attacker, field: source.ip}
 *
 * The readers of lists (CSV, TSV) and of JSON feeds read what it describes.
 */
#ifndef REPORT_MAP_H
#define REPORT_MAP_H

#include "base/conf.h"
#include "report/facts.h"

enum { MAP_SIZE = 64 << 10, MAP_FIELDS = 256, MAP_COLUMNS = 512 };

struct report_map;

/* NULL with a sentence that names the file, and the line where one is wrong. */
struct report_map *map_read(const char *path, struct err *err);
/* The same from memory; `name` stands for the file. */
struct report_map *map_parse(
    const char *name, const char *text, size_t size, struct err *err);
void map_free(struct report_map *map);

bool map_is_json(const struct report_map *map);
/* The facts; of a list, `separator` and, without a header, `head` as well. Columns are
 * named as in tables, in JSON as they are. */
const struct fact_report *map_report(const struct report_map *map);
/* The class of rows that tell none. */
const char *map_class(const struct report_map *map);
/* The table of its options, for the manual. */
const struct conf_opt *map_options(void);

#endif
