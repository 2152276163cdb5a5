/* SPDX-License-Identifier: Apache-2.0 */
/* fate.c -- see fate.h: the wire form, and zstd around the piece. */
#include "report/fate.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum { LEVEL = 3, TOLD_MOST = 1 << 30 };

const char *const fate_names[FATE_KINDS] = {
    "sighting", "aside", "unread", "letter", "end"};

void
fate_fini(struct fate *fate)
{
	free(fate->piece);
	fate->piece = NULL;
}

void
fate_write(const struct fate *fate, struct wr *w)
{
	wr_u8(w, fate->kind);
	sighting_write(&fate->sighting, w);
	wr_blob(w, fate->reason, strlen(fate->reason));
	wr_put(w, fate->file.b, sizeof fate->file.b);
	wr_u64(w, fate->row);
	wr_u32(w, fate->told);
	wr_blob(w, fate->piece, fate->packed);
	wr_u64(w, fate->items);
	wr_u64(w, fate->refused);
	wr_u64(w, fate->repaired);
	wr_u64(w, fate->unknown);
}

static bool
read_reason(struct fate *fate, struct rd *r)
{
	struct rd text = rd_blob(r);
	size_t size = rd_left(&text);

	if (size >= sizeof fate->reason)
		return false;
	(void)rd_copy(&text, fate->reason, size);
	fate->reason[size] = 0;
	return strlen(fate->reason) == size && utf8_valid(fate->reason, size);
}

static bool
read_piece(struct fate *fate, struct rd *r)
{
	struct rd piece = rd_blob(r);
	size_t size = rd_left(&piece);

	if (r->bad || size > ZSTD_COMPRESSBOUND(FATE_PIECE) || fate->told > TOLD_MOST)
		return false;
	if (size == 0)
		return true;
	fate->packed = (uint32_t)size;
	fate->piece = xmalloc(size);
	return rd_copy(&piece, fate->piece, size);
}

bool
fate_read(struct fate *fate, struct rd *r)
{
	bool good;

	memset(fate, 0, sizeof *fate);
	fate->kind = rd_u8(r);
	good = fate->kind < FATE_KINDS && sighting_read(&fate->sighting, r) &&
	       read_reason(fate, r);
	(void)rd_copy(r, fate->file.b, sizeof fate->file.b);
	fate->row = rd_u64(r);
	fate->told = rd_u32(r);
	good = good && read_piece(fate, r);
	fate->items = rd_u64(r);
	fate->refused = rd_u64(r);
	fate->repaired = rd_u64(r);
	fate->unknown = rd_u64(r);
	if (good && !r->bad)
		return true;
	fate_fini(fate);
	return false;
}

/* ---- pieces */

struct packer {
	ZSTD_CCtx *zstd;
	uint8_t room[ZSTD_COMPRESSBOUND(FATE_PIECE)];
};

struct packer *
packer_new(void)
{
	struct packer *p = xcalloc(1, sizeof *p);

	p->zstd = ZSTD_createCCtx();
	if (p->zstd == NULL)
		fatal("no memory to compress with");
	return p;
}

void
packer_free(struct packer *packer)
{
	if (packer == NULL)
		return;
	(void)ZSTD_freeCCtx(packer->zstd);
	free(packer);
}

void
packer_pack(struct packer *packer, const void *bytes, size_t size, struct fate *fate)
{
	size_t kept = size < FATE_PIECE ? size : FATE_PIECE, packed;

	fate_fini(fate);
	fate->packed = 0;
	fate->told = size < TOLD_MOST ? (uint32_t)size : TOLD_MOST;
	if (bytes == NULL || size == 0)
		return;
	packed = ZSTD_compressCCtx(
	    packer->zstd, packer->room, sizeof packer->room, bytes, kept, LEVEL);
	if (ZSTD_isError(packed))
		return; /* cannot be: there is room for the worst case */
	fate->piece = xmalloc(packed);
	memcpy(fate->piece, packer->room, packed);
	fate->packed = (uint32_t)packed;
}

bool
piece_unpack(const void *piece, size_t size, struct wr *out)
{
	uint8_t *room = xmalloc(FATE_PIECE);
	size_t got = ZSTD_decompress(room, FATE_PIECE, piece, size);
	bool good = !ZSTD_isError(got);

	if (good)
		wr_put(out, room, got);
	free(room);
	return good && !out->bad;
}
