/* SPDX-License-Identifier: Apache-2.0 */
/* test_flow.c -- packets of the wire become flows with an answer, in bounded memory. */
#include "../../src/event/flow.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { LINK_IPV4 = 228 };

struct seen {
	struct event last;
	uint64_t count, packets, silent;
};

static void
take(void *ctx, const struct event *ev)
{
	struct seen *seen = ctx;

	seen->last = *ev;
	seen->count++;
	seen->packets += ev->packets[0] + ev->packets[1];
	seen->silent += ev->answer == ANSWER_SILENT;
}

static struct flows *
fresh(size_t flows)
{
	struct flow_config config = {
	    .flows = flows, .active = WHEN_HOUR, .idle = 60 * WHEN_SECOND};

	return flows_new(&config);
}

/* An IPv4 packet: 20 bytes of header, `payload` behind. */
static struct packet
wire(uint32_t src, uint32_t dst, uint8_t proto, const uint8_t *payload, size_t size)
{
	uint8_t bytes[120] = {0x45, 0, 0, (uint8_t)(20 + size), 0, 1, 0, 0, 64, proto};
	struct packet p;

	for (size_t i = 0; i < 4; i++) {
		bytes[12 + i] = (uint8_t)(src >> (24 - 8 * i));
		bytes[16 + i] = (uint8_t)(dst >> (24 - 8 * i));
	}
	memcpy(bytes + 20, payload, size);
	assert_int_equal(
	    packet_decode(LINK_IPV4, bytes, 20 + size, 20 + size, &p), PACKET_IP);
	p.payload = NULL;
	return p;
}

static struct packet
tcp(uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport, uint8_t flags)
{
	uint8_t bytes[20] = {(uint8_t)(sport >> 8), (uint8_t)sport, (uint8_t)(dport >> 8),
	    (uint8_t)dport, [12] = 0x50, [13] = flags};

	return wire(src, dst, PROTO_TCP, bytes, sizeof bytes);
}

static void
test_handshake_refusal_silence(void **state)
{
	struct flows *f = fresh(64);
	struct seen seen = {0};
	struct packet p;

	(void)state;
	p = tcp(2, 1, 443, 5000, TCP_SYN | TCP_ACK); /* the answer is seen first */
	flows_packet(f, &p, 0, take, &seen);
	p = tcp(1, 2, 5000, 443, TCP_ACK);
	flows_packet(f, &p, 1, take, &seen);
	flows_advance(f, WHEN_NEVER, take, &seen);
	assert_int_equal(seen.last.sport, 5000);
	assert_int_equal(seen.last.answer, ANSWER_ANSWERED);
	assert_int_equal(seen.last.bytes[0], 40);
	p = tcp(1, 2, 5001, 443, TCP_SYN);
	flows_packet(f, &p, 2, take, &seen);
	p = tcp(2, 1, 443, 5001, TCP_RST | TCP_ACK);
	flows_packet(f, &p, 3, take, &seen);
	flows_advance(f, WHEN_NEVER, take, &seen);
	assert_int_equal(seen.last.answer, ANSWER_REFUSED);
	p = tcp(1, 2, 5002, 443, TCP_SYN);
	flows_packet(f, &p, 4, take, &seen);
	flows_advance(f, 59 * WHEN_SECOND, take, &seen);
	assert_int_equal(seen.count, 2);
	flows_advance(f, 62 * WHEN_SECOND, take, &seen);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.last.answer, ANSWER_SILENT);
	flows_free(f);
}

static void
test_icmp_error_is_an_answer(void **state)
{
	static const uint8_t udp[8] = {0x13, 0x88, 0, 53, 0, 8};
	static const uint8_t error[36] = {3, 3, [8] = 0x45, [17] = PROTO_UDP, [23] = 1,
	    [27] = 2, [28] = 0x13, [29] = 0x88, [30] = 0, [31] = 53};
	struct flows *f = fresh(64);
	struct seen seen = {0};
	struct packet p = wire(1, 2, PROTO_UDP, udp, sizeof udp);

	(void)state;
	flows_packet(f, &p, 0, take, &seen);
	p = wire(9, 1, PROTO_ICMP, error, sizeof error);
	assert_true(p.unreachable);
	flows_packet(f, &p, 1, take, &seen);
	flows_advance(f, WHEN_NEVER, take, &seen);
	assert_int_equal(seen.count, 1); /* the error made no flow */
	assert_int_equal(seen.last.answer, ANSWER_REFUSED);
	flows_free(f);
}

static void
test_long_flow_is_cut(void **state)
{
	struct flows *f = fresh(64);
	struct seen seen = {0};

	(void)state;
	for (int64_t t = 0; t < 3 * WHEN_HOUR; t += 30 * WHEN_SECOND) {
		struct packet p = tcp(1, 2, 5000, 443, t == 0 ? TCP_SYN : TCP_ACK);

		flows_packet(f, &p, t, take, &seen);
		flows_advance(f, t, take, &seen);
	}
	flows_advance(f, WHEN_NEVER, take, &seen);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.packets, 360);
	assert_true(seen.last.continued);
	flows_free(f);
}

/* A flood of made-up sources costs evictions, never memory, and loses no packet. */
static void
test_flood(void **state)
{
	struct flows *f = fresh(1000);
	struct seen seen = {0};
	size_t memory = flows_memory(f);

	(void)state;
	for (uint32_t i = 1; i <= 200000; i++) {
		struct packet p = tcp(i, 0x01020304, 5000, 443, TCP_SYN);

		flows_packet(f, &p, i, take, &seen);
	}
	flows_advance(f, WHEN_NEVER, take, &seen);
	assert_int_equal(flows_memory(f), memory);
	assert_int_equal(flows_evicted(f), 199000);
	assert_int_equal(seen.packets, 200000);
	flows_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_handshake_refusal_silence),
	    cmocka_unit_test(test_icmp_error_is_an_answer),
	    cmocka_unit_test(test_long_flow_is_cut),
	    cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
