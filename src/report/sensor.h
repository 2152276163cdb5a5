/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor.h -- what the readers of sensors' logs share: lines, JSON on them, items.
 *
 * A log is text, one event a line. A reader looks at a line, and fills and gives items;
 * lines that tell of no attack give none. The names of own sensors are no voices of their
 * own: the operator's sensors together are one upstream, "own-sensors".
 */
#ifndef REPORT_SENSOR_H
#define REPORT_SENSOR_H

#include "base/mem.h"
#include "report/report.h"

struct sensor_log;

/* NULL: the line was understood; else a constant sentence, and the line is refused. */
typedef const char *sensor_line(struct sensor_log *log, const char *text, size_t size);
typedef const char *sensor_object(struct sensor_log *log, json_t *object);

struct sensor_log {
	const struct report_sink *sink;
	struct report_stat *stat;
	sensor_line *line;
	sensor_object *object; /* for sensor_json as `line` */
	void *ctx;             /* the reader's own */
	uint64_t row;
	const char *text; /* the line, for the item's piece */
	size_t size;
	bool broken; /* within a line that is too long */
	struct arena *arena;
	struct item item;
};

/* Reads all lines of the report through log->line; the caller sets sink, stat, line,
 * object and ctx, and afterwards gives what it still holds, then calls sensor_end. */
MUST_CHECK bool sensor_read(
    const struct report_input *in, struct sensor_log *log, struct err *err);
void sensor_end(struct sensor_log *log);
/* A sensor_line: an object on each line, for log->object. */
const char *sensor_json(struct sensor_log *log, const char *text, size_t size);

/* Begins an item of this RSIT type; `identifier` is a constant. */
struct item *sensor_item(
    struct sensor_log *log, const char *identifier, const char *rsit_type);
void sensor_give(struct sensor_log *log);

/* The member at the end of `path` ("alert/signature"), or NULL. */
const json_t *sensor_at(const json_t *object, const char *path);
/* Its text, or NULL where it is none. */
const char *sensor_text(const json_t *object, const char *path);
/* Puts the text or number at `path` into the item as `field`, if there is any; in text
 * fields a copy. */
void sensor_put(
    struct sensor_log *log, const json_t *object, const char *path, const char *field);
/* Puts time.source from a date in any notation; one without zone is UTC if `utc`, else as
 * wide as date.h says. False: no date. */
bool sensor_time(struct sensor_log *log, const char *text, bool utc);
/* Puts an address (mapped ones as IPv4); false if it is none. */
bool sensor_address(struct sensor_log *log, const char *text, const char *field);

/* Whether the first line is a JSON object and holds all of the NULL-terminated texts. */
bool sensor_head(const uint8_t *head, size_t size, const char *const *texts);

#endif
