/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture.c -- the classic pcap format (draft-ietf-opsawg-pcap), microseconds,
 * big-endian.
 *
 * The format's byte order is the writer's choice; one order on every machine makes the
 * same seed give the same file. Write errors are sticky in the FILE and asked for once,
 * at the end.
 */
#include "sim/capture.h"

#include "base/when.h"

#include <assert.h>
#include <string.h>

enum { RECORD = 16, ETHERNET = 14, IPV4 = 20, UDP = 8, TCP = 20, SNAP = 65535 };

static uint8_t *
put(uint8_t *at, uint64_t value, size_t size)
{
	for (size_t i = size; i-- > 0;)
		*at++ = (uint8_t)(value >> (8 * i));
	return at;
}

bool
capture_open(struct capture *c, const char *path, struct err *err)
{
	uint8_t head[24], *at = head;

	c->ident = 1;
	c->file = fopen(path, "wb");
	if (c->file == NULL)
		return err_errno(err, "create %s", path);
	at = put(at, 0xa1b2c3d4, 4);
	at = put(at, 2, 2);
	at = put(at, 4, 2);
	at = put(at, 0, 8);
	at = put(at, SNAP, 4);
	(void)put(at, 1, 4); /* LINKTYPE_ETHERNET */
	(void)fwrite(head, sizeof head, 1, c->file);
	return true;
}

static uint32_t
sum(uint32_t carry, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i + 1 < size; i += 2)
		carry += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	return size % 2 ? carry + (uint32_t)(bytes[size - 1] << 8) : carry;
}

static uint16_t
fold(uint32_t carry)
{
	while (carry >> 16)
		carry = (carry & 0xffff) + (carry >> 16);
	return (uint16_t)~carry;
}

static uint8_t *
put_ipv4(uint8_t *at, struct capture *c, const struct packet *p, size_t size)
{
	uint8_t *head = at;

	at = put(at, 0x4500, 2);
	at = put(at, IPV4 + size, 2);
	at = put(at, c->ident++, 2);
	at = put(at, 0x4000, 2);
	at = put(at, p->flags ? 0x4006 : 0x4011, 2);
	at = put(at, 0, 2);
	at = put(at, p->src, 4);
	at = put(at, p->dst, 4);
	(void)put(head + 10, fold(sum(0, head, IPV4)), 2);
	return at;
}

static uint8_t *
put_transport(uint8_t *at, const struct packet *p)
{
	at = put(at, p->sport, 2);
	at = put(at, p->dport, 2);
	if (p->flags == 0) {
		at = put(at, UDP + p->size, 2);
		return put(at, 0, 2);
	}
	at = put(at, p->seq, 4);
	at = put(at, p->ack, 4);
	at = put(at, 0x50, 1);
	at = put(at, p->flags, 1);
	at = put(at, 64240, 2);
	return put(at, 0, 4);
}

void
capture_put(struct capture *c, const struct packet *p)
{
	uint8_t head[RECORD + ETHERNET + IPV4 + TCP], *at = head, *transport;
	size_t size = (p->flags ? TCP : UDP) + p->size;
	uint32_t check = p->flags ? 6 : 17;

	assert(size + IPV4 + ETHERNET <= SNAP);
	at = put(at, (uint64_t)(p->time / WHEN_SECOND), 4);
	at = put(at, (uint64_t)(p->time % WHEN_SECOND), 4);
	at = put(at, ETHERNET + IPV4 + size, 4);
	at = put(at, ETHERNET + IPV4 + size, 4);
	at = put(at, UINT64_C(0x020000000002), 6);
	at = put(at, UINT64_C(0x020000000001), 6);
	at = put(at, 0x0800, 2);
	transport = put_ipv4(at, c, p, size);
	at = put_transport(transport, p);
	check = sum(check + (uint32_t)size, transport - 8, 8); /* the pseudo header */
	check = sum(check, transport, (size_t)(at - transport));
	check = fold(sum(check, p->payload, p->size));
	(void)put(transport + (p->flags ? 16 : 6), check ? check : 0xffff, 2);
	(void)fwrite(head, (size_t)(at - head), 1, c->file);
	if (p->size)
		(void)fwrite(p->payload, p->size, 1, c->file);
}

bool
capture_close(struct capture *c, struct err *err)
{
	bool failed = ferror(c->file) != 0;

	if (fclose(c->file) != 0 || failed)
		return err_errno(err, "write capture");
	return true;
}
