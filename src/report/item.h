/* SPDX-License-Identifier: Apache-2.0 */
/*
 * item.h -- one row or statement of a report.
 *
 * An item keeps every field that was given, under the IntelMQ names of `botkoll parse`
 * ("source.ip", "extra.tag"), as typed values; item_derive parses from them the few that
 * Botkoll acts on, so that there is one way from a field to a fact. A format begins an
 * item, puts values, says what the values do not say (type, class, whose address it is),
 * derives and gives it to the sink. Values are borrowed until the next item: put them in
 * the reader's arena.
 */
#ifndef REPORT_ITEM_H
#define REPORT_ITEM_H

#include "base/json.h"
#include "event/sighting.h"

/* VALUE_JSON: `text` is a JSON list, written as it is. */
enum value_type { VALUE_TEXT, VALUE_INT, VALUE_REAL, VALUE_FLAG, VALUE_JSON };

struct value {
	const char *name; /* IntelMQ name; borrowed */
	enum value_type type;
	union {
		const char *text;
		int64_t number;
		double real;
		bool flag;
	};
};

enum { ITEM_VALUES = 256 };

/* The names that item_derive looks for. */
enum item_field {
	FIELD_ANY, /* another */
	FIELD_TIME,
	FIELD_ADDR,
	FIELD_PORT,
	FIELD_REMOTE,
	FIELD_REMOTE_PORT,
	FIELD_REMOTE_NAME,
	FIELD_PROTOCOL,
	FIELD_SEVERITY,
	FIELD_MALWARE,
	FIELD_TAXONOMY,
	FIELD_TYPE,
	FIELD_COUNT
};

struct item {
	size_t value_count;
	uint16_t known[FIELD_COUNT]; /* 1 + index of the value so called; 0: there is none
				      */
	struct value values[ITEM_VALUES];
	/* Parsed; a zero address means that none was given or understood. */
	struct addr addr, remote;
	uint16_t port, remote_port;
	uint8_t proto;
	bool has_addr, has_time;
	int64_t time,
	    precision; /* precision: µs either way; wide where no zone is told */
	uint8_t role, kind, severity;
	uint8_t grade;     /* of who says it, 'A'..'F'; 0: as the feed is configured */
	bool gold;         /* a sinkhole row */
	double confidence; /* 0..1 as the source says it; negative: not told */
	char tlp[8];
	char rsit[SIGHTING_NAME]; /* "malicious-code/infected-system" */
	char family[SIGHTING_NAME];
	char identifier[SIGHTING_NAME]; /* report type */
	char
	    upstream[SIGHTING_NAME]; /* who saw it: "shadowserver", a reporter's domain */
	char remote_name[SIGHTING_REMOTE];
	const char *aside; /* why it is no claim about a line (a constant); NULL: it is */
	struct id128 digest; /* of the row, for duplicates */
	uint64_t row;        /* line number in the input, or number of the statement */
	const void *piece;   /* the bytes that say it, borrowed; NULL: none */
	size_t piece_size;
};

/* Forgets the last item: no values, not told, ROLE_OTHER, KIND_OTHER. */
void item_begin(struct item *item);
/* The first value of a name stands; empty text and values beyond ITEM_VALUES are left
 * out. Texts are borrowed. */
void item_put(struct item *item, const char *name, const struct value *value);
void item_text(struct item *item, const char *name, const char *text);
void item_int(struct item *item, const char *name, int64_t number);
enum item_field item_field(const char *name);
/* As item_put of a name that the item surely does not have yet; `field` is its own. */
void item_append(struct item *item, enum item_field field, const struct value *value);
/* NULL if there is none. */
const struct value *item_value(const struct item *item, const char *name);
/* "" if there is none, or it is no text. */
const char *item_value_text(const struct item *item, const char *name);

/* Puts classification.taxonomy and .type, and sets role, kind and severity to what the
 * RSIT type usually means; the format sets them otherwise where it knows better. `type`
 * may be a name of long ago ("botnet drone", "c&c", formats.md 8). Unknown types become
 * other/undetermined. */
void item_classify(struct item *item, const char *type);
/* Is the type RSIT's, or a name of long ago? */
bool class_known(const char *type);
/* The RSIT type that such a name means. */
const char *item_class(const char *name);
/* Parses address, port, protocol, time, class, family, severity and far end from the
 * values, and sets `digest` from all values where the format has set none. */
void item_derive(struct item *item);

/* Writes the item as one JSON object with nested names, as `botkoll parse` prints it. */
void item_json(const struct item *item, struct wr *out);

/* A family's name as this house writes it ("Mirai.Gen" -> "mirai", share/families): at
 * most SIGHTING_NAME bytes with the zero, valid UTF-8. "" for words that name none. */
void family_name(const char *text, char *out);

#endif
