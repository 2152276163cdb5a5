/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writers.h -- the formats in which statements leave (outgoing.h), one const struct each.
 *
 * A writer is a pure function of the sealed list and the head: the same list gives the
 * same bytes, but for the serial of an RPZ zone, which must rise.
 */
#ifndef EXCHANGE_WRITERS_H
#define EXCHANGE_WRITERS_H

#include "exchange/outgoing.h"

struct writer_head {
	const char *organisation; /* who says so */
	uint32_t serial;          /* of a zone */
	int64_t made;             /* µs; when the newest of it was known */
};

/* Where the bytes go. `name`: of one file of a directory; NULL: the only one. */
struct writer_sink {
	bool (*file)(
	    void *ctx, const char *name, const void *bytes, size_t size, struct err *err);
	void *ctx;
};

struct writer {
	const char *name, *summary;
	bool directory; /* several files */
	MUST_CHECK bool (*write)(const struct outgoing_list *list,
	    const struct writer_head *head, const struct writer_sink *sink,
	    struct err *err);
};

extern const struct writer *const writers[]; /* NULL-terminated */
/* NULL with a sentence. */
const struct writer *writer_find(const char *name, struct err *err);

/* STIX objects of the list, an array in a fixed order; the caller's. For TAXII. */
json_t *stix_objects(const struct outgoing_list *list, const struct writer_head *head);

extern const struct writer writer_csv;
extern const struct writer writer_intelmq;
extern const struct writer writer_iodef;
extern const struct writer writer_list;
extern const struct writer writer_misp;
extern const struct writer writer_rpz;
extern const struct writer writer_stix;

#endif
