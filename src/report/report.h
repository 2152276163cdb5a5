/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h -- from what strangers wrote to items, and from items to sightings.
 *
 * Formats are const structs in formats[]; a format recognises a report by its name and
 * first bytes and gives one item at a time (report/item.h) to a sink. A report is a file,
 * a pipe, or bytes in memory: so a mail hands its attachments on (report_part), which are
 * reports again, bounded in depth and in what they unpack to.
 *
 * Nothing is dropped in silence: what was read is an item, an item that is nobody's fault
 * or no concern of ours says so (item.aside), and what was not understood is refused with
 * place, reason and the piece itself, for a person to read.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/err.h"
#include "base/input.h"
#include "report/item.h"
#include "report/map.h"

/* A piece that could not be read; all of it borrowed for the call. */
struct refusal {
	uint64_t row;       /* line, or number of the part */
	const char *reason; /* a sentence without personal data */
	const void *piece;  /* the bytes; NULL: none to keep */
	size_t size;
	uint8_t severity; /* of what it seems to be about, for the order of the queue */
};

/* The outermost mail around a report, for those who answer reporters. */
struct report_letter {
	const char *from;       /* bare address of Reply-To, else From; NULL: none */
	const char *message_id; /* without brackets; NULL: none */
	bool automatic; /* a bounce, Auto-Submitted other than no, a list, bulk: RFC 3834
			   forbids an answer */
};

struct report_sink {
	/* For each item; it is borrowed. */
	void (*item)(void *ctx, const struct item *item);
	/* For each refused piece; NULL: nobody asks. */
	void (*refuse)(void *ctx, const struct refusal *refusal);
	void *ctx;
	/* Once for a mail, before its items; NULL: nobody asks. */
	void (*letter)(void *ctx, const struct report_letter *letter);
};

struct report_stat {
	const char *format;                      /* that read it; NULL: none */
	uint64_t rows, items, refused, repaired; /* repaired: padded or cut rows */
	uint64_t unknown; /* columns or fields that the format's schema does not know */
	uint64_t missing; /* columns of the schema that the report lacks */
	uint64_t untyped; /* tables of a type that the schema does not have */
};

struct report_input {
	const char *name;     /* file name, no directory: types are recognised by it */
	int fd;               /* plain or compressed; the caller closes it; -1: bytes */
	const uint8_t *bytes; /* of a part */
	size_t size;
	const char *format; /* a format's name, or NULL to recognise */
	const struct report_map
	    *map;             /* a site's mapping says what it is; not its parts */
	const char *reporter; /* who sent the mail that it came in; NULL: not told */
	int64_t sent;         /* µs; when that was; 0: not told */
	int depth;            /* mails and archives around it */
};

enum { REPORT_DEPTH = 8 };

struct format {
	const char *name;
	const char *summary;
	/* 0 = not this format, higher = surer: 90 the name and the bytes say so, 60 the
	 * bytes do, 40 they look like it, 10 last resort. */
	int (*recognise)(const char *name, const uint8_t *head, size_t size);
	/* Adds to *stat. */
	MUST_CHECK bool (*read)(const struct report_input *in,
	    const struct report_sink *sink, struct report_stat *stat, struct err *err);
};

extern const struct format *const formats[]; /* NULL-terminated */

/* Before a jail: what reading needs of the disk and of libraries' first use. */
void report_warm(void);

/* The one that in->format names, else the one that recognises the report; NULL with a
 * sentence. */
const struct format *report_format(const struct report_input *in, struct err *err);
MUST_CHECK bool report_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err);
/* Reads what came inside `whole`, one level deeper; adds to *stat. Of `part` the caller
 * sets name, bytes, size and, where it knows better than the whole, format, reporter and
 * sent. False also where the nesting is too deep or nothing reads it: the caller refuses.
 */
MUST_CHECK bool report_part(const struct report_input *whole, struct report_input *part,
    const struct report_sink *sink, struct report_stat *stat, struct err *err);
/* Opens the report's bytes, unpacked; NULL with a sentence. */
struct input *report_open(const struct report_input *in, struct err *err);
/* Tells the sink of a piece that cannot be read, and counts it. */
void report_refuse(const struct report_sink *sink, struct report_stat *stat,
    const struct refusal *refusal);

struct weight_table;

/* What a sighting tells beside the item: from which feed, for which realm, when it came.
 */
struct item_origin {
	const struct weight_table *weights;
	const char *source;
	uint32_t realm;
	int64_t received; /* µs */
	char grade;       /* of the source, 'A'..'F'; the item's own may be worse */
};

/* What a reported sighting is worth by its kind and grade, nats; of no bot, nothing. */
double report_weight(const struct weight_table *weights, const struct sighting *s);

/* False if the item makes no sighting (set aside, no address, no time, not a role that
 * concerns a line); `reason` then says why, as a constant. */
bool item_to_sighting(const struct item *item, const struct item_origin *origin,
    struct sighting *out, const char **reason);

extern const struct format format_archive;
extern const struct format format_cowrie;
extern const struct format format_cymru;
extern const struct format format_dionaea;
extern const struct format format_eve;
extern const struct format format_heralding;
extern const struct format format_iodef;
extern const struct format format_jsonfeed;
extern const struct format format_list;
extern const struct format format_mail;
extern const struct format format_misp;
extern const struct format format_opencanary;
extern const struct format format_relaylog;
extern const struct format format_shadowserver;
extern const struct format format_stix;
extern const struct format format_xarf;
extern const struct format format_zeek;

#endif
