/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oracle_fixbuf.c -- what CERT's libfixbuf writes, our decoder reads, field by field.
 *
 * Into one file go messages with templates (IPv4 and IPv6, variable length short and
 * long, numbers of reduced size, fields of two enterprises), options that tell the
 * sampling, data, and a withdrawal after which the same number means something else. The
 * file is cut into messages by their lengths, as datagrams would come.
 */
#include "base/mem.h"
#include "base/when.h"
#include "event/netflow.h"

#include <fixbuf/public.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { DOMAIN = 77, ENTERPRISE = 32473, LONG_TEXT = 300 };
enum { ONE_WAY = 400, TWO_WAY = 401, SAMPLING = 402 };

struct one_way {
	uint64_t packets, bytes, first, last, selector;
	fbVarfield_t application, own;
	uint32_t src, dst, ingress;
	uint16_t sport, dport, flags;
	uint8_t proto, direction;
	uint32_t nat_src;
};

struct two_way {
	uint64_t packets, bytes, packets_back, bytes_back, first, last;
	uint8_t src[16], dst[16];
	uint16_t sport, dport, flags, flags_back;
	uint8_t proto, pad[7];
};

struct sampling {
	uint64_t selector;
	uint32_t interval, space;
};

/* In memory, and in the second number as sent: 0 stands for the same. */
struct column {
	const char *name;
	uint16_t here, sent;
};

static const struct column one_way[] = {{"packetDeltaCount", 8, 4},
    {"octetDeltaCount", 8, 5}, {"flowStartMilliseconds", 8, 0},
    {"flowEndMilliseconds", 8, 0}, {"selectorId", 8, 2}, {"applicationName", 0, 0},
    {"botkollText", 0, 0}, {"sourceIPv4Address", 4, 0}, {"destinationIPv4Address", 4, 0},
    {"ingressInterface", 4, 2}, {"sourceTransportPort", 2, 0},
    {"destinationTransportPort", 2, 0}, {"tcpControlBits", 2, 1},
    {"protocolIdentifier", 1, 0}, {"flowDirection", 1, 0},
    {"postNATSourceIPv4Address", 4, 0}, {NULL, 0, 0}};

static const struct column two_way[] = {{"packetTotalCount", 8, 3},
    {"octetTotalCount", 8, 8}, {"reversePacketTotalCount", 8, 1},
    {"reverseOctetTotalCount", 8, 7}, {"flowStartMicroseconds", 8, 0},
    {"flowEndMicroseconds", 8, 0}, {"sourceIPv6Address", 16, 0},
    {"destinationIPv6Address", 16, 0}, {"sourceTransportPort", 2, 0},
    {"destinationTransportPort", 2, 0}, {"tcpControlBits", 2, 0},
    {"reverseTcpControlBits", 2, 1}, {"protocolIdentifier", 1, 0},
    {"paddingOctets", 7, 7}, {NULL, 0, 0}};

static const struct column sampling[] = {{"selectorId", 8, 2},
    {"samplingPacketInterval", 4, 1}, {"samplingPacketSpace", 4, 2}, {NULL, 0, 0}};

static struct one_way flow = {.packets = 4000000123,
    .bytes = UINT64_C(0xfedcba9876),
    .first = 1700000000123,
    .last = 1700000001456,
    .selector = 513,
    .src = 0x0a010203,
    .dst = 0xc6336407,
    .ingress = 65000,
    .sport = 50123,
    .dport = 23,
    .flags = TCP_SYN | TCP_ACK,
    .proto = PROTO_TCP,
    .direction = 1,
    .nat_src = 0xcb007101};

static struct two_way both = {.packets = 0xabcdef,
    .bytes = UINT64_C(0x0123456789abcdef),
    .packets_back = 200,
    .bytes_back = UINT64_C(0xdeadbeefcafe12),
    .src = {0x20, 1, 0xd, 0xb8, [15] = 1},
    .dst = {0x26, 7, 0xf0, 0xd0, [15] = 0x42},
    .sport = 40001,
    .dport = 443,
    .flags = TCP_SYN,
    .flags_back = TCP_SYN | TCP_ACK | TCP_FIN,
    .proto = PROTO_TCP};

static int failures;

static void
check(const char *what, uint64_t got, uint64_t expected)
{
	if (got == expected)
		return;
	(void)printf("%s: %" PRIu64 " read, %" PRIu64 " written\n", what, got, expected);
	failures++;
}

static void
must(bool good, GError *error)
{
	if (!good)
		fatal("libfixbuf: %s", error == NULL ? "refused" : error->message);
}

/* The template as it lies in memory (`sent` false) or goes out. */
static void
add_template(fbSession_t *session, fbInfoModel_t *model, uint16_t id,
    const struct column *columns, bool sent)
{
	fbTemplate_t *t = fbTemplateAlloc(model);
	GError *error = NULL;

	for (; columns->name != NULL; columns++) {
		uint16_t size = sent && columns->sent > 0 ? columns->sent : columns->here;
		char name[40];
		fbInfoElementSpec_t spec = {name, size, 0};

		(void)snprintf(name, sizeof name, "%s", columns->name);
		must(fbTemplateAppendSpec(t, &spec, 0, &error), error);
	}
	if (id == SAMPLING)
		fbTemplateSetOptionsScope(t, 1);
	must(fbSessionAddTemplate(session, !sent, id, t, &error) == id, error);
}

static void
put(fBuf_t *buf, uint16_t id, void *record, size_t size)
{
	GError *error = NULL;

	must(fBufSetInternalTemplate(buf, id, &error), error);
	must(fBufSetExportTemplate(buf, id, &error), error);
	must(fBufAppend(buf, record, size, &error), error);
	must(fBufEmit(buf, &error), error);
}

/* Seconds since 1900 and a binary fraction. */
static uint64_t
ntp(int64_t t)
{
	uint64_t fraction = ((uint64_t)(t % WHEN_SECOND) << 32) / 1000000 + 1;

	return (uint64_t)(t / WHEN_SECOND + INT64_C(2208988800)) << 32 | fraction;
}

/* Messages: templates; sampling; one way; two ways; the withdrawal and what follows. */
static void
write_all(FILE *file, const struct sampling *rate)
{
	static fbInfoElement_t own[] = {
	    FB_IE_INIT("botkollText", ENTERPRISE, 9, FB_IE_VARLEN, 0), FB_IE_NULL};
	fbInfoModel_t *model = fbInfoModelAlloc();
	fbSession_t *session = fbSessionAlloc(model);
	fBuf_t *buf = fBufAllocForExport(session, fbExporterAllocFP(file));
	struct sampling copy = *rate;
	GError *error = NULL;

	fbInfoModelAddElementArray(model, own);
	fbSessionSetDomain(session, DOMAIN);
	for (int sent = 0; sent < 2; sent++) {
		add_template(session, model, ONE_WAY, one_way, sent);
		add_template(session, model, TWO_WAY, two_way, sent);
		add_template(session, model, SAMPLING, sampling, sent);
	}
	must(fBufEmit(buf, &error), error);
	put(buf, SAMPLING, &copy, sizeof copy);
	put(buf, ONE_WAY, &flow, sizeof flow);
	put(buf, TWO_WAY, &both, sizeof both);
	must(fbSessionRemoveTemplate(session, FALSE, ONE_WAY, &error), error);
	must(fbSessionRemoveTemplate(session, TRUE, ONE_WAY, &error), error);
	must(fBufEmit(buf, &error), error);
	add_template(session, model, ONE_WAY, two_way, false);
	add_template(session, model, ONE_WAY, two_way, true);
	must(fBufEmit(buf, &error), error);
	put(buf, ONE_WAY, &both, sizeof both);
	fBufFree(buf);
	fbInfoModelFree(model);
}

static void
check_addr(const char *what, const struct addr *got, const uint8_t *v6, uint32_t v4)
{
	struct addr expected = addr_v4(v4);
	char text[ADDR_TEXT];

	if (v6 != NULL)
		memcpy(expected.b, v6, 16);
	if (addr_equal(got, &expected))
		return;
	(void)printf("%s: %s read\n", what, addr_text(got, text));
	failures++;
}

static void
check_one_way(const struct event *ev, uint32_t one_in)
{
	check_addr("source", &ev->src, NULL, flow.src);
	check_addr("destination", &ev->dst, NULL, flow.dst);
	check_addr("source after translation", &ev->nat_addr, NULL, flow.nat_src);
	check("packets", ev->packets[0], flow.packets);
	check("bytes", ev->bytes[0], flow.bytes);
	check("one way", ev->one_way, true);
	check("first", (uint64_t)ev->first, flow.first * 1000);
	check("last", (uint64_t)ev->last, flow.last * 1000);
	check("source port", ev->sport, flow.sport);
	check("destination port", ev->dport, flow.dport);
	check("protocol", ev->proto, flow.proto);
	check("flags", ev->tcp_flags[0], flow.flags);
	check("interface", ev->ingress, flow.ingress);
	check("direction", ev->direction, flow.direction);
	check("sampling", ev->sampling, one_in);
}

static void
check_two_way(const struct event *ev)
{
	check_addr("source (6)", &ev->src, both.src, 0);
	check_addr("destination (6)", &ev->dst, both.dst, 0);
	check("packets (6)", ev->packets[0], both.packets);
	check("bytes (6)", ev->bytes[0], both.bytes);
	check("packets back", ev->packets[1], both.packets_back);
	check("bytes back", ev->bytes[1], both.bytes_back);
	check("two ways", ev->one_way, false);
	check("first (6)", (uint64_t)ev->first, 1700000000000123);
	check("last (6)", (uint64_t)ev->last, 1700000009999999);
	check("source port (6)", ev->sport, both.sport);
	check("destination port (6)", ev->dport, both.dport);
	check("flags (6)", ev->tcp_flags[0], both.flags);
	check("flags back", ev->tcp_flags[1], both.flags_back);
	check("direction not told", ev->direction, 255);
}

struct seen {
	struct event ev;
	uint64_t events;
};

static void
ignore_time(void *ctx, int64_t t)
{
	(void)ctx;
	(void)t;
}

static void
keep_event(void *ctx, const struct event *ev)
{
	struct seen *seen = ctx;

	seen->ev = *ev;
	seen->events++;
}

struct reader {
	struct netflow *netflow;
	struct seen seen;
	struct rd bytes;
};

static enum netflow_result
decode(struct reader *r, struct rd message)
{
	const struct netflow_sink sink = {&r->seen, ignore_time, keep_event};
	struct addr from = addr_v4(0x7f000001);

	return netflow_datagram(r->netflow, &from, message.at, rd_left(&message), &sink);
}

/* The next message, with `events` in it. */
static struct rd
next(struct reader *r, const char *what, uint64_t events)
{
	struct rd peek = r->bytes, message;
	uint64_t before = r->seen.events;

	rd_skip(&peek, 2);
	message = rd_sub(&r->bytes, rd_u16(&peek));
	check(
	    what, message.bad ? NETFLOW_MALFORMED : decode(r, message), NETFLOW_DECODED);
	check(what, r->seen.events - before, events);
	return message;
}

static void
read_all(struct reader *r, const struct sampling *rate)
{
	struct rd again;

	(void)next(r, "templates", 0);
	(void)next(r, "sampling", 0);
	again = next(r, "one way", 1);
	check_one_way(&r->seen.ev, rate->interval + rate->space);
	(void)next(r, "two ways", 1);
	check_two_way(&r->seen.ev);
	(void)next(r, "withdrawal", 0);
	check("data after the withdrawal", decode(r, again), NETFLOW_UNKNOWN);
	(void)next(r, "another template", 0);
	(void)next(r, "the number given again", 1);
	check_two_way(&r->seen.ev);
	check("bytes left", rd_left(&r->bytes), 0);
	check("records", netflow_stat(r->netflow).records, 4);
	check("templates", netflow_stat(r->netflow).templates, 4);
	check("templates refused", netflow_stat(r->netflow).refused, 0);
}

int
main(void)
{
	static uint8_t text[LONG_TEXT], bytes[1 << 16];
	const struct netflow_config config = {.exporters = 4};
	const struct sampling rate = {.selector = 513, .interval = 1, .space = 999};
	struct reader reader = {.netflow = netflow_new(&config)};
	FILE *file = tmpfile();

	if (file == NULL)
		fatal("no temporary file");
	memset(text, 'x', sizeof text);
	flow.application = (fbVarfield_t){.buf = text, .len = 5};
	flow.own = (fbVarfield_t){.buf = text, .len = sizeof text};
	both.first = ntp(1700000000000123);
	both.last = ntp(1700000009999999);
	write_all(file, &rate);
	rewind(file);
	reader.bytes = rd_init(bytes, fread(bytes, 1, sizeof bytes, file));
	read_all(&reader, &rate);
	netflow_free(reader.netflow);
	(void)printf("libfixbuf: %s\n", failures == 0 ? "all fields agree" : "see above");
	return failures > 0;
}
