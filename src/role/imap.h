/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imap.h -- what an IMAP server says (RFC 3501, 9051), read piece by piece.
 *
 * Only what fetching mail needs: lines, and the literal inside a FETCH response, whose
 * bytes are given on as they come and are never looked at: a mail cannot speak for its
 * server. Lines and literals are bounded; what is longer is an error, and so is a server
 * that does not end its lines.
 */
#ifndef ROLE_IMAP_H
#define ROLE_IMAP_H

#include "base/buf.h"
#include "base/err.h"

enum { IMAP_LINE = 1 << 20 };

enum imap_done { IMAP_NOT_YET, IMAP_OK, IMAP_NO }; /* NO: refused, or not understood */

struct imap_calls {
	/* The number in "* OK [UIDVALIDITY n]" and the like. */
	void (*validity)(void *ctx, uint32_t number);
	/* A number of "* SEARCH". */
	void (*found)(void *ctx, uint32_t uid);
	/* A word of "* CAPABILITY"; zero-terminated. */
	void (*capability)(void *ctx, const char *word);
	/* RFC822.SIZE of a FETCH response. */
	void (*size)(void *ctx, uint64_t size);
	/* Bytes of a literal; false, with a sentence, ends the reading. */
	bool (*bytes)(void *ctx, const uint8_t *bytes, size_t size, struct err *err);
};

struct imap {
	const struct imap_calls *calls;
	void *ctx;
	struct wr line;
	uint64_t literal; /* bytes still to come */
	bool in_fetch;    /* the line goes on behind a literal */
	char tag[16];     /* of the command that is waited for */
	enum imap_done done;
};

void imap_init(struct imap *imap, const struct imap_calls *calls, void *ctx);
void imap_fini(struct imap *imap);
/* The answer to `tag` is waited for. */
void imap_expect(struct imap *imap, const char *tag);
/* Takes what came; imap->done says whether that was the end. False: not IMAP. */
MUST_CHECK bool imap_take(
    struct imap *imap, const uint8_t *bytes, size_t size, struct err *err);
/* A name as a quoted string; false if it holds what cannot be quoted. */
MUST_CHECK bool imap_quote(const char *name, struct wr *out);

#endif
