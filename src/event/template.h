/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template.h -- the templates of one exporter, bounded.
 *
 * A template is kept as what to do with each field: where it goes, how long it is. When
 * an exporter has TEMPLATES of them, or TEMPLATE_FIELDS fields in all, the one unused for
 * longest goes.
 */
#ifndef EVENT_TEMPLATE_H
#define EVENT_TEMPLATE_H

#include "base/buf.h"
#include "event/element.h"

#include <stdbool.h>
#include <stdint.h>

enum { TEMPLATES = 128, TEMPLATE_FIELDS = 4096, TEMPLATE_FIELDS_EACH = 512 };
enum { LENGTH_VARIABLE = 65535 };

struct template_field {
	uint16_t length; /* LENGTH_VARIABLE: in the record */
	uint16_t field;  /* enum field */
};

struct template
{
	uint16_t id;
	bool options;
	uint16_t field_count;
	uint32_t least; /* bytes of the shortest record */
	uint64_t used;  /* count of the set's uses, for age */
	struct template_field *fields;
};

struct templates {
	uint32_t count, fields;
	uint64_t uses;
	struct template items[TEMPLATES];
};

void templates_fini(struct templates *t);
/* Takes a copy of the fields. False: refused, as empty or too long. */
bool templates_set(struct templates *t, const struct template *fresh);
const struct template *templates_find(struct templates *t, uint16_t id);
void templates_drop(struct templates *t, uint16_t id);
/* Those with options, or those without. */
void templates_drop_all(struct templates *t, bool options);
void templates_save(const struct templates *t, struct wr *w);
bool templates_load(struct templates *t, struct rd *r);

#endif
