/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease_source.h -- readers of the ISP's own lease logs: one const struct for each kind.
 *
 * A reader is fed whole lines of a log and says what each changes. Subscriber keys leave
 * it as text, the best that the log names: subscriber id, circuit id, client id or DUID,
 * hardware address, in this order. Handles are the engine's.
 */
#ifndef LINE_LEASE_SOURCE_H
#define LINE_LEASE_SOURCE_H

#include "base/err.h"
#include "event/key.h"

#include <stddef.h>

enum lease_change { LEASE_GIVEN, LEASE_ENDED };

struct lease_event {
	enum lease_change change;
	int64_t time;    /* when it happened, µs UTC */
	int64_t expires; /* GIVEN: end unless renewed; WHEN_NEVER if not told */
	struct addr addr;
	uint8_t length; /* of the prefix that is given; 128: one address, IPv4 too */
	uint16_t port_lo, port_hi;
	char subscriber[96]; /* the key that the registry knows */
};

enum { LEASE_EVENTS = 16 };

struct lease_reader {
	const char *name; /* "kea-forensic", "isc", "csv" */
	const char *summary;
	/* True if this is how such a log begins; asked about the first line. */
	bool (*recognise)(const char *text, size_t size);
	/* `zone_offset`: µs to add to a local time whose zone abbreviation is not known.
	 */
	void *(*open)(int64_t zone_offset);
	/* One line without its newline. Returns how many events `out` (LEASE_EVENTS) now
	 * holds, 0 for lines that change nothing, or -1 with a sentence for a bad line.
	 */
	int (*line)(void *self, const char *text, size_t size, struct lease_event *out,
	    struct err *err);
	/* What the last line gave beyond its events, in the same way, until 0; NULL:
	 * never anything. To be asked before the next line. */
	int (*more)(void *self, struct lease_event *out);
	void (*close)(void *self);
};

extern const struct lease_reader *const lease_readers[]; /* NULL-terminated */
extern const struct lease_reader lease_reader_cgnat, lease_reader_csv,
    lease_reader_dnsmasq, lease_reader_isc, lease_reader_kea_csv,
    lease_reader_kea_forensic, lease_reader_radius_detail;

/* By name, or, with `name` NULL, by the first line of the log; NULL if there is none. */
const struct lease_reader *lease_reader_find(
    const char *name, const char *line, size_t size);

/* The same by a name that a person gave; NULL with a sentence that names the others. */
const struct lease_reader *lease_reader_named(const char *name, struct err *err);
/* Whether lines are told apart as finely as the lease gives: a prefix must have the
 * length by which lines are keyed, or one holder would answer for another. */
MUST_CHECK bool lease_event_fits(
    const struct lease_event *event, uint8_t v6_length, struct err *err);

/* How far east of UTC, in µs, the zone is that a log calls by an abbreviation. */
MUST_CHECK bool lease_zone(const char *name, int64_t *east);
/* A key as readers write it: text of one line, or bytes as "01:ab". False if there is
 * none, it does not fit, or (text) it has bytes that are no text; `out` is then empty. */
MUST_CHECK bool lease_key_text(char *out, size_t room, const char *text, size_t size);
MUST_CHECK bool lease_key_hex(char *out, size_t room, const char *bytes, size_t size);

#endif
