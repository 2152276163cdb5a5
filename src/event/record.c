/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.c -- see record.h. Numbers may be of reduced size (RFC 7011 6.2). Of the ways to
 * tell time the most exact counts; what counts from the exporter's start is taken back
 * from the header's uptime modulo 2^32 ms, so a wrap of the counter does no harm.
 */
#include "event/record.h"

#include "base/when.h"
#include "event/answer.h"

static const int64_t time_max = INT64_C(1) << 55;

/* Templates for both families fill the one that does not apply with zeros. */
static void
read_addr(struct record *r, enum field field, struct rd value)
{
	static const struct addr none;
	struct addr a = {0};

	if (rd_left(&value) == 4)
		a = addr_v4(rd_u32(&value));
	else if (rd_left(&value) == 16)
		(void)rd_copy(&value, a.b, 16);
	else
		return;
	if (record_has(r, field) &&
	    (addr_equal(&a, &none) || (addr_is_v4(&a) && addr_to_v4(&a) == 0)))
		return;
	r->addr[field] = a;
	r->has |= UINT64_C(1) << field;
}

static size_t
variable_length(struct rd *bytes)
{
	uint8_t length = rd_u8(bytes);

	return length == 255 ? rd_u16(bytes) : length;
}

bool
record_read(struct record *r, const struct template *t, struct rd *bytes)
{
	r->has = 0;
	for (uint16_t i = 0; i < t->field_count; i++) {
		size_t length = t->fields[i].length;
		enum field field = (enum field)t->fields[i].field;

		if (length == LENGTH_VARIABLE)
			length = variable_length(bytes);
		if (field != FIELD_NONE && field < FIELD_ADDR_COUNT) {
			read_addr(r, field, rd_sub(bytes, length));
		} else if (field == FIELD_NONE || length == 0 || length > 8) {
			rd_skip(bytes, length);
		} else {
			r->value[field] = rd_uint(bytes, length);
			r->has |= UINT64_C(1) << field;
		}
	}
	return !bytes->bad;
}

static uint64_t
value(const struct record *r, enum field field)
{
	return record_has(r, field) ? r->value[field] : 0;
}

static int64_t
clamp(int64_t t)
{
	return t < 0 ? 0 : t > time_max ? time_max : t;
}

static int64_t
scaled(uint64_t v, int64_t unit)
{
	return v > (uint64_t)(time_max / unit) ? time_max : (int64_t)v * unit;
}

/* Seconds since 1900 and a binary fraction (RFC 7011 6.1.9). */
static int64_t
from_ntp(uint64_t v)
{
	static const int64_t to_1970 = INT64_C(2208988800);
	int64_t micro = (int64_t)((v & UINT32_MAX) * 1000000 >> 32);

	return clamp(((int64_t)(v >> 32) - to_1970) * WHEN_SECOND + micro);
}

static int64_t
from_uptime(uint64_t v, const struct record_times *times)
{
	if (times->has_uptime)
		return clamp(times->exported +
			     (int64_t)(int32_t)((uint32_t)v - times->uptime) * 1000);
	return clamp(times->init + scaled(v & UINT32_MAX, 1000));
}

/* Of FIELD_FIRST_... and FIELD_LAST_...: `last` is 0 or 1, as they alternate. False: no
 * field tells. */
static bool
absolute_time(
    const struct record *r, const struct record_times *times, unsigned last, int64_t *t)
{
	enum field ntp = FIELD_FIRST_NTP + last, ms = FIELD_FIRST_MS + last;
	enum field delta = FIELD_FIRST_DELTA + last, s = FIELD_FIRST_S + last;
	enum field uptime = FIELD_FIRST_UPTIME + last;

	if (record_has(r, ntp))
		*t = from_ntp(r->value[ntp]);
	else if (record_has(r, ms))
		*t = scaled(r->value[ms], 1000);
	else if (record_has(r, delta))
		*t = clamp(times->exported - scaled(r->value[delta], 1));
	else if (record_has(r, uptime) && (times->has_uptime || times->init > 0))
		*t = from_uptime(r->value[uptime], times);
	else if (record_has(r, s))
		*t = scaled(r->value[s], WHEN_SECOND);
	else
		return false;
	return true;
}

/* How long the flow lasted, where only one end or none has a time of day. */
static int64_t
duration(const struct record *r)
{
	uint32_t first = (uint32_t)value(r, FIELD_FIRST_UPTIME);
	uint32_t last = (uint32_t)value(r, FIELD_LAST_UPTIME);

	if (record_has(r, FIELD_DURATION_US))
		return scaled(r->value[FIELD_DURATION_US], 1);
	if (record_has(r, FIELD_DURATION_MS))
		return scaled(r->value[FIELD_DURATION_MS], 1000);
	if (record_has(r, FIELD_FIRST_UPTIME) && record_has(r, FIELD_LAST_UPTIME))
		return (int64_t)(last - first) * 1000;
	return 0;
}

static void
set_times(const struct record *r, const struct record_times *times, struct event *ev)
{
	struct record_times own = *times;
	bool first, last;

	if (record_has(r, FIELD_INIT_MS)) {
		own.init = scaled(r->value[FIELD_INIT_MS], 1000);
		own.has_uptime = false;
	}
	first = absolute_time(r, &own, 0, &ev->first);
	last = absolute_time(r, &own, 1, &ev->last);
	if (!last)
		ev->last = clamp(first ? ev->first + duration(r) : times->exported);
	if (!first)
		ev->first = clamp(ev->last - duration(r));
	if (ev->first > ev->last)
		ev->first = ev->last;
}

/* Cisco writes type and code of ICMP into the destination port. */
static void
set_ports(const struct record *r, struct event *ev)
{
	uint64_t icmp =
	    record_has(r, FIELD_ICMP) ? r->value[FIELD_ICMP] : value(r, FIELD_DPORT);

	if (ev->proto != PROTO_ICMP && ev->proto != PROTO_ICMP6) {
		ev->sport = (uint16_t)value(r, FIELD_SPORT);
		ev->dport = (uint16_t)value(r, FIELD_DPORT);
	} else if (record_has(r, FIELD_ICMP_TYPE)) {
		ev->icmp_type = (uint8_t)r->value[FIELD_ICMP_TYPE];
		ev->icmp_code = (uint8_t)value(r, FIELD_ICMP_CODE);
	} else {
		ev->icmp_type = (uint8_t)(icmp >> 8);
		ev->icmp_code = (uint8_t)icmp;
	}
}

static uint64_t
either(const struct record *r, enum field delta, enum field total)
{
	return record_has(r, delta) ? r->value[delta] : value(r, total);
}

static void
set_counts(const struct record *r, struct event *ev)
{
	ev->packets[0] = either(r, FIELD_PACKETS, FIELD_PACKETS_TOTAL);
	ev->bytes[0] = either(r, FIELD_BYTES, FIELD_BYTES_TOTAL);
	ev->tcp_flags[0] = value(r, FIELD_FLAGS) & 0x3f;
	ev->one_way =
	    !record_has(r, FIELD_PACKETS_BACK) && !record_has(r, FIELD_BYTES_BACK);
	if (ev->one_way)
		return;
	ev->packets[1] = value(r, FIELD_PACKETS_BACK);
	ev->bytes[1] = value(r, FIELD_BYTES_BACK);
	ev->tcp_flags[1] = value(r, FIELD_FLAGS_BACK) & 0x3f;
	if (ev->packets[1] == 0 && ev->bytes[1] > 0)
		ev->packets[1] = 1;
}

bool
record_to_event(
    const struct record *r, const struct record_times *times, struct event *ev)
{
	if (!record_has(r, FIELD_SRC) || !record_has(r, FIELD_DST) ||
	    record_has(r, FIELD_NAT_EVENT))
		return false;
	*ev = (struct event){.kind = EVENT_FLOW,
	    .src = r->addr[FIELD_SRC],
	    .dst = r->addr[FIELD_DST],
	    .proto = (uint8_t)value(r, FIELD_PROTO),
	    .ingress = (uint32_t)value(r, FIELD_INGRESS),
	    .direction = 255,
	    .sampling = 1};
	if (record_has(r, FIELD_DIRECTION))
		ev->direction = (uint8_t)r->value[FIELD_DIRECTION];
	if (record_has(r, FIELD_NAT_SRC)) {
		ev->nat_addr = r->addr[FIELD_NAT_SRC];
		ev->nat_port = (uint16_t)value(r, FIELD_NAT_SPORT);
	}
	set_ports(r, ev);
	set_counts(r, ev);
	set_times(r, times, ev);
	if (!ev->one_way)
		ev->answer = (uint8_t)answer_of(ev, true, false, ANSWER_UNKNOWN);
	return true;
}

static uint32_t
ratio(uint64_t whole, uint64_t part)
{
	uint64_t n = part == 0 ? 0 : whole / part;

	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

uint32_t
record_sampling(const struct record *r)
{
	uint64_t packets = value(r, FIELD_SAMPLE_PACKETS);
	uint64_t space = value(r, FIELD_SAMPLE_SPACE) & UINT32_MAX;

	if (value(r, FIELD_SAMPLE_ONE_IN) > 0)
		return ratio(r->value[FIELD_SAMPLE_ONE_IN], 1);
	if (packets > 0 && packets <= UINT32_MAX)
		return ratio(packets + space, packets);
	return ratio(value(r, FIELD_SAMPLE_POPULATION), value(r, FIELD_SAMPLE_SIZE));
}
