/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h -- from what strangers wrote to items, and from items to sightings.
 *
 * An item is one row or statement of a report. It keeps every field that was given, under
 * the IntelMQ names of `botkoll parse` ("source.ip", "extra.tag"), as typed values, plus
 * the few that Botkoll acts on, parsed. Formats are const structs in formats[]; a format
 * recognises a report by its name and first bytes. Reading streams: one item at a time,
 * memory bounded by one row.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/err.h"
#include "base/json.h"
#include "event/sighting.h"

enum value_type { VALUE_TEXT, VALUE_INT, VALUE_REAL, VALUE_FLAG };

struct value {
	const char *name; /* IntelMQ name; borrowed until the next item */
	enum value_type type;
	const char *text;
	int64_t number;
	double real;
	bool flag;
};

enum { ITEM_VALUES = 256 };

struct item {
	size_t value_count;
	struct value values[ITEM_VALUES];
	/* Parsed; a zero address means that none was given or understood. */
	struct addr addr, remote;
	uint16_t port, remote_port;
	uint8_t proto;
	bool has_addr, has_time;
	int64_t time, precision;
	uint8_t role, kind, severity;
	bool gold; /* a sinkhole row */
	char rsit[SIGHTING_NAME];
	char family[SIGHTING_NAME];
	char identifier[SIGHTING_NAME]; /* report type */
	char upstream[SIGHTING_NAME];   /* "shadowserver" */
	char remote_name[SIGHTING_REMOTE];
	struct id128 digest; /* of the row, for duplicates */
	uint64_t row;        /* line number in the input */
};

/* Called for each item; the item is borrowed. */
typedef void item_call(void *ctx, const struct item *item);
/* Called for each row that was refused, with line number and reason. */
typedef void refuse_call(void *ctx, uint64_t row, const char *reason);

struct report_stat {
	const char *format;                      /* that read it; NULL: none */
	uint64_t rows, items, refused, repaired; /* repaired: padded or cut rows */
};

struct report_input {
	const char *name;   /* file name, no directory: types are recognised by it */
	int fd;             /* plain or compressed; the caller closes it */
	const char *format; /* a format's name, or NULL to recognise */
};

struct format {
	const char *name;
	const char *summary;
	/* 0 = not this format, higher = surer. */
	int (*recognise)(const char *name, const uint8_t *head, size_t size);
	MUST_CHECK bool (*read)(const struct report_input *in, item_call *item,
	    refuse_call *refuse, void *ctx, struct report_stat *stat, struct err *err);
};

extern const struct format *const formats[]; /* NULL-terminated */

MUST_CHECK bool report_read(const struct report_input *in, item_call *item,
    refuse_call *refuse, void *ctx, struct report_stat *stat, struct err *err);

/* Writes the item as one JSON object with nested names, as `botkoll parse` prints it. */
void item_json(const struct item *item, struct wr *out);

struct weight_table;

/* What a sighting tells beside the item: from which feed, for which realm, when it came.
 */
struct item_origin {
	const struct weight_table *weights;
	const char *source;
	uint32_t realm;
	int64_t received; /* µs */
};

/* False if the item makes no sighting (no address, no time, not a role that concerns a
 * line); `reason` then says why, as a constant. */
bool item_to_sighting(const struct item *item, const struct item_origin *origin,
    struct sighting *out, const char **reason);

extern const struct format format_shadowserver;

#endif
