/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet.c -- see packet.h. From the link layer down by the numbers of IEEE 802.3 and
 * 802.1Q/ad, LINKTYPE_LINUX_SLL(2), RFC 1661, 2516, 3032; IPv4 (RFC 791), IPv6 and its
 * extension headers (RFC 8200), TCP, UDP, ICMP (RFC 792, 4443).
 *
 * A read past the captured end means a cut packet if the capture says that more was on
 * the wire, else a malformed one. A total length of zero (segmentation offload,
 * jumbograms) stands for what was on the wire.
 */
#include "event/packet.h"

#include "base/buf.h"
#include "event/event.h"

enum {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_PPP = 9,
	LINK_RAW_OLD = 12,
	LINK_RAW_BSD = 14,
	LINK_PPP_SERIAL = 50,
	LINK_PPPOE = 51,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_SLL = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_SLL2 = 276,
};

enum {
	ETHER_IPV4 = 0x0800,
	ETHER_VLAN = 0x8100,
	ETHER_IPV6 = 0x86dd,
	ETHER_MPLS = 0x8847,
	ETHER_PPPOE = 0x8864,
	ETHER_QINQ = 0x88a8,
	ETHER_QINQ_OLD = 0x9100,
	ETHER_TYPE_LEAST = 0x0600, /* below: a length, 802.2 follows */
};

enum { TAGS_MAX = 8, EXTENSIONS_MAX = 16 };

/* What stands between the cursor and the verdict. */
struct scan {
	struct rd r;
	size_t beyond; /* bytes on the wire that were not captured */
};

static enum packet_result
too_short(const struct scan *s)
{
	return s->beyond > 0 ? PACKET_CUT : PACKET_MALFORMED;
}

static bool
is_icmp_error(const struct packet *p)
{
	if (p->proto == PROTO_ICMP)
		return (p->icmp_type == 3 && p->icmp_code != 4) || p->icmp_type == 11 ||
		       p->icmp_type == 12;
	return p->icmp_type == 1 || p->icmp_type == 3 || p->icmp_type == 4;
}

/* At least eight bytes of the payload are quoted (RFC 792), enough for the ports. */
static void
read_quote(struct rd r, struct packet *p)
{
	struct packet_quote *q = &p->quote;
	uint8_t version;

	rd_skip(&r, 4);
	version = rd_left(&r) > 0 ? r.at[0] >> 4 : 0;
	if (version == 4) {
		size_t size = (size_t)(rd_u8(&r) & 15) * 4;

		rd_skip(&r, 8);
		q->proto = rd_u8(&r);
		rd_skip(&r, 2);
		q->src = addr_v4(rd_u32(&r));
		q->dst = addr_v4(rd_u32(&r));
		rd_skip(&r, size > 20 ? size - 20 : 0);
	} else {
		rd_skip(&r, 6);
		q->proto = rd_u8(&r);
		rd_skip(&r, 1);
		(void)rd_copy(&r, q->src.b, 16);
		(void)rd_copy(&r, q->dst.b, 16);
	}
	if (q->proto == PROTO_TCP || q->proto == PROTO_UDP) {
		q->sport = rd_u16(&r);
		q->dport = rd_u16(&r);
	}
	if (r.bad || (version != 4 && version != 6))
		*q = (struct packet_quote){0};
}

static bool
read_tcp(struct rd *r, struct packet *p)
{
	uint8_t offset;

	p->sport = rd_u16(r);
	p->dport = rd_u16(r);
	p->tcp_seq = rd_u32(r);
	rd_skip(r, 4);
	offset = rd_u8(r);
	p->tcp_flags = rd_u8(r) & 0x3f;
	rd_skip(r, 6);
	if (r->bad)
		return true;
	if (offset >> 4 < 5)
		return false;
	rd_skip(r, (size_t)(offset >> 4) * 4 - 20);
	return true;
}

static bool
read_udp(struct rd *r, struct packet *p)
{
	uint16_t length;

	p->sport = rd_u16(r);
	p->dport = rd_u16(r);
	length = rd_u16(r);
	rd_skip(r, 2);
	if (r->bad)
		return true;
	if (length != 0 && length < 8)
		return false;
	if (length != 0 && (size_t)(length - 8) < rd_left(r))
		r->end = r->at + (length - 8);
	return true;
}

/* False: malformed. The transport's header may be missing where the capture was cut. */
static bool
read_transport(struct scan *s, struct packet *p)
{
	struct rd r = s->r;
	bool sound = true;

	if (p->later_fragment)
		return true;
	if (p->proto == PROTO_TCP) {
		sound = read_tcp(&r, p);
	} else if (p->proto == PROTO_UDP) {
		sound = read_udp(&r, p);
	} else if (p->proto == PROTO_ICMP || p->proto == PROTO_ICMP6) {
		p->icmp_type = rd_u8(&r);
		p->icmp_code = rd_u8(&r);
		rd_skip(&r, 2);
		p->unreachable = !r.bad && is_icmp_error(p);
		if (p->unreachable)
			read_quote(r, p);
	}
	if (r.bad)
		return p->cut || p->first_fragment;
	p->payload = r.at;
	p->payload_size = rd_left(&r);
	return sound;
}

/* Fits the cursor to what the IP header states follows it: less captured than stated is a
 * cut, more is padding. */
static void
fit(struct scan *s, struct packet *p, size_t payload)
{
	if (payload <= rd_left(&s->r))
		s->r.end = s->r.at + payload;
	else
		p->cut = true;
}

static enum packet_result
read_ipv4(struct scan *s, struct packet *p)
{
	size_t whole = rd_left(&s->r) + s->beyond, header;
	uint16_t total, fragment;

	header = (size_t)(rd_u8(&s->r) & 15) * 4;
	rd_skip(&s->r, 1);
	total = rd_u16(&s->r);
	p->fragment_id = rd_u16(&s->r);
	fragment = rd_u16(&s->r);
	rd_skip(&s->r, 1);
	p->proto = rd_u8(&s->r);
	rd_skip(&s->r, 2);
	p->src = addr_v4(rd_u32(&s->r));
	p->dst = addr_v4(rd_u32(&s->r));
	if (s->r.bad)
		return too_short(s);
	p->length = total == 0 ? (uint32_t)whole : total;
	if (header < 20 || p->length < header)
		return PACKET_MALFORMED;
	p->first_fragment = (fragment & 0x3fff) == 0x2000;
	p->later_fragment = (fragment & 0x1fff) != 0;
	rd_skip(&s->r, header - 20);
	p->cut = s->r.bad;
	fit(s, p, p->length - header);
	return read_transport(s, p) ? PACKET_IP : PACKET_MALFORMED;
}

static bool
is_extension(uint8_t next)
{
	return next == 0 || next == 43 || next == 44 || next == 51 || next == 60 ||
	       next == 135 || next == 139 || next == 140;
}

static uint8_t
read_extension(struct rd *r, struct packet *p, uint8_t kind)
{
	uint8_t next = rd_u8(r), length = rd_u8(r);

	if (kind == 44) {
		uint16_t fragment = rd_u16(r);

		p->fragment_id = rd_u32(r);
		p->later_fragment = (fragment & 0xfff8) != 0;
		p->first_fragment = (fragment & 1) != 0 && !p->later_fragment;
	} else if (kind == 51) {
		rd_skip(r, (size_t)length * 4 + 6);
	} else {
		rd_skip(r, (size_t)length * 8 + 6);
	}
	return next;
}

static enum packet_result
read_ipv6(struct scan *s, struct packet *p)
{
	size_t whole = rd_left(&s->r) + s->beyond;
	uint16_t payload;

	rd_skip(&s->r, 4);
	payload = rd_u16(&s->r);
	p->proto = rd_u8(&s->r);
	rd_skip(&s->r, 1);
	(void)rd_copy(&s->r, p->src.b, 16);
	(void)rd_copy(&s->r, p->dst.b, 16);
	if (s->r.bad)
		return too_short(s);
	p->length = payload == 0 ? (uint32_t)whole : 40 + (uint32_t)payload;
	fit(s, p, p->length - 40);
	for (int i = 0; is_extension(p->proto) && !p->later_fragment; i++) {
		if (i == EXTENSIONS_MAX)
			return PACKET_MALFORMED;
		p->proto = read_extension(&s->r, p, p->proto);
		if (s->r.bad)
			return p->cut || s->beyond > 0 ? PACKET_IP : PACKET_MALFORMED;
	}
	return read_transport(s, p) ? PACKET_IP : PACKET_MALFORMED;
}

static enum packet_result
read_ip(struct scan *s, struct packet *p)
{
	if (rd_left(&s->r) == 0)
		return too_short(s);
	if (s->r.at[0] >> 4 == 4)
		return read_ipv4(s, p);
	return s->r.at[0] >> 4 == 6 ? read_ipv6(s, p) : PACKET_MALFORMED;
}

static enum packet_result
read_ppp(struct scan *s, struct packet *p)
{
	uint16_t protocol;

	if (rd_left(&s->r) >= 2 && s->r.at[0] == 0xff && s->r.at[1] == 0x03)
		rd_skip(&s->r, 2);
	protocol = rd_u8(&s->r);
	if ((protocol & 1) == 0)
		protocol = (uint16_t)(protocol << 8 | rd_u8(&s->r));
	if (s->r.bad)
		return too_short(s);
	return protocol == 0x21 || protocol == 0x57 ? read_ip(s, p) : PACKET_NON_IP;
}

static enum packet_result
read_mpls(struct scan *s, struct packet *p)
{
	uint32_t label = 0;

	for (int i = 0; i < TAGS_MAX && (label & 0x100) == 0 && !s->r.bad; i++)
		label = rd_u32(&s->r);
	if (s->r.bad)
		return too_short(s);
	if (rd_left(&s->r) > 0 && (s->r.at[0] >> 4 == 4 || s->r.at[0] >> 4 == 6))
		return read_ip(s, p);
	return PACKET_NON_IP;
}

/* 802.2 with SNAP may carry IP; all else of 802.2 does not. */
static uint16_t
snap_type(struct rd *r)
{
	static const uint8_t snap[6] = {0xaa, 0xaa, 0x03};
	const uint8_t *head = rd_take(r, sizeof snap);

	return head != NULL && memcmp(head, snap, sizeof snap) == 0 ? rd_u16(r) : 0;
}

static enum packet_result
read_ether_type(struct scan *s, struct packet *p, uint16_t type)
{
	for (int i = 0; i < TAGS_MAX && (type == ETHER_VLAN || type == ETHER_QINQ ||
					    type == ETHER_QINQ_OLD);
	     i++) {
		rd_skip(&s->r, 2);
		type = rd_u16(&s->r);
	}
	if (s->r.bad)
		return too_short(s);
	if (type < ETHER_TYPE_LEAST)
		type = snap_type(&s->r);
	switch (type) {
	case ETHER_IPV4:
	case ETHER_IPV6:
		return read_ip(s, p);
	case ETHER_MPLS:
		return read_mpls(s, p);
	case ETHER_PPPOE:
		rd_skip(&s->r, 6);
		return read_ppp(s, p);
	default:
		return PACKET_NON_IP;
	}
}

/* The family in the byte order of the machine that captured; IPv6's number varies. */
static enum packet_result
read_family(struct scan *s, struct packet *p)
{
	uint32_t family = rd_u32(&s->r);

	if (s->r.bad)
		return too_short(s);
	if (family >= 1 << 16)
		family = __builtin_bswap32(family);
	if (family == 2 || family == 10 || family == 24 || family == 28 || family == 30)
		return read_ip(s, p);
	return PACKET_NON_IP;
}

static enum packet_result
read_typed(struct scan *s, struct packet *p, size_t type_at, size_t header)
{
	struct rd r = s->r;
	uint16_t type;

	rd_skip(&r, type_at);
	type = rd_u16(&r);
	rd_skip(&s->r, header);
	if (s->r.bad)
		return too_short(s);
	return read_ether_type(s, p, type);
}

enum packet_result
packet_decode(
    uint32_t link, const uint8_t *bytes, size_t size, size_t length, struct packet *out)
{
	struct scan s = {.r = rd_init(bytes, size)};

	s.beyond = length > size ? length - size : 0;
	*out = (struct packet){.cut = s.beyond > 0};
	switch (link) {
	case LINK_ETHERNET:
		return read_typed(&s, out, 12, 14);
	case LINK_NULL:
	case LINK_LOOP:
		return read_family(&s, out);
	case LINK_PPP:
	case LINK_PPP_SERIAL:
		return read_ppp(&s, out);
	case LINK_PPPOE:
		rd_skip(&s.r, 6);
		return read_ppp(&s, out);
	case LINK_RAW_OLD:
	case LINK_RAW_BSD:
	case LINK_RAW:
	case LINK_IPV4:
	case LINK_IPV6:
		return read_ip(&s, out);
	case LINK_SLL:
		return read_typed(&s, out, 14, 16);
	case LINK_SLL2:
		return read_typed(&s, out, 0, 20);
	default:
		return PACKET_UNKNOWN;
	}
}
