/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor.c -- see sensor.h. Lines stream through base/input in windows; a line that is
 * longer than half a window is refused as a whole, once.
 */
#include "report/sensor.h"

#include "report/date.h"

#include <math.h>
#include <string.h>

enum { LINE = INPUT_PIECE / 2, ARENA = 64 << 20, NAME = 64 };

static void
refuse_line(struct sensor_log *log, const char *why)
{
	report_refuse(log->sink, log->stat,
	    &(struct refusal){
		.row = log->row, .reason = why, .piece = log->text, .size = log->size});
}

static void
take_line(struct sensor_log *log, const char *text, size_t size)
{
	const char *why;

	log->row++;
	log->text = text;
	log->size = size;
	if (size > 0 && text[size - 1] == '\r')
		size--;
	if (size == 0)
		return;
	log->stat->rows++;
	arena_reset(log->arena);
	why = log->line(log, text, size);
	if (why != NULL)
		refuse_line(log, why);
}

/* A line too long for the window: told of once, at its beginning, and passed over. */
static size_t
pass_over(struct sensor_log *log, const char *text, size_t size)
{
	if (!log->broken) {
		log->row++;
		log->stat->rows++;
		log->text = text;
		log->size = size;
		refuse_line(log, "a line of more than 512 KiB");
	}
	log->broken = true;
	return size;
}

static size_t
take_lines(void *ctx, const char *text, size_t size, bool last, struct err *err)
{
	struct sensor_log *log = ctx;
	size_t at = 0;

	(void)err;
	while (at < size) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t length = end != NULL ? (size_t)(end - text) - at : size - at;

		if (end == NULL && !last)
			return length > LINE ? at + pass_over(log, text + at, length)
					     : at;
		if (log->broken)
			log->broken = false; /* its rest */
		else
			take_line(log, text + at, length);
		at += length + (end != NULL);
	}
	return at;
}

bool
sensor_read(const struct report_input *in, struct sensor_log *log, struct err *err)
{
	struct input *input = report_open(in, err);
	const char *member;
	int more = input == NULL ? -1 : 1;

	log->arena = arena_new(ARENA);
	while (more > 0) {
		more = input_next(input, &member, err);
		log->broken = false;
		if (more > 0 && !input_windows(input, take_lines, log, err))
			more = -1;
	}
	input_free(input);
	log->text = NULL; /* what is given from now on has no line */
	log->size = 0;
	return more == 0;
}

void
sensor_end(struct sensor_log *log)
{
	arena_free(log->arena);
}

const char *
sensor_json(struct sensor_log *log, const char *text, size_t size)
{
	struct err err;
	json_t *object = json_read(text, size, &err);
	const char *why =
	    json_is_object(object) ? log->object(log, object) : "no JSON object";

	json_decref(object);
	return why;
}

/* ---- items */

struct item *
sensor_item(struct sensor_log *log, const char *identifier, const char *rsit_type)
{
	struct item *item = &log->item;

	item_begin(item);
	item->row = log->row;
	item->piece = log->text;
	item->piece_size = log->size;
	item_classify(item, rsit_type);
	item_text(item, "classification.identifier", identifier);
	(void)strcpy(item->identifier, identifier);
	(void)strcpy(item->upstream, "own-sensors");
	return item;
}

void
sensor_give(struct sensor_log *log)
{
	item_derive(&log->item);
	log->stat->items++;
	log->sink->item(log->sink->ctx, &log->item);
}

const json_t *
sensor_at(const json_t *object, const char *path)
{
	char name[NAME];

	for (;;) {
		size_t size = strcspn(path, "/");

		if (size >= sizeof name)
			return NULL;
		memcpy(name, path, size);
		name[size] = 0;
		object = json_object_get(object, name); /* NULL of what is no object */
		if (path[size] == 0 || object == NULL)
			return object;
		path += size + 1;
	}
}

const char *
sensor_text(const json_t *object, const char *path)
{
	return json_string_value(sensor_at(object, path));
}

void
sensor_put(
    struct sensor_log *log, const json_t *object, const char *path, const char *field)
{
	const json_t *value = sensor_at(object, path);
	const char *text = json_string_value(value);

	if (text != NULL)
		item_text(
		    &log->item, field, arena_strdup(log->arena, text, strlen(text)));
	else if (json_is_integer(value))
		item_int(&log->item, field, json_integer_value(value));
}

bool
sensor_time(struct sensor_log *log, const char *text, bool utc)
{
	char iso[WHEN_TEXT];
	struct date date;

	if (text == NULL || !date_parse(text, 0, &date))
		return false;
	(void)when_text(date.time, iso);
	item_text(&log->item, "time.source", arena_strdup(log->arena, iso, strlen(iso)));
	log->item.precision = date.precision;
	if (!date.zoned && utc)
		log->item.precision -= DATE_NO_ZONE;
	return true;
}

bool
sensor_address(struct sensor_log *log, const char *text, const char *field)
{
	char canonical[ADDR_TEXT];
	struct addr addr;

	if (text == NULL || !addr_parse(text, &addr))
		return false;
	(void)addr_text(&addr, canonical);
	item_text(
	    &log->item, field, arena_strdup(log->arena, canonical, strlen(canonical)));
	return true;
}

bool
sensor_head(const uint8_t *head, size_t size, const char *const *texts)
{
	const uint8_t *end = memchr(head, '\n', size);

	if (end != NULL)
		size = (size_t)(end - head);
	if (size == 0 || head[0] != '{')
		return false;
	for (; *texts != NULL; texts++)
		if (memmem(head, size, *texts, strlen(*texts)) == NULL)
			return false;
	return true;
}
