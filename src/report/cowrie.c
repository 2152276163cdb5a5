/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cowrie.c -- JSON lines of the SSH and Telnet honeypot Cowrie: an item a session.
 *
 * The source port stands on session.connect only, and what the session did on the lines
 * that follow: they are joined by the session's name. A session is given when it closes,
 * at the end of the log, or when it is the one untouched for longest and room is needed.
 *
 * What it proves: an attack from that address at that time, no family. A login that was
 * let in counts as a completed decoy (gold); one that only forwards connections abuses a
 * proxy, which people do as well as bots. Names, passwords and commands are not kept.
 *
 * Not handled: sessions over two files, which give an item in each.
 */
#include "base/lru.h"
#include "base/when.h"
#include "report/sensor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SESSIONS = 1 << 16, SESSION_NAME = 32 };

struct session {
	int64_t first; /* µs; its place in the order, too */
	struct addr addr, sensor;
	uint16_t port, sensor_port;
	bool telnet, told;
	uint32_t refused, logins, commands, downloads, forwards;
	char sha256[65];
};

struct cowrie {
	struct sensor_log log;
	struct lru *sessions;
	int64_t now; /* newest time seen */
};

/* What a session was, the gravest first. */
static const char *
rsit_of(const struct session *s, const char **identifier)
{
	if (s->downloads > 0) {
		*identifier = "cowrie-download";
		return "exploit";
	}
	if (s->forwards > 0 && s->commands == 0) {
		*identifier = "cowrie-proxy";
		return "unauthorised-use-of-resources";
	}
	if (s->logins > 0) {
		*identifier = "cowrie-login";
		return "brute-force";
	}
	*identifier = s->refused > 0 ? "cowrie-refused-login" : "cowrie-connect";
	return s->refused > 0 ? "brute-force" : "scanner";
}

static void
put_count(struct item *item, const char *field, uint32_t count)
{
	if (count > 0)
		item_int(item, field, count);
}

static void
give_session(struct cowrie *c, const struct session *s)
{
	const char *identifier, *rsit = rsit_of(s, &identifier);
	struct item *item = sensor_item(&c->log, identifier, rsit);
	char when[WHEN_TEXT], addr[ADDR_TEXT], sensor[ADDR_TEXT];

	item_text(item, "time.source", when_text(s->first, when));
	if (s->told)
		item_text(item, "source.ip", addr_text(&s->addr, addr));
	if (s->port != 0)
		item_int(item, "source.port", s->port);
	if (s->sensor_port != 0) {
		item_text(item, "destination.ip", addr_text(&s->sensor, sensor));
		item_int(item, "destination.port", s->sensor_port);
	}
	item_text(item, "protocol.transport", "tcp");
	item_text(item, "protocol.application", s->telnet ? "telnet" : "ssh");
	item_text(item, "malware.hash.sha256", s->sha256);
	put_count(item, "extra.refused_logins", s->refused);
	put_count(item, "extra.logins", s->logins);
	put_count(item, "extra.commands", s->commands);
	put_count(item, "extra.downloads", s->downloads);
	put_count(item, "extra.forwards", s->forwards);
	item->gold = s->logins > 0 && strcmp(identifier, "cowrie-proxy") != 0;
	sensor_give(&c->log);
}

static void
end_session(struct cowrie *c, struct session *s)
{
	give_session(c, s);
	lru_drop(c->sessions, s);
}

static struct session *
session_of(struct cowrie *c, const char *name, int64_t now)
{
	char key[SESSION_NAME] = {0};
	struct session *s;

	(void)snprintf(key, sizeof key, "%s", name);
	s = lru_find(c->sessions, key);
	if (s != NULL)
		return s;
	if (lru_full(c->sessions))
		end_session(c, lru_oldest(c->sessions, NULL));
	s = lru_add(c->sessions, key, c->now);
	s->first = now;
	return s;
}

static void
take_connect(struct session *s, const json_t *object)
{
	json_int_t port = json_integer_value(json_object_get(object, "src_port"));
	json_int_t at = json_integer_value(json_object_get(object, "dst_port"));
	const char *sensor = sensor_text(object, "dst_ip");

	s->port = port > 0 && port <= UINT16_MAX ? (uint16_t)port : 0;
	s->sensor_port = at > 0 && at <= UINT16_MAX ? (uint16_t)at : 0;
	if (sensor == NULL || !addr_parse(sensor, &s->sensor))
		s->sensor_port = 0;
}

static void
take_download(struct session *s, const json_t *object)
{
	const char *digest = sensor_text(object, "shasum");

	s->downloads++;
	if (digest != NULL && strspn(digest, "0123456789abcdef") == 64 && digest[64] == 0)
		(void)strcpy(s->sha256, digest);
}

static void
take_event(struct session *s, const char *event, const json_t *object)
{
	if (strcmp(event, "session.connect") == 0)
		take_connect(s, object);
	else if (strcmp(event, "session.file_download") == 0 ||
		 strcmp(event, "session.file_upload") == 0)
		take_download(s, object);
	s->refused += strcmp(event, "login.failed") == 0;
	s->logins += strcmp(event, "login.success") == 0;
	s->commands += strcmp(event, "command.input") == 0;
	s->forwards += strcmp(event, "direct-tcpip.request") == 0;
}

static const char *
cowrie_object(struct sensor_log *log, json_t *object)
{
	struct cowrie *c = log->ctx;
	const char *event = sensor_text(object, "eventid");
	const char *name = sensor_text(object, "session");
	const char *when = sensor_text(object, "timestamp");
	const char *source = sensor_text(object, "src_ip");
	const char *protocol = sensor_text(object, "protocol");
	struct session *s;
	struct addr addr;
	int64_t now;

	if (event == NULL || strncmp(event, "cowrie.", 7) != 0)
		return "no event of Cowrie";
	if (name == NULL)
		return NULL; /* the sensor's own affairs */
	if (when == NULL || !when_parse(when, &now, NULL))
		return "its time is missing or not understood";
	c->now = now > c->now ? now : c->now;
	s = session_of(c, name, now);
	/* A forwarded connection names its own end as src_ip. */
	if (strcmp(event + 7, "direct-tcpip.request") != 0 && source != NULL &&
	    addr_parse(source, &addr)) {
		s->addr = addr;
		s->told = true;
	}
	s->telnet = s->telnet || (protocol != NULL && strcmp(protocol, "telnet") == 0);
	take_event(s, event + 7, object);
	lru_touch(c->sessions, s, c->now);
	if (strcmp(event, "cowrie.session.closed") == 0)
		end_session(c, s);
	return NULL;
}

static bool
cowrie_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	struct cowrie *c = xcalloc(1, sizeof *c);
	struct session *s;
	bool good;

	c->log = (struct sensor_log){.sink = sink,
	    .stat = stat,
	    .line = sensor_json,
	    .object = cowrie_object,
	    .ctx = c};
	c->sessions = lru_new(SESSIONS, SESSION_NAME, sizeof *s, 1);
	good = sensor_read(in, &c->log, err);
	while ((s = lru_oldest(c->sessions, NULL)) != NULL)
		end_session(c, s);
	sensor_end(&c->log);
	lru_free(c->sessions);
	free(c);
	return good;
}

static int
cowrie_recognise(const char *name, const uint8_t *head, size_t size)
{
	(void)name;
	return sensor_head(
		   head, size, (const char *const[]){"\"eventid\"", "cowrie.", NULL})
		   ? 90
		   : 0;
}

const struct format format_cowrie = {
    .name = "cowrie",
    .summary = "JSON log of the honeypot Cowrie",
    .recognise = cowrie_recognise,
    .read = cowrie_read,
};
