/* SPDX-License-Identifier: Apache-2.0 */
/* test_netflow.c -- datagrams of both versions: templates per exporter, sampling, loss,
 * what is broken, and a saved decoder. */
#include "../../src/event/netflow.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { EXPORTERS = 3, TEMPLATE = 256, OPTIONS = 257 };

struct seen {
	struct event last;
	uint64_t events;
	int64_t time;
};

struct bench {
	struct netflow *n;
	struct seen seen;
	uint32_t from; /* exporter's address */
};

static void
take_time(void *ctx, int64_t t)
{
	((struct seen *)ctx)->time = t;
}

static void
take_event(void *ctx, const struct event *ev)
{
	struct seen *seen = ctx;

	seen->last = *ev;
	seen->events++;
}

static enum netflow_result
send(struct bench *b, const struct wr *w)
{
	const struct netflow_sink sink = {&b->seen, take_time, take_event};
	struct addr from = addr_v4(b->from);

	return netflow_datagram(b->n, &from, w->bytes, w->size, &sink);
}

static int
setup(void **state)
{
	static const struct netflow_config config = {.exporters = EXPORTERS};
	static struct bench b;

	b = (struct bench){.n = netflow_new(&config), .from = 0x0a000001};
	*state = &b;
	return 0;
}

static int
teardown(void **state)
{
	netflow_free(((struct bench *)*state)->n);
	return 0;
}

/* The header of a v9 datagram or, with `end`, its length in an IPFIX message. */
static void
begin(struct wr *w, uint16_t version, uint32_t sequence, uint32_t domain)
{
	wr_init(w, 4096);
	wr_u16(w, version);
	wr_u16(w, 1);
	if (version == VERSION_9)
		wr_u32(w, 60000);
	wr_u32(w, 1700000000);
	wr_u32(w, sequence);
	wr_u32(w, domain);
}

static enum netflow_result
end(struct bench *b, struct wr *w)
{
	enum netflow_result result;

	if (w->bytes[1] == VERSION_IPFIX) {
		w->bytes[2] = (uint8_t)(w->size >> 8);
		w->bytes[3] = (uint8_t)w->size;
	}
	result = send(b, w);
	wr_fini(w);
	return result;
}

static void
put_words(struct wr *w, const uint16_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		wr_u16(w, words[i]);
}

/* Source, destination, packets (4 each), sampler (1). */
static void
put_template(struct wr *w, bool ipfix, uint16_t id)
{
	const uint16_t words[] = {
	    ipfix ? 2 : 0, 24, id, 4, 8, 4, 12, 4, 2, 4, ipfix ? 302 : 48, 1};

	put_words(w, words, 12);
}

static void
put_data(struct wr *w, uint16_t id, uint32_t packets, uint8_t sampler)
{
	wr_u16(w, id);
	wr_u16(w, 4 + 13);
	wr_u32(w, 0x0a000005);
	wr_u32(w, 0xc0000201);
	wr_u32(w, packets);
	wr_u8(w, sampler);
}

static enum netflow_result template(
    struct bench *b, uint16_t version, uint32_t sequence, uint32_t domain) {
	struct wr w;

	begin(&w, version, sequence, domain);
	put_template(&w, version == VERSION_IPFIX, TEMPLATE);
	return end(b, &w);
}

static enum netflow_result
data(struct bench *b, uint16_t version, uint32_t sequence, uint32_t domain)
{
	struct wr w;

	begin(&w, version, sequence, domain);
	put_data(&w, TEMPLATE, 9, 0);
	return end(b, &w);
}

static void
test_template_then_data(void **state)
{
	struct bench *b = *state;

	for (uint16_t version = VERSION_9; version <= VERSION_IPFIX; version++) {
		b->seen.events = 0;
		assert_int_equal(data(b, version, 0, 1), NETFLOW_UNKNOWN);
		assert_int_equal(template(b, version, 1, 1), NETFLOW_DECODED);
		assert_int_equal(data(b, version, 1, 1), NETFLOW_DECODED);
		assert_int_equal(b->seen.events, 1);
		assert_int_equal(b->seen.time, 1700000000 * WHEN_SECOND);
		assert_int_equal(b->seen.last.packets[0], 9);
		assert_int_equal(addr_to_v4(&b->seen.last.src), 0x0a000005);
		assert_int_equal(b->seen.last.sampling, 1);
	}
}

/* A template belongs to its exporter, domain and version alone. */
static void
test_apart(void **state)
{
	struct bench *b = *state;

	assert_int_equal(template(b, VERSION_9, 0, 1), NETFLOW_DECODED);
	assert_int_equal(data(b, VERSION_9, 0, 2), NETFLOW_UNKNOWN);
	assert_int_equal(data(b, VERSION_IPFIX, 0, 1), NETFLOW_UNKNOWN);
	b->from++;
	assert_int_equal(data(b, VERSION_9, 1, 1), NETFLOW_UNKNOWN);
	assert_int_equal(b->seen.events, 0);
	/* Four are too many: the one unused for longest was forgotten. */
	b->from--;
	assert_int_equal(data(b, VERSION_9, 2, 1), NETFLOW_UNKNOWN);
}

static void
test_sampler(void **state)
{
	static const uint16_t options[] = {
	    SET_OPTIONS_9, 22, OPTIONS, 4, 8, 1, 4, 48, 1, 34, 4};
	struct bench *b = *state;
	struct wr w;

	begin(&w, VERSION_9, 1, 1);
	put_words(&w, options, 11);
	put_template(&w, false, TEMPLATE);
	wr_u16(&w, OPTIONS);
	wr_u16(&w, 4 + 9);
	wr_u32(&w, 0); /* scope: the system */
	wr_u8(&w, 7);
	wr_u32(&w, 512);
	put_data(&w, TEMPLATE, 3, 7);
	assert_int_equal(end(b, &w), NETFLOW_DECODED);
	assert_int_equal(b->seen.last.sampling, 512);
	assert_int_equal(netflow_stat(b->n).records, 2);
}

static void
test_loss(void **state)
{
	struct bench *b = *state;

	(void)template(b, VERSION_9, 10, 1);
	(void)data(b, VERSION_9, 11, 1);
	assert_int_equal(netflow_stat(b->n).lost, 0);
	(void)data(b, VERSION_9, 15, 1);
	assert_int_equal(netflow_stat(b->n).lost, 3);
	(void)data(b, VERSION_9, 13, 1); /* one of them came late */
	assert_int_equal(netflow_stat(b->n).lost, 2);
	(void)data(b, VERSION_9, 3000000000, 1); /* the exporter began anew */
	assert_int_equal(netflow_stat(b->n).lost, 2);
	(void)template(b, VERSION_IPFIX, 0, 1);
	(void)data(b, VERSION_IPFIX, 0, 1);
	(void)data(b, VERSION_IPFIX, 6, 1); /* counts records: 1 came, 5 did not */
	assert_int_equal(netflow_stat(b->n).lost, 7);
}

static void
keep_exporter(void *ctx, const struct netflow_exporter *e)
{
	struct netflow_exporter *list = ctx;

	list[e->version == VERSION_IPFIX] = *e;
}

/* In flow records, and of each exporter: IPFIX says how many, v9 how many datagrams. */
static void
test_lost_flows(void **state)
{
	struct bench *b = *state;
	struct netflow_exporter list[2] = {{.records = 0}};
	uint64_t each;

	(void)template(b, VERSION_9, 10, 1);
	(void)data(b, VERSION_9, 11, 1);
	(void)data(b, VERSION_9, 12, 1);
	each = netflow_stat(b->n).records;
	(void)data(b, VERSION_9, 23, 1); /* ten did not come */
	assert_int_equal(netflow_stat(b->n).lost, 10);
	netflow_each_exporter(b->n, keep_exporter, list);
	assert_int_equal(list[0].datagrams, 4);
	assert_int_equal(list[0].records, each / 2 * 3);
	assert_int_equal(list[0].lost_flows, 10 * list[0].records / 4);
	(void)template(b, VERSION_IPFIX, 0, 1);
	(void)data(b, VERSION_IPFIX, 0, 1);
	(void)data(b, VERSION_IPFIX, 6, 1);
	netflow_each_exporter(b->n, keep_exporter, list);
	assert_int_equal(list[1].lost_flows, 5);
	assert_int_equal(
	    netflow_stat(b->n).lost_flows, list[0].lost_flows + list[1].lost_flows);
}

/* `count`: as the header says; `records`: that are there. */
static enum netflow_result
version_5(struct bench *b, uint32_t sequence, uint16_t count, uint16_t records)
{
	struct wr w;

	wr_init(&w, 4096);
	put_words(&w, (const uint16_t[]){VERSION_5, count}, 2);
	wr_u32(&w, 60000);      /* uptime */
	wr_u32(&w, 1700000000); /* sent, s and ns */
	wr_u32(&w, 250000000);
	wr_u32(&w, sequence);
	put_words(&w, (const uint16_t[]){0x0102, 0x4000 | 100}, 2);
	for (uint16_t i = 0; i < records; i++) {
		wr_u32(&w, 0x0a000001);
		wr_u32(&w, 0xc6336407u + i);
		wr_u32(&w, 0);
		put_words(&w, (const uint16_t[]){3, 4}, 2);
		wr_u32(&w, 5);
		wr_u32(&w, 600);
		wr_u32(&w, 50000);
		wr_u32(&w, 59000);
		put_words(&w, (const uint16_t[]){40000, 443, 0x001b, 0x0600}, 4);
		wr_u32(&w, 0);
		wr_u32(&w, 0);
	}
	return end(b, &w);
}

static void
test_version_5(void **state)
{
	struct bench *b = *state;
	const struct event *ev = &b->seen.last;

	assert_int_equal(version_5(b, 1000, 2, 2), NETFLOW_DECODED);
	assert_int_equal(b->seen.events, 2);
	assert_true(b->seen.time == INT64_C(1700000000250000));
	assert_true(ev->first == b->seen.time - 10000000);
	assert_true(ev->last == b->seen.time - 1000000);
	assert_true(addr_to_v4(&ev->dst) == 0xc6336408u);
	assert_true(ev->sport == 40000 && ev->dport == 443 && ev->proto == PROTO_TCP);
	assert_true(ev->packets[0] == 5 && ev->bytes[0] == 600 && ev->ingress == 3);
	assert_int_equal(ev->tcp_flags[0], 0x1b);
	assert_int_equal(ev->sampling, 100);
	/* numbers count records; a header that promises more, or less, is not believed */
	assert_int_equal(version_5(b, 1009, 1, 1), NETFLOW_DECODED);
	assert_int_equal(netflow_stat(b->n).lost, 7);
	assert_int_equal(netflow_stat(b->n).lost_flows, 7);
	assert_int_equal(version_5(b, 1010, 2, 1), NETFLOW_MALFORMED);
	assert_int_equal(version_5(b, 1010, 1, 2), NETFLOW_MALFORMED);
	assert_int_equal(version_5(b, 1010, 31, 31), NETFLOW_MALFORMED);
	assert_int_equal(b->seen.events, 3);
}

static void
test_withdrawal(void **state)
{
	static const uint16_t withdrawal[] = {SET_TEMPLATE, 8, TEMPLATE, 0};
	struct bench *b = *state;
	struct wr w;

	(void)template(b, VERSION_IPFIX, 0, 1);
	begin(&w, VERSION_IPFIX, 0, 1);
	put_words(&w, withdrawal, 4);
	assert_int_equal(end(b, &w), NETFLOW_DECODED);
	assert_int_equal(data(b, VERSION_IPFIX, 0, 1), NETFLOW_UNKNOWN);
}

static void
test_padding(void **state)
{
	struct bench *b = *state;
	struct wr w;

	begin(&w, VERSION_9, 0, 1);
	put_template(&w, false, TEMPLATE);
	put_data(&w, TEMPLATE, 1, 0);
	wr_u16(&w, 0);
	wr_u8(&w, 0);
	w.bytes[HEADER_9 + 24 + 3] += 3; /* within the set */
	assert_int_equal(end(b, &w), NETFLOW_DECODED);
	assert_int_equal(b->seen.events, 1);
}

/* Any cut is told as one, or leaves whole sets; what is read stays inside (sanitizers
 * look on). */
static void
test_cut(void **state)
{
	struct bench *b = *state;
	struct wr w, cut;

	begin(&w, VERSION_9, 0, 1);
	put_template(&w, false, TEMPLATE);
	put_data(&w, TEMPLATE, 1, 0);
	for (size_t size = 0; size < w.size; size++) {
		bool whole = size >= HEADER_9 &&
			     (size < HEADER_9 + 4 ||
				 (size >= HEADER_9 + 24 && size < HEADER_9 + 28));

		wr_init(&cut, 4096);
		wr_put(&cut, w.bytes, size);
		assert_int_equal(
		    send(b, &cut), whole ? NETFLOW_DECODED : NETFLOW_MALFORMED);
		wr_fini(&cut);
	}
	assert_int_equal(b->seen.events, 0);
	w.bytes[1] = 7;
	assert_int_equal(send(b, &w), NETFLOW_UNKNOWN);
	wr_fini(&w);
}

static void
test_plausible(void **state)
{
	struct wr w;

	(void)state;
	begin(&w, VERSION_9, 0, 1);
	assert_false(netflow_plausible(w.bytes, w.size));
	put_template(&w, false, TEMPLATE);
	assert_true(netflow_plausible(w.bytes, w.size));
	w.bytes[HEADER_9 + 1] = 77; /* no such set */
	assert_false(netflow_plausible(w.bytes, w.size));
	wr_fini(&w);
}

static void
test_save_and_load(void **state)
{
	static const struct netflow_config config = {.exporters = EXPORTERS};
	struct bench *b = *state;
	struct netflow *copy = netflow_new(&config);
	struct wr w;
	struct rd r;

	(void)template(b, VERSION_9, 0, 1);
	wr_init(&w, 1 << 20);
	netflow_save(b->n, &w);
	r = rd_init(w.bytes, w.size);
	assert_true(netflow_load(copy, &r));
	netflow_free(b->n);
	b->n = copy;
	assert_int_equal(data(b, VERSION_9, 4, 1), NETFLOW_DECODED);
	assert_int_equal(netflow_stat(b->n).lost, 3);
	copy = netflow_new(&config);
	r = rd_init(w.bytes, w.size / 2);
	assert_false(netflow_load(copy, &r));
	netflow_free(copy);
	wr_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_template_then_data, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_apart, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_sampler, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_loss, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_lost_flows, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_version_5, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_withdrawal, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_padding, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_plausible, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_save_and_load, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
