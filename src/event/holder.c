/* SPDX-License-Identifier: Apache-2.0 */
/*
 * holder.c -- see holder.h. One table by (realm, address, port block). For an address
 * that is shared by port blocks a second record, under the bare address, tells how long
 * the blocks are and where they start: blocks of one address are of one length (as RFC
 * 7422 and the common CGNATs do it); other lengths on one address are not handled.
 */
#include "event/holder.h"

#include "base/mem.h"
#include "base/table.h"

#include <stdlib.h>

struct holder {
	uint32_t generation;
	uint16_t block_size, block_base; /* of a bare address; 0: not shared */
	int64_t since;                   /* of this generation */
};

struct holders {
	struct table *table;
};

struct holders *
holders_new(size_t lines, uint64_t seed)
{
	struct holders *h = xcalloc(1, sizeof *h);

	h->table = table_new(lines, sizeof(struct line_key), sizeof(struct holder), seed);
	return h;
}

void
holders_free(struct holders *h)
{
	if (h == NULL)
		return;
	table_free(h->table);
	free(h);
}

static struct line_key
bare(const struct line_key *key)
{
	return (struct line_key){.realm = key->realm, .addr = key->addr};
}

static void
choose_block(const struct holder *shared, struct line_key *key, uint16_t port)
{
	int size = shared->block_size;
	int lo = port - (port - shared->block_base) % size;

	if (port < shared->block_base || lo + size - 1 > UINT16_MAX)
		return;
	key->port_lo = (uint16_t)lo;
	key->port_hi = (uint16_t)(lo + size - 1);
}

void
holders_complete(struct holders *h, struct line_key *key, uint16_t port, int64_t now)
{
	const struct holder *found;

	*key = bare(key);
	found = table_find(h->table, key);
	if (found == NULL)
		return;
	if (found->block_size > 0) {
		choose_block(found, key, port);
		found = table_find(h->table, key);
	}
	if (found == NULL || found->generation == 0)
		return;
	(void)table_get(h->table, key, now, 0, NULL);
	key->lease_gen = found->generation;
}

static void
note_block(struct holders *h, const struct line_key *block, int64_t now)
{
	struct line_key address = bare(block);
	struct holder *shared = table_get(h->table, &address, now, 0, NULL);
	uint32_t size = (uint32_t)block->port_hi - block->port_lo + 1;

	if (size > UINT16_MAX)
		return;
	shared->block_size = (uint16_t)size;
	shared->block_base = (uint16_t)(block->port_lo % size);
}

bool
holders_change(struct holders *h, const struct line_change *change, struct line_key *old)
{
	struct line_key key = change->line;
	struct holder *holder;
	bool fresh;

	key.lease_gen = 0;
	if (key.port_hi > key.port_lo)
		note_block(h, &key, change->time);
	holder = table_get(h->table, &key, change->time, 0, &fresh);
	*old = key;
	old->lease_gen = holder->generation;
	fresh = holder->generation == 0;
	holder->generation =
	    change->line.lease_gen > 0 ? change->line.lease_gen : holder->generation + 1;
	if (holder->generation == 0)
		holder->generation = 1;
	holder->since = change->time;
	return !fresh;
}

bool
holders_at(const struct holders *h, struct line_key *key, int64_t as_of)
{
	const struct holder *found;
	uint16_t port = key->port_lo;

	*key = bare(key);
	found = table_find(h->table, key);
	if (found != NULL && found->block_size > 0) {
		choose_block(found, key, port);
		found = table_find(h->table, key);
	}
	if (found == NULL || found->generation == 0)
		return true;
	key->lease_gen = found->generation;
	return found->since <= as_of;
}

size_t
holders_memory(const struct holders *h)
{
	return sizeof *h + table_stat(h->table).bytes;
}

void
holders_save(const struct holders *h, struct wr *w)
{
	table_save(h->table, w);
}

bool
holders_load(struct holders *h, struct rd *r)
{
	return table_load(h->table, r);
}
