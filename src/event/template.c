/* SPDX-License-Identifier: Apache-2.0 */
/* template.c -- see template.h. A linear list: exporters have few templates. */
#include "event/template.h"

#include "base/mem.h"

#include <stdlib.h>

void
templates_fini(struct templates *t)
{
	for (uint32_t i = 0; i < t->count; i++)
		free(t->items[i].fields);
	*t = (struct templates){0};
}

static void
drop_at(struct templates *t, uint32_t i)
{
	t->fields -= t->items[i].field_count;
	free(t->items[i].fields);
	t->items[i] = t->items[--t->count];
}

static void
drop_oldest(struct templates *t)
{
	uint32_t oldest = 0;

	for (uint32_t i = 1; i < t->count; i++)
		if (t->items[i].used < t->items[oldest].used)
			oldest = i;
	drop_at(t, oldest);
}

static uint32_t
least_size(const struct template *t)
{
	uint32_t least = 0;

	for (uint16_t i = 0; i < t->field_count; i++)
		least += t->fields[i].length == LENGTH_VARIABLE ? 1 : t->fields[i].length;
	return least;
}

bool
templates_set(struct templates *t, const struct template *fresh)
{
	struct template *item;
	size_t size = fresh->field_count * sizeof fresh->fields[0];

	if (fresh->field_count == 0 || fresh->field_count > TEMPLATE_FIELDS_EACH ||
	    least_size(fresh) == 0)
		return false;
	templates_drop(t, fresh->id);
	while (t->count == TEMPLATES || t->fields + fresh->field_count > TEMPLATE_FIELDS)
		drop_oldest(t);
	item = &t->items[t->count++];
	*item = *fresh;
	item->least = least_size(fresh);
	item->used = ++t->uses;
	item->fields = xmalloc(size);
	memcpy(item->fields, fresh->fields, size);
	t->fields += fresh->field_count;
	return true;
}

const struct template *
templates_find(struct templates *t, uint16_t id)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (t->items[i].id == id) {
			t->items[i].used = ++t->uses;
			return &t->items[i];
		}
	return NULL;
}

void
templates_drop(struct templates *t, uint16_t id)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (t->items[i].id == id) {
			drop_at(t, i);
			return;
		}
}

void
templates_drop_all(struct templates *t, bool options)
{
	for (uint32_t i = t->count; i-- > 0;)
		if (t->items[i].options == options)
			drop_at(t, i);
}

void
templates_save(const struct templates *t, struct wr *w)
{
	wr_u64(w, t->uses);
	wr_u32(w, t->count);
	for (uint32_t i = 0; i < t->count; i++) {
		const struct template *item = &t->items[i];

		wr_u16(w, item->id);
		wr_u8(w, item->options);
		wr_u64(w, item->used);
		wr_blob(w, item->fields, item->field_count * sizeof item->fields[0]);
	}
}

bool
templates_load(struct templates *t, struct rd *r)
{
	struct template_field fields[TEMPLATE_FIELDS_EACH];
	uint64_t uses = rd_u64(r);
	uint32_t count = rd_u32(r);

	for (uint32_t i = 0; i < count && !r->bad; i++) {
		struct template item = {.id = rd_u16(r), .fields = fields};
		uint64_t used;
		struct rd blob;

		item.options = rd_u8(r) != 0;
		used = rd_u64(r);
		blob = rd_blob(r);
		if (rd_left(&blob) > sizeof fields)
			return false;
		item.field_count = (uint16_t)(rd_left(&blob) / sizeof fields[0]);
		memcpy(fields, blob.at, rd_left(&blob));
		for (uint16_t k = 0; k < item.field_count; k++)
			if (fields[k].field >= FIELD_COUNT)
				return false;
		if (!templates_set(t, &item))
			return false;
		t->items[t->count - 1].used = used;
	}
	t->uses = uses;
	return !r->bad;
}
