/* SPDX-License-Identifier: Apache-2.0 */
/* order.c -- orders as bytes, between engine and actor; and the list of actions. */
#include "action/action.h"

#include <string.h>

const struct action *const actions[] = {&action_mail, NULL};

static void
put_text(struct wr *w, const char *text, size_t room)
{
	wr_blob(w, text, strnlen(text, room - 1));
}

/* False unless the bytes fit and hold no zero. */
static bool
get_text(struct rd *r, char *out, size_t room)
{
	struct rd text = rd_blob(r);
	size_t size = rd_left(&text);

	memset(out, 0, room);
	if (text.bad || size >= room || (size > 0 && memchr(text.at, 0, size) != NULL))
		return false;
	return rd_copy(&text, out, size);
}

void
order_write(const struct order *order, struct wr *w)
{
	wr_put(w, order->key.b, sizeof order->key.b);
	wr_u8(w, order->verb);
	wr_u64(w, (uint64_t)order->not_before);
	wr_u64(w, (uint64_t)order->expires);
	put_text(w, order->kind, sizeof order->kind);
	put_text(w, order->target, sizeof order->target);
	put_text(w, order->subject, sizeof order->subject);
	put_text(w, order->body, sizeof order->body);
	put_text(w, order->part_name, sizeof order->part_name);
	put_text(w, order->part, sizeof order->part);
}

bool
order_read(struct order *order, struct rd *r)
{
	bool good;

	(void)rd_copy(r, order->key.b, sizeof order->key.b);
	order->verb = rd_u8(r);
	order->not_before = (int64_t)rd_u64(r);
	order->expires = (int64_t)rd_u64(r);
	good = get_text(r, order->kind, sizeof order->kind) &&
	       get_text(r, order->target, sizeof order->target) &&
	       get_text(r, order->subject, sizeof order->subject) &&
	       get_text(r, order->body, sizeof order->body) &&
	       get_text(r, order->part_name, sizeof order->part_name) &&
	       get_text(r, order->part, sizeof order->part);
	return good && !r->bad && rd_left(r) == 0 && order->verb <= ORDER_UNDO;
}
