/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fate.h -- what becomes of each item of a report, as intake tells the engine.
 *
 * One message for each item and for each refused piece, so that the books balance:
 * received = sightings + duplicates + not ours + set aside + unread. Intake says
 * SIGHTING, ASIDE or UNREAD; the engine finds out which sightings are duplicates or not
 * ours. LETTER and END frame a file: whom an answer may go to, and how reading went; they
 * are no items.
 *
 * The piece is what the stranger wrote, compressed (zstd), at most FATE_PIECE bytes of
 * it.
 */
#ifndef REPORT_FATE_H
#define REPORT_FATE_H

#include "report/report.h"

enum fate_kind {
	FATE_SIGHTING,
	FATE_ASIDE,  /* reason: a constant of the format's */
	FATE_UNREAD, /* reason: a sentence; for people to read */
	FATE_LETTER, /* reason: the address to answer; raw: digest of the Message-ID */
	FATE_END,    /* numbers of the whole file */
	FATE_KINDS
};

enum { FATE_PIECE = 64 * 1024, FATE_REASON = 256 };

struct fate {
	/* ASIDE, UNREAD and frames: id, received, source, upstream, identifier, severity,
	 * grade and raw only. */
	struct sighting sighting;
	uint8_t kind;
	char reason[FATE_REASON];
	struct id128 file; /* digest of the file that it stood in */
	uint64_t row;      /* line of the file, or number of the part; 0: all of it */
	uint8_t *piece;    /* compressed; owned; NULL: none */
	uint32_t packed;   /* its size */
	uint32_t told;     /* bytes that the stranger wrote; more than are kept: cut */
	uint64_t items, refused, repaired, unknown; /* END */
};

void fate_fini(struct fate *fate);
void fate_write(const struct fate *fate, struct wr *w);
/* False unless the bytes are one fate with all in range; then nothing is allocated. */
bool fate_read(struct fate *fate, struct rd *r);

extern const char *const fate_names[FATE_KINDS];

/* Compressing, with working memory made once: before a jail. */
struct packer;
struct packer *packer_new(void);
void packer_free(struct packer *packer);
/* Keeps at most FATE_PIECE of the bytes in the fate. */
void packer_pack(
    struct packer *packer, const void *bytes, size_t size, struct fate *fate);
/* The bytes of a piece, at most FATE_PIECE; false if it is damaged. */
bool piece_unpack(const void *piece, size_t size, struct wr *out);

#endif
