/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture.c -- see capture.h. pcap as in draft-ietf-opsawg-pcap, pcapng as in
 * draft-ietf-opsawg-pcapng: section headers, interfaces with their resolution and offset
 * of time, enhanced, simple and (obsolete) packet blocks; other blocks are skipped. Read
 * here rather than by libpcap, which takes no compressed stream and refuses captures of
 * several link types.
 */
#include "source/capture.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/when.h"

#include <stdlib.h>

__extension__ typedef unsigned __int128 uint128;

enum {
	PCAP_HEADER = 24,
	RECORD_HEADER = 16,
	INTERFACES = 1024,
	PACKET_MAX = 1 << 18,
};

enum { BLOCK_INTERFACE = 1, BLOCK_PACKET = 2, BLOCK_SIMPLE = 3, BLOCK_ENHANCED = 6 };
#define BLOCK_SECTION 0x0a0d0d0aU

struct interface {
	uint32_t link, snap;
	int64_t offset;     /* s */
	uint8_t resolution; /* if_tsresol: power of ten, or with bit 7 of two */
};

struct capture {
	struct input *in;
	bool ng, little, nano;
	uint32_t link;
	int64_t time; /* of the last packet, for those without */
	uint32_t interface_count;
	struct interface interfaces[INTERFACES];
};

static uint32_t
swapped(uint32_t v, bool little)
{
	return little ? __builtin_bswap32(v) : v;
}

static uint32_t
u32(const struct capture *c, struct rd *r)
{
	return swapped(rd_u32(r), c->little);
}

static uint16_t
u16(const struct capture *c, struct rd *r)
{
	return c->little ? rd_u16le(r) : rd_u16(r);
}

/* Sets what the magic tells. */
static bool
know_magic(struct capture *c, uint32_t magic)
{
	static const uint32_t micro = 0xa1b2c3d4, nano = 0xa1b23c4d;

	c->ng = magic == BLOCK_SECTION;
	c->little = magic == __builtin_bswap32(micro) || magic == __builtin_bswap32(nano);
	c->nano = magic == nano || magic == __builtin_bswap32(nano);
	return c->ng || c->little || c->nano || magic == micro;
}

bool
capture_known(const uint8_t *head, size_t size)
{
	struct rd r = rd_init(head, size);
	struct capture probe;

	return know_magic(&probe, rd_u32(&r)) && !r.bad;
}

struct capture *
capture_new(struct input *in, const char *name, struct err *err)
{
	const uint8_t *head = input_look(in, 4);
	struct capture *c = xcalloc(1, sizeof *c);
	struct rd r;

	c->in = in;
	if (head == NULL || !capture_known(head, 4)) {
		(void)err_set(err, "%s: no capture file (pcap or pcapng)", name);
		free(c);
		return NULL;
	}
	r = rd_init(head, 4);
	(void)know_magic(c, rd_u32(&r));
	if (c->ng)
		return c;
	head = input_take(in, PCAP_HEADER);
	r = rd_init(head, head == NULL ? 0 : PCAP_HEADER);
	rd_skip(&r, PCAP_HEADER - 4);
	c->link = u32(c, &r) & 0x0fffffff; /* above: length of a frame check sequence */
	if (r.bad) {
		(void)err_set(err, "%s: ends inside its header", name);
		free(c);
		return NULL;
	}
	return c;
}

void
capture_free(struct capture *c)
{
	free(c);
}

static int64_t
in_range(uint128 micro, int64_t offset)
{
	static const int64_t most = INT64_C(1) << 55;
	int64_t t = micro > (uint128)most ? most : (int64_t)micro;

	if (offset > most / WHEN_SECOND || offset < -most / WHEN_SECOND)
		return 0;
	t += offset * WHEN_SECOND;
	return t < 0 ? 0 : t > most ? most : t;
}

static enum capture_result
end_of(const struct capture *c)
{
	return input_rest(c->in) > 0 || input_failed(c->in) ? CAPTURE_CUT : CAPTURE_END;
}

static enum capture_result
next_record(struct capture *c, struct capture_packet *out)
{
	const uint8_t *head = input_take(c->in, RECORD_HEADER);
	uint32_t seconds, fraction;
	struct rd r;

	if (head == NULL)
		return end_of(c);
	r = rd_init(head, RECORD_HEADER);
	seconds = u32(c, &r);
	fraction = u32(c, &r);
	out->size = u32(c, &r);
	out->length = u32(c, &r);
	if (out->size > PACKET_MAX)
		return CAPTURE_CUT;
	out->link = c->link;
	out->time = in_range(
	    (uint128)seconds * 1000000 + (c->nano ? fraction / 1000 : fraction), 0);
	out->bytes = input_take(c->in, out->size);
	return out->bytes == NULL ? CAPTURE_CUT : CAPTURE_PACKET;
}

static int64_t
scaled(const struct interface *i, uint64_t units)
{
	uint8_t power = i->resolution & 0x7f;
	uint128 v = units;

	if ((i->resolution & 0x80) != 0)
		return in_range(power < 64 ? v * 1000000 >> power : 0, i->offset);
	for (; power < 6; power++)
		v *= 10;
	for (; power > 6 && v > 0; power--)
		v /= 10;
	return in_range(v, i->offset);
}

static void
read_options(const struct capture *c, struct rd *r, struct interface *i)
{
	enum { OPTION_END = 0, OPTION_RESOLUTION = 9, OPTION_OFFSET = 14 };

	while (rd_left(r) >= 4) {
		uint16_t code = u16(c, r), size = u16(c, r);
		struct rd value = rd_sub(r, size);
		uint32_t first, second;

		rd_skip(r, (size_t)(-size & 3));
		if (code == OPTION_END)
			return;
		if (code == OPTION_RESOLUTION && size == 1)
			i->resolution = rd_u8(&value);
		if (code != OPTION_OFFSET || size != 8)
			continue;
		first = u32(c, &value);
		second = u32(c, &value);
		i->offset = (int64_t)(c->little ? (uint64_t)second << 32 | first
						: (uint64_t)first << 32 | second);
	}
}

static void
read_interface(struct capture *c, struct rd *r)
{
	struct interface *i;

	if (c->interface_count == INTERFACES)
		return;
	i = &c->interfaces[c->interface_count++];
	*i = (struct interface){.resolution = 6};
	i->link = u16(c, r);
	rd_skip(r, 2);
	i->snap = u32(c, r);
	read_options(c, r, i);
}

static bool
read_packet(struct capture *c, struct rd *r, bool old, struct capture_packet *out)
{
	uint32_t number = old ? u16(c, r) : u32(c, r);
	uint64_t high, low;

	if (old)
		rd_skip(r, 2); /* count of drops */
	high = u32(c, r);
	low = u32(c, r);
	out->size = u32(c, r);
	out->length = u32(c, r);
	out->bytes = rd_take(r, out->size);
	if (out->bytes == NULL || number >= c->interface_count)
		return false;
	out->link = c->interfaces[number].link;
	out->time = c->time = scaled(&c->interfaces[number], high << 32 | low);
	return true;
}

static bool
read_simple(struct capture *c, struct rd *r, struct capture_packet *out)
{
	uint32_t snap = c->interfaces[0].snap;

	if (c->interface_count == 0)
		return false;
	out->length = u32(c, r);
	out->size = out->length;
	if (snap > 0 && out->size > snap)
		out->size = snap;
	out->bytes = rd_take(r, out->size);
	out->link = c->interfaces[0].link;
	out->time = c->time;
	return out->bytes != NULL;
}

/* Section headers tell the byte order of what follows. */
static bool
read_section(struct capture *c, const uint8_t *head)
{
	struct rd r = rd_init(head + 8, 4);
	uint32_t magic = rd_u32(&r);

	c->interface_count = 0;
	c->little = magic == 0x4d3c2b1a;
	return c->little || magic == 0x1a2b3c4d;
}

/* One block. PACKET: `out` is set; END: another block, go on. */
static enum capture_result
next_block(struct capture *c, struct capture_packet *out)
{
	const uint8_t *head = input_look(c->in, 12);
	uint32_t type, size;
	struct rd r;

	if (head == NULL)
		return CAPTURE_CUT;
	r = rd_init(head, 12);
	type = u32(c, &r);
	if (type == BLOCK_SECTION && !read_section(c, head))
		return CAPTURE_CUT;
	size = u32(c, &r);
	if (size < 12 || size % 4 != 0)
		return CAPTURE_CUT;
	if (type != BLOCK_INTERFACE && type != BLOCK_PACKET && type != BLOCK_SIMPLE &&
	    type != BLOCK_ENHANCED)
		return input_skip(c->in, size) ? CAPTURE_END : CAPTURE_CUT;
	head = size > INPUT_PIECE ? NULL : input_take(c->in, size);
	if (head == NULL)
		return CAPTURE_CUT;
	r = rd_init(head + 8, size - 12);
	if (type == BLOCK_INTERFACE)
		read_interface(c, &r);
	else if (type == BLOCK_SIMPLE ? read_simple(c, &r, out)
				      : read_packet(c, &r, type == BLOCK_PACKET, out))
		return CAPTURE_PACKET;
	else
		return CAPTURE_CUT;
	return CAPTURE_END;
}

enum capture_result
capture_next(struct capture *c, struct capture_packet *out)
{
	enum capture_result result;

	if (!c->ng)
		return next_record(c, out);
	do {
		if (input_look(c->in, 1) == NULL)
			return end_of(c);
		result = next_block(c, out);
	} while (result == CAPTURE_END);
	return result;
}
