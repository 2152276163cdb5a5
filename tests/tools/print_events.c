/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print_events.c -- what the sources make of a file, one event a line, for tests.
 *
 * Usage: print_events [-a] [-p] [-q] [-s STEPS] FILE
 * -a: every address is ours (once per event: the source's end); -p: through merge and
 * pair; -q: no events; -s: after STEPS steps save, open anew, load, go on. The counts go
 * to stdout as the last line.
 */
#include "base/mem.h"
#include "base/when.h"
#include "event/merge.h"
#include "event/pair.h"
#include "source/source.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct printer {
	bool quiet;
	struct merge *merge; /* NULL: as the source emits */
	struct pair *pair;
};

static void
print_event(void *ctx, const struct event *ev, const char *name)
{
	static const char *const answers[] = {"unknown", "answered", "refused", "silent"};
	const struct printer *printer = ctx;
	char first[WHEN_TEXT], last[WHEN_TEXT], src[ADDR_TEXT], dst[ADDR_TEXT];

	if (printer->quiet)
		return;
	(void)printf("%" PRIu64 " %s ready=%" PRId64 " %s %s %s:%u > %s:%u proto=%u",
	    ev->seq, ev->kind == EVENT_DNS ? "dns" : "flow", ev->ready,
	    when_text(ev->first, first), when_text(ev->last, last),
	    addr_text(&ev->src, src), ev->sport, addr_text(&ev->dst, dst), ev->dport,
	    ev->proto);
	(void)printf(" packets=%" PRIu64 "/%" PRIu64 " bytes=%" PRIu64 "/%" PRIu64
		     " flags=%02x/%02x icmp=%u/%u answer=%s ours=%u one_way=%d",
	    ev->packets[0], ev->packets[1], ev->bytes[0], ev->bytes[1], ev->tcp_flags[0],
	    ev->tcp_flags[1], ev->icmp_type, ev->icmp_code, answers[ev->answer], ev->ours,
	    ev->one_way);
	(void)printf(" continued=%d exporter=%u ingress=%u direction=%u sampling=%u",
	    ev->continued, ev->exporter, ev->ingress, ev->direction, ev->sampling);
	if (ev->kind == EVENT_DNS)
		(void)printf(" name=%.*s type=%u response=%d rcode=%u", ev->name_size,
		    name, ev->dns_type, ev->dns_response, ev->dns_rcode);
	(void)printf("\n");
}

static void
take_batch(void *ctx, struct batch *batch)
{
	struct printer *printer = ctx;
	struct merge_item item;

	for (uint32_t i = 0; printer->merge == NULL && i < batch->count; i++)
		print_event(
		    printer, &batch->events[i], batch_name(batch, &batch->events[i]));
	if (printer->merge == NULL)
		return;
	(void)merge_put(printer->merge, batch);
	while (merge_next(printer->merge, &item)) {
		if (item.kind == MERGE_EVENT)
			pair_event(
			    printer->pair, item.event, item.name, print_event, printer);
		else if (item.kind == MERGE_EPOCH_END)
			pair_advance(printer->pair, item.time, print_event, printer);
	}
}

static int
open_file(const char *path, const struct source **source)
{
	struct err err;
	uint8_t head[16];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : pread(fd, head, sizeof head, 0);

	if (size < 0)
		fatal("%s: cannot be read", path);
	*source = source_for_file(head, (size_t)size, &err);
	if (*source == NULL)
		fatal("%s: %s", path, err.text);
	return fd;
}

static void *
start(const struct source *source, const struct source_env *env, int fd, const char *path)
{
	struct err err;
	void *self;

	(void)lseek(fd, 0, SEEK_SET);
	self = source->open(env, fd, path, &err);
	if (self == NULL)
		fatal("%s", err.text);
	return self;
}

static void *
resume(const struct source *source, const struct source_env *env, int fd, void *self)
{
	struct wr w;
	struct rd r;

	wr_init(&w, (size_t)1 << 30);
	source->save(self, &w);
	source->close(self);
	self = start(source, env, fd, "resumed");
	r = rd_init(w.bytes, w.size);
	if (w.bad || !source->load(self, &r))
		fatal("the checkpoint cannot be loaded");
	wr_fini(&w);
	return self;
}

static void
print_stat(const struct source_stat *s)
{
	(void)printf("records=%" PRIu64 " decoded=%" PRIu64 " malformed=%" PRIu64
		     " unknown=%" PRIu64 " non_ip=%" PRIu64 " truncated=%" PRIu64
		     " events=%" PRIu64 " flow_records=%" PRIu64 " lost=%" PRIu64
		     " evicted=%" PRIu64 " late=%" PRIu64 " not_ours=%" PRIu64
		     " cut_short=%d\n",
	    s->records, s->decoded, s->malformed, s->unknown, s->non_ip, s->truncated,
	    s->events, s->flow_records, s->lost, s->evicted, s->late, s->not_ours,
	    s->cut_short);
}

static void
run(const char *path, const struct source_env *env, struct printer *printer, int save_at)
{
	const struct source *source;
	int fd = open_file(path, &source);
	void *self = start(source, env, fd, path);

	for (int i = 1; source->step(self, take_batch, printer); i++)
		if (i == save_at)
			self = resume(source, env, fd, self);
	source->finish(self, WHEN_NEVER, take_batch, printer);
	if (printer->pair != NULL)
		pair_advance(printer->pair, WHEN_NEVER, print_event, printer);
	print_stat(source->stat(self));
	source->close(self);
	(void)close(fd);
}

int
main(int argc, char **argv)
{
	static const char *const texts[] = {
	    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"};
	struct prefix items[5], all = {0};
	struct our_networks ours = {.items = items, .count = 5, .v6_length = 64};
	struct source_env env = {.ours = &ours,
	    .lateness = 5 * WHEN_SECOND,
	    .classes = DATA_TRAFFIC | DATA_NAME,
	    .flows = 65536,
	    .active = 300 * WHEN_SECOND,
	    .idle = 60 * WHEN_SECOND};
	struct pair_config pairing = {.flows = 65536,
	    .lines = 4096,
	    .wait = PAIR_WAIT,
	    .hold = PAIR_HOLD,
	    .v6_length = 64};
	struct printer printer = {0};
	int option, save_at = 0;

	for (size_t i = 0; i < 5; i++)
		if (!prefix_parse(texts[i], &items[i]))
			fatal("%s", texts[i]);
	while ((option = getopt(argc, argv, "apqs:")) != -1) {
		if (option == 'a')
			ours = (struct our_networks){
			    .items = &all, .count = 1, .v6_length = 64};
		else if (option == 'p')
			printer.merge = merge_new(1, 1 << 20);
		else if (option == 'q')
			printer.quiet = true;
		else if (option == 's')
			save_at = atoi(optarg);
		else
			return 2;
	}
	if (optind != argc - 1)
		return 2;
	if (printer.merge != NULL)
		printer.pair = pair_new(&pairing);
	run(argv[optind], &env, &printer, save_at);
	merge_free(printer.merge);
	pair_free(printer.pair);
	return 0;
}
