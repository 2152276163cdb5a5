/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lists_out.c -- places for machines that block: a plain list, and a response policy zone
 * (draft-vixie-dnsop-dns-rpz).
 *
 * In the zone a name stands twice, for itself and for all below it; an address is a
 * trigger on answers (rpz-ip: prefix length, then the octets or groups backwards, "zz"
 * for "::"). All are answered NXDOMAIN. Endpoints stand there with their address alone,
 * since a zone knows no ports. Nothing of our own lines is ever in either.
 */
#include "exchange/writers.h"

#include <ctype.h>
#include <stdio.h>

enum { LISTS_MOST = 1 << 30 };

static bool
finish(struct wr *out, const struct writer_sink *sink, struct err *err)
{
	bool good = !out->bad ? sink->file(sink->ctx, NULL, out->bytes, out->size, err)
			      : err_set(err, "more than 1 GB would leave");

	wr_fini(out);
	return good;
}

static bool
list_write(const struct outgoing_list *list, const struct writer_head *head,
    const struct writer_sink *sink, struct err *err)
{
	char place[INDICATOR_NAME];
	struct wr out;

	(void)head;
	wr_init(&out, LISTS_MOST);
	for (size_t i = 0; i < list->count; i++) {
		const struct outgoing *o = &list->items[i];
		bool v6 = o->has_addr && !addr_is_v4(&o->addr.addr);

		if (o->kind != OUTGOING_PLACE)
			continue;
		wr_printf(&out, "%s%s%s", v6 && o->port != 0 ? "[" : "",
		    outgoing_place(o, place), v6 && o->port != 0 ? "]" : "");
		if (o->port != 0)
			wr_printf(&out, ":%u", o->port);
		wr_u8(&out, '\n');
	}
	return finish(&out, sink, err);
}

/* ---- the zone */

/* Only what a zone file holds without quoting; a name that has more is left out. */
static bool
is_plain(const char *name)
{
	for (; *name != 0; name++)
		if (!isalnum((unsigned char)*name) && strchr("-_.", *name) == NULL)
			return false;
	return true;
}

static void
put_v4(struct wr *out, const struct prefix *p)
{
	const uint8_t *b = p->addr.b + 12;

	wr_printf(out, "%u.%u.%u.%u.%u", p->length - 96u, b[3], b[2], b[1], b[0]);
}

static unsigned
group(const struct prefix *p, int i)
{
	return (unsigned)p->addr.b[2 * i] << 8 | p->addr.b[2 * i + 1];
}

/* Groups from the last to the first; the longest run of two or more zeros is "zz". */
static void
put_v6(struct wr *out, const struct prefix *p)
{
	int best = -1, best_size = 1, size = 0;

	for (int i = 0; i < 8; i++) {
		size = group(p, i) == 0 ? size + 1 : 0;
		if (size > best_size) {
			best_size = size;
			best = i - size + 1;
		}
	}
	wr_printf(out, "%u", p->length);
	for (int i = 7; i >= 0; i--) {
		if (best >= 0 && i >= best && i < best + best_size) {
			wr_printf(out, ".zz");
			i = best;
			continue;
		}
		wr_printf(out, ".%x", group(p, i));
	}
}

static void
put_place(struct wr *out, const struct outgoing *o)
{
	if (!o->has_addr) {
		if (is_plain(o->name))
			wr_printf(out, "%s CNAME .\n*.%s CNAME .\n", o->name, o->name);
		return;
	}
	if (addr_is_v4(&o->addr.addr))
		put_v4(out, &o->addr);
	else
		put_v6(out, &o->addr);
	wr_printf(out, ".rpz-ip CNAME .\n");
}

/* Endpoints of one address are one trigger. */
static bool
is_repeat(const struct outgoing_list *list, size_t i)
{
	const struct outgoing *o = &list->items[i], *before = o - 1;

	return i > 0 && before->kind == OUTGOING_PLACE && o->has_addr &&
	       before->has_addr && memcmp(&before->addr, &o->addr, sizeof o->addr) == 0;
}

static bool
rpz_write(const struct outgoing_list *list, const struct writer_head *head,
    const struct writer_sink *sink, struct err *err)
{
	struct wr out;

	wr_init(&out, LISTS_MOST);
	wr_printf(&out,
	    "$TTL 300\n@ SOA localhost. hostmaster.localhost. %u 300 60 604800 300\n"
	    "@ NS localhost.\n",
	    head->serial);
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].kind == OUTGOING_PLACE && !is_repeat(list, i))
			put_place(&out, &list->items[i]);
	return finish(&out, sink, err);
}

const struct writer writer_list = {
    .name = "list",
    .summary = "places, one a line",
    .write = list_write,
};

const struct writer writer_rpz = {
    .name = "rpz",
    .summary = "a response policy zone of the places",
    .write = rpz_write,
};
