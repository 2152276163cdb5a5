/* SPDX-License-Identifier: Apache-2.0 */
/* test_stream.c -- whoever is killed and whenever: each number arrives once, in order. */
#include "../../src/role/stream.c"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The receiver: takes numbers, and now and then makes durable what it has. */
struct receiver {
	struct stream_in in;
	uint64_t durable_sum, sum;
	bool gap;
};

static void
on_message(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	struct receiver *r = ctx;
	uint64_t number = rd_u64(&msg->body), value = rd_u64(&msg->body);

	(void)peer;
	assert_int_equal(value, number * number);
	switch (stream_in_take(&r->in, number)) {
	case STREAM_NEW:
		r->sum += value;
		break;
	case STREAM_GAP:
		r->gap = true;
		break;
	case STREAM_OLD:
		break;
	}
}

static void
on_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	(void)ctx;
	(void)peer;
	(void)why;
}

static const struct msg_calls calls = {on_message, on_gone, NULL};

static void
say(struct stream_out *out, uint64_t number)
{
	uint64_t value = number * number;
	uint8_t bytes[8];

	put_number(bytes, value);
	stream_out_put(out, 1, bytes, sizeof bytes);
}

struct world {
	struct loop *loop;
	struct stream_out out;
	struct receiver receiver;
	struct msg_peer *sender_end, *receiver_end;
	struct wr snapshot; /* of the sender */
};

static void
join(struct world *w)
{
	int fds[2];

	msg_peer_free(w->sender_end);
	msg_peer_free(w->receiver_end);
	stream_out_lost(&w->out);
	msg_pair(fds);
	w->sender_end = msg_peer_new(w->loop, fds[0], &calls, &w->receiver);
	w->receiver_end = msg_peer_new(w->loop, fds[1], &calls, &w->receiver);
	assert_true(stream_out_hello(&w->out, w->sender_end, w->receiver.in.durable));
}

static void
kill_sender(struct world *w)
{
	struct rd r = rd_init(w->snapshot.bytes, w->snapshot.size);

	stream_out_fini(&w->out);
	stream_out_init(&w->out);
	assert_true(w->snapshot.size == 0 || stream_out_load(&w->out, &r));
	join(w);
}

static void
kill_receiver(struct world *w)
{
	w->receiver.in.taken = w->receiver.in.durable;
	w->receiver.sum = w->receiver.durable_sum;
	join(w);
}

static void
act(struct world *w, uint64_t what)
{
	switch (what) {
	case 0:
		kill_sender(w);
		break;
	case 1:
		kill_receiver(w);
		break;
	case 2:
		wr_reset(&w->snapshot);
		stream_out_save(&w->out, &w->snapshot);
		break;
	case 3:
		w->receiver.in.durable = w->receiver.in.taken;
		w->receiver.durable_sum = w->receiver.sum;
		stream_out_ack(&w->out, w->receiver.in.durable);
		break;
	case 4:
		loop_once(w->loop, 0);
		break;
	default:
		say(&w->out, w->out.last + 1);
	}
}

static void
test_any_order_of_deaths(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct world w = {.loop = loop_new()};
		struct rng rng;
		uint64_t sum = 0;

		rng_seed(&rng, seed);
		stream_out_init(&w.out);
		wr_init(&w.snapshot, 1 << 20);
		join(&w);
		while (w.out.last < 300)
			act(&w, rng_below(&rng, 12));
		for (int i = 0; i < 20; i++)
			loop_once(w.loop, 0);
		for (uint64_t n = 1; n <= w.out.last; n++)
			sum += n * n;
		assert_false(w.receiver.gap);
		assert_int_equal(w.receiver.in.taken, w.out.last);
		assert_int_equal(w.receiver.sum, sum);
		msg_peer_free(w.sender_end);
		msg_peer_free(w.receiver_end);
		stream_out_fini(&w.out);
		wr_fini(&w.snapshot);
		loop_free(w.loop);
	}
}

static void
test_receiver_lost_its_past(void **state)
{
	struct stream_out out;

	(void)state;
	stream_out_init(&out);
	say(&out, 1);
	stream_out_ack(&out, 1);
	assert_false(stream_out_hello(&out, NULL, 0));
	stream_out_fini(&out);
}

static void
test_bad_snapshot(void **state)
{
	static const uint8_t bytes[] = {
	    0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2};
	struct stream_out out;
	struct rd r = rd_init(bytes, sizeof bytes);

	(void)state;
	stream_out_init(&out);
	assert_false(stream_out_load(&out, &r)); /* 2 kept of 9 - 1 */
	stream_out_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_any_order_of_deaths),
	    cmocka_unit_test(test_receiver_lost_its_past),
	    cmocka_unit_test(test_bad_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
