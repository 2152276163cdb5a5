/* SPDX-License-Identifier: Apache-2.0 */
/*
 * radius_detail.c -- RADIUS accounting as FreeRADIUS writes it to detail files (RFC 2866,
 * RFC 2869; IPv6 attributes of RFC 3162, RFC 4818, RFC 6911).
 *
 *     Tue Jan  6 07:11:42 2026
 *     <TAB>Acct-Status-Type = Start
 *     <TAB>Event-Timestamp = "Jan  6 2026 07:11:41 UTC"
 *     ...                                                  (a blank line ends it)
 *
 * A record counts from Event-Timestamp less Acct-Delay-Time; without the former, from the
 * server's Timestamp. Sessions are remembered per (NAS, session id): a Stop ends what any
 * record of the session named (prefixes often come in an Interim-Update only), a start
 * after a lost Stop ends what the re-used id held, Accounting-On and -Off end all of the
 * NAS. After a lost Stop a lease ends one interim interval after the last record: told
 * by Acct-Interim-Interval, else the longest between two records of one session that the
 * NAS has shown. A NAS that shows none leaves leases open until the next holder.
 *
 * The key is User-Name, then Chargeable-User-Identity, circuit id, Calling-Station-Id.
 * Records without an address (Wi-Fi) change nothing. Not handled: joining those with
 * DHCP by MAC; Framed-Route; sessions over two files (what the first began, the second
 * renews, and ends as far as its records name the addresses).
 */
#include "base/hash.h"
#include "base/lru.h"
#include "base/mem.h"
#include "base/when.h"
#include "line/lease_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELD = 4, VALUE = 256, NAS_LIMIT = 4096, FIRST = 64, SESSIONS = 1 << 21 };

#define UNTOLD   INT64_MIN
#define LONGEST  WHEN_DAY /* between two updates */
#define LATEST   (7 * WHEN_DAY)
#define REMEMBER (2 * WHEN_DAY) /* a session that ended, for late records */

enum status { NO_STATUS, START, STOP, INTERIM, NAS_ON, NAS_OFF, OTHER };

struct record {
	bool begun;
	enum status status;
	int64_t header, arrival, event, delay, interval; /* UNTOLD, µs; delay 0 */
	char session[VALUE], nas[4][VALUE], keys[4][VALUE];
	struct prefix given[HELD];
	unsigned count;
};

struct held {
	struct prefix prefix;
	int64_t expires;
};

struct session {
	uint64_t nas;
	int64_t last;  /* its newest record */
	int64_t ended; /* UNTOLD while it runs */
	struct held held[HELD];
	unsigned count;
	char subscriber[96];
};

struct nas {
	int64_t interval; /* 0: not shown */
};

struct detail {
	int64_t zone_offset, newest;
	struct record record;
	struct lru *sessions, *nas;
	struct session *sweep; /* Accounting-On: the next session to look at */
	uint64_t sweep_nas;
	int64_t sweep_time;
};

static struct lru *
sessions_new(size_t slots)
{
	return lru_new(slots, 2 * sizeof(uint64_t), sizeof(struct session), 0);
}

static void *
detail_open(int64_t zone_offset)
{
	struct detail *d = xcalloc(1, sizeof *d);

	d->zone_offset = zone_offset;
	d->newest = INT64_MIN;
	d->sessions = sessions_new(FIRST);
	d->nas = lru_new(NAS_LIMIT, sizeof(uint64_t), sizeof(struct nas), 0);
	return d;
}

static void
detail_close(void *self)
{
	struct detail *d = self;

	lru_free(d->sessions);
	lru_free(d->nas);
	free(d);
}

/* ---- times */

/* "Jan", or 0 */
static unsigned
month_of(const char *name)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (unsigned m = 0; m < 12; m++)
		if (strncmp(name, months + 3 * m, 3) == 0)
			return m + 1;
	return 0;
}

static bool
civil_time(
    const char *month, unsigned day, unsigned year, const char *clock, int64_t *out)
{
	char text[32];

	(void)snprintf(text, sizeof text, "%04u-%02u-%02u %.8s", year % 10000,
	    month_of(month), day % 100, clock);
	return when_parse(text, out, NULL);
}

/* "Tue Jan  6 07:11:42 2026": local time of the server, no zone. */
static bool
header_time(const char *text, int64_t *out)
{
	char weekday[4], month[4], clock[9];
	unsigned day, year;
	int used = 0;

	return sscanf(text, "%3[A-Za-z] %3[A-Za-z] %2u %8[0-9:] %4u%n", weekday, month,
		   &day, clock, &year, &used) == 5 &&
	       text[used] == 0 && civil_time(month, day, year, clock, out);
}

/* "Jan  6 2026 07:11:41 CET", RFC 3339, or seconds since 1970. */
static bool
event_time(const struct detail *d, const char *text, int64_t *out)
{
	char month[4], clock[9], zone[8] = "";
	unsigned day, year;
	int64_t seconds, east;
	int used = 0;
	bool zoned;

	if (sscanf(text, "%3[A-Za-z] %2u %4u %8[0-9:] %7[A-Za-z0-9+-]", month, &day,
		&year, clock, zone) >= 4) {
		if (!civil_time(month, day, year, clock, out))
			return false;
		*out += lease_zone(zone, &east) ? -east : d->zone_offset;
		return true;
	}
	if (when_parse(text, out, &zoned)) {
		*out += zoned ? 0 : d->zone_offset;
		return true;
	}
	if (sscanf(text, "%11" SCNd64 "%n", &seconds, &used) != 1 || text[used] != 0 ||
	    seconds < 0)
		return false;
	*out = seconds * WHEN_SECOND;
	return true;
}

static bool
detail_recognise(const char *text, size_t size)
{
	char line[40];
	int64_t t;

	if (size >= sizeof line || memchr(text, 0, size) != NULL)
		return false;
	memcpy(line, text, size);
	line[size] = 0;
	line[strcspn(line, "\r")] = 0;
	return header_time(line, &t);
}

/* ---- attributes */

static enum status
status_of(const char *text)
{
	static const struct {
		const char *name;
		enum status status;
	} names[] = {{"Start", START}, {"Stop", STOP}, {"Interim-Update", INTERIM},
	    {"Alive", INTERIM}, {"Accounting-On", NAS_ON}, {"Accounting-Off", NAS_OFF},
	    {"1", START}, {"2", STOP}, {"3", INTERIM}, {"7", NAS_ON}, {"8", NAS_OFF}};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].name, text) == 0)
			return names[i].status;
	return OTHER;
}

static bool
take_span(const char *text, int64_t most, int64_t *out)
{
	uint32_t seconds;
	int used = 0;

	if (sscanf(text, "%9" SCNu32 "%n", &seconds, &used) != 1 || text[used] != 0 ||
	    seconds * WHEN_SECOND > most)
		return false;
	*out = seconds * WHEN_SECOND;
	return true;
}

/* RFC 2865: 255.255.255.254 and .255 ask for an address and name none. */
static bool
take_address(struct record *r, const char *text)
{
	struct prefix prefix;

	if (!prefix_parse(text, &prefix))
		return false;
	if (addr_is_v4(&prefix.addr)) {
		uint32_t v4 = addr_to_v4(&prefix.addr);

		if (v4 == 0 || v4 >= 0xfffffffe)
			return true;
	}
	if (prefix.length == 0 || r->count == HELD)
		return false;
	r->given[r->count++] = prefix;
	return true;
}

static bool
take_text(char *out, const char *text)
{
	return lease_key_text(out, VALUE, text, strlen(text)) || *text == 0;
}

/* The rows' order is that of preference. */
static const char *const nas_names[] = {
    "NAS-IP-Address", "NAS-IPv6-Address", "NAS-Identifier", "Client-IP-Address"};
static const char *const key_names[] = {"User-Name", "Chargeable-User-Identity",
    "ADSL-Agent-Circuit-Id", "Calling-Station-Id"};
static const char *const address_names[] = {"Framed-IP-Address", "Framed-IPv6-Prefix",
    "Framed-IPv6-Address", "Delegated-IPv6-Prefix"};

static int
row_of(const char *const *names, const char *name)
{
	for (int i = 0; i < 4; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static bool
attribute(struct detail *d, const char *name, const char *value)
{
	struct record *r = &d->record;
	int row;

	if ((row = row_of(nas_names, name)) >= 0)
		return take_text(r->nas[row], value);
	if ((row = row_of(key_names, name)) >= 0)
		return take_text(r->keys[row], value);
	if (row_of(address_names, name) >= 0)
		return take_address(r, value);
	if (strcmp(name, "Acct-Status-Type") == 0)
		r->status = status_of(value);
	else if (strcmp(name, "Acct-Session-Id") == 0)
		return take_text(r->session, value);
	else if (strcmp(name, "Event-Timestamp") == 0)
		return event_time(d, value, &r->event);
	else if (strcmp(name, "Timestamp") == 0)
		return event_time(d, value, &r->arrival);
	else if (strcmp(name, "Acct-Delay-Time") == 0)
		return take_span(value, LATEST, &r->delay);
	else if (strcmp(name, "Acct-Interim-Interval") == 0)
		return take_span(value, LONGEST, &r->interval);
	return true;
}

/* <TAB>Name = value, or "value" with escapes, into the record. */
static bool
attribute_line(struct detail *d, char *line)
{
	char *name = line + strspn(line, "\t "), *value = strstr(name, " = "), *out;
	const char *at;

	if (value == NULL)
		return true; /* other operators mean nothing here */
	*value = 0;
	value += 3;
	if (*value != '"')
		return attribute(d, name, value);
	for (at = out = ++value; *at != 0 && *at != '"'; at++) {
		if (*at == '\\' && at[1] != 0)
			at++;
		*out++ = *at;
	}
	if (*at != '"')
		return false;
	*out = 0;
	return attribute(d, name, value);
}

/* ---- sessions */

static uint64_t
hash_text(const char *text, uint64_t seed)
{
	return hash_bytes(text, strlen(text), seed);
}

static const char *
first_told(char (*texts)[VALUE])
{
	for (int i = 0; i < 4; i++)
		if (texts[i][0] != 0)
			return texts[i];
	return "";
}

/* As many slots again, in the same order. */
static void
grow(struct detail *d)
{
	struct lru *old = d->sessions;
	int64_t touched;

	d->sessions = sessions_new(2 * lru_count(old));
	for (struct session *s = lru_oldest(old, &touched); s != NULL;
	     s = lru_newer(old, s))
		*(struct session *)lru_add(
		    d->sessions, lru_key(old, s), lru_touched(old, s)) = *s;
	lru_free(old);
}

static void
make_room(struct detail *d)
{
	struct session *oldest;
	int64_t touched;

	while ((oldest = lru_oldest(d->sessions, &touched)) != NULL &&
	       oldest->ended != UNTOLD && touched < d->newest - REMEMBER)
		lru_drop(d->sessions, oldest);
	if (!lru_full(d->sessions))
		return;
	if (lru_count(d->sessions) < SESSIONS)
		grow(d);
	else
		lru_drop(d->sessions, lru_oldest(d->sessions, &touched));
}

static struct session *
session_of(struct detail *d, uint64_t nas, int64_t t)
{
	uint64_t key[2] = {nas, hash_text(d->record.session, nas)};
	struct session *s = lru_find(d->sessions, key);

	if (t > d->newest)
		d->newest = t;
	if (s == NULL) {
		make_room(d);
		s = lru_add(d->sessions, key, d->newest);
		s->nas = nas;
		s->last = s->ended = UNTOLD;
	}
	lru_touch(d->sessions, s, d->newest);
	return s;
}

/* How long a lease lasts beyond the record at `t`; 0: not known. */
static int64_t
interval_of(struct detail *d, const struct session *s, int64_t t)
{
	struct nas *nas = lru_find(d->nas, &s->nas);
	int64_t gap = s->last != UNTOLD ? t - s->last : 0, touched;

	if (nas == NULL) {
		if (lru_full(d->nas))
			lru_drop(d->nas, lru_oldest(d->nas, &touched));
		nas = lru_add(d->nas, &s->nas, d->newest);
	}
	lru_touch(d->nas, nas, d->newest);
	if (d->record.interval > 0)
		nas->interval = d->record.interval;
	else if (d->record.status == INTERIM && gap > nas->interval && gap <= LONGEST)
		nas->interval = gap;
	return nas->interval + nas->interval / 10;
}

static struct lease_event
event_of(const struct session *s, const struct prefix *prefix, enum lease_change change,
    int64_t t)
{
	struct lease_event e = {.change = change,
	    .time = t,
	    .expires = WHEN_NEVER,
	    .addr = prefix->addr,
	    .length = prefix->length};

	memcpy(e.subscriber, s->subscriber, sizeof e.subscriber);
	return e;
}

/* All that the session holds ends at `t`. Returns how many events. */
static int
end_session(struct session *s, int64_t t, struct lease_event *out)
{
	int n = 0;

	for (unsigned i = 0; i < s->count; i++)
		out[n++] = event_of(s, &s->held[i].prefix, LEASE_ENDED, t);
	s->ended = t;
	return n;
}

static struct held *
held_of(struct session *s, const struct prefix *prefix)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->held[i].prefix.length == prefix->length &&
		    addr_equal(&s->held[i].prefix.addr, &prefix->addr))
			return &s->held[i];
	return NULL;
}

/* A session has one IPv4 address: another one takes its place. */
static struct held *
held_new(struct session *s, const struct prefix *prefix, int64_t t,
    struct lease_event *out, int *n)
{
	for (unsigned i = 0; addr_is_v4(&prefix->addr) && i < s->count; i++)
		if (addr_is_v4(&s->held[i].prefix.addr)) {
			out[(*n)++] = event_of(s, &s->held[i].prefix, LEASE_ENDED, t);
			return &s->held[i];
		}
	return s->count < HELD ? &s->held[s->count++] : NULL;
}

/* One address of a record. A lease that was open gets its bound by ending and beginning
 * anew at the same time; one that ran out too early goes on where it stopped. */
static void
give(struct session *s, const struct prefix *prefix, int64_t t, int64_t expires,
    struct lease_event *out, int *n)
{
	struct held *h = held_of(s, prefix);
	int64_t since = t;

	if (h != NULL && h->expires == WHEN_NEVER && expires != WHEN_NEVER)
		out[(*n)++] = event_of(s, prefix, LEASE_ENDED, t);
	else if (h != NULL && h->expires < t)
		since = h->expires;
	if (h == NULL)
		h = held_new(s, prefix, t, out, n);
	if (h == NULL)
		return;
	*h = (struct held){*prefix, expires};
	out[*n] = event_of(s, prefix, LEASE_GIVEN, since);
	out[(*n)++].expires = expires;
}

/* Told late: the session has ended, or gone on, since. What is new in it counts until
 * then. */
static int
late(struct detail *d, struct session *s, int64_t t, struct lease_event *out)
{
	int64_t until = s->ended != UNTOLD ? s->ended : s->last;
	int n = 0;

	for (unsigned i = 0; d->record.status != STOP && t < until && i < d->record.count;
	     i++)
		if (held_of(s, &d->record.given[i]) == NULL ||
		    d->record.status == START) {
			out[n] = event_of(s, &d->record.given[i], LEASE_GIVEN, t);
			out[n++].expires = until;
		}
	return n;
}

static bool
other_holder(const struct detail *d, const struct session *s, const char *subscriber)
{
	if (strcmp(s->subscriber, subscriber) != 0)
		return true;
	if (d->record.status != START)
		return false;
	for (unsigned i = 0; i < s->count; i++) /* same person, the next session */
		for (unsigned k = 0; k < d->record.count; k++)
			if (addr_is_v4(&s->held[i].prefix.addr) &&
			    addr_is_v4(&d->record.given[k].addr) &&
			    !addr_equal(
				&s->held[i].prefix.addr, &d->record.given[k].addr))
				return true;
	return false;
}

/* What only the Stop names may be another's by now: it ends only as the holder's own. */
static int
stop(struct detail *d, struct session *s, int64_t t, struct lease_event *out)
{
	for (unsigned i = 0; i < d->record.count && s->count < HELD; i++)
		if (held_of(s, &d->record.given[i]) == NULL)
			s->held[s->count++] = (struct held){d->record.given[i], t};
	return end_session(s, t, out);
}

/* The NAS began anew: what else of its sessions ends. */
static int
detail_more(void *self, struct lease_event *out)
{
	struct detail *d = self;
	int n = 0;

	for (; d->sweep != NULL && n + HELD <= LEASE_EVENTS;
	     d->sweep = lru_newer(d->sessions, d->sweep))
		if (d->sweep->nas == d->sweep_nas && d->sweep->ended == UNTOLD &&
		    d->sweep->last <= d->sweep_time)
			n += end_session(d->sweep, d->sweep_time, out + n);
	return n;
}

static int
session_record(struct detail *d, uint64_t nas, const char *subscriber, int64_t t,
    struct lease_event *out, struct err *err)
{
	struct session *s = session_of(d, nas, t);
	bool fresh = s->last == UNTOLD, other = !fresh && other_holder(d, s, subscriber);
	int64_t interval;
	int n = 0;

	if (other && t < s->last)
		return err_set(err, "told late, and its session id is another's now") - 1;
	if (!fresh && !other && (s->ended != UNTOLD ? t <= s->ended : t < s->last))
		return late(d, s, t, out);
	if (other && s->ended == UNTOLD)
		n = end_session(s, t, out);
	if (other || (s->ended != UNTOLD && t > s->ended)) {
		s->count = 0;
		s->last = UNTOLD;
	}
	s->ended = UNTOLD;
	(void)snprintf(s->subscriber, sizeof s->subscriber, "%s", subscriber);
	interval = interval_of(d, s, t);
	s->last = t;
	if (d->record.status == STOP)
		return n + stop(d, s, t, out + n);
	for (unsigned i = 0; i < d->record.count; i++)
		give(s, &d->record.given[i], t, interval > 0 ? t + interval : WHEN_NEVER,
		    out, &n);
	return n;
}

/* ---- records */

/* Event-Timestamp less the delay, as FreeRADIUS itself counts. */
static bool
time_of(const struct detail *d, int64_t *out)
{
	const struct record *r = &d->record;

	*out = r->event != UNTOLD     ? r->event
	       : r->arrival != UNTOLD ? r->arrival
				      : r->header;
	if (*out == UNTOLD)
		return false;
	*out -= r->delay;
	return true;
}

static int
finish(struct detail *d, struct lease_event *out, struct err *err)
{
	struct record *r = &d->record;
	char subscriber[sizeof out->subscriber];
	const char *key = first_told(r->keys), *nas = first_told(r->nas);
	int64_t t;

	if (!r->begun || r->status == NO_STATUS || r->status == OTHER)
		return 0;
	if (!time_of(d, &t) || *nas == 0)
		return err_set(err, "a record without its time or its NAS") - 1;
	if (r->status == NAS_ON || r->status == NAS_OFF) {
		d->sweep_nas = hash_text(nas, 0);
		d->sweep_time = t;
		d->sweep = lru_oldest(d->sessions, &(int64_t){0});
		return detail_more(d, out);
	}
	if (r->session[0] == 0)
		return err_set(err, "a record without its session id") - 1;
	if (!lease_key_text(subscriber, sizeof subscriber, key, strlen(key)))
		return err_set(err, "it names no subscriber, or one too long") - 1;
	return session_record(d, hash_text(nas, 0), subscriber, t, out, err);
}

static void
begin(struct detail *d, const char *header)
{
	d->record = (struct record){
	    .begun = true, .header = UNTOLD, .arrival = UNTOLD, .event = UNTOLD};
	if (header_time(header, &d->record.header))
		d->record.header += d->zone_offset;
}

/* A record ends with a blank line, or, torn, with the next one's header. A record with a
 * line that is not understood is refused whole. */
static int
detail_line(
    void *self, const char *text, size_t size, struct lease_event *out, struct err *err)
{
	struct detail *d = self;
	char line[2048];
	int n = 0;

	d->sweep = NULL;
	if (size >= sizeof line || memchr(text, 0, size) != NULL) {
		d->record.begun = false;
		return err_set(err, "longer than 2 KiB, or not text") - 1;
	}
	memcpy(line, text, size);
	line[size] = 0;
	line[strcspn(line, "\r")] = 0;
	if (line[0] == '\t' || line[0] == ' ') {
		if (!d->record.begun || attribute_line(d, line))
			return 0;
		d->record.begun = false;
		return err_set(err, "an attribute that is not understood") - 1;
	}
	n = finish(d, out, err);
	d->record.begun = false;
	if (line[0] != 0)
		begin(d, line);
	return n;
}

const struct lease_reader lease_reader_radius_detail = {
    .name = "radius-detail",
    .summary = "RADIUS accounting in FreeRADIUS's detail files",
    .recognise = detail_recognise,
    .open = detail_open,
    .line = detail_line,
    .more = detail_more,
    .close = detail_close,
};
