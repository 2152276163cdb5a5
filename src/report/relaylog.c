/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relaylog.c -- the log of the provider's own mail relay: senders gone bad.
 *
 * Where port 25 is closed, a bot sends with its owner's account through the relay. The
 * log (Postfix, as syslog or with RFC 3339 times; rspamd's own lines too) tells it by
 * volume and by refusals. Lines of one message are joined by its queue id; what counts is
 * gathered by client address and hour, and a client is reported for an hour in which
 *
 *   - at least 20 of its messages were refused as spam (rspamd: reject, add header), or
 *   - at least 100 recipients were tried and at least 3 in 10 of them refused or bounced.
 *
 * A newsletter with a clean list stays below both; thresholds are ours, by design, not
 * fitted. Only clients that logged in are judged: what others send us is no customer's
 * doing. Names, sender and recipient addresses are read past and never kept.
 *
 * Syslog lines have no year: it is taken from when the log was sent, else from the
 * newest full date before. Not handled: several relays' queue ids in one log that
 * collide within the table's reach.
 */
#include "base/lru.h"
#include "base/when.h"
#include "report/date.h"
#include "report/sensor.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES = 1 << 16, CLIENTS = 1 << 16, QUEUE_ID = 24 };
enum { SPAM = 20, TRIED = 100, REFUSED_IN_TEN = 3 };

/* What is being sent, from its client's line until it is removed. */
struct message {
	struct addr client;
	uint32_t tried, refused;
	bool spam;
};

struct client {
	int64_t first; /* the hour begins */
	struct addr addr;
	uint32_t messages, spam, tried, refused;
};

struct relay {
	struct sensor_log log;
	struct lru *messages, *clients;
	int64_t near, now, precision;
};

/* ---- an hour of a client */

static bool
is_bad(const struct client *c)
{
	return c->spam >= SPAM ||
	       (c->tried >= TRIED &&
		   (uint64_t)c->refused * 10 >= (uint64_t)c->tried * REFUSED_IN_TEN);
}

static void
end_hour(struct relay *r, struct client *c)
{
	char when[WHEN_TEXT], addr[ADDR_TEXT];

	if (is_bad(c)) {
		struct item *item = sensor_item(&r->log, "relay-sender", "spam");

		item_text(item, "time.source", when_text(c->first, when));
		item_text(item, "source.ip", addr_text(&c->addr, addr));
		item_text(item, "protocol.transport", "tcp");
		item_text(item, "protocol.application", "smtp");
		item_int(item, "extra.messages", c->messages);
		item_int(item, "extra.spam", c->spam);
		item_int(item, "extra.recipients", c->tried);
		item_int(item, "extra.refused", c->refused);
		item->precision = r->precision;
		(void)strcpy(item->upstream, "own-relay");
		sensor_give(&r->log);
	}
	lru_drop(r->clients, c);
}

static void
end_old_hours(struct relay *r, int64_t before)
{
	struct client *c;
	int64_t touched;

	while ((c = lru_oldest(r->clients, &touched)) != NULL && touched < before)
		end_hour(r, c);
}

static struct client *
client_of(struct relay *r, const struct addr *addr)
{
	struct client *c = lru_find(r->clients, addr);

	if (c != NULL && r->now - c->first >= WHEN_HOUR) {
		end_hour(r, c);
		c = NULL;
	}
	if (c != NULL)
		return c;
	if (lru_full(r->clients))
		end_hour(r, lru_oldest(r->clients, NULL));
	c = lru_add(r->clients, addr, r->now);
	c->first = r->now;
	c->addr = *addr;
	return c;
}

/* ---- messages */

static void
end_message(struct relay *r, struct message *m)
{
	struct client *c = client_of(r, &m->client);

	c->messages++;
	c->spam += m->spam;
	c->tried += m->tried;
	c->refused += m->refused;
	lru_touch(r->clients, c, r->now);
	lru_drop(r->messages, m);
}

static struct message *
message_new(struct relay *r, const char *id, const struct addr *client)
{
	struct message *m = lru_find(r->messages, id);

	if (m == NULL && lru_full(r->messages))
		end_message(r, lru_oldest(r->messages, NULL));
	if (m == NULL)
		m = lru_add(r->messages, id, r->now);
	m->client = *client;
	return m;
}

/* "client=host[192.0.2.1], sasl_method=PLAIN, sasl_username=..." */
static bool
logged_in_client(const char *text, struct addr *out)
{
	const char *open = strchr(text, '['), *close;
	char addr[ADDR_TEXT];

	if (strstr(text, ", sasl_") == NULL || open == NULL)
		return false;
	close = strchr(open, ']');
	if (close == NULL || (size_t)(close - open) > sizeof addr)
		return false;
	memcpy(addr, open + 1, (size_t)(close - open) - 1);
	addr[close - open - 1] = 0;
	return addr_parse(strncmp(addr, "IPv6:", 5) == 0 ? addr + 5 : addr, out);
}

/* "...: QUEUEID: what": copies the id and returns what; NULL if there is none. */
static const char *
queue_line(const char *text, char id[QUEUE_ID])
{
	size_t size = strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz");

	if (size < 6 || size >= QUEUE_ID || text[size] != ':' || text[size + 1] != ' ')
		return NULL;
	memset(id, 0, QUEUE_ID);
	memcpy(id, text, size);
	return text + size + 2;
}

static void
take_delivery(struct message *m, const char *what)
{
	const char *status = strstr(what, ", status=");

	if (strncmp(what, "to=<", 4) != 0 || status == NULL)
		return;
	status += strlen(", status=");
	m->tried++;
	m->refused += strncmp(status, "bounced", 7) == 0;
	m->refused +=
	    strncmp(status, "deferred", 8) == 0 && strstr(status, "said: 5") != NULL;
}

/* Postfix, after "postfix/PROGRAM[PID]: ". */
static void
take_postfix(struct relay *r, const char *text)
{
	char id[QUEUE_ID];
	const char *what = queue_line(text, id);
	struct message *m;
	struct addr client;

	if (what == NULL)
		return;
	if (strncmp(what, "client=", 7) == 0) {
		if (logged_in_client(what, &client))
			(void)message_new(r, id, &client);
		return;
	}
	m = lru_find(r->messages, id);
	if (m == NULL)
		return;
	take_delivery(m, what);
	if (strncmp(what, "milter-reject:", 14) == 0 ||
	    (strncmp(what, "reject:", 7) == 0 && strstr(what, "pam") != NULL))
		m->spam = true;
	if (strcmp(what, "removed") == 0 || strncmp(what, "milter-reject:", 14) == 0)
		end_message(r, m);
}

/* rspamd: "...; id: <...>, qid: <ID>, ip: ..., ... (default: T (reject): [...". */
static void
take_rspamd(struct relay *r, const char *text)
{
	const char *qid = strstr(text, "qid: <");
	char id[QUEUE_ID] = {0};
	struct message *m;
	size_t size;

	if (qid == NULL)
		return;
	qid += strlen("qid: <");
	size = strcspn(qid, ">");
	if (size == 0 || size >= QUEUE_ID)
		return;
	memcpy(id, qid, size);
	m = lru_find(r->messages, id);
	if (m != NULL &&
	    (strstr(qid, "(reject)") != NULL || strstr(qid, "(add header)") != NULL))
		m->spam = true;
}

/* ---- lines */

static const char *
relay_line(struct sensor_log *log, const char *text, size_t size)
{
	struct relay *r = log->ctx;
	const char *line = arena_strdup(log->arena, text, size), *program, *what;
	struct date date;

	if (date_prefix(line, r->near, &date) == 0)
		return "its time is missing or not understood";
	r->precision = date.precision;
	r->now = date.time > r->now ? date.time : r->now;
	end_old_hours(r, r->now - WHEN_HOUR);
	program = strstr(line, " postfix/");
	if (program != NULL && (what = strstr(program, "]: ")) != NULL)
		take_postfix(r, what + 3);
	else if (strstr(line, "rspamd") != NULL)
		take_rspamd(r, line);
	return NULL;
}

static bool
relay_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	struct relay *r = xcalloc(1, sizeof *r);
	struct message *m;
	struct client *c;
	bool good;

	r->log =
	    (struct sensor_log){.sink = sink, .stat = stat, .line = relay_line, .ctx = r};
	r->near = in->sent;
	r->now = INT64_MIN / 2;
	r->messages = lru_new(MESSAGES, QUEUE_ID, sizeof *m, 1);
	r->clients = lru_new(CLIENTS, sizeof(struct addr), sizeof *c, 1);
	good = sensor_read(in, &r->log, err);
	while ((m = lru_oldest(r->messages, NULL)) != NULL)
		end_message(r, m);
	while ((c = lru_oldest(r->clients, NULL)) != NULL)
		end_hour(r, c);
	sensor_end(&r->log);
	lru_free(r->messages);
	lru_free(r->clients);
	free(r);
	return good;
}

static int
relay_recognise(const char *name, const uint8_t *head, size_t size)
{
	(void)name;
	return memmem(head, size, " postfix/", strlen(" postfix/")) != NULL ? 60 : 0;
}

const struct format format_relaylog = {
    .name = "relaylog",
    .summary = "log of the own mail relay (Postfix, rspamd): senders gone bad",
    .recognise = relay_recognise,
    .read = relay_read,
};
