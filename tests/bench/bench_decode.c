/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_decode.c -- CPU time of packets to flows against softflowd, argus and a bare scan
 * of the headers on the same file; of v9 records to events against a bare read of their
 * bytes; and the memory that ten million made-up sources leave behind.
 *
 * The capture is made here: PACKETS packets of FLOWS conversations in turn, on tmpfs or
 * the page cache. A peer is a child whose CPU time is taken when it has ended; the least
 * of ROUNDS counts. What follows behind the decoders is bench_findings'.
 */
#include "base/hash.h"
#include "base/mem.h"
#include "base/when.h"
#include "event/flow.h"
#include "event/netflow.h"
#include "event/pair.h"
#include "measure.h"
#include "source/source.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DATAGRAMS = 40000, RECORDS = 24, V9_RECORD = 41, FLOOD = 10000000 };

static volatile uint64_t sink_of_sums;

static void
ignore_batch(void *ctx, struct batch *batch)
{
	*(uint64_t *)ctx += batch->count;
}

static void
ours(const char *path)
{
	static const struct prefix ten = {
	    .addr = {.b = {[10] = 0xff, [11] = 0xff, [12] = 10}}, .length = 104};
	static const struct our_networks networks = {
	    .items = &ten, .count = 1, .v6_length = 64};
	struct source_env env = {.ours = &networks,
	    .lateness = WHEN_SECOND,
	    .classes = DATA_TRAFFIC | DATA_NAME,
	    .flows = 1 << 17,
	    .active = WHEN_HOUR,
	    .idle = 60 * WHEN_SECOND};
	int fd = open(path, O_RDONLY);
	uint64_t events = 0;
	struct err err;
	void *self = source_pcap.open(&env, fd, path, &err);

	if (self == NULL)
		fatal("%s", err.text);
	while (source_pcap.step(self, ignore_batch, &events))
		;
	source_pcap.finish(self, WHEN_NEVER, ignore_batch, &events);
	if (events < FLOWS)
		fatal("only %llu events", (unsigned long long)events);
	source_pcap.close(self);
	(void)close(fd);
}

static void
ignore_time(void *ctx, int64_t t)
{
	(void)ctx;
	(void)t;
}

static void
count_event(void *ctx, const struct event *ev)
{
	*(uint64_t *)ctx += ev->packets[0];
}

static size_t
v9_datagram(uint8_t *out, bool template)
{
	static const uint16_t fields[][2] = {{8, 4}, {12, 4}, {7, 2}, {11, 2}, {4, 1},
	    {6, 1}, {2, 4}, {1, 4}, {22, 4}, {21, 4}, {10, 4}, {61, 1}, {14, 4}, {5, 1},
	    {60, 1}};
	size_t at = 20;

	memset(out, 0, 1500);
	put16(out, 9);
	put32(out + 4, 100000);
	put32(out + 8, 1700000000);
	if (template) {
		put16(out + at + 2, 8 + 15 * 4);
		put16(out + at + 4, 256);
		put16(out + at + 6, 15);
		for (at += 8; at < 28 + 60; at += 4) {
			put16(out + at, fields[(at - 28) / 4][0]);
			put16(out + at + 2, fields[(at - 28) / 4][1]);
		}
		return at;
	}
	put16(out + at, 256);
	put16(out + at + 2, 4 + RECORDS * V9_RECORD);
	for (at += 4; at < 24 + RECORDS * V9_RECORD; at += V9_RECORD) {
		put32(out + at, 0x0a000000 + (uint32_t)at);
		put32(out + at + 4, 0xc0000000 + (uint32_t)at);
		out[at + 12] = PROTO_TCP;
		put32(out + at + 14, 3);
	}
	return at;
}

static void
bench_v9(void)
{
	struct netflow_config config = {.exporters = 16};
	struct netflow *n = netflow_new(&config);
	struct addr from = addr_v4(0x0a000001);
	uint64_t packets = 0, sum = 0;
	struct netflow_sink sink = {&packets, ignore_time, count_event};
	uint8_t bytes[1500];
	size_t size = v9_datagram(bytes, true);
	double start, own, bare;

	(void)netflow_datagram(n, &from, bytes, size, &sink);
	size = v9_datagram(bytes, false);
	start = cpu_seconds(RUSAGE_SELF);
	for (uint32_t i = 0; i < DATAGRAMS; i++)
		(void)netflow_datagram(n, &from, bytes, size, &sink);
	own = cpu_seconds(RUSAGE_SELF) - start;
	start = cpu_seconds(RUSAGE_SELF);
	for (uint32_t i = 0; i < DATAGRAMS; i++)
		for (size_t at = 24; at + V9_RECORD <= size; at += V9_RECORD)
			sum += hash_bytes(bytes + at, V9_RECORD, i);
	bare = cpu_seconds(RUSAGE_SELF) - start;
	sink_of_sums = sum;
	if (packets != (uint64_t)DATAGRAMS * RECORDS * 3)
		fatal("v9: wrong sum of packets");
	(void)printf(
	    "v9 -> events against a bare hash of the records: ours %.2f M records/s, "
	    "ratio of CPU time %.1f\n",
	    DATAGRAMS * RECORDS / own / 1e6, own / bare);
	netflow_free(n);
}

static void
ignore_paired(void *ctx, const struct event *ev, const char *name)
{
	(void)name;
	*(uint64_t *)ctx += ev->packets[0];
}

static long
resident_kib(void)
{
	struct rusage use;

	(void)getrusage(RUSAGE_SELF, &use);
	return use.ru_maxrss;
}

static void
bench_flood(void)
{
	struct flow_config table = {
	    .flows = 1 << 16, .active = WHEN_HOUR, .idle = WHEN_MINUTE};
	struct pair_config pairing = {
	    .flows = 1 << 16, .lines = 1 << 14, .wait = PAIR_WAIT, .hold = PAIR_HOLD};
	struct flows *flows = flows_new(&table);
	struct pair *pair = pair_new(&pairing);
	uint64_t out[2] = {0};
	long before = 0;

	for (uint32_t i = 1; i <= FLOOD; i++) {
		struct packet p = {.src = addr_v4(i),
		    .dst = addr_v4(0x0a000001),
		    .proto = PROTO_TCP,
		    .tcp_flags = TCP_SYN,
		    .length = 40};
		struct event ev = {.kind = EVENT_FLOW,
		    .one_way = true,
		    .ours = OURS_DST,
		    .src = p.src,
		    .dst = p.dst,
		    .ready = i,
		    .sampling = 1,
		    .packets = {1}};

		ev.line.addr = ev.dst;
		flows_packet(flows, &p, i, count_event, &out[0]);
		pair_event(pair, &ev, NULL, ignore_paired, &out[1]);
		if (i == FLOOD / 20)
			before = resident_kib();
	}
	(void)printf(
	    "%d made-up sources: flow table and pair hold %.1f MiB as configured; "
	    "resident grew by %ld KiB after the first %d\n",
	    FLOOD, (double)(flows_memory(flows) + pair_memory(pair)) / 1048576,
	    resident_kib() - before, FLOOD / 20);
	flows_free(flows);
	pair_free(pair);
}

int
main(void)
{
	char path[] = "/tmp/botkoll-bench-XXXXXX";
	int fd = mkstemp(path);
	double own;

	if (fd < 0)
		fatal("%s: cannot be made", path);
	(void)close(fd);
	write_capture(path);
	(void)chmod(path, 0644);
	own = measure(ours, path);
	compare("packets -> flows", "bare scan", own, measure(bare_scan, path), PACKETS);
	compare("packets -> flows", "softflowd", own, measure(softflowd, path), PACKETS);
	compare("packets -> flows", "argus", own, measure(argus, path), PACKETS);
	(void)unlink(path);
	bench_v9();
	bench_flood();
	return 0;
}
