/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.h -- the cursor through which all foreign bytes are read, and its writer.
 *
 * A reader is a bounded view with a sticky error: a read past the end returns zero (or
 * NULL) and sets `bad`; whoever parses reads ten fields and asks once at the end. A
 * length from the wire becomes a sub-reader (rd_sub), never pointer arithmetic.
 * Big-endian unless the name ends in `le`.
 *
 * size: the accessors are inline, since every packet passes through them.
 *
 * A writer grows on the heap up to a limit; beyond it `bad` is set and nothing more is
 * written. wr_fini frees; wr_reset keeps the memory.
 *
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rd {
	const uint8_t *at, *end;
	bool bad;
};

static inline struct rd
rd_init(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	return (struct rd){.at = at, .end = size > 0 ? at + size : at};
}

static inline size_t
rd_left(const struct rd *r)
{
	return (size_t)(r->end - r->at);
}

/* The next `size` bytes, borrowed from what the reader views; NULL past the end. */
static inline const uint8_t *
rd_take(struct rd *r, size_t size)
{
	const uint8_t *p = r->at;

	if (size > rd_left(r)) {
		r->bad = true;
		r->at = r->end;
		return NULL;
	}
	r->at += size;
	return p;
}

static inline struct rd
rd_sub(struct rd *r, size_t size)
{
	const uint8_t *p = rd_take(r, size);

	if (p == NULL)
		return (struct rd){.at = r->end, .end = r->end, .bad = true};
	return (struct rd){.at = p, .end = p + size};
}

static inline void
rd_skip(struct rd *r, size_t size)
{
	(void)rd_take(r, size);
}

/* An unsigned number of 1 to 8 bytes, as flow records carry them (reduced size too). */
static inline uint64_t
rd_uint(struct rd *r, size_t size)
{
	const uint8_t *p = size <= 8 ? rd_take(r, size) : NULL;
	uint64_t v = 0;

	if (p == NULL) {
		r->bad = true;
		return 0;
	}
	for (size_t i = 0; i < size; i++)
		v = v << 8 | p[i];
	return v;
}

static inline uint8_t
rd_u8(struct rd *r)
{
	const uint8_t *p = rd_take(r, 1);

	return p ? p[0] : 0;
}

static inline uint16_t
rd_u16(struct rd *r)
{
	const uint8_t *p = rd_take(r, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t
rd_u32(struct rd *r)
{
	return (uint32_t)rd_uint(r, 4);
}

static inline uint64_t
rd_u64(struct rd *r)
{
	return rd_uint(r, 8);
}

static inline uint16_t
rd_u16le(struct rd *r)
{
	const uint8_t *p = rd_take(r, 2);

	return p ? (uint16_t)(p[1] << 8 | p[0]) : 0;
}

static inline bool
rd_copy(struct rd *r, void *out, size_t size)
{
	const uint8_t *p = rd_take(r, size);

	if (p == NULL)
		memset(out, 0, size);
	else
		memcpy(out, p, size);
	return p != NULL;
}

struct wr {
	uint8_t *bytes;
	size_t size, room, limit;
	bool bad;
};

/* `limit`: bytes the writer may hold. */
void wr_init(struct wr *w, size_t limit);
void wr_fini(struct wr *w);
void wr_reset(struct wr *w);
/* Room for `size` further bytes, to be filled in by the caller; NULL at the limit.
 * Borrowed until the next call. */
uint8_t *wr_reserve(struct wr *w, size_t size);
void wr_put(struct wr *w, const void *bytes, size_t size);
void wr_u8(struct wr *w, uint8_t v);
void wr_u16(struct wr *w, uint16_t v);
void wr_u32(struct wr *w, uint32_t v);
void wr_u64(struct wr *w, uint64_t v);
/* Bytes behind a 32-bit length, and their reader: a view into `r`. */
void wr_blob(struct wr *w, const void *bytes, size_t size);
struct rd rd_blob(struct rd *r);
void wr_text(struct wr *w, const char *text);
/* Formatted text, without length or terminating zero. */
void wr_printf(struct wr *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Ends the text with a zero byte that is not counted in `size`, and returns it. */
const char *wr_string(struct wr *w);

#endif
