/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netflow.c -- the source that takes NetFlow v5, v9 and IPFIX from a UDP socket.
 *
 * Time is that of the exporters' headers: the newest of all exporters, less the allowed
 * lateness, is the watermark. An exporter whose clock is behind by more than that loses
 * nothing; its events count as known when they come (and as late). One whose clock runs
 * ahead of the wall (told by idle()) by more than AHEAD_MAX is not believed.
 *
 * What found the socket's buffer full is counted by the kernel (SO_RXQ_OVFL, which the
 * parent has set), in a number that comes with each datagram.
 *
 * A checkpoint holds templates, numbers and time; datagrams lost while the process was
 * away show as gaps in the exporters' sequence numbers.
 */
#include "event/netflow.h"
#include "base/mem.h"
#include "base/when.h"
#include "source/emit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { DATAGRAMS = 64, DATAGRAM_MAX = 16384, EXPORTERS = 1024, SNAPSHOT = 2 };
#define AHEAD_MAX (5 * WHEN_MINUTE)

struct netflow_source {
	struct source_env env;
	struct source_stat stat;
	struct netflow *netflow;
	struct emit emit;
	int fd;
	int64_t wall;      /* of the last idle(); INT64_MAX: not told */
	uint32_t overflow; /* the kernel's number */
	struct mmsghdr heads[DATAGRAMS];
	struct iovec pieces[DATAGRAMS];
	struct sockaddr_storage from[DATAGRAMS];
	uint8_t bytes[DATAGRAMS][DATAGRAM_MAX];
	_Alignas(struct cmsghdr) uint8_t control[DATAGRAMS][CMSG_SPACE(sizeof(uint32_t))];
};

static void
netflow_close(void *self)
{
	struct netflow_source *s = self;

	netflow_free(s->netflow);
	emit_fini(&s->emit);
	free(s);
}

static void *
netflow_open(const struct source_env *env, int fd, const char *name, struct err *err)
{
	struct netflow_config config = {
	    .exporters = EXPORTERS, .sampling = env->sampling, .seed = env->seed};
	int flags = fcntl(fd, F_GETFL);
	struct netflow_source *s;

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		(void)err_errno(err, "%s", name);
		return NULL;
	}
	s = xcalloc(1, sizeof *s);
	s->env = *env;
	s->fd = fd;
	s->wall = INT64_MAX;
	s->netflow = netflow_new(&config);
	emit_init(&s->emit, &s->env, &s->stat);
	for (size_t i = 0; i < DATAGRAMS; i++) {
		s->pieces[i] = (struct iovec){s->bytes[i], DATAGRAM_MAX};
		s->heads[i].msg_hdr = (struct msghdr){
		    .msg_name = &s->from[i], .msg_iov = &s->pieces[i], .msg_iovlen = 1};
	}
	return s;
}

static void
take_time(void *ctx, int64_t exported)
{
	struct netflow_source *s = ctx;

	if (s->wall != INT64_MAX && exported > s->wall + AHEAD_MAX)
		exported = s->wall;
	emit_time(&s->emit, exported);
}

static void
take_event(void *ctx, const struct event *ev)
{
	struct netflow_source *s = ctx;

	s->stat.late += ev->last < s->emit.watermark - s->env.active;
	emit_event(&s->emit, ev, NULL, 0);
}

static struct addr
addr_of(const struct sockaddr_storage *from)
{
	struct addr a = {0};

	if (from->ss_family == AF_INET)
		a = addr_v4(ntohl(((const struct sockaddr_in *)from)->sin_addr.s_addr));
	else if (from->ss_family == AF_INET6)
		memcpy(a.b, &((const struct sockaddr_in6 *)from)->sin6_addr, sizeof a.b);
	return a;
}

static void
take_datagram(struct netflow_source *s, size_t i)
{
	static const struct netflow_sink shape = {.time = take_time, .event = take_event};
	const struct mmsghdr *head = &s->heads[i];
	struct netflow_sink sink = shape;
	struct addr from = addr_of(&s->from[i]);
	enum netflow_result result = NETFLOW_MALFORMED;

	sink.ctx = s;
	if ((head->msg_hdr.msg_flags & MSG_TRUNC) == 0)
		result = netflow_datagram(
		    s->netflow, &from, s->bytes[i], head->msg_len, &sink);
	s->stat.records++;
	s->stat.decoded += result == NETFLOW_DECODED;
	s->stat.unknown += result == NETFLOW_UNKNOWN;
	s->stat.malformed += result == NETFLOW_MALFORMED;
}

static void
prepare(struct netflow_source *s, size_t i)
{
	s->heads[i].msg_hdr.msg_namelen = sizeof s->from[i];
	s->heads[i].msg_hdr.msg_control = s->control[i];
	s->heads[i].msg_hdr.msg_controllen = sizeof s->control[i];
}

/* The kernel's number rises as long as the socket lives, which is longer than we. */
static void
count_overflow(struct netflow_source *s, struct msghdr *head)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(head);
	uint32_t number;

	if (c == NULL || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL)
		return;
	memcpy(&number, CMSG_DATA(c), sizeof number);
	s->stat.dropped += number >= s->overflow ? number - s->overflow : number;
	s->overflow = number;
}

static bool
netflow_step(void *self, source_sink *sink, void *ctx)
{
	struct netflow_source *s = self;
	int got;

	emit_to(&s->emit, sink, ctx);
	for (size_t i = 0; i < DATAGRAMS; i++)
		prepare(s, i);
	got = recvmmsg(s->fd, s->heads, DATAGRAMS, MSG_DONTWAIT, NULL);
	for (int i = 0; i < got; i++)
		take_datagram(s, (size_t)i);
	if (got > 0)
		count_overflow(s, &s->heads[got - 1].msg_hdr);
	s->stat.flow_records = netflow_stat(s->netflow).records;
	s->stat.lost = netflow_stat(s->netflow).lost;
	s->stat.lost_flows = netflow_stat(s->netflow).lost_flows;
	emit_flush(&s->emit);
	return got == DATAGRAMS || (got < 0 && errno == EINTR);
}

static void
netflow_finish(void *self, int64_t until, source_sink *sink, void *ctx)
{
	struct netflow_source *s = self;

	emit_to(&s->emit, sink, ctx);
	emit_end(&s->emit, until);
}

static void
netflow_idle(void *self, int64_t now, source_sink *sink, void *ctx)
{
	struct netflow_source *s = self;

	s->wall = now;
	netflow_finish(self, now - s->env.lateness, sink, ctx);
}

static const struct source_stat *
netflow_stat_of(const void *self)
{
	return &((const struct netflow_source *)self)->stat;
}

static void
netflow_exporters(const void *self,
    void (*visit)(void *ctx, const struct netflow_exporter *e), void *ctx)
{
	netflow_each_exporter(((const struct netflow_source *)self)->netflow, visit, ctx);
}

static void
netflow_source_save(const void *self, struct wr *w)
{
	const struct netflow_source *s = self;

	wr_u32(w, SNAPSHOT);
	wr_u32(w, s->overflow);
	emit_save(&s->emit, w);
	netflow_save(s->netflow, w);
}

static bool
netflow_source_load(void *self, struct rd *r)
{
	struct netflow_source *s = self;

	if (rd_u32(r) != SNAPSHOT)
		return false;
	s->overflow = rd_u32(r);
	return emit_load(&s->emit, r) && netflow_load(s->netflow, r);
}

const struct source source_netflow = {
    .name = "netflow",
    .summary = "NetFlow v5, v9 and IPFIX over UDP",
    .open = netflow_open,
    .step = netflow_step,
    .finish = netflow_finish,
    .idle = netflow_idle,
    .stat = netflow_stat_of,
    .exporters = netflow_exporters,
    .save = netflow_source_save,
    .load = netflow_source_load,
    .close = netflow_close,
};
