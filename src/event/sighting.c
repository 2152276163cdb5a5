/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sighting.c -- the waist record as bytes, its id, and the names of its enumerations.
 *
 * On the wire: a version byte, then the fields in the order of the struct, big-endian,
 * texts behind an 8-bit length, `flow_count` flow records at the end. sighting_read
 * trusts nothing, since the sender may be a process that parsed a stranger's bytes: a
 * value out of range, a text that does not fit, holds control bytes or is no UTF-8, and
 * the whole record is refused.
 */
#include "event/sighting.h"

#include "base/utf8.h"

#include <math.h>

enum { SIGHTING_VERSION = 1 };

const char *const group_names[GROUP_COUNT] = {"intel", "decoy", "propagation", "attack",
    "mail", "timing", "company", "p2p", "names", "relay", "report"};
const char *const kind_names[KIND_COUNT] = {"c2", "decoy", "scan", "bruteforce", "ddos",
    "spam", "p2p", "dga", "tunnel", "proxy", "infection", "exposure", "hosting", "other"};
const char *const role_names[] = {"bot", "c2", "victim", "website", "exposed", "other"};
const char *const severity_names[] = {
    "undetermined", "info", "low", "medium", "high", "critical"};
const char *const basis_names[] = {"none", "network-security", "contract", "consent",
    "legal-obligation", "own-test-network"};

void
sighting_set_id(struct sighting *s, const struct id128 *item, int64_t window)
{
	static const struct id128 none;
	bool reported = item != NULL && memcmp(item, &none, sizeof none) != 0;
	struct digest d;

	digest_init(&d);
	digest_text(&d, s->source);
	digest_text(&d, s->upstream);
	if (reported)
		digest_field(&d, item->b, sizeof item->b);
	else
		digest_text(&d, s->identifier);
	digest_u64(&d, s->realm);
	digest_field(&d, s->addr.b, sizeof s->addr.b);
	digest_u64(&d, reported ? 0 : (uint64_t)window);
	s->id = digest_id(&d);
}

static void
put_text(struct wr *w, const char *text)
{
	size_t size = strlen(text);

	wr_u8(w, (uint8_t)size);
	wr_put(w, text, size);
}

static void
put_real(struct wr *w, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	wr_u64(w, bits);
}

static void
put_flow(struct wr *w, const struct flow_record *f)
{
	wr_u64(w, (uint64_t)f->first);
	wr_u64(w, (uint64_t)f->last);
	wr_put(w, f->peer.b, sizeof f->peer.b);
	for (int way = 0; way < 2; way++) {
		wr_u64(w, f->packets[way]);
		wr_u64(w, f->bytes[way]);
	}
	wr_u16(w, f->our_port);
	wr_u16(w, f->peer_port);
	wr_u8(w, f->proto);
	wr_u8(w, f->answer);
}

static void
put_numbers(const struct sighting *s, struct wr *w)
{
	wr_put(w, s->id.b, sizeof s->id.b);
	wr_u64(w, (uint64_t)s->first);
	wr_u64(w, (uint64_t)s->last);
	wr_u64(w, (uint64_t)s->precision);
	wr_u64(w, (uint64_t)s->received);
	wr_put(w, s->addr.b, sizeof s->addr.b);
	wr_u32(w, s->realm);
	wr_u16(w, s->port);
	wr_u8(w, s->proto);
	wr_u8(w, s->role);
	wr_u8(w, s->kind);
	wr_u8(w, s->group);
	wr_u8(w, s->severity);
	wr_u8(w, s->grade);
	wr_u8(w, (uint8_t)(s->gold | s->remote_c2 << 1));
	wr_u8(w, s->data_class);
	wr_u8(w, s->basis);
}

void
sighting_write(const struct sighting *s, struct wr *w)
{
	wr_u8(w, SIGHTING_VERSION);
	put_numbers(s, w);
	put_text(w, s->tlp);
	put_text(w, s->source);
	put_text(w, s->upstream);
	put_text(w, s->identifier);
	put_text(w, s->rsit);
	put_text(w, s->family);
	put_real(w, s->weight);
	put_real(w, s->confidence);
	wr_u32(w, s->weights_version);
	wr_u32(w, s->count);
	wr_put(w, s->remote.b, sizeof s->remote.b);
	wr_u16(w, s->remote_port);
	put_text(w, s->remote_name);
	wr_put(w, s->raw.b, sizeof s->raw.b);
	put_text(w, s->why);
	wr_u8(w, s->flow_count);
	for (size_t i = 0; i < s->flow_count && i < SIGHTING_FLOWS; i++)
		put_flow(w, &s->flows[i]);
}

/* `out` holds `room` bytes; the text and its zero must fit. */
static void
get_text(struct rd *r, char *out, size_t room)
{
	size_t size = rd_u8(r);
	const uint8_t *p = rd_take(r, size);

	out[0] = 0;
	if (p == NULL || size >= room || !utf8_valid((const char *)p, size)) {
		r->bad = true;
		return;
	}
	for (size_t i = 0; i < size; i++) {
		if (p[i] < 0x20 || p[i] == 0x7f) {
			r->bad = true;
			return;
		}
	}
	memcpy(out, p, size);
	out[size] = 0;
}

static double
get_real(struct rd *r, double least, double most)
{
	uint64_t bits = rd_u64(r);
	double v;

	memcpy(&v, &bits, sizeof v);
	if (!isfinite(v) || v < least || v > most) {
		r->bad = true;
		return 0;
	}
	return v;
}

static uint8_t
get_choice(struct rd *r, uint8_t most)
{
	uint8_t v = rd_u8(r);

	if (v > most) {
		r->bad = true;
		return 0;
	}
	return v;
}

static int64_t
get_time(struct rd *r)
{
	int64_t t = (int64_t)rd_u64(r);

	if (t < -SIGHTING_TIME_MAX || t > SIGHTING_TIME_MAX) {
		r->bad = true;
		return 0;
	}
	return t;
}

static void
get_flow(struct rd *r, struct flow_record *f)
{
	f->first = get_time(r);
	f->last = get_time(r);
	(void)rd_copy(r, f->peer.b, sizeof f->peer.b);
	for (int way = 0; way < 2; way++) {
		f->packets[way] = rd_u64(r);
		f->bytes[way] = rd_u64(r);
	}
	f->our_port = rd_u16(r);
	f->peer_port = rd_u16(r);
	f->proto = rd_u8(r);
	f->answer = get_choice(r, 3);
}

static void
get_numbers(struct sighting *s, struct rd *r)
{
	uint8_t flags;

	(void)rd_copy(r, s->id.b, sizeof s->id.b);
	s->first = get_time(r);
	s->last = get_time(r);
	s->precision = get_time(r);
	s->received = get_time(r);
	(void)rd_copy(r, s->addr.b, sizeof s->addr.b);
	s->realm = rd_u32(r);
	s->port = rd_u16(r);
	s->proto = rd_u8(r);
	s->role = get_choice(r, ROLE_OTHER);
	s->kind = get_choice(r, KIND_COUNT - 1);
	s->group = get_choice(r, GROUP_COUNT - 1);
	s->severity = get_choice(r, SEVERITY_CRITICAL);
	s->grade = rd_u8(r);
	flags = get_choice(r, 3);
	s->gold = (flags & 1) != 0;
	s->remote_c2 = (flags & 2) != 0;
	s->data_class =
	    get_choice(r, DATA_REPORT | DATA_TRAFFIC | DATA_NAME | DATA_CONTENT);
	s->basis = get_choice(r, BASIS_OWN_TEST_NETWORK);
	if (s->first > s->last || s->precision < 0 || s->grade < 'A' || s->grade > 'F')
		r->bad = true;
}

bool
sighting_read(struct sighting *s, struct rd *r)
{
	memset(s, 0, sizeof *s);
	if (rd_u8(r) != SIGHTING_VERSION)
		r->bad = true;
	get_numbers(s, r);
	get_text(r, s->tlp, sizeof s->tlp);
	get_text(r, s->source, sizeof s->source);
	get_text(r, s->upstream, sizeof s->upstream);
	get_text(r, s->identifier, sizeof s->identifier);
	get_text(r, s->rsit, sizeof s->rsit);
	get_text(r, s->family, sizeof s->family);
	s->weight = get_real(r, -100, 100);
	s->confidence = get_real(r, 0, 1);
	s->weights_version = rd_u32(r);
	s->count = rd_u32(r);
	(void)rd_copy(r, s->remote.b, sizeof s->remote.b);
	s->remote_port = rd_u16(r);
	get_text(r, s->remote_name, sizeof s->remote_name);
	(void)rd_copy(r, s->raw.b, sizeof s->raw.b);
	get_text(r, s->why, sizeof s->why);
	s->flow_count = get_choice(r, SIGHTING_FLOWS);
	for (size_t i = 0; i < s->flow_count; i++)
		get_flow(r, &s->flows[i]);
	if (r->bad)
		memset(s, 0, sizeof *s);
	return !r->bad;
}
