/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.c -- lines that try strangers and mostly get no answer.
 *
 * The evidence is that of threshold random walk (Jung, Paxson, Berger, Balakrishnan, IEEE
 * S&P 2004), one walk for each line and class of ports: the log-likelihood ratio of
 * "scanner" against "user". A first contact that is refused or stays silent moves it up,
 * one that is answered moves it down; it stays between ln(miss) and ln(1/alpha), and
 * fades with an hour's time constant. On ports where users meet dead servers too (web,
 * others below 1024) failures come in flocks, so a user's contacts are assumed to succeed
 * less often there, and twice as many failures are needed. Only first contacts count: a
 * line has a bitmap of 512 bits for (class, address); two that share a bit count as one,
 * and past half full it is cleared.
 *
 * Where only one direction was exported the answer is unknown, which is never a failure.
 * Then flows of at most three packets whose flags are SYN alone are counted by address
 * (HyperLogLog) in spans of five minutes.
 *
 * Two more shapes: many ports of one host (vertical), and unanswered contacts with one
 * port of neighbouring addresses (sweep), which finds sweeps on ports of 1024 and above
 * and over UDP, where everything else is left to peer-to-peer programs and not judged.
 *
 * Not scans: contacts with private, local and multicast addresses (the line's own LAN);
 * mail and DNS ports (other detectors'); traceroute, which has one target; pieces of
 * flows whose start was not seen. Households behind one address share a walk.
 */
#include "base/hash.h"
#include "base/mem.h"
#include "base/sketch.h"
#include "base/table.h"
#include "base/when.h"
#include "detect/detect.h"
#include "detect/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum class {
	TELNET,
	SSH,
	ADB,
	CPE,
	WEB,
	WINDOWS,
	SIP,
	SERVICE,
	PING,
	OTHER,
	CLASSES,
	UNJUDGED = CLASSES, /* only a sweep can be seen there */
	EXEMPT
};

enum {
	SEEN_BITS = 512,
	PORT_BITS = 256,
	NEIGHBOUR = 8,   /* addresses apart */
	SYN_PACKETS = 3, /* of a one-way flow that is no more than a try */
	SAVE_VERSION = 1
};

static const char *const class_names[CLASSES] = {"telnet (ports 23, 2323)",
    "SSH (22, 2222)", "Android debugging (5555)", "router management (7547, 37215, ...)",
    "web ports", "Windows services (445, 3389, ...)", "telephony (5060)",
    "databases and remote desktops", "ping", "ports below 1024"};

struct options {
	double user_success, crowd_success, scan_success, alpha, miss;
	int64_t fade;
	int64_t one_way, one_way_span;
	int64_t vertical, sweep;
	int64_t again;
};

/* clang-format off */
#define OPT(field, type, preset, min, max, help) \
	{#field, type, offsetof(struct options, field), preset, min, max, help, \
	 NULL, NULL, NULL, 0, false}

static const struct conf_opt scan_options[] = {
	OPT(user_success,  CONF_REAL,     .8,    .5,    .99,   "answered share of a user's first contacts"),
	OPT(crowd_success, CONF_REAL,     .6,    .3,    .99,   "the same on web ports and others below 1024"),
	OPT(scan_success,  CONF_REAL,     .2,    .01,   .29,   "answered share of a scanner's first contacts"),
	OPT(alpha,         CONF_REAL,     1e-7,  1e-12, .01,   "chance that a user's walk reaches the bound"),
	OPT(miss,          CONF_REAL,     .01,   1e-6,  .5,    "chance that a scanner's does not"),
	OPT(fade,          CONF_DURATION, 3600e6, 60e6, 864e8, "time constant with which a walk fades"),
	OPT(one_way,       CONF_INT,      50,    10,    1e6,   "addresses tried by SYN alone within one_way_span"),
	OPT(one_way_span,  CONF_DURATION, 300e6, 10e6,  3600e6, "span of that count"),
	OPT(vertical,      CONF_INT,      100,   20,    60000, "ports of one host that did not answer"),
	OPT(sweep,         CONF_INT,      32,    8,     1e6,   "neighbouring addresses that did not answer on one port"),
	OPT(again,         CONF_DURATION, 600e6, 1e6,   864e8, "least time between two reports of the same weight"),
	{.type = CONF_END},
};
/* clang-format on */

struct walk {
	float height;
	uint32_t tried, failed; /* since it last left the ground */
	int64_t since, last;
};

struct scan_line {
	struct walk walks[CLASSES];
	uint64_t seen[SEEN_BITS / 64];
	uint32_t seen_count;
	/* One-way tries in the present span. */
	struct hll64 tries;
	int64_t tries_since;
	/* Vertical: one candidate, which gives way when others outnumber it. */
	struct addr target;
	uint64_t ports[PORT_BITS / 64];
	uint32_t port_count, hold;
	int64_t target_since;
	/* Sweep. */
	struct addr previous;
	uint16_t sweep_port;
	uint8_t sweep_proto;
	uint32_t run;
	int64_t run_since;
	/* What was reported last. */
	float told;
	int64_t told_at, told_last;
};

struct trail {
	uint32_t next, count;
	struct flow_record flows[SIGHTING_FLOWS];
};

struct scan {
	struct options opt;
	uint64_t seed;
	int64_t hold;
	struct table *lines, *trails;
	double step_failed[2], step_answered[2]; /* [1]: where failures come in flocks */
	double bound, ground;
	double weight_bound, weight_most, weight_half, weight_one_way,
	    weight_one_way_many, weight_vertical, weight_sweep;
};

static void
read_weights(struct scan *s, const struct weight_table *w)
{
	s->weight_bound = weights_get(w, "scan");
	s->weight_most = weights_get(w, "scan.most");
	s->weight_half = weights_get(w, "scan.half");
	s->weight_one_way = weights_get(w, "scan.one_way");
	s->weight_one_way_many = weights_get(w, "scan.one_way_many");
	s->weight_vertical = weights_get(w, "scan.vertical");
	s->weight_sweep = weights_get(w, "scan.sweep");
}

static void *
scan_open(const struct detect_env *env)
{
	const struct options *opt = env->options;
	struct scan *s = xcalloc(1, sizeof *s);

	s->opt = *opt;
	s->seed = env->seed;
	s->hold = env->hold;
	s->lines = table_new(
	    env->lines, sizeof(struct line_key), sizeof(struct scan_line), env->seed);
	s->trails = table_new(env->lines / 16 + 256, sizeof(struct line_key),
	    sizeof(struct trail), env->seed);
	for (int crowd = 0; crowd < 2; crowd++) {
		double user = crowd ? opt->crowd_success : opt->user_success;

		s->step_failed[crowd] = log((1 - opt->scan_success) / (1 - user));
		s->step_answered[crowd] = log(opt->scan_success / user);
	}
	s->bound = log(1 / opt->alpha);
	s->ground = log(opt->miss);
	read_weights(s, env->weights);
	return s;
}

static void
scan_close(void *self)
{
	struct scan *s = self;

	table_free(s->lines);
	table_free(s->trails);
	free(s);
}

static enum class class_of_tcp(uint16_t port) {
	static const uint16_t cpe[] = {7547, 37215, 52869, 60001},
	windows[] = {135, 139, 445, 1433, 3389}, web[] = {80, 81, 443, 8080, 8443},
	service[] = {2375, 3306, 5432, 5900, 6379, 9200, 27017},
	exempt[] = {25, 53, 465, 587};
	static const struct {const uint16_t * ports; size_t count; enum class class;}
sets[] = {{cpe, 4, CPE}, {windows, 5, WINDOWS}, {web, 5, WEB}, {service, 7, SERVICE},
    {exempt, 4, EXEMPT}};

if (port == 23 || port == 2323)
	return TELNET;
if (port == 22 || port == 2222)
	return SSH;
if (port == 5555)
	return ADB;
if (port == 5060)
	return SIP;
for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
	for (size_t k = 0; k < sets[i].count; k++)
		if (sets[i].ports[k] == port)
			return sets[i].class;
return port < 1024 ? OTHER : UNJUDGED;
}

static enum class class_of(const struct event *ev) {
	switch (ev->proto){
		case PROTO_TCP : return class_of_tcp(ev->dport);
		case PROTO_UDP : if (ev->dport == 5060) return SIP;
		return ev->dport < 1024 ? EXEMPT : UNJUDGED;
		case PROTO_ICMP : return ev->icmp_type == 8 ? PING : EXEMPT;
		case PROTO_ICMP6 : return ev->icmp_type == 128 ? PING : EXEMPT;
		default : return EXEMPT;
	}
}

/* Nobody on the Internet: the line's own network, or an address that cannot answer. */
static bool
is_local(const struct addr *a)
{
	uint32_t v;

	if (!addr_is_v4(a))
		return (a->b[0] & 0xe0) != 0x20; /* only 2000::/3 is routed */
	v = addr_to_v4(a);
	return v >> 24 == 0 || v >> 24 == 10 || v >> 24 == 127 || v >> 28 >= 14 ||
	       v >> 20 == 0xac1 || v >> 16 == 0xc0a8 || v >> 16 == 0xa9fe ||
	       v >> 22 == 0x6440 >> 6;
}

/* The start of a contact that our line made, as far as the flags tell. */
static bool
is_contact(const struct event *ev)
{
	if (ev->kind != EVENT_FLOW || ev->ours != OURS_SRC || ev->continued)
		return false;
	if (ev->proto == PROTO_TCP && !(ev->tcp_flags[0] & TCP_SYN))
		return false;
	return !is_local(&ev->dst);
}

/* Refused or silent; a TCP contact that went on to acknowledge was answered by someone,
 * whatever the export says. */
static bool
failed(const struct event *ev)
{
	if (ev->answer != ANSWER_REFUSED && ev->answer != ANSWER_SILENT)
		return false;
	return ev->proto != PROTO_TCP || ev->answer == ANSWER_REFUSED ||
	       !(ev->tcp_flags[0] & TCP_ACK);
}

static uint64_t
contact_hash(const struct scan *s, const struct event *ev, enum class class)
{
	return hash_u64(class, addr_hash(&ev->dst, s->seed));
}

static bool
first_contact(struct scan_line *l, uint64_t hash)
{
	uint64_t bit = hash % SEEN_BITS, mask = UINT64_C(1) << bit % 64;

	if (l->seen[bit / 64] & mask)
		return false;
	if (l->seen_count++ == SEEN_BITS / 2) {
		memset(l->seen, 0, sizeof l->seen);
		l->seen_count = 1;
	}
	l->seen[bit / 64] |= mask;
	return true;
}

static void
step(const struct scan *s, struct walk *w, const struct event *ev, enum class class)
{
	bool crowd = class == WEB || class == OTHER, down = failed(ev);
	double height = (double)w->height;

	if (ev->last > w->last) {
		height *= exp(-(double)(ev->last - w->last) / (double)s->opt.fade);
		w->last = ev->last;
	}
	if (height <= 0 && down) {
		w->tried = w->failed = 0;
		w->since = ev->first;
	}
	w->tried++;
	w->failed += down;
	height += down ? s->step_failed[crowd] : s->step_answered[crowd];
	w->height = (float)fmax(s->ground, fmin(s->bound, height));
}

static void
keep_flow(struct scan *s, const struct event *ev)
{
	struct trail *t = table_get(
	    s->trails, &ev->line, ev->ready, line_ttl(&ev->line, s->hold), NULL);

	t->flows[t->next] = (struct flow_record){.first = ev->first,
	    .last = ev->last,
	    .peer = ev->dst,
	    .packets = {ev->packets[0], ev->packets[1]},
	    .bytes = {ev->bytes[0], ev->bytes[1]},
	    .our_port = ev->sport,
	    .peer_port = ev->dport,
	    .proto = ev->proto,
	    .answer = ev->answer};
	t->next = (t->next + 1) % SIGHTING_FLOWS;
	t->count += t->count < SIGHTING_FLOWS;
}

static void
copy_trail(const struct scan *s, struct finding *f)
{
	const struct trail *t = table_find(s->trails, &f->line);

	if (t == NULL)
		return;
	f->flow_count = (uint8_t)t->count;
	for (uint32_t i = 0; i < t->count; i++)
		f->flows[i] =
		    t->flows[(t->next + SIGHTING_FLOWS - t->count + i) % SIGHTING_FLOWS];
}

/* A belief replaces an earlier one unless it is weaker and that one is still fresh. */
static bool
worth_reporting(const struct scan *s, const struct scan_line *l, double weight, int64_t t)
{
	if (!(weight > 0))
		return false;
	if (weight > (double)l->told || l->told_at == 0)
		return true;
	if (weight < (double)l->told)
		return t - l->told_last > 72 * WHEN_HOUR;
	return t - l->told_at >= s->opt.again;
}

static void
report(struct scan *s, struct scan_line *l, const struct event *ev, struct finding *f,
    struct findings *out)
{
	if (!worth_reporting(s, l, f->weight, ev->ready))
		return;
	f->detector = "scan";
	f->line = ev->line;
	f->group = GROUP_PROPAGATION;
	f->kind = KIND_SCAN;
	f->data_class = DATA_TRAFFIC;
	f->last = ev->last;
	f->window = f->last - f->last % WHEN_DAY;
	f->remote_port = ev->dport;
	copy_trail(s, f);
	finding_report(out, f);
	l->told = (float)f->weight;
	l->told_at = ev->ready;
	l->told_last = ev->last;
}

/* "4 min", "12 s": a span for people. */
static const char *
span_text(int64_t span, char out[16])
{
	if (span < 2 * WHEN_MINUTE)
		(void)snprintf(
		    out, 16, "%d s", (int)((span + WHEN_SECOND - 1) / WHEN_SECOND));
	else if (span < 2 * WHEN_HOUR)
		(void)snprintf(out, 16, "%d min", (int)(span / WHEN_MINUTE));
	else
		(void)snprintf(out, 16, "%d h", (int)(span / WHEN_HOUR % 100000));
	return out;
}

static void
report_walk(struct scan *s, struct scan_line *l, const struct event *ev, enum class class,
    struct findings *out)
{
	const struct walk *w = &l->walks[class];
	double share = (double)w->height / s->bound;
	struct finding f = {.first = w->since, .count = w->failed};
	char span[16];

	if (share >= 1 - 1e-6)
		f.weight = s->weight_bound;
	else if (share >= .75)
		f.weight = s->weight_most;
	else if (share >= .5)
		f.weight = s->weight_half;
	(void)snprintf(f.why, sizeof f.why,
	    "%u of %u addresses tried for the first time on %s within %s refused or did "
	    "not answer; of ordinary users' first contacts some %.0f %% are answered",
	    w->failed, w->tried, class_names[class], span_text(ev->last - w->since, span),
	    100 * (class == WEB || class == OTHER ? s->opt.crowd_success
						  : s->opt.user_success));
	report(s, l, ev, &f, out);
}

static bool
feed_walk(
    struct scan *s, struct scan_line *l, const struct event *ev, struct findings *out)
{
	enum class class = class_of(ev);
	struct walk *w = &l->walks[class];

	if (!first_contact(l, contact_hash(s, ev, class)))
		return false;
	step(s, w, ev, class);
	if (!failed(ev))
		return false;
	if ((double)w->height >= s->bound / 4)
		keep_flow(s, ev);
	if ((double)w->height >= s->bound / 2)
		report_walk(s, l, ev, class, out);
	return true;
}

static bool
feed_one_way(
    struct scan *s, struct scan_line *l, const struct event *ev, struct findings *out)
{
	struct finding f = {.weight = s->weight_one_way};
	char span[16];
	double count;

	if (ev->proto != PROTO_TCP || ev->tcp_flags[0] != TCP_SYN ||
	    ev->packets[0] > SYN_PACKETS)
		return false;
	if (ev->ready - l->tries_since > s->opt.one_way_span) {
		memset(&l->tries, 0, sizeof l->tries);
		l->tries_since = ev->ready;
	}
	if (!hll64_add(&l->tries, contact_hash(s, ev, OTHER)))
		return false;
	count = hll64_count(&l->tries);
	if (count >= (double)s->opt.one_way / 4)
		keep_flow(s, ev);
	if (count < (double)s->opt.one_way)
		return true;
	if (count >= 3 * (double)s->opt.one_way)
		f.weight = s->weight_one_way_many;
	f.first = l->tries_since < ev->first ? l->tries_since : ev->first;
	f.count = (uint32_t)count;
	(void)snprintf(f.why, sizeof f.why,
	    "some %.0f addresses were sent nothing but requests for a connection within "
	    "%s "
	    "(only one direction of the traffic is visible)",
	    count, span_text(ev->last - f.first, span));
	report(s, l, ev, &f, out);
	return true;
}

static bool
new_port(struct scan_line *l, uint16_t port, uint64_t seed)
{
	uint64_t bit = hash_u64(port, seed) % PORT_BITS, mask = UINT64_C(1) << bit % 64;

	if (l->ports[bit / 64] & mask)
		return false;
	l->ports[bit / 64] |= mask;
	return true;
}

/* The number of ports behind the bits set (linear counting, Whang 1990). */
static double
ports_tried(const struct scan_line *l)
{
	double empty = PORT_BITS - l->port_count;

	return PORT_BITS * log(PORT_BITS / fmax(empty, .5));
}

static void
feed_vertical(
    struct scan *s, struct scan_line *l, const struct event *ev, struct findings *out)
{
	struct finding f = {.weight = s->weight_vertical};
	char span[16], peer[ADDR_TEXT];

	if (!addr_equal(&l->target, &ev->dst)) {
		if (l->hold > 0) {
			l->hold--;
			return;
		}
		l->target = ev->dst;
		l->target_since = ev->first;
		l->port_count = 0;
		memset(l->ports, 0, sizeof l->ports);
	}
	if (!new_port(l, ev->dport, s->seed))
		return;
	l->port_count++;
	l->hold++;
	if (l->port_count >= 20)
		keep_flow(s, ev);
	if (ports_tried(l) < (double)s->opt.vertical)
		return;
	f.first = l->target_since;
	f.count = (uint32_t)ports_tried(l);
	f.remote = ev->dst;
	(void)snprintf(f.why, sizeof f.why,
	    "some %u ports of one host, %s, were tried within %s and refused or did not "
	    "answer",
	    f.count, addr_text(&ev->dst, peer), span_text(ev->last - f.first, span));
	report(s, l, ev, &f, out);
}

/* Apart by at most NEIGHBOUR, and not the same. */
static bool
are_neighbours(const struct addr *a, const struct addr *b)
{
	struct rd x = rd_init(a->b, 16), y = rd_init(b->b, 16);
	uint64_t low_a, low_b, apart;

	if (rd_u64(&x) != rd_u64(&y))
		return false;
	low_a = rd_u64(&x);
	low_b = rd_u64(&y);
	apart = low_a > low_b ? low_a - low_b : low_b - low_a;
	return apart > 0 && apart <= NEIGHBOUR;
}

static bool
feed_sweep(
    struct scan *s, struct scan_line *l, const struct event *ev, struct findings *out)
{
	struct finding f = {.weight = s->weight_sweep};
	bool goes_on = ev->dport == l->sweep_port && ev->proto == l->sweep_proto &&
		       are_neighbours(&l->previous, &ev->dst);
	char span[16];

	if (!failed(ev)) {
		l->run /= 2;
		return false;
	}
	if (l->run == 0)
		l->run_since = ev->first;
	l->run = goes_on ? l->run + 1 : l->run / 2;
	l->previous = ev->dst;
	l->sweep_port = ev->dport;
	l->sweep_proto = ev->proto;
	if (!goes_on)
		return false;
	if (l->run >= (uint32_t)s->opt.sweep / 4)
		keep_flow(s, ev);
	if (l->run < (uint32_t)s->opt.sweep)
		return true;
	f.first = l->run_since;
	f.count = l->run;
	(void)snprintf(f.why, sizeof f.why,
	    "%u neighbouring addresses were tried one after the other on %s port %u "
	    "within "
	    "%s, and none answered",
	    l->run, ev->proto == PROTO_TCP ? "TCP" : "UDP", ev->dport,
	    span_text(ev->last - f.first, span));
	report(s, l, ev, &f, out);
	return true;
}

static void
feed_event(struct scan *s, const struct view *v, uint32_t i, struct findings *out)
{
	const struct event *ev = v->events[i];
	enum class class = class_of(ev);
	struct scan_line *l;
	bool took = false;

	if (class == EXEMPT)
		return;
	l = table_get(s->lines, &ev->line, ev->ready, line_ttl(&ev->line, s->hold), NULL);
	if (ev->answer == ANSWER_UNKNOWN)
		took = class != UNJUDGED && feed_one_way(s, l, ev, out);
	else if (class == UNJUDGED)
		took = feed_sweep(s, l, ev, out);
	else
		took = feed_walk(s, l, ev, out);
	if (ev->proto == PROTO_TCP && failed(ev))
		feed_vertical(s, l, ev, out);
	if (took)
		view_claim(v, i, GROUP_PROPAGATION);
}

static void
scan_feed(void *self, const struct view *v, struct findings *out)
{
	enum { AHEAD = 8 };
	struct scan *s = self;

	for (uint32_t i = 0; i < v->count; i++) {
		if (i + AHEAD < v->count)
			table_prefetch(s->lines, &v->events[i + AHEAD]->line);
		if (is_contact(v->events[i]) && view_free(v, i, GROUP_PROPAGATION))
			feed_event(s, v, i, out);
	}
}

/* Walks move with contacts only; time alone changes no belief upwards. */
static void
scan_advance(void *self, int64_t now, struct findings *out)
{
	(void)self;
	(void)now;
	(void)out;
}

static void
scan_line_changed(void *self, const struct line_key *old, int64_t t)
{
	struct scan *s = self;

	(void)t;
	table_drop(s->lines, old);
	table_drop(s->trails, old);
}

static void
scan_save(const void *self, struct wr *w)
{
	const struct scan *s = self;

	wr_u32(w, SAVE_VERSION);
	table_save(s->lines, w);
	table_save(s->trails, w);
}

static bool
scan_load(void *self, struct rd *r)
{
	struct scan *s = self;

	return rd_u32(r) == SAVE_VERSION && table_load(s->lines, r) &&
	       table_load(s->trails, r);
}

static size_t
scan_memory(const void *self)
{
	const struct scan *s = self;

	return sizeof *s + table_stat(s->lines).bytes + table_stat(s->trails).bytes;
}

const struct detector detector_scan = {
    .name = "scan",
    .summary = "lines whose contacts with strangers mostly go unanswered",
    .wants = EVENT_FLOW,
    .classes = DATA_TRAFFIC,
    .group = GROUP_PROPAGATION,
    .options = scan_options,
    .options_size = sizeof(struct options),
    .open = scan_open,
    .feed = scan_feed,
    .advance = scan_advance,
    .line_changed = scan_line_changed,
    .save = scan_save,
    .load = scan_load,
    .memory = scan_memory,
    .close = scan_close,
};
