/* SPDX-License-Identifier: Apache-2.0 */
/* stream.c -- see stream.h. What is kept is a list, oldest first. */
#include "role/stream.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct stream_item {
	struct stream_item *next;
	uint64_t number;
	uint32_t type;
	size_t size; /* with the number in front */
	uint8_t bytes[];
};

void
stream_out_init(struct stream_out *out)
{
	*out = (struct stream_out){0};
	out->end = &out->first;
}

static void
drop_until(struct stream_out *out, uint64_t number)
{
	while (out->first != NULL && out->first->number <= number) {
		struct stream_item *item = out->first;

		out->first = item->next;
		out->kept -= item->size;
		free(item);
	}
	if (out->first == NULL)
		out->end = &out->first;
}

void
stream_out_fini(struct stream_out *out)
{
	drop_until(out, UINT64_MAX);
}

static struct stream_item *
keep(struct stream_out *out, uint32_t type, size_t size)
{
	struct stream_item *item = xmalloc(sizeof *item + size);

	item->next = NULL;
	item->number = out->last;
	item->type = type;
	item->size = size;
	*out->end = item;
	out->end = &item->next;
	out->kept += size;
	return item;
}

static void
put_number(uint8_t *out, uint64_t number)
{
	for (int i = 7; i >= 0; i--, number >>= 8)
		out[i] = (uint8_t)number;
}

void
stream_out_put(struct stream_out *out, uint32_t type, const void *bytes, size_t size)
{
	struct stream_item *item;

	if (++out->last <= out->had)
		return;
	item = keep(out, type, size + 8);
	put_number(item->bytes, item->number);
	memcpy(item->bytes + 8, bytes, size);
	if (out->peer != NULL)
		msg_send(out->peer, type, item->bytes, item->size, -1);
}

bool
stream_out_hello(struct stream_out *out, struct msg_peer *peer, uint64_t had)
{
	if (had < out->had)
		return false;
	stream_out_ack(out, had);
	out->peer = peer;
	for (const struct stream_item *i = out->first; i != NULL; i = i->next)
		msg_send(peer, i->type, i->bytes, i->size, -1);
	return true;
}

void
stream_out_lost(struct stream_out *out)
{
	out->peer = NULL;
}

void
stream_out_ack(struct stream_out *out, uint64_t had)
{
	if (had <= out->had)
		return;
	out->had = had;
	drop_until(out, had);
}

void
stream_out_save(const struct stream_out *out, struct wr *w)
{
	uint64_t count = 0;

	for (const struct stream_item *i = out->first; i != NULL; i = i->next)
		count++;
	wr_u64(w, out->last);
	wr_u64(w, out->had);
	wr_u64(w, count);
	for (const struct stream_item *i = out->first; i != NULL; i = i->next) {
		wr_u32(w, i->type);
		wr_blob(w, i->bytes, i->size);
	}
}

bool
stream_out_load(struct stream_out *out, struct rd *r)
{
	uint64_t last = rd_u64(r), had = rd_u64(r), count = rd_u64(r);

	if (r->bad || (count > 0 && count != last - had))
		return false;
	out->had = had;
	out->last = last - count;
	while (count-- > 0 && !r->bad) {
		uint32_t type = rd_u32(r);
		struct rd body = rd_blob(r);
		struct stream_item *item;

		if (rd_left(&body) < 8)
			return false;
		out->last++;
		item = keep(out, type, rd_left(&body));
		(void)rd_copy(&body, item->bytes, item->size);
	}
	return !r->bad;
}

enum stream_order
stream_in_take(struct stream_in *in, uint64_t number)
{
	if (number <= in->taken)
		return STREAM_OLD;
	if (number != in->taken + 1)
		return STREAM_GAP;
	in->taken = number;
	return STREAM_NEW;
}
