/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows_out.c -- a row a statement: IntelMQ's events (JSON Lines with flat names) and the
 * same fields as CSV.
 *
 * A cell of the CSV that a spreadsheet would take for a formula gets an apostrophe.
 */
#include "base/when.h"
#include "exchange/writers.h"

#include <stdio.h>

enum { ROWS_MOST = 1 << 30 };

enum field {
	OUT_TIME,
	OUT_TAXONOMY,
	OUT_TYPE,
	OUT_FAMILY,
	OUT_IP,
	OUT_NETWORK,
	OUT_FQDN,
	OUT_PORT,
	OUT_TRANSPORT,
	OUT_REMOTE_IP,
	OUT_REMOTE_FQDN,
	OUT_REMOTE_PORT,
	OUT_COUNT,
	OUT_REALM,
	OUT_LAST,
	OUT_UNTIL,
	OUT_CONFIDENCE,
	OUT_TLP,
	OUT_ID,
	OUT_FEED,
	OUT_FIELDS
};

static const char *const field_names[OUT_FIELDS] = {"time.source",
    "classification.taxonomy", "classification.type", "malware.name", "source.ip",
    "source.network", "source.fqdn", "source.port", "protocol.transport",
    "destination.ip", "destination.fqdn", "destination.port", "extra.count",
    "extra.realm", "extra.last_seen", "extra.valid_until", "extra.confidence", "tlp",
    "extra.id", "feed.provider"};

enum { CELL = 300 };

static const char *
number(char *out, int64_t n, bool told)
{
	(void)snprintf(out, CELL, "%lld", (long long)n);
	return told ? out : "";
}

static const char *
address_field(const struct outgoing *o, enum field f, char *out)
{
	bool whole = o->addr.length == 128;

	if (f == OUT_FQDN)
		return o->name;
	if (!o->has_addr || whole != (f == OUT_IP))
		return "";
	return outgoing_place(o, out);
}

static const char *
remote_field(const struct outgoing *o, enum field f, char *out)
{
	if (f == OUT_REMOTE_FQDN)
		return o->remote_name;
	if (f == OUT_REMOTE_PORT)
		return number(out, o->remote_port, o->remote_port != 0);
	return addr_equal(&o->remote, &(struct addr){{0}}) ? ""
							   : addr_text(&o->remote, out);
}

/* "" where it is not told. */
static const char *
cell(const struct outgoing *o, const struct writer_head *head, enum field f, char *out)
{
	switch ((int)f) {
	case OUT_TIME:
		return when_text(o->first, out);
	case OUT_TAXONOMY:
		(void)snprintf(out, CELL, "%.*s",
		    (int)(outgoing_type(o) - o->rsit) - (outgoing_type(o) > o->rsit),
		    o->rsit);
		return out;
	case OUT_TYPE:
		return outgoing_type(o);
	case OUT_FAMILY:
		return o->family;
	case OUT_IP:
	case OUT_NETWORK:
	case OUT_FQDN:
		return address_field(o, f, out);
	case OUT_PORT:
		return number(out, o->port, o->port != 0);
	case OUT_TRANSPORT:
		return outgoing_transport(o);
	case OUT_REMOTE_IP:
	case OUT_REMOTE_FQDN:
	case OUT_REMOTE_PORT:
		return remote_field(o, f, out);
	case OUT_COUNT:
		return number(out, (int64_t)o->count, o->count != 0);
	case OUT_REALM:
		return number(out, o->realm, o->kind == OUTGOING_COUNT);
	case OUT_LAST:
		return o->last != o->first ? when_text(o->last, out) : "";
	case OUT_UNTIL:
		return o->until != WHEN_NEVER ? when_text(o->until, out) : "";
	case OUT_CONFIDENCE:
		return number(out, o->confidence, o->confidence >= 0);
	case OUT_TLP:
		return tlp_labels[o->tlp] + (o->tlp != TLP_UNTOLD ? strlen("TLP:") : 0);
	case OUT_ID:
		return o->id;
	default:
		return head->organisation;
	}
}

static bool
is_number(enum field f)
{
	return f == OUT_PORT || f == OUT_REMOTE_PORT || f == OUT_COUNT ||
	       f == OUT_REALM || f == OUT_CONFIDENCE;
}

static bool
finish(struct wr *out, const struct writer_sink *sink, struct err *err)
{
	bool good = !out->bad ? sink->file(sink->ctx, NULL, out->bytes, out->size, err)
			      : err_set(err, "more than 1 GB would leave");

	wr_fini(out);
	return good;
}

static bool
intelmq_write(const struct outgoing_list *list, const struct writer_head *head,
    const struct writer_sink *sink, struct err *err)
{
	char room[CELL];
	struct wr out;
	struct jw j;

	wr_init(&out, ROWS_MOST);
	for (size_t i = 0; i < list->count; i++) {
		jw_begin(&j, &out);
		jw_object(&j, NULL);
		jw_text(&j, "__type", "Event");
		for (int f = 0; f < OUT_FIELDS; f++) {
			const char *text =
			    cell(&list->items[i], head, (enum field)f, room);

			if (*text == 0)
				continue;
			if (is_number((enum field)f))
				jw_int(&j, field_names[f], strtoll(text, NULL, 10));
			else
				jw_text(&j, field_names[f], text);
		}
		jw_end(&j);
		wr_u8(&out, '\n');
	}
	return finish(&out, sink, err);
}

static void
put_cell(struct wr *out, const char *text)
{
	wr_u8(out, '"');
	if (*text != 0 && strchr("=+-@\t\r", *text) != NULL)
		wr_u8(out, '\'');
	for (; *text != 0; text++) {
		if (*text == '"')
			wr_u8(out, '"');
		wr_u8(out, (uint8_t)*text);
	}
	wr_u8(out, '"');
}

static bool
csv_write(const struct outgoing_list *list, const struct writer_head *head,
    const struct writer_sink *sink, struct err *err)
{
	char room[CELL];
	struct wr out;

	wr_init(&out, ROWS_MOST);
	for (int f = 0; f < OUT_FIELDS; f++)
		wr_printf(&out, "%s%s", f > 0 ? "," : "", field_names[f]);
	wr_printf(&out, "\r\n");
	for (size_t i = 0; i < list->count; i++)
		for (int f = 0; f < OUT_FIELDS; f++) {
			put_cell(&out, cell(&list->items[i], head, (enum field)f, room));
			wr_printf(&out, f == OUT_FIELDS - 1 ? "\r\n" : ",");
		}
	return finish(&out, sink, err);
}

const struct writer writer_csv = {
    .name = "csv",
    .summary = "CSV with IntelMQ's field names",
    .write = csv_write,
};

const struct writer writer_intelmq = {
    .name = "intelmq",
    .summary = "IntelMQ events, JSON Lines",
    .write = intelmq_write,
};
