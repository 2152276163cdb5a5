/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_api.c -- CPU time of GET /api/cases against bare libmicrohttpd that runs the same
 * query on the same store and prints the same fields with snprintf.
 *
 * Each server is a child of its own; the client sends REQUESTS requests over one kept
 * connection and the child's CPU time is read when it has ended. Run in turn, three
 * times; the medians make the ratio. The difference is sessions, routing, the store's
 * interface and the JSON writer.
 */
#include "base/hash.h"
#include "base/mem.h"
#include "web/console.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CASES = 1000, REQUESTS = 2000, ROUNDS = 3, PAGE = 50 };

static const char query[] =
    "SELECT id, code, line, class, state, held, shadow, posterior, opened, last_evidence,"
    " notified, ended, due, notices_sent, reminders, entries FROM cases"
    " ORDER BY id DESC LIMIT 50";

/* ---- the bare peer */

static size_t
print_row(sqlite3_stmt *row, char *out, size_t room)
{
	return (size_t)snprintf(out, room,
	    "{\"id\":\"%lld\",\"code\":\"%s\",\"line\":\"%lld\",\"class\":%d,\"state\":%"
	    "d,"
	    "\"held\":%d,\"shadow\":%d,\"posterior\":%.4f,\"opened\":%lld,"
	    "\"last_evidence\":%lld,\"notified\":%lld,\"ended\":%lld,\"due\":%lld,"
	    "\"notices\":%d,\"reminders\":%d,\"entries\":%d},",
	    sqlite3_column_int64(row, 0), (const char *)sqlite3_column_text(row, 1),
	    sqlite3_column_int64(row, 2), sqlite3_column_int(row, 3),
	    sqlite3_column_int(row, 4), sqlite3_column_int(row, 5),
	    sqlite3_column_int(row, 6), sqlite3_column_double(row, 7),
	    sqlite3_column_int64(row, 8), sqlite3_column_int64(row, 9),
	    sqlite3_column_int64(row, 10), sqlite3_column_int64(row, 11),
	    sqlite3_column_int64(row, 12), sqlite3_column_int(row, 13),
	    sqlite3_column_int(row, 14), sqlite3_column_int(row, 15));
}

static enum MHD_Result
bare_answer(void *ctx, struct MHD_Connection *connection, const char *path,
    const char *method, const char *version, const char *upload, size_t *upload_size,
    void **slot)
{
	static char text[64 * 1024];
	sqlite3_stmt *row = ctx;
	size_t used = (size_t)sprintf(text, "{\"cases\":[");
	struct MHD_Response *response;
	enum MHD_Result result;

	(void)path, (void)method, (void)version, (void)upload, (void)upload_size;
	if (*slot == NULL) {
		*slot = text;
		return MHD_YES;
	}
	while (sqlite3_step(row) == SQLITE_ROW)
		used += print_row(row, text + used, sizeof text - used);
	(void)sqlite3_reset(row);
	used += (size_t)sprintf(text + used - 1, "]}") - 1;
	response = MHD_create_response_from_buffer(used, text, MHD_RESPMEM_MUST_COPY);
	(void)MHD_add_response_header(response, "Content-Type", "application/json");
	result = MHD_queue_response(connection, 200, response);
	MHD_destroy_response(response);
	return result;
}

static void
serve_bare(int listen_fd, const char *directory)
{
	char path[128];
	sqlite3 *db;
	sqlite3_stmt *row;
	struct MHD_Daemon *daemon;

	(void)snprintf(path, sizeof path, "%s/store.db", directory);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, query, -1, &row, NULL) != SQLITE_OK)
		fatal("%s: %s", path, sqlite3_errmsg(db));
	daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, bare_answer, row,
	    MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_END);
	if (daemon == NULL)
		fatal("libmicrohttpd does not start");
	for (;;)
		(void)MHD_run_wait(daemon, -1);
}

/* ---- ours */

static struct console *console;

/* A login that always succeeds: it is not what is measured. */
static bool
ask(void *ctx, uint64_t ticket, uint32_t actor, const char *json, size_t size)
{
	(void)actor, (void)json, (void)size;
	*(uint64_t *)ctx = ticket;
	return true;
}

static void
serve_ours(int listen_fd, const char *directory)
{
	static const char yes[] =
	    "{\"ok\":true,\"result\":{\"name\":\"a\",\"role\":\"b\","
	    "\"staff\":1,\"one_time\":false}}";
	uint64_t ticket = 0;
	struct err err;
	struct store *store = store_open(directory, false, &err);
	struct console_config config = {
	    .listen_fd = listen_fd, .store = store, .ask = ask, .ask_ctx = &ticket};

	console = store != NULL ? console_new(&config, &err) : NULL;
	if (console == NULL)
		fatal("%s", err.text);
	for (;;) {
		struct pollfd p = {.fd = console_fd(console), .events = POLLIN};
		int64_t wait = console_timeout(console);

		(void)poll(&p, 1, wait < 0 ? -1 : (int)(wait / 1000));
		console_run(console);
		if (ticket != 0)
			console_answer(console, ticket, yes, sizeof yes - 1);
		ticket = 0;
	}
}

/* ---- the client */

/* Sends, then reads one whole reply; returns its text, valid until the next call. */
static const char *
exchange(int fd, const char *request)
{
	static char reply[256 * 1024];
	size_t used = 0, wanted = sizeof reply;

	if (write(fd, request, strlen(request)) < 0)
		fatal("the server went away");
	while (used < wanted) {
		ssize_t got = read(fd, reply + used, sizeof reply - 1 - used);
		const char *end, *length;

		if (got <= 0)
			fatal("the server ended the connection");
		used += (size_t)got;
		reply[used] = 0;
		end = strstr(reply, "\r\n\r\n");
		length = strcasestr(reply, "content-length:");
		if (end != NULL && length != NULL)
			wanted =
			    (size_t)(end + 4 - reply) + strtoul(length + 15, NULL, 10);
	}
	return reply;
}

static void
get_cookie(int fd, char *cookie, size_t room)
{
	static const char body[] = "{\"name\":\"a\",\"password\":\"b\"}";
	char request[256];
	const char *reply, *at;

	(void)snprintf(request, sizeof request,
	    "POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    sizeof body - 1, body);
	reply = exchange(fd, request);
	at = strstr(reply, "session=");
	if (at == NULL)
		fatal("no session: %.200s", reply);
	(void)snprintf(cookie, room, "%.*s", (int)strcspn(at, ";"), at);
}

/* CPU seconds of a server for REQUESTS answers; *size: bytes of the last one. */
static double
measure(void (*serve)(int, const char *), const char *directory, bool login, size_t *size)
{
	int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
	socklen_t length = sizeof a;
	char cookie[128] = "none=1", request[256];
	struct rusage usage;
	pid_t child;

	if (bind(listen_fd, (struct sockaddr *)&a, sizeof a) < 0 ||
	    listen(listen_fd, 8) < 0)
		fatal("no port on loopback");
	(void)getsockname(listen_fd, (struct sockaddr *)&a, &length);
	child = fork();
	if (child == 0)
		serve(listen_fd, directory);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0)
		fatal("cannot connect to the server");
	if (login)
		get_cookie(fd, cookie, sizeof cookie);
	(void)snprintf(request, sizeof request,
	    "GET /api/cases?limit=%d HTTP/1.1\r\nHost: x\r\nCookie: %s\r\n\r\n", PAGE,
	    cookie);
	for (int i = 0; i < REQUESTS; i++)
		*size = strlen(exchange(fd, request));
	(void)kill(child, SIGKILL);
	(void)wait4(child, NULL, 0, &usage);
	(void)close(fd);
	(void)close(listen_fd);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void
fill(const char *directory)
{
	struct err err;
	struct store *store = store_open(directory, true, &err);

	if (store == NULL || !store_begin(store, &err))
		fatal("%s", err.text);
	for (uint64_t i = 0; i < CASES; i++) {
		struct case_record record = {.line = i + 1, .due = INT64_MAX};

		(void)snprintf(record.code, sizeof record.code, "%08u", (unsigned)i);
		record.now = (struct case_state_of){.state = CASE_NOTIFIED,
		    .opened = 1789000000000000,
		    .last_evidence = 1789000000000000,
		    .notified = 1789000000000000,
		    .posterior = .998};
		if (!store_case_new(store, &record, &err))
			fatal("%s", err.text);
	}
	if (!store_commit(store, &err))
		fatal("%s", err.text);
	store_close(store);
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(void)
{
	char directory[] = "/tmp/bench_api.XXXXXX", command[64];
	double ours[ROUNDS], bare[ROUNDS];
	size_t our_size, bare_size;

	if (mkdtemp(directory) == NULL)
		fatal("no temporary directory");
	fill(directory);
	for (int i = 0; i < ROUNDS; i++) {
		ours[i] = measure(serve_ours, directory, true, &our_size);
		bare[i] = measure(serve_bare, directory, false, &bare_size);
	}
	qsort(ours, ROUNDS, sizeof *ours, by_size);
	qsort(bare, ROUNDS, sizeof *bare, by_size);
	printf(
	    "GET /api/cases, %d of %d cases, CPU per answer: ours %.0f us (%zu bytes), "
	    "bare libmicrohttpd with the same query %.0f us (%zu bytes): ratio %.2f\n",
	    PAGE, CASES, ours[ROUNDS / 2] / REQUESTS * 1e6, our_size,
	    bare[ROUNDS / 2] / REQUESTS * 1e6, bare_size,
	    ours[ROUNDS / 2] / bare[ROUNDS / 2]);
	(void)snprintf(command, sizeof command, "rm -rf %s", directory);
	return system(command) != 0;
}
