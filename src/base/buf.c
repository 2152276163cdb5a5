/* SPDX-License-Identifier: Apache-2.0 */
/* buf.c -- see buf.h. */
#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
wr_init(struct wr *w, size_t limit)
{
	*w = (struct wr){.limit = limit};
}

void
wr_fini(struct wr *w)
{
	free(w->bytes);
	*w = (struct wr){0};
}

void
wr_reset(struct wr *w)
{
	w->size = 0;
	w->bad = false;
}

/* Keeps one byte beyond the limit, for the terminating zero of wr_string. */
static bool
grow(struct wr *w, size_t size)
{
	size_t room = w->room ? w->room : 256;

	if (w->bad || size > w->limit - w->size) {
		w->bad = true;
		return false;
	}
	if (w->size + size < w->room)
		return true;
	while (room <= w->size + size)
		room *= 2;
	w->bytes = xrealloc(w->bytes, room);
	w->room = room;
	return true;
}

uint8_t *
wr_reserve(struct wr *w, size_t size)
{
	uint8_t *p;

	if (!grow(w, size))
		return NULL;
	p = w->bytes + w->size;
	w->size += size;
	return p;
}

void
wr_put(struct wr *w, const void *bytes, size_t size)
{
	uint8_t *p = wr_reserve(w, size);

	if (p != NULL && size > 0)
		memcpy(p, bytes, size);
}

static void
put_uint(struct wr *w, uint64_t v, size_t size)
{
	uint8_t *p = wr_reserve(w, size);

	for (size_t i = size; p != NULL && i-- > 0; v >>= 8)
		p[i] = (uint8_t)v;
}

void
wr_u8(struct wr *w, uint8_t v)
{
	put_uint(w, v, 1);
}

void
wr_u16(struct wr *w, uint16_t v)
{
	put_uint(w, v, 2);
}

void
wr_u32(struct wr *w, uint32_t v)
{
	put_uint(w, v, 4);
}

void
wr_u64(struct wr *w, uint64_t v)
{
	put_uint(w, v, 8);
}

void
wr_blob(struct wr *w, const void *bytes, size_t size)
{
	if (size > UINT32_MAX) {
		w->bad = true;
		return;
	}
	wr_u32(w, (uint32_t)size);
	wr_put(w, bytes, size);
}

struct rd
rd_blob(struct rd *r)
{
	uint32_t size = rd_u32(r);

	return rd_sub(r, size);
}

void
wr_text(struct wr *w, const char *text)
{
	wr_put(w, text, strlen(text));
}

void
wr_printf(struct wr *w, const char *format, ...)
{
	va_list args, again;
	uint8_t *p;
	int size;

	va_start(args, format);
	va_copy(again, args);
	size = vsnprintf(NULL, 0, format, args);
	p = size < 0 || !grow(w, (size_t)size + 1) ? NULL : w->bytes + w->size;
	if (p != NULL) {
		(void)vsnprintf((char *)p, (size_t)size + 1, format, again);
		w->size += (size_t)size;
	}
	va_end(again);
	va_end(args);
}

const char *
wr_string(struct wr *w)
{
	if (w->bytes == NULL || w->size == w->room)
		w->bytes = xrealloc(w->bytes, w->room = w->size + 256);
	w->bytes[w->size] = 0;
	return (const char *)w->bytes;
}
