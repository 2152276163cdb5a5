/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document.h -- reports that are one document each: JSON or XML, read as a whole.
 *
 * What the formats of exchange (STIX, MISP, IODEF) share: a bounded document in memory,
 * and the way from what they say of an address, a name or a page to an item's values.
 */
#ifndef REPORT_DOCUMENT_H
#define REPORT_DOCUMENT_H

#include "base/mem.h"
#include "event/tlp.h"
#include "report/report.h"

/* Bytes of one document, unpacked; its tree takes about five times as many. */
enum {
	DOCUMENT_MOST = 32 << 20,
	MEMBER_MOST = 4096,
	DOCUMENT_ITEMS = 1 << 18,
	DOCUMENT_STEPS = 1 << 23
};

struct document {
	const struct report_input *in;
	const struct report_sink *sink;
	struct report_stat *stat;
	struct arena *arena; /* for texts of one item */
	const char *name;    /* of the archive's member, or of the report */
	uint64_t row;        /* statements so far, over all members */
	uint64_t steps;      /* questions of document_full */
	uint64_t begun;      /* what `row` was at the start of this one */
	bool full;           /* and said so */
	const json_t *piece; /* the last one given, and its text: */
	char *piece_text;
	struct item item;
};

/* Reads one document. False with a sentence: it is refused as a whole. */
typedef bool document_read(
    struct document *doc, const char *text, size_t size, struct err *err);
/* Gives each document of the report (an archive may hold several) to `read`. */
MUST_CHECK bool document_each(const struct report_input *in,
    const struct report_sink *sink, struct report_stat *stat, document_read *read,
    struct err *err);

/* Begins the next statement's item; `identifier`: what kind of statement it is. */
struct item *document_item(struct document *doc, const char *identifier);
/* Derives the item and gives it to the sink. `piece`: the JSON that says it, or NULL. */
void document_give(struct document *doc, const json_t *piece);
/* Refuses a statement. */
void document_refuse(
    struct document *doc, const json_t *piece, const char *reason, uint8_t severity);

/* Where something stands, as the texts say it; NULL or 0: not told. */
struct place {
	const char *address; /* an address or a prefix */
	const char *name;    /* a domain's */
	const char *url;
	const char *transport; /* "tcp" */
	uint16_t port;
};

/* Puts "source.ip" and the like; `side`: "source" or "destination". Of a page without
 * more, host and port come from its address. What is no address or name is left out;
 * false if nothing was put. */
bool document_place(struct document *doc, const char *side, const struct place *place);

/* To whom the item may be told on; nothing is put where it is untold. */
void document_tlp(struct document *doc, enum tlp tlp);

/* Has the document made as many items, or this been asked as often, as it may? Few bytes
 * can refer to much (a sighting a thousand times to the same data): the rest is refused,
 * once, and loops must end. */
bool document_full(struct document *doc);

/* The text of an object's member; "" if there is none, or it is longer than MEMBER_MOST:
 * it may be put into each of very many items. */
const char *member_text(const json_t *object, const char *name);
/* The RSIT type that a machine tag names (rsit:malicious-code="c2-server"), in `out` of
 * SIGHTING_NAME bytes; false if it names none. */
bool tag_class(const char *tag, char *out);
/* Does prose speak of a botnet's control? */
bool prose_says_c2(const char *text);

#endif
