/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcap.c -- the source that reads captures: packets to flows and DNS events; flow export
 * found in UDP to the decoder of flow export, with the sender as exporter.
 *
 * Flow export is known by its looks, whatever its port, and makes no flow of its own. A
 * checkpoint is the number of packets
 * read and all state; to resume, the file is read again from its start to that packet.
 */
#include "base/mem.h"
#include "base/when.h"
#include "event/dns.h"
#include "event/flow.h"
#include "event/netflow.h"
#include "event/packet.h"
#include "source/capture.h"
#include "source/emit.h"

#include <stdlib.h>

enum { STEP_PACKETS = 4096, EXPORTERS = 256, SNAPSHOT = 1 };

struct pcap {
	struct source_env env;
	struct source_stat stat;
	struct input *input;
	struct capture *capture;
	struct flows *flows;
	struct netflow *netflow;
	struct emit emit;
	bool ended;
};

static void
pcap_close(void *self)
{
	struct pcap *p = self;

	capture_free(p->capture);
	input_free(p->input);
	flows_free(p->flows);
	netflow_free(p->netflow);
	emit_fini(&p->emit);
	free(p);
}

static void *
pcap_open(const struct source_env *env, int fd, const char *name, struct err *err)
{
	struct pcap *p = xcalloc(1, sizeof *p);
	struct flow_config config = {.flows = env->flows,
	    .active = env->active,
	    .idle = env->idle,
	    .seed = env->seed};
	struct netflow_config export = {
	    .exporters = EXPORTERS, .sampling = env->sampling, .seed = env->seed};
	const char *member;
	struct err why;

	p->env = *env;
	emit_init(&p->emit, &p->env, &p->stat);
	p->input = input_new(fd, INPUT_UNBOUNDED, &why);
	if (p->input == NULL || input_next(p->input, &member, &why) < 0)
		(void)err_set(err, "%s: cannot be read: %s", name, why.text);
	else
		p->capture = capture_new(p->input, name, err);
	if (p->capture == NULL) {
		pcap_close(p);
		return NULL;
	}
	p->flows = flows_new(&config);
	p->netflow = netflow_new(&export);
	return p;
}

static void
take_flow(void *ctx, const struct event *ev)
{
	emit_event(ctx, ev, NULL, 0);
}

/* The client is `src`, whichever way the message goes. */
static void
take_dns(struct pcap *p, const struct packet *packet, int64_t t)
{
	struct dns_message m;
	bool tcp = packet->proto == PROTO_TCP;
	struct event ev;

	if (packet->payload_size == 0 || !(tcp ? dns_decode_tcp : dns_decode)(
					     packet->payload, packet->payload_size, &m))
		return;
	ev = (struct event){.kind = EVENT_DNS,
	    .first = t,
	    .last = t,
	    .src = m.response ? packet->dst : packet->src,
	    .dst = m.response ? packet->src : packet->dst,
	    .sport = m.response ? packet->dport : packet->sport,
	    .dport = m.response ? packet->sport : packet->dport,
	    .proto = packet->proto,
	    .direction = 255,
	    .sampling = 1,
	    .answer = m.response ? ANSWER_ANSWERED : ANSWER_UNKNOWN,
	    .dns_type = m.type,
	    .dns_response = m.response,
	    .dns_rcode = m.rcode};
	ev.packets[m.response] = 1;
	ev.bytes[m.response] = packet->length;
	emit_event(&p->emit, &ev, m.name, m.name_size);
}

/* Of a file, the packets' time counts, not the exporters'. */
static void
ignore_time(void *ctx, int64_t exported)
{
	(void)ctx;
	(void)exported;
}

/* False: no flow export. */
static bool
take_export(struct pcap *p, const struct packet *packet)
{
	struct netflow_sink sink = {
	    .ctx = &p->emit, .time = ignore_time, .event = take_flow};

	if (packet->proto != PROTO_UDP || packet->first_fragment ||
	    packet->later_fragment || packet->cut ||
	    !netflow_plausible(packet->payload, packet->payload_size))
		return false;
	(void)netflow_datagram(
	    p->netflow, &packet->src, packet->payload, packet->payload_size, &sink);
	return true;
}

static bool
is_dns(const struct packet *packet)
{
	return (packet->sport == DNS_PORT || packet->dport == DNS_PORT) &&
	       (packet->proto == PROTO_UDP || packet->proto == PROTO_TCP) &&
	       !packet->later_fragment;
}

static void
take_packet(struct pcap *p, const struct capture_packet *raw)
{
	struct packet packet;
	enum packet_result result =
	    packet_decode(raw->link, raw->bytes, raw->size, raw->length, &packet);

	p->stat.records++;
	p->stat.malformed += result == PACKET_MALFORMED;
	p->stat.unknown += result == PACKET_UNKNOWN;
	p->stat.non_ip += result == PACKET_NON_IP;
	p->stat.decoded += result != PACKET_MALFORMED && result != PACKET_UNKNOWN;
	p->stat.truncated += result == PACKET_CUT || (result == PACKET_IP && packet.cut);
	emit_time(&p->emit, raw->time);
	if (result == PACKET_IP) {
		if ((p->env.classes & DATA_NAME) != 0 && is_dns(&packet))
			take_dns(p, &packet, raw->time);
		if ((p->env.classes & DATA_TRAFFIC) != 0 && !take_export(p, &packet))
			flows_packet(p->flows, &packet, raw->time, take_flow, &p->emit);
	}
	flows_advance(p->flows, p->emit.newest, take_flow, &p->emit);
}

static bool
pcap_step(void *self, source_sink *sink, void *ctx)
{
	struct pcap *p = self;
	struct capture_packet packet;

	emit_to(&p->emit, sink, ctx);
	for (int i = 0; i < STEP_PACKETS && !p->ended; i++) {
		enum capture_result result = capture_next(p->capture, &packet);

		p->ended = result != CAPTURE_PACKET;
		p->stat.cut_short |= result == CAPTURE_CUT;
		if (!p->ended)
			take_packet(p, &packet);
	}
	p->stat.evicted = flows_evicted(p->flows);
	p->stat.flow_records = netflow_stat(p->netflow).records;
	p->stat.lost = netflow_stat(p->netflow).lost;
	p->stat.lost_flows = netflow_stat(p->netflow).lost_flows;
	emit_flush(&p->emit);
	return !p->ended;
}

static void
pcap_finish(void *self, int64_t until, source_sink *sink, void *ctx)
{
	struct pcap *p = self;

	emit_to(&p->emit, sink, ctx);
	flows_advance(p->flows, WHEN_NEVER, take_flow, &p->emit);
	emit_end(&p->emit, until);
}

/* A file does not fall silent. */
static void
pcap_idle(void *self, int64_t now, source_sink *sink, void *ctx)
{
	(void)self;
	(void)now;
	(void)sink;
	(void)ctx;
}

static const struct source_stat *
pcap_stat_of(const void *self)
{
	return &((const struct pcap *)self)->stat;
}

static void
pcap_exporters(const void *self,
    void (*visit)(void *ctx, const struct netflow_exporter *e), void *ctx)
{
	netflow_each_exporter(((const struct pcap *)self)->netflow, visit, ctx);
}

static void
pcap_save(const void *self, struct wr *w)
{
	const struct pcap *p = self;

	wr_u32(w, SNAPSHOT);
	emit_save(&p->emit, w);
	flows_save(p->flows, w);
	netflow_save(p->netflow, w);
}

static bool
pcap_load(void *self, struct rd *r)
{
	struct pcap *p = self;
	struct capture_packet packet;

	if (rd_u32(r) != SNAPSHOT || !emit_load(&p->emit, r) ||
	    !flows_load(p->flows, r) || !netflow_load(p->netflow, r))
		return false;
	for (uint64_t i = 0; i < p->stat.records; i++)
		if (capture_next(p->capture, &packet) != CAPTURE_PACKET)
			return false;
	return true;
}

const struct source source_pcap = {
    .name = "pcap",
    .summary = "capture files: pcap, pcapng; plain, gzip, xz, zstd",
    .open = pcap_open,
    .step = pcap_step,
    .finish = pcap_finish,
    .idle = pcap_idle,
    .stat = pcap_stat_of,
    .exporters = pcap_exporters,
    .save = pcap_save,
    .load = pcap_load,
    .close = pcap_close,
};
