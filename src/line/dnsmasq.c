/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnsmasq.c -- dnsmasq's file of leases, dnsmasq.leases.
 *
 *     1621598715 02:00:00:00:00:01 192.0.2.7 name|* 01:02:00:00:00:00:01|*
 *     duid 00:01:...                                  (the server's; IPv6 follows)
 *     1621598715 [T]7 2001:db8::7 name|* 00:01:...
 *
 * The file is the present, written anew at each change, and tells when a lease ends, not
 * when it began. A lease that still runs is held since now at the latest, one that has
 * run out since two minutes before its end, the shortest that dnsmasq gives: less than
 * the truth, never another's. Read often (a log read twice changes nothing), it tells
 * all; better, let dnsmasq's dhcp-script write plain CSV. Endless leases (0) are passed
 * over: they belong into the registry.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/when.h"
#include "line/lease_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORTEST (2 * WHEN_MINUTE)

struct dnsmasq {
	int64_t opened;
};

struct row {
	int64_t expires; /* seconds */
	char hardware[64], addr[ADDR_TEXT], name[256], client[256];
};

static void *
dnsmasq_open(int64_t zone_offset)
{
	struct dnsmasq *d = xcalloc(1, sizeof *d);
	struct clock wall;

	(void)zone_offset;             /* its times are UTC */
	clock_init(&wall, CLOCK_WALL); /* its lines tell no year, or no start */
	d->opened = clock_now(&wall);
	return d;
}

static bool
parse(const char *text, size_t size, struct row *r, struct addr *addr)
{
	char line[800];
	int used = 0;

	if (size >= sizeof line || memchr(text, 0, size) != NULL)
		return false;
	memcpy(line, text, size);
	line[size] = 0;
	return sscanf(line, "%11" SCNd64 " %63s %47s %255s %255s %n", &r->expires,
		   r->hardware, r->addr, r->name, r->client, &used) == 5 &&
	       line[used] == 0 && r->expires >= 0 && addr_parse(r->addr, addr);
}

static bool
dnsmasq_recognise(const char *text, size_t size)
{
	struct addr addr;
	struct row r;

	return (size > 5 && memcmp(text, "duid ", 5) == 0) ||
	       parse(text, size, &r, &addr);
}

static int
dnsmasq_line(
    void *self, const char *text, size_t size, struct lease_event *out, struct err *err)
{
	const struct dnsmasq *d = self;
	const char *key;
	struct row r;

	*out = (struct lease_event){.length = 128};
	if (size == 0 || (size > 5 && memcmp(text, "duid ", 5) == 0))
		return 0;
	if (!parse(text, size, &r, &out->addr))
		return err_set(err, "neither end, address nor client are understood") - 1;
	if (r.expires == 0)
		return 0;
	key = strcmp(r.client, "*") != 0 ? r.client : r.hardware;
	if (key == r.hardware && strchr(key, ':') == NULL) /* IPv6: the number of an IA */
		return err_set(err, "it names no client") - 1;
	if (!lease_key_text(out->subscriber, sizeof out->subscriber, key, strlen(key)))
		return err_set(err, "its client's name is too long") - 1;
	out->expires = r.expires * WHEN_SECOND;
	out->time =
	    out->expires - SHORTEST < d->opened ? out->expires - SHORTEST : d->opened;
	return 1;
}

const struct lease_reader lease_reader_dnsmasq = {
    .name = "dnsmasq",
    .summary = "dnsmasq's file of leases",
    .recognise = dnsmasq_recognise,
    .open = dnsmasq_open,
    .line = dnsmasq_line,
    .close = free,
};
