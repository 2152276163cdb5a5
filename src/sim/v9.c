/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v9.c -- NetFlow version 9 datagrams (RFC 3954).
 *
 * A datagram is a header, now and then a template flow set, and one data flow set for
 * each address family that has records waiting; each is padded to four bytes
 * (section 5.3). The header's count is of records, templates included (5.1). Times of
 * records are milliseconds since the start of the exporter; the header carries that clock
 * and UTC at whole seconds, so that both agree exactly.
 *
 * Not handled: options templates and sampling; the simulated routers do not sample.
 */
#include "sim/v9.h"

#include "base/when.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum {
	HEADER = 20,
	SET_HEADER = 4,
	TEMPLATE_V4 = 256,
	TEMPLATE_V6 = 257,
	WAIT = 5 * WHEN_SECOND
};

struct field {
	uint16_t type, size; /* RFC 3954, section 8 */
};

enum { FIELDS = 14 };

#define FIELDS_OF(src, dst, size)                                                        \
	{                                                                                \
		{22, 4}, {21, 4}, {src, size}, {dst, size}, {2, 4}, {1, 4}, {7, 2},      \
		    {11, 2}, {10, 2}, {14, 2}, {4, 1}, {6, 1}, {5, 1}, {61, 1},          \
	}

static const struct field fields[2][FIELDS] = {
    FIELDS_OF(8, 12, 4), FIELDS_OF(27, 28, 16)};

static const size_t record_size[2] = {V9_RECORD_V4, V9_RECORD_V6};
static const uint16_t template_id[2] = {TEMPLATE_V4, TEMPLATE_V6};

struct pen {
	uint8_t *at;
};

static void
put(struct pen *p, uint64_t value, size_t size)
{
	for (size_t i = size; i-- > 0;)
		*p->at++ = (uint8_t)(value >> (8 * i));
}

static void
put_addr(struct pen *p, const struct addr *a, int family)
{
	size_t size = family == 0 ? 4 : 16;

	memcpy(p->at, a->b + 16 - size, size);
	p->at += size;
}

static uint64_t
uptime(const struct v9 *v9, int64_t t)
{
	assert(t >= v9->boot);
	return (uint64_t)((t - v9->boot) / 1000);
}

void
v9_init(struct v9 *v9, uint32_t source_id, int64_t boot, v9_emit *emit, void *ctx)
{
	*v9 = (struct v9){.emit = emit, .ctx = ctx, .boot = boot, .source_id = source_id};
}

static size_t
templates_size(void)
{
	return SET_HEADER + 2 * (4 + 4 * (size_t)FIELDS);
}

static void
put_templates(struct pen *p)
{
	put(p, 0, 2);
	put(p, templates_size(), 2);
	for (int family = 0; family < 2; family++) {
		put(p, template_id[family], 2);
		put(p, FIELDS, 2);
		for (int i = 0; i < FIELDS; i++) {
			put(p, fields[family][i].type, 2);
			put(p, fields[family][i].size, 2);
		}
	}
}

static void
put_data(struct pen *p, const struct v9 *v9, int family)
{
	size_t size = v9->counts[family] * record_size[family];
	size_t padding = (4 - size % 4) % 4;

	if (size == 0)
		return;
	put(p, template_id[family], 2);
	put(p, SET_HEADER + size + padding, 2);
	memcpy(p->at, v9->data[family], size);
	p->at += size;
	put(p, 0, padding);
}

static void
put_header(struct pen *p, const struct v9 *v9, bool with_templates, int64_t now)
{
	int64_t second = now - now % WHEN_SECOND;

	put(p, 9, 2);
	put(p, v9->counts[0] + v9->counts[1] + (with_templates ? 2 : 0), 2);
	put(p, uptime(v9, second), 4);
	put(p, (uint64_t)(second / WHEN_SECOND), 4);
	put(p, v9->sequence, 4);
	put(p, v9->source_id, 4);
}

void
v9_flush(struct v9 *v9, int64_t now)
{
	uint8_t bytes[V9_DATAGRAM];
	struct pen p = {bytes};
	bool with_templates = v9->sequence % V9_TEMPLATE_EVERY == 0;

	if (v9->counts[0] + v9->counts[1] == 0)
		return;
	put_header(&p, v9, with_templates, now);
	if (with_templates)
		put_templates(&p);
	put_data(&p, v9, 0);
	put_data(&p, v9, 1);
	v9->emit(v9->ctx, now, bytes, (size_t)(p.at - bytes));
	v9->sequence++;
	v9->counts[0] = v9->counts[1] = 0;
}

/* Bytes of the datagram if it left now, with one more record of `family`. */
static size_t
size_with(const struct v9 *v9, int family)
{
	size_t size = HEADER + 2 * (SET_HEADER + 3);

	for (int f = 0; f < 2; f++)
		size += (v9->counts[f] + (f == family)) * record_size[f];
	return v9->sequence % V9_TEMPLATE_EVERY == 0 ? size + templates_size() : size;
}

static void
put_record(struct pen *p, const struct v9 *v9, const struct v9_record *r, int family)
{
	put(p, uptime(v9, r->first), 4);
	put(p, uptime(v9, r->last), 4);
	put_addr(p, &r->src, family);
	put_addr(p, &r->dst, family);
	put(p, r->packets, 4);
	put(p, r->bytes, 4);
	put(p, r->sport, 2);
	put(p, r->dport, 2);
	put(p, r->input, 2);
	put(p, r->output, 2);
	put(p, r->proto, 1);
	put(p, r->flags, 1);
	put(p, r->tos, 1);
	put(p, r->direction, 1);
}

void
v9_put(struct v9 *v9, const struct v9_record *r, int64_t now)
{
	int family = addr_is_v4(&r->src) ? 0 : 1;
	struct pen p;

	assert(r->first <= r->last && r->last <= now);
	if (v9->counts[0] + v9->counts[1] > 0 &&
	    (size_with(v9, family) > V9_DATAGRAM || now >= v9->oldest + WAIT))
		v9_flush(v9, now);
	if (v9->counts[0] + v9->counts[1] == 0)
		v9->oldest = now;
	p.at = v9->data[family] + v9->counts[family]++ * record_size[family];
	put_record(&p, v9, r, family);
	assert(p.at == v9->data[family] + v9->counts[family] * record_size[family]);
}
