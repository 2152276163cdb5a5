/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tail.c -- see tail.h. Items are never moved or removed one by one: the tail is rebuilt
 * when its ended leases go to a segment. Lease logs are the ISP's own, so the hash has a
 * fixed seed.
 */
#include "line/tail.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 1024 };

static uint32_t
slot(const struct tail *tail, uint32_t realm, const struct addr *addr)
{
	return (uint32_t)addr_hash(addr, realm) & (tail->room - 1);
}

static uint32_t
open_slot(const struct tail *tail, const struct lease *key)
{
	uint64_t ports = (uint64_t)key->port_lo << 16 | key->port_hi;

	return (uint32_t)hash_u64(ports, addr_hash(&key->addr, key->realm)) &
	       (tail->room - 1);
}

static void
link_item(struct tail *tail, uint32_t index)
{
	struct tail_lease *item = &tail->items[index];
	uint32_t *head = &tail->heads[slot(tail, item->lease.realm, &item->lease.addr)];

	item->next = *head;
	*head = index;
	if (!item->open)
		return;
	head = &tail->open_heads[open_slot(tail, &item->lease)];
	item->next_open = *head;
	*head = index;
}

static void
resize(struct tail *tail, uint32_t room)
{
	tail->room = room;
	tail->items = xrealloc(tail->items, room * sizeof *tail->items);
	tail->heads = xrealloc(tail->heads, room * sizeof *tail->heads);
	tail->open_heads = xrealloc(tail->open_heads, room * sizeof *tail->open_heads);
	memset(tail->heads, 0xff, room * sizeof *tail->heads);
	memset(tail->open_heads, 0xff, room * sizeof *tail->open_heads);
	for (uint32_t i = 0; i < tail->count; i++)
		link_item(tail, i);
}

void
tail_init(struct tail *tail)
{
	*tail = (struct tail){0};
	resize(tail, FIRST_ROOM);
}

void
tail_fini(struct tail *tail)
{
	free(tail->items);
	free(tail->heads);
	free(tail->open_heads);
	*tail = (struct tail){0};
}

void
tail_add(struct tail *tail, const struct lease *lease, bool open)
{
	if (tail->count == tail->room) {
		if (tail->room > UINT32_MAX / 4)
			fatal("leases: more than %u in the tail", tail->count);
		resize(tail, 2 * tail->room);
	}
	tail->items[tail->count] = (struct tail_lease){
	    .lease = *lease, .next = TAIL_NONE, .next_open = TAIL_NONE, .open = open};
	link_item(tail, tail->count++);
	tail->live++;
	tail->open += open;
}

struct tail_lease *
tail_open(const struct tail *tail, const struct lease *key)
{
	uint32_t i = tail->open_heads[open_slot(tail, key)];

	for (; i != TAIL_NONE; i = tail->items[i].next_open) {
		const struct lease *l = &tail->items[i].lease;

		if (l->realm == key->realm && l->port_lo == key->port_lo &&
		    l->port_hi == key->port_hi && addr_equal(&l->addr, &key->addr))
			return &tail->items[i];
	}
	return NULL;
}

void
tail_close(struct tail *tail, struct tail_lease *item, int64_t end)
{
	uint32_t *link = &tail->open_heads[open_slot(tail, &item->lease)];

	while (&tail->items[*link] != item)
		link = &tail->items[*link].next_open;
	*link = item->next_open;
	item->open = false;
	tail->open--;
	item->lease.end = end;
	if (end > item->lease.start)
		return;
	item->lease.handle = 0;
	tail->live--;
}

void
tail_visit(const struct tail *tail, const struct lease_question *question,
    lease_visit *visit, void *ctx)
{
	uint32_t i = tail->heads[slot(tail, question->realm, &question->addr)];

	for (; i != TAIL_NONE; i = tail->items[i].next) {
		const struct lease *l = &tail->items[i].lease;

		if (l->handle != 0 && l->realm == question->realm &&
		    addr_equal(&l->addr, &question->addr) && l->start <= question->to &&
		    l->end > question->from)
			visit(ctx, l);
	}
}
