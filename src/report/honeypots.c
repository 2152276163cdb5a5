/* SPDX-License-Identifier: Apache-2.0 */
/*
 * honeypots.c -- the logs of OpenCanary, Dionaea and Heralding: an item an event.
 *
 * OpenCanary and Dionaea write JSON lines, Heralding JSON lines or CSV (log_session.csv,
 * log_auth.csv). Times without zone are UTC by the documentation of OpenCanary and
 * Heralding; Dionaea writes its host's local time, so that they are wide.
 *
 * A datagram's source may be forged: a request that would be answered at length (NTP
 * monlist, SNMP, TFTP, SIP) speaks of a victim, not of an attacker, and is set aside.
 * Names and passwords are not kept.
 */
#include "base/csv.h"
#include "report/sensor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORGED "a datagram whose source may be forged"

static void
put_port(
    struct sensor_log *log, const json_t *object, const char *path, const char *field)
{
	json_int_t port = json_integer_value(sensor_at(object, path));

	if (port > 0 && port <= UINT16_MAX)
		item_int(&log->item, field, port);
}

/* ---- OpenCanary */

struct canary_type {
	int first, last;
	const char *identifier, *rsit;
	const char *aside;
};

/* By number (`logtype`), the sensor's own affairs first. */
static const struct canary_type canary_types[] = {
    {0, 1999, NULL, NULL, NULL},
    {2000, 2000, "opencanary-ftp-login", "brute-force", NULL},
    {3000, 3000, "opencanary-http", "scanner", NULL},
    {3001, 3001, "opencanary-http-login", "brute-force", NULL},
    {4000, 4001, "opencanary-ssh", "scanner", NULL},
    {4002, 4002, "opencanary-ssh-login", "brute-force", NULL},
    {5000, 5000, "opencanary-smb", "scanner", NULL},
    {5001, 5005, "opencanary-portscan", "scanner", NULL},
    {6001, 6001, "opencanary-telnet-login", "brute-force", NULL},
    {7001, 7001, "opencanary-proxy-login", "brute-force", NULL},
    {8001, 8001, "opencanary-mysql-login", "brute-force", NULL},
    {9001, 9002, "opencanary-mssql-login", "brute-force", NULL},
    {10001, 10001, "opencanary-tftp", "ddos", FORGED},
    {11001, 11001, "opencanary-ntp-monlist", "ddos", FORGED},
    {12001, 12001, "opencanary-vnc-login", "brute-force", NULL},
    {13001, 13001, "opencanary-snmp", "ddos", FORGED},
    {14001, 14001, "opencanary-rdp-login", "brute-force", NULL},
    {15001, 15001, "opencanary-sip", "ddos", FORGED},
    {16001, 16001, "opencanary-git", "scanner", NULL},
    {17001, 17001, "opencanary-redis", "exploit", NULL},
    {0, INT32_MAX, "opencanary-other", "scanner", NULL},
};

static const char *
canary_object(struct sensor_log *log, json_t *object)
{
	const json_t *number = json_object_get(object, "logtype");
	json_int_t type = json_integer_value(number);
	const struct canary_type *t = canary_types;
	const char *when = sensor_text(object, "utc_time");
	struct item *item;

	if (!json_is_integer(number) || type < 0 || type > INT32_MAX)
		return "no event of OpenCanary";
	while (type < t->first || type > t->last)
		t++;
	if (t->identifier == NULL)
		return NULL;
	item = sensor_item(log, t->identifier, t->rsit);
	if (!sensor_time(
		log, when != NULL ? when : sensor_text(object, "local_time"), true))
		return "its time is missing or not understood";
	if (!sensor_address(log, sensor_text(object, "src_host"), "source.ip"))
		return "its source is no address";
	put_port(log, object, "src_port", "source.port");
	(void)sensor_address(log, sensor_text(object, "dst_host"), "destination.ip");
	put_port(log, object, "dst_port", "destination.port");
	item_text(item, "protocol.transport", t->aside != NULL ? "udp" : "tcp");
	item->aside = t->aside;
	if (t->aside != NULL)
		item->role = ROLE_VICTIM;
	sensor_give(log);
	return NULL;
}

/* ---- Dionaea: both shapes that its log_json has had */

static const char *
dionaea_class(const json_t *object, const char **identifier)
{
	const char *type = sensor_text(object, "connection/type");

	if (json_array_size(json_object_get(object, "credentials")) > 0) {
		*identifier = "dionaea-login";
		return "brute-force";
	}
	*identifier = "dionaea-connection";
	return type == NULL || strcmp(type, "connect") != 0 ? "scanner" : NULL;
}

static const char *
dionaea_object(struct sensor_log *log, json_t *object)
{
	const char *identifier, *rsit = dionaea_class(object, &identifier);
	const char *remote = sensor_text(object, "connection/remote/address");
	const char *protocol = sensor_text(object, "connection/transport");
	bool flat = remote == NULL;
	struct item *item;

	if (!json_is_object(json_object_get(object, "connection")))
		return "no connection of Dionaea";
	if (rsit == NULL)
		return NULL; /* the sensor itself went out, to fetch what it was told to
			      */
	item = sensor_item(log, identifier, rsit);
	if (!sensor_address(
		log, flat ? sensor_text(object, "src_ip") : remote, "source.ip"))
		return "its source is no address";
	(void)sensor_time(log, sensor_text(object, "timestamp"), false);
	put_port(
	    log, object, flat ? "src_port" : "connection/remote/port", "source.port");
	(void)sensor_address(log,
	    sensor_text(object, flat ? "dst_ip" : "connection/local/address"),
	    "destination.ip");
	put_port(
	    log, object, flat ? "dst_port" : "connection/local/port", "destination.port");
	sensor_put(log, object, "connection/transport", "protocol.transport");
	sensor_put(log, object, "connection/protocol", "protocol.application");
	if (protocol != NULL && strcmp(protocol, "udp") == 0) {
		item->aside = FORGED;
		item->role = ROLE_VICTIM;
	}
	sensor_give(log);
	return NULL;
}

/* ---- Heralding */

static const char *
heralding_object(struct sensor_log *log, json_t *object)
{
	bool login = json_integer_value(json_object_get(object, "num_auth_attempts")) > 0;

	(void)sensor_item(log, login ? "heralding-login" : "heralding-connection",
	    login ? "brute-force" : "scanner");
	if (!sensor_address(log, sensor_text(object, "source_ip"), "source.ip"))
		return "its source is no address";
	if (!sensor_time(log, sensor_text(object, "timestamp"), true))
		return "its time is missing or not understood";
	put_port(log, object, "source_port", "source.port");
	(void)sensor_address(
	    log, sensor_text(object, "destination_ip"), "destination.ip");
	put_port(log, object, "destination_port", "destination.port");
	item_text(&log->item, "protocol.transport", "tcp");
	sensor_put(log, object, "protocol", "protocol.application");
	sensor_give(log);
	return NULL;
}

enum { TIMESTAMP, ATTEMPTS, SOURCE, SOURCE_PORT, TARGET, TARGET_PORT, PROTOCOL, COLUMNS };

static const char *const columns[COLUMNS] = {"timestamp", "num_auth_attempts",
    "source_ip", "source_port", "destination_ip", "destination_port", "protocol"};

struct heralding {
	struct sensor_log log;
	struct csv csv;
	int at[COLUMNS]; /* -1: no such column */
};

static const char *
cell(const struct heralding *h, int column)
{
	int at = h->at[column];

	return at >= 0 && (size_t)at < h->csv.count ? h->csv.fields[at] : "";
}

static void
put_cell_port(struct heralding *h, int column, const char *field)
{
	unsigned long port = strtoul(cell(h, column), NULL, 10);

	if (port > 0 && port <= UINT16_MAX)
		item_int(&h->log.item, field, (int64_t)port);
}

static const char *
heralding_row(struct heralding *h)
{
	/* A row of log_auth.csv is an attempt, and has no such column. */
	bool login = h->at[ATTEMPTS] < 0 || atoi(cell(h, ATTEMPTS)) > 0;

	(void)sensor_item(&h->log, login ? "heralding-login" : "heralding-connection",
	    login ? "brute-force" : "scanner");
	if (!sensor_address(&h->log, cell(h, SOURCE), "source.ip"))
		return "its source is no address";
	if (!sensor_time(&h->log, cell(h, TIMESTAMP), true))
		return "its time is missing or not understood";
	put_cell_port(h, SOURCE_PORT, "source.port");
	(void)sensor_address(&h->log, cell(h, TARGET), "destination.ip");
	put_cell_port(h, TARGET_PORT, "destination.port");
	item_text(&h->log.item, "protocol.transport", "tcp");
	item_text(&h->log.item, "protocol.application", cell(h, PROTOCOL));
	sensor_give(&h->log);
	return NULL;
}

static const char *
heralding_line(struct sensor_log *log, const char *text, size_t size)
{
	struct heralding *h = log->ctx;

	if (text[0] == '{')
		return sensor_json(log, text, size);
	(void)csv_next(&h->csv, text, size, true);
	if (h->csv.broken)
		return "a quote that is not closed";
	if (h->csv.count > 0 && strcmp(h->csv.fields[0], "timestamp") == 0) {
		for (int i = 0; i < COLUMNS; i++)
			h->at[i] = csv_column(&h->csv, columns[i]);
		return NULL;
	}
	return h->at[TIMESTAMP] < 0 ? "a row before the header" : heralding_row(h);
}

/* ---- formats */

static bool
read_log(const struct report_input *in, struct sensor_log *log, struct err *err)
{
	bool good = sensor_read(in, log, err);

	sensor_end(log);
	return good;
}

static bool
canary_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	struct sensor_log log = {
	    .sink = sink, .stat = stat, .line = sensor_json, .object = canary_object};

	return read_log(in, &log, err);
}

static bool
dionaea_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	struct sensor_log log = {
	    .sink = sink, .stat = stat, .line = sensor_json, .object = dionaea_object};

	return read_log(in, &log, err);
}

static bool
heralding_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	struct heralding *h = xcalloc(1, sizeof *h);
	bool good;

	h->log = (struct sensor_log){.sink = sink,
	    .stat = stat,
	    .line = heralding_line,
	    .object = heralding_object,
	    .ctx = h};
	for (int i = 0; i < COLUMNS; i++)
		h->at[i] = -1;
	csv_init(&h->csv, ',');
	good = read_log(in, &h->log, err);
	csv_fini(&h->csv);
	free(h);
	return good;
}

static int
canary_recognise(const char *name, const uint8_t *head, size_t size)
{
	(void)name;
	return sensor_head(
		   head, size, (const char *const[]){"\"logtype\"", "\"node_id\"", NULL})
		   ? 90
		   : 0;
}

static int
dionaea_recognise(const char *name, const uint8_t *head, size_t size)
{
	(void)name;
	return sensor_head(head, size,
		   (const char *const[]){
		       "\"connection\"", "\"transport\"", "\"protocol\"", NULL})
		   ? 60
		   : 0;
}

static int
heralding_recognise(const char *name, const uint8_t *head, size_t size)
{
	static const char *const heads[] = {
	    "timestamp,duration,session_id,source_ip", "timestamp,auth_id,session_id,"};

	(void)name;
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		if (size > strlen(heads[i]) &&
		    memcmp(head, heads[i], strlen(heads[i])) == 0)
			return 90;
	return sensor_head(head, size,
		   (const char *const[]){"\"session_id\"", "\"num_auth_attempts\"", NULL})
		   ? 90
		   : 0;
}

const struct format format_opencanary = {
    .name = "opencanary",
    .summary = "JSON log of the honeypot OpenCanary",
    .recognise = canary_recognise,
    .read = canary_read,
};

const struct format format_dionaea = {
    .name = "dionaea",
    .summary = "JSON log of the honeypot Dionaea",
    .recognise = dionaea_recognise,
    .read = dionaea_read,
};

const struct format format_heralding = {
    .name = "heralding",
    .summary = "JSON or CSV log of the honeypot Heralding",
    .recognise = heralding_recognise,
    .read = heralding_read,
};
