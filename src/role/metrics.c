/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c -- see metrics.h. The samples of one name must stand together: they are
 * gathered, then sorted. */
#include "role/metrics.h"

#include "base/mem.h"
#include "base/when.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 96, LABELS = 512, VALUE = 32, KEYS = 4 };

struct sample {
	char name[NAME], value[VALUE];
	char *labels;
	size_t order;
};

struct samples {
	struct sample *items;
	size_t count, room;
};

/* Where we are in the tree. */
struct place {
	struct samples *out;
	char name[NAME], labels[LABELS];
};

/* Lists whose elements have samples, and what tells these apart; "#": the place. */
static const struct list {
	const char *key, *name;
	const char *labels[KEYS];
} lists[] = {
    {"roles", "role", {"role", "index"}},
    {"sources", "source", {"source", "part"}},
    {"exporters", "exporter", {"exporter", "domain", "version"}},
    {"streams", "stream", {"from", "index"}},
    {"formats", "format", {"format"}},
    {"logs", "log", {"type", "#"}},
    {"books", "book", {"source", "type", "outcome", "reason"}},
    {"feeds", "feed", {"source", "type"}},
};

static void
extend_name(struct place *p, const char *part)
{
	size_t size = strlen(p->name);

	(void)snprintf(p->name + size, sizeof p->name - size, "_%s", part);
	for (char *c = p->name + size; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
}

/* What does not fit is left out as a whole. */
static void
add_label(struct place *p, const char *key, const char *value)
{
	struct wr w;

	wr_init(&w, LABELS - 1);
	wr_text(&w, p->labels);
	if (p->labels[0] != '\0')
		wr_text(&w, ",");
	wr_text(&w, key);
	wr_text(&w, "=\"");
	for (const char *c = value; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			wr_text(&w, "\\");
		wr_u8(&w, (unsigned char)*c < ' ' ? ' ' : (uint8_t)*c);
	}
	wr_text(&w, "\"");
	if (!w.bad)
		(void)snprintf(p->labels, sizeof p->labels, "%s", wr_string(&w));
	wr_fini(&w);
}

static void
add_number_label(struct place *p, const char *key, json_int_t value)
{
	char text[VALUE];

	(void)snprintf(text, sizeof text, "%lld", (long long)value);
	add_label(p, key, text);
}

static void
add_sample(const struct place *p, const char *value)
{
	struct samples *out = p->out;
	struct sample *s;

	if (out->count == out->room) {
		out->room = out->room ? 2 * out->room : 256;
		out->items = xrealloc(out->items, out->room * sizeof *out->items);
	}
	s = &out->items[out->count];
	memcpy(s->name, p->name, sizeof s->name);
	(void)snprintf(s->value, sizeof s->value, "%s", value);
	s->labels = xstrdup(p->labels);
	s->order = out->count++;
}

static void
add_time(struct place *p, const char *text)
{
	char value[VALUE];
	int64_t t;
	bool zoned;

	if (!when_parse(text, &t, &zoned) || !zoned)
		return;
	extend_name(p, "seconds");
	(void)snprintf(value, sizeof value, "%lld.%03d", (long long)(t / WHEN_SECOND),
	    (int)(llabs(t % WHEN_SECOND) / 1000));
	add_sample(p, value);
}

static void walk_object(const struct place *at, const json_t *object);

static const struct list *
find_list(const char *key)
{
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		if (strcmp(lists[i].key, key) == 0)
			return &lists[i];
	return NULL;
}

static void
label_element(
    struct place *p, const struct list *list, const json_t *element, size_t index)
{
	for (size_t k = 0; k < KEYS && list->labels[k] != NULL; k++) {
		const json_t *value = json_object_get(element, list->labels[k]);

		if (strcmp(list->labels[k], "#") == 0)
			add_number_label(p, "number", (json_int_t)index);
		else if (json_is_string(value))
			add_label(p, list->labels[k], json_string_value(value));
		else if (json_is_integer(value))
			add_number_label(p, list->labels[k], json_integer_value(value));
	}
}

/* What a role says of itself stands under its name. */
static void
walk_role_status(const struct place *at, const json_t *role)
{
	const json_t *status = json_object_get(role, "status");
	struct place p = {.out = at->out, .name = "botkoll"};
	const char *name = json_string_value(json_object_get(role, "role"));

	if (!json_is_object(status) || name == NULL)
		return;
	extend_name(&p, name);
	add_number_label(&p, "index", json_integer_value(json_object_get(role, "index")));
	walk_object(&p, status);
}

static void
walk_list(const struct place *at, const char *key, const json_t *array)
{
	const struct list *list = find_list(key);
	char count[VALUE];
	struct place p;

	if (list == NULL) {
		p = *at;
		extend_name(&p, key);
		(void)snprintf(count, sizeof count, "%zu", json_array_size(array));
		add_sample(&p, count);
		return;
	}
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *element = json_array_get(array, i);

		p = *at;
		(void)snprintf(p.name, sizeof p.name, "botkoll");
		extend_name(&p, list->name);
		label_element(&p, list, element, i);
		walk_object(&p, element);
		if (strcmp(key, "roles") == 0)
			walk_role_status(&p, element);
	}
}

/* Counters are named by texts. */
static void
walk_counters(const struct place *at, const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		struct place p = *at;
		char text[VALUE];

		extend_name(&p, "count");
		add_label(&p, "name", key);
		(void)snprintf(
		    text, sizeof text, "%lld", (long long)json_integer_value(value));
		add_sample(&p, text);
	}
}

static bool
is_label(const char *key)
{
	static const char *const keys[] = {
	    "index", "part", "domain", "version", "pid", "status", NULL};

	for (size_t i = 0; keys[i] != NULL; i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

static void
walk_member(const struct place *at, const char *key, const json_t *value)
{
	struct place p = *at;
	char text[VALUE] = "";

	if (json_is_array(value)) {
		walk_list(at, key, value);
		return;
	}
	if (strcmp(key, "counters") == 0) {
		walk_counters(at, value);
		return;
	}
	extend_name(&p, key);
	if (json_is_object(value))
		walk_object(&p, value);
	else if (json_is_string(value))
		add_time(&p, json_string_value(value));
	else if (json_is_integer(value))
		(void)snprintf(
		    text, sizeof text, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		(void)snprintf(text, sizeof text, "%.9g", json_real_value(value));
	else if (json_is_boolean(value))
		(void)snprintf(text, sizeof text, "%d", json_is_true(value));
	if (text[0] != '\0')
		add_sample(&p, text);
}

static void
walk_object(const struct place *at, const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		if (!is_label(key))
			walk_member(at, key, value);
	}
}

static int
by_name(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order != 0)
		return order;
	return x->order < y->order ? -1 : x->order > y->order;
}

void
metrics_write(const json_t *status, struct wr *w)
{
	struct samples all = {.count = 0};
	struct place root = {.out = &all, .name = "botkoll"};

	walk_object(&root, status);
	if (all.count > 1)
		qsort(all.items, all.count, sizeof *all.items, by_name);
	for (size_t i = 0; i < all.count; i++) {
		const struct sample *s = &all.items[i];

		wr_text(w, s->name);
		if (s->labels[0] != '\0') {
			wr_text(w, "{");
			wr_text(w, s->labels);
			wr_text(w, "}");
		}
		wr_text(w, " ");
		wr_text(w, s->value);
		wr_text(w, "\n");
		free(s->labels);
	}
	free(all.items);
}
