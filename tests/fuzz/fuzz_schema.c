/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_schema.c -- any bytes as the vendor's schema: what is taken is a table that reads
 * back, and taken a second time it changes nothing; and any bytes as such a table.
 */
#include "report/schema.h"

#include "base/mem.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
count(void *ctx, const struct schema_change *change)
{
	assert(change->what != NULL && change->type != NULL);
	++*(size_t *)ctx;
}

static void
again(const struct wr *table, const uint8_t *bytes, size_t size)
{
	struct err err;
	struct facts *facts =
	    facts_read("first", (const char *)table->bytes, table->size, &err);
	struct wr second;
	size_t changes = 0;

	assert(facts != NULL);
	wr_init(&second, FACTS_SIZE);
	assert(schema_update(
	    facts, (const char *)bytes, size, &second, count, &changes, &err));
	wr_fini(&second);
	facts_free(facts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct err err;
	struct wr table;
	size_t changes = 0;

	wr_init(&table, FACTS_SIZE);
	if (schema_update(facts_shadowserver(), (const char *)bytes, size, &table, count,
		&changes, &err))
		again(&table, bytes, size);
	wr_fini(&table);
	facts_free(facts_read("fuzz", (const char *)bytes, size, &err));
	return 0;
}
