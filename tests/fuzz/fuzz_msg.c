/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_msg.c -- any bytes as what another process sends, and as a frame in a ring. */
#include "../../src/base/msg.c"

#include "base/ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
on_message(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	uint64_t *sum = ctx;

	(void)peer;
	while (rd_left(&msg->body) > 0)
		*sum += rd_u8(&msg->body);
}

static void
on_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	(void)peer;
	*(uint64_t *)ctx += why != NULL;
}

static void
as_messages(const uint8_t *bytes, size_t size)
{
	static const struct msg_calls calls = {on_message, on_gone, NULL};
	struct loop *loop = loop_new();
	struct msg_peer *peer;
	uint64_t sum = 0;
	int fds[2];

	msg_pair(fds);
	peer = msg_peer_new(loop, fds[1], &calls, &sum);
	for (size_t sent = 0; sent < size;) {
		size_t most = size - sent < 999 ? size - sent : 999;
		ssize_t n = send(fds[0], bytes + sent, most, MSG_NOSIGNAL);

		sent += n > 0 ? (size_t)n : size;
		loop_once(loop, 0);
	}
	(void)close(fds[0]);
	loop_once(loop, 0);
	msg_peer_free(peer);
	loop_free(loop);
}

/* The bytes lie in the pages as a hostile writer would leave them. */
static void
as_ring(const uint8_t *bytes, size_t size)
{
	struct err err;
	int fd = ring_memory();
	struct ring *ring;
	struct wr out;
	uint32_t type;

	if (pwrite(fd, bytes, size < 32 ? size : 32, 0) < 0 ||
	    (size > 32 && pwrite(fd, bytes + 32, size - 32, 4096) < 0))
		fatal("the ring's memory cannot be written");
	ring = ring_open(fd, false, &err);
	if (ring == NULL)
		fatal("%s", err.text);
	wr_init(&out, RING_FRAME_MAX);
	for (int i = 0; i < 64 && ring_get(ring, &type, &out); i++)
		wr_reset(&out);
	(void)ring_wake(ring);
	wr_fini(&out);
	ring_close(ring);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (size > 60000)
		return 0;
	as_messages(bytes, size);
	as_ring(bytes, size);
	return 0;
}
