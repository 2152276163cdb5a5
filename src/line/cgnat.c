/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgnat.c -- which inside address had which ports of a shared one: syslog of carrier NAT.
 *
 * Juniper SRX and MX (RT_SRC_NAT_PBA_*), A10 (CEF and ASCII, fixed NAT), F5, NFWare,
 * 6WIND, Cisco IOS XR (bulk port allocation), told apart by what only they write. The
 * time is the syslog header's: RFC 3339, or BSD with or without a year. Juniper's
 * epoch-time-64 is hexadecimal and names the start of the allocation, on RELEASE too, so
 * a RELEASE tells the whole of it.
 *
 * The subscriber key is the inside address. Some log a block for each protocol, and two
 * subscribers may have the same ports, one of TCP and one of UDP; a lease knows ports
 * alone. While two hold one block nobody does here: the answer is no lease, never the
 * wrong one. ICMP has no ports and is passed over.
 *
 * Not handled: the holder of the inside address at that time (the registry must name
 * inside addresses); blocks that overlap without being equal; times without a year of
 * more than a year ago, since the year is this machine's.
 */
#include "base/clock.h"
#include "base/lru.h"
#include "base/mem.h"
#include "base/when.h"
#include "line/lease_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 2048, BLOCKS = 1 << 18, PROTOCOLS = 2, TCP = 1, UDP = 2, BOTH = 3 };

#define UNTOLD INT64_MIN

struct mapping {
	enum lease_change change;
	struct addr inside, outside;
	unsigned lo, hi;
	bool whole;         /* the whole address; then 0, 0 */
	unsigned protocols; /* 0: ICMP */
	int64_t since;      /* UNTOLD: at the line's time */
};

struct block_key {
	struct addr addr;
	uint32_t lo, hi;
};

struct block {
	struct addr holder[PROTOCOLS];
	bool held[PROTOCOLS];
};

struct cgnat {
	int64_t zone_offset, opened;
	struct lru *blocks;
	int64_t newest;
};

static void *
cgnat_open(int64_t zone_offset)
{
	struct cgnat *c = xcalloc(1, sizeof *c);
	struct clock wall;

	c->zone_offset = zone_offset;
	clock_init(&wall, CLOCK_WALL); /* its lines tell no year, or no start */
	c->opened = clock_now(&wall);
	c->newest = INT64_MIN;
	c->blocks = lru_new(BLOCKS, sizeof(struct block_key), sizeof(struct block), 0);
	return c;
}

static void
cgnat_close(void *self)
{
	struct cgnat *c = self;

	lru_free(c->blocks);
	free(c);
}

/* ---- the time */

static bool
civil_time(unsigned year, const char *month, unsigned day, const char *clock, int64_t *t)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char text[40];
	unsigned m = 0;

	while (m < 12 && strncmp(month, months + 3 * m, 3) != 0)
		m++;
	(void)snprintf(text, sizeof text, "%04u-%02u-%02u %.8s", year % 10000, m + 1,
	    day % 100, clock);
	return m < 12 && when_parse(text, t, NULL);
}

/* Without a year: the latest that is not in the future. */
static bool
yearless(
    const struct cgnat *c, const char *month, unsigned day, const char *clock, int64_t *t)
{
	unsigned year = (unsigned)when_to_civil(c->opened).year + 1;

	for (int i = 0; i < 6; i++, year--) /* six: 29 February */
		if (civil_time(year, month, day, clock, t) &&
		    *t + c->zone_offset <= c->opened + WHEN_DAY)
			return true;
	return false;
}

static int64_t
stamp(const struct cgnat *c, const char *line)
{
	char month[4], clock[9], word[40];
	unsigned year, day;
	int64_t t;
	bool zoned;

	if (*line == '<')
		line += strcspn(line, ">") + (strchr(line, '>') != NULL);
	if (strncmp(line, "1 ", 2) == 0)
		line += 2;
	if (sscanf(line, "%39s", word) == 1 && when_parse(word, &t, &zoned))
		return zoned ? t : t + c->zone_offset;
	if ((sscanf(line, "%4u %3s %2u %8[0-9:]", &year, month, &day, clock) == 4 ||
		sscanf(line, "%3s %2u %4u %8[0-9:]", month, &day, &year, clock) == 4) &&
	    civil_time(year, month, day, clock, &t))
		return t + c->zone_offset;
	if (sscanf(line, "%3s %2u %8[0-9:]", month, &day, clock) == 3 &&
	    yearless(c, month, day, clock, &t))
		return t + c->zone_offset;
	return UNTOLD;
}

/* ---- what the vendors write: true if the line is theirs and whole */

static bool
v4(const char *text, struct addr *out)
{
	return addr_parse(text, out);
}

/* The value after `name`, in quotes or up to a blank. */
static bool
valued(const char *line, const char *name, char *out, size_t room)
{
	const char *at = strstr(line, name);
	size_t size;

	if (at == NULL)
		return false;
	at += strlen(name);
	at += *at == '"';
	size = strcspn(at, "\" ]");
	if (size == 0 || size >= room)
		return false;
	memcpy(out, at, size);
	out[size] = 0;
	return true;
}

static bool
valued_addr(const char *line, const char *name, struct addr *out)
{
	char text[ADDR_TEXT];

	return valued(line, name, text, sizeof text) && v4(text, out);
}

static bool
valued_number(const char *line, const char *name, int base, unsigned *out)
{
	char text[20], *end;
	unsigned long n;

	if (!valued(line, name, text, sizeof text))
		return false;
	n = strtoul(text, &end, base);
	*out = (unsigned)n;
	return end != text && *end == 0 && n <= UINT32_MAX;
}

static bool
juniper(const char *line, struct mapping *m)
{
	unsigned epoch;

	m->protocols = BOTH;
	m->change = strstr(line, "_PBA_RELEASE") != NULL ? LEASE_ENDED : LEASE_GIVEN;
	if (!valued_number(line, "epoch-time-64=", 16, &epoch))
		return false;
	m->since = epoch * WHEN_SECOND;
	return valued_addr(line, "internal-ip=", &m->inside) &&
	       valued_addr(line, "reflexive-ip=", &m->outside) &&
	       valued_number(line, "block-port-low=", 10, &m->lo) &&
	       valued_number(line, "block-port-high=", 10, &m->hi);
}

static unsigned
protocol_of(const char *name)
{
	if (strncmp(name, "TCP", 3) == 0 || strcmp(name, "6") == 0)
		return TCP;
	if (strncmp(name, "UDP", 3) == 0 || strcmp(name, "17") == 0)
		return UDP;
	return 0;
}

static bool
a10_cef(const char *line, struct mapping *m)
{
	char protocol[8];

	if (!valued(line, "proto=", protocol, sizeof protocol))
		return false;
	m->protocols = protocol_of(protocol);
	if (strstr(line, "Freed") != NULL || strstr(line, "Deleted") != NULL ||
	    strstr(line, "Released") != NULL)
		m->change = LEASE_ENDED;
	else if (strstr(line, "Allocated") == NULL && strstr(line, "Created") == NULL)
		return false;
	if (!valued_addr(line, " src=", &m->inside) &&
	    !valued_addr(line, "|src=", &m->inside))
		return false;
	if (!valued_addr(line, "sourceTranslatedAddress=", &m->outside) ||
	    !valued_number(line, "sourceTranslatedPort=", 10, &m->lo))
		return false;
	m->hi = m->lo;
	return strstr(line, "Batch") == NULL || valued_number(line, "cn3=", 10, &m->hi);
}

/* "NAT-UDP-C: 100.64.0.1:10000 -> 192.0.2.1: 10000"; F or D: freed */
static bool
a10_ascii(const char *line, struct mapping *m)
{
	char protocol[5], what, inside[ADDR_TEXT], outside[ADDR_TEXT];

	if (sscanf(line, "NAT-%4[A-Z]-%c: %47[0-9.]:%*u -> %47[0-9.]: %5u", protocol,
		&what, inside, outside, &m->lo) != 5)
		return false;
	m->hi = m->lo;
	m->protocols = protocol_of(protocol);
	m->change = what == 'C' ? LEASE_GIVEN : LEASE_ENDED;
	return v4(inside, &m->inside) && v4(outside, &m->outside);
}

/* "FIXED-NAT-PORTS 100.64.0.1->192.0.2.1:3000-4000" */
static bool
fixed(const char *line, struct mapping *m)
{
	char inside[ADDR_TEXT], outside[ADDR_TEXT];

	m->protocols = BOTH;
	return sscanf(line, "FIXED-NAT-PORTS %47[0-9.]->%47[0-9.]:%5u-%5u", inside,
		   outside, &m->lo, &m->hi) == 4 &&
	       v4(inside, &m->inside) && v4(outside, &m->outside);
}

/* "A VRF 0 [6] INT 100.64.0.1[:p] EXT 192.0.2.1[:lo[-hi]]", D: withdrawn */
static bool
nfware(const char *line, struct mapping *m)
{
	char inside[ADDR_TEXT], outside[ADDR_TEXT], protocol[4] = "";
	const char *at = strstr(line, " INT ");
	int got, used = 0;

	if (at == NULL || sscanf(at, " INT %47[0-9.]%*[:0-9] EXT %47[0-9.]%n", inside,
			      outside, &used) != 2)
		used = 0;
	if (at == NULL || (used == 0 && (sscanf(at, " INT %47[0-9.] EXT %47[0-9.]%n",
					     inside, outside, &used) != 2)))
		return false;
	m->protocols = sscanf(line, "%*c VRF %*u %3[0-9]", protocol) == 1
			   ? protocol_of(protocol)
			   : BOTH;
	got = sscanf(at + used, ":%5u-%5u", &m->lo, &m->hi);
	if (got == 1)
		m->hi = m->lo;
	m->whole = got < 1;
	return v4(inside, &m->inside) && v4(outside, &m->outside);
}

/* USER 100.64.0.1 (...): NEW BLOCK (pool "p", ip public 192.0.2.1, proto 6, port 1 - 9)
 */
static bool
sixwind(const char *line, struct mapping *m)
{
	char inside[ADDR_TEXT], outside[ADDR_TEXT], protocol[4];
	const char *block = strstr(line, " BLOCK ("),
		   *public = strstr(line, "ip public ");

	if (block == NULL || public == NULL ||
	    sscanf(line, "USER %47[0-9.]", inside) != 1 ||
	    sscanf(public, "ip public %47[0-9.], proto %3[0-9], port %5u - %5u", outside,
		protocol, &m->lo, &m->hi) != 4)
		return false;
	m->protocols = protocol_of(protocol);
	if (strstr(line, "): DESTROY BLOCK") != NULL)
		m->change = LEASE_ENDED;
	return v4(inside, &m->inside) && v4(outside, &m->outside);
}

/* [UserbasedA - 192.168.1.2 VRF - 192.0.2.1 - 22345 23001], W: withdrawn */
static bool
cisco(const char *line, struct mapping *m)
{
	char what, inside[ADDR_TEXT], outside[ADDR_TEXT];

	if (sscanf(line, "[Userbased%c - %47[0-9.] %*[^ ] - %47[0-9.] - %5u %5u]", &what,
		inside, outside, &m->lo, &m->hi) != 5)
		return false;
	m->protocols = BOTH;
	m->change = what == 'A' ? LEASE_GIVEN : LEASE_ENDED;
	return v4(inside, &m->inside) && v4(outside, &m->outside);
}

static const struct vendor {
	const char *mark;
	bool (*parse)(const char *line, struct mapping *m); /* from the mark on */
	enum lease_change change;
} vendors[] = {
    {"RT_SRC_NAT_PBA_ALLOC", juniper, LEASE_GIVEN},
    {"RT_SRC_NAT_PBA_INTERIM", juniper, LEASE_GIVEN},
    {"RT_SRC_NAT_PBA_RELEASE", juniper, LEASE_ENDED},
    {"|CGN 10", a10_cef, LEASE_GIVEN},
    {"NAT-TCP-", a10_ascii, LEASE_GIVEN},
    {"NAT-UDP-", a10_ascii, LEASE_GIVEN},
    {"FIXED-NAT-PORTS ", fixed, LEASE_GIVEN},
    {"USER ", sixwind, LEASE_GIVEN},
    {"[Userbased", cisco, LEASE_GIVEN},
    {"A VRF ", nfware, LEASE_GIVEN},
    {"D VRF ", nfware, LEASE_ENDED},
};

static const struct vendor *
vendor_of(const char *line, const char **at)
{
	for (size_t i = 0; i < sizeof vendors / sizeof *vendors; i++)
		if ((*at = strstr(line, vendors[i].mark)) != NULL)
			return &vendors[i];
	return NULL;
}

/* ---- who holds a block */

static int
holder_of(const struct block *b)
{
	if (b->held[0] && b->held[1])
		return addr_equal(&b->holder[0], &b->holder[1]) ? 0 : -1;
	return b->held[0] ? 0 : b->held[1] ? 1 : -1;
}

static struct block *
block_of(struct cgnat *c, const struct mapping *m, int64_t t)
{
	struct block_key key = {m->outside, m->lo, m->hi};
	struct block *b = lru_find(c->blocks, &key);
	int64_t touched;

	if (t > c->newest)
		c->newest = t;
	if (b == NULL) {
		if (lru_full(c->blocks))
			lru_drop(c->blocks, lru_oldest(c->blocks, &touched));
		b = lru_add(c->blocks, &key, c->newest);
	}
	lru_touch(c->blocks, b, c->newest);
	return b;
}

static void
block_change(struct block *b, const struct mapping *m)
{
	for (unsigned p = 0; p < PROTOCOLS; p++) {
		if (!(m->protocols >> p & 1))
			continue;
		if (m->change == LEASE_GIVEN) {
			b->holder[p] = m->inside;
			b->held[p] = true;
		} else if (addr_equal(&b->holder[p], &m->inside)) {
			b->held[p] = false;
		}
	}
}

static struct lease_event
event_of(const struct mapping *m, enum lease_change change, int64_t t)
{
	struct lease_event e = {.change = change,
	    .time = t,
	    .expires = WHEN_NEVER,
	    .addr = m->outside,
	    .length = 128,
	    .port_lo = (uint16_t)m->lo,
	    .port_hi = (uint16_t)m->hi};
	return e;
}

/* A line's mapping at `t`, which ended one that began at `since`, if that is told. */
static int
take(struct cgnat *c, const struct mapping *m, int64_t t, struct lease_event *out)
{
	struct block *b = block_of(c, m, t);
	bool known = b->held[0] || b->held[1];
	int n = 0, holder;

	if (m->change == LEASE_ENDED && (!known || m->protocols == BOTH)) {
		if (m->since != UNTOLD && m->since < t) {
			out[n] = event_of(m, LEASE_GIVEN, m->since);
			out[n].expires = t;
			(void)addr_text(&m->inside, out[n++].subscriber);
		}
		out[n] = event_of(m, LEASE_ENDED, t);
		(void)addr_text(&m->inside, out[n++].subscriber);
		block_change(b, m);
		return n;
	}
	block_change(b, m);
	holder = holder_of(b);
	out[n] = event_of(m, holder < 0 ? LEASE_ENDED : LEASE_GIVEN, t);
	if (holder >= 0)
		(void)addr_text(&b->holder[holder], out[n].subscriber);
	return n + 1;
}

/* ---- the reader */

static bool
copy(char *line, const char *text, size_t size)
{
	if (size >= LINE || memchr(text, 0, size) != NULL)
		return false;
	memcpy(line, text, size);
	line[size] = 0;
	return true;
}

static bool
cgnat_recognise(const char *text, size_t size)
{
	const struct vendor *vendor;
	struct mapping m = {0};
	char line[LINE];
	const char *at;

	vendor = copy(line, text, size) ? vendor_of(line, &at) : NULL;
	return vendor != NULL && vendor->parse(at, &m);
}

static int
cgnat_line(
    void *self, const char *text, size_t size, struct lease_event *out, struct err *err)
{
	struct cgnat *c = self;
	struct mapping m = {.since = UNTOLD};
	const struct vendor *vendor;
	char line[LINE];
	const char *at;
	int64_t t;

	if (!copy(line, text, size))
		return err_set(err, "longer than %d bytes, or not text", LINE) - 1;
	vendor = vendor_of(line, &at);
	if (vendor == NULL)
		return 0; /* what else a router says */
	m.change = vendor->change;
	if (!vendor->parse(at, &m) || m.lo > m.hi || m.hi > UINT16_MAX ||
	    (m.hi == 0 && !m.whole))
		return err_set(err, "its addresses or ports are not understood") - 1;
	if (m.protocols == 0)
		return 0;
	t = m.change == LEASE_GIVEN && m.since != UNTOLD ? m.since : stamp(c, line);
	if (t == UNTOLD)
		return err_set(err, "it does not say when") - 1;
	return take(c, &m, t, out);
}

const struct lease_reader lease_reader_cgnat = {
    .name = "cgnat",
    .summary = "syslog of carrier NAT: Juniper, A10, F5, NFWare, 6WIND, Cisco",
    .recognise = cgnat_recognise,
    .open = cgnat_open,
    .line = cgnat_line,
    .close = cgnat_close,
};
