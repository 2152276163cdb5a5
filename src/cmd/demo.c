/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo.c -- `botkoll demo`: the whole chain on one screen, in under a minute.
 *
 * Simulates a provider, starts the real daemon on it in replay time, exports the flows to
 * it over the loopback interface as a border router would, lets it read one packet
 * capture, the lease logs and the third-party reports from files, takes its mail, and in
 * the end compares its cases with the truth. Nothing is printed that was not counted.
 */
#include "base/clock.h"
#include "base/when.h"
#include "cmd/command.h"
#include "cmd/demo_daemon.h"
#include "cmd/demo_score.h"
#include "cmd/demo_smtp.h"
#include "cmd/output.h"
#include "cmd/progress.h"
#include "sim/sim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REPLAY_PATIENCE = 120 * 1000000, LOOK = 20000 };

struct demo_options {
	char *dir;
	int64_t lines, days, bots, seed, port;
	bool exit, keep;
};

struct demo {
	const struct command_call *call;
	const struct demo_options *opt;
	char directory[256];
	bool passing; /* the directory is removed at the end */
	struct demo_smtp smtp;
	struct demo_daemon daemon;
	struct sim_stat sim;
	struct demo_score score;
	struct progress progress;
	uint16_t netflow_port;
	uint64_t lost, decoded;
	int64_t begun;
	json_t *status;
};

static volatile sig_atomic_t stopped;

/* clang-format off */
static const struct command_opt demo_options[] = {
	{'d', "DIR", {COMMAND_FIELD(demo_options, dir), .type = CONF_TEXT, .help = "directory to work in, which stays; by default a new one under /tmp, which is removed at the end"}},
	{0, NULL, {COMMAND_FIELD(demo_options, keep), .type = CONF_FLAG, .help = "keep the directory under /tmp too"}},
	{0, "N", {COMMAND_FIELD(demo_options, lines), .type = CONF_INT, .preset = 2000, .min = 100, .max = SIM_LINES_MAX, .help = "lines of the provider"}},
	{0, "N", {COMMAND_FIELD(demo_options, days), .type = CONF_INT, .preset = 7, .min = 1, .max = SIM_DAYS_MAX, .help = "simulated days"}},
	{0, "N", {COMMAND_FIELD(demo_options, bots), .type = CONF_INT, .preset = 25, .min = 0, .max = SIM_LINES_MAX / 10, .help = "planted bots, at most a tenth of the lines"}},
	{0, "S", {COMMAND_FIELD(demo_options, seed), .type = CONF_INT, .preset = 1, .min = 0, .max = 9e15, .help = "what the simulation follows from"}},
	{0, "PORT", {COMMAND_FIELD(demo_options, port), .type = CONF_INT, .preset = 8080, .min = 0, .max = 65535, .help = "port of the console; 0: any free one"}},
	{0, NULL, {COMMAND_FIELD(demo_options, exit), .type = CONF_FLAG, .help = "end after the figures instead of keeping the console up"}},
	COMMAND_OPT_END,
};
/* clang-format on */

static void
on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static double
seconds_since(int64_t begun)
{
	return (double)(clock_monotonic() - begun) / 1e6;
}

/* A line about where the demo is, on a terminal and elsewhere alike. */
static void __attribute__((format(printf, 2, 3)))
tell(const struct demo *d, const char *format, ...)
{
	va_list args;

	(void)fprintf(stderr, "[%5.1f s] ", seconds_since(d->begun));
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

static bool
make_directory(struct demo *d, struct err *err)
{
	if (d->opt->dir != NULL) {
		(void)snprintf(d->directory, sizeof d->directory, "%s", d->opt->dir);
		if (mkdir(d->directory, 0755) != 0 && errno != EEXIST)
			return err_errno(err, "create %s", d->directory);
		return true;
	}
	(void)snprintf(d->directory, sizeof d->directory, "/tmp/botkoll-demo-XXXXXX");
	if (mkdtemp(d->directory) == NULL)
		return err_errno(err, "create a directory under /tmp");
	d->passing = !d->opt->keep;
	/* The daemon's roles are somebody else. */
	return chmod(d->directory, 0755) == 0 || err_errno(err, "open %s", d->directory);
}

static void
show_hours(void *ctx, int64_t done, int64_t total)
{
	struct demo *d = ctx;

	(void)total;
	progress_at(&d->progress, (uint64_t)(done / WHEN_HOUR));
}

static bool
simulate(struct demo *d, struct err *err)
{
	const struct sim_config config = {.seed = (uint64_t)d->opt->seed,
	    .lines = (uint32_t)d->opt->lines,
	    .days = (uint32_t)d->opt->days,
	    .bots = (uint32_t)d->opt->bots,
	    .start = SIM_START};
	bool ok;

	progress_begin(&d->progress, "simulating", "h", config.days * UINT64_C(24));
	ok = sim_run(&config, d->directory, show_hours, d, &d->sim, err);
	progress_end(&d->progress);
	if (!ok)
		return false;
	tell(d,
	    "simulated %u lines over %u days: %llu flows (%.0f a line-day; real lines "
	    "have "
	    "thousands), %llu address changes, %llu report rows",
	    config.lines, config.days, (unsigned long long)d->sim.flows,
	    (double)d->sim.flows / ((double)config.lines * config.days),
	    (unsigned long long)d->sim.changes, (unsigned long long)d->sim.report_rows);
	return true;
}

/* A UDP port that is free now; the daemon binds it a moment later. */
static bool
free_port(uint16_t *port, struct err *err)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
		  getsockname(fd, (struct sockaddr *)&at, &size) == 0;

	if (!ok)
		(void)err_errno(err, "find a free UDP port");
	if (fd >= 0)
		(void)close(fd);
	*port = ntohs(at.sin_port);
	return ok;
}

static bool
start_daemon(struct demo *d, struct err *err)
{
	struct sim_site site = {.console = (uint16_t)d->opt->port,
	    .end = SIM_START + (d->opt->days + 1) * WHEN_DAY};
	char mbox[300];

	(void)snprintf(mbox, sizeof mbox, "%s/notices.mbox", d->directory);
	if (!demo_smtp_start(&d->smtp, mbox, err) || !free_port(&d->netflow_port, err))
		return false;
	site.smtp = d->smtp.port;
	site.netflow = d->netflow_port;
	site.console_on = true;
	if (!sim_write_config(d->directory, &site, err) ||
	    !demo_daemon_start(&d->daemon, d->directory, err))
		return false;
	tell(d,
	    "daemon runs in replay time (shadow mode off, here only); NetFlow 9 to "
	    "127.0.0.1:%u",
	    d->netflow_port);
	return true;
}

static bool
show_sent(void *ctx, uint64_t sent)
{
	struct demo *d = ctx;

	progress_at(&d->progress, sent);
	return !stopped;
}

static bool
export_flows(struct demo *d, struct err *err)
{
	bool ok;

	progress_begin(&d->progress, "exporting", "datagrams", d->sim.datagrams);
	ok = demo_daemon_feed(&d->daemon, "border", d->netflow_port, show_sent, d, err);
	progress_end(&d->progress);
	if (ok)
		tell(d, "exported %llu datagrams with %llu records",
		    (unsigned long long)d->sim.datagrams,
		    (unsigned long long)d->sim.records);
	return ok;
}

static bool
replay_done(const json_t *status)
{
	const char *replay = json_string_value(json_object_get(status, "replay"));

	return replay != NULL && strcmp(replay, "done") == 0;
}

/* Tells the daemon that nothing more comes and waits until it has drawn its conclusions.
 */
static bool
finish_replay(struct demo *d, struct err *err)
{
	json_t *reply = demo_daemon_ask(&d->daemon, "replay.end", NULL, err);
	int64_t begun = clock_monotonic();

	if (reply == NULL)
		return false;
	json_decref(reply);
	progress_begin(&d->progress, "waiting for the daemon", "looks", 0);
	for (uint64_t looks = 0; !stopped; looks++) {
		json_decref(d->status);
		d->status = demo_daemon_ask(&d->daemon, "status", NULL, err);
		if (d->status == NULL || replay_done(d->status))
			break;
		if (clock_monotonic() > begun + REPLAY_PATIENCE) {
			progress_end(&d->progress);
			return err_set(err,
			    "the daemon did not finish; see %s/daemon.log", d->directory);
		}
		progress_at(&d->progress, looks);
		(void)usleep(LOOK);
	}
	progress_end(&d->progress);
	return d->status != NULL && (!stopped || err_set(err, "stopped"));
}

/* Every datagram that was sent must have been read, and no sequence number be missing. */
static bool
check_lost(struct demo *d, struct err *err)
{
	json_t *source;
	size_t i;

	json_array_foreach(json_object_get(d->status, "sources"), i, source)
	{
		const char *name = json_string_value(json_object_get(source, "source"));

		d->lost += (uint64_t)json_integer_value(json_object_get(source, "lost"));
		if (name != NULL && strcmp(name, "border") == 0)
			d->decoded = (uint64_t)json_integer_value(
			    json_object_get(source, "decoded"));
	}
	if (d->lost == 0 && d->decoded == d->sim.datagrams)
		return true;
	return err_set(err,
	    "lost: %llu by sequence number; %llu of %llu datagrams decoded",
	    (unsigned long long)d->lost, (unsigned long long)d->decoded,
	    (unsigned long long)d->sim.datagrams);
}

/* One row for each object of the list: what its `name` says, and its `count`. */
static void
write_readers(struct jw *j, const json_t *list, const char *name, const char *count)
{
	char text[160];
	json_t *reader;
	size_t i;

	json_array_foreach(list, i, reader)
	{
		(void)snprintf(text, sizeof text, "%s: %lld %s",
		    json_string_value(json_object_get(reader, name)),
		    (long long)json_integer_value(json_object_get(reader, count)), count);
		jw_text(j, NULL, text);
	}
}

/* What ran, as the daemon's status tells it. */
static void
write_decoders(const struct demo *d, struct jw *j)
{
	json_t *role;
	size_t i;

	jw_array(j, "decoders");
	write_readers(j, json_object_get(d->status, "sources"), "type", "records");
	json_array_foreach(json_object_get(d->status, "roles"), i, role)
	{
		const json_t *status = json_object_get(role, "status");

		write_readers(j, json_object_get(status, "formats"), "format", "rows");
		write_readers(j, json_object_get(status, "logs"), "type", "lines");
	}
	jw_end(j);
}

/* "mozi: 2 bots": what a source could tell and no case came of. */
static void
write_families(struct jw *j, const struct demo_score *s)
{
	char text[64];

	jw_array(j, "missed_though_visible");
	for (size_t i = 0; i < s->family_count; i++) {
		(void)snprintf(text, sizeof text, "%s: %u %s", s->families[i].name,
		    s->families[i].missed, s->families[i].missed == 1 ? "bot" : "bots");
		jw_text(j, NULL, text);
	}
	jw_end(j);
}

static void
print_score(const struct demo *d)
{
	const struct demo_score *s = &d->score;
	struct output out;
	struct jw *j;

	output_begin(&out, d->call, NULL);
	j = output_object(&out);
	write_decoders(d, j);
	jw_uint(j, "lost", d->lost);
	jw_uint(j, "planted", s->planted);
	jw_uint(j, "planted_visible_to_a_source", s->visible);
	jw_uint(j, "found", s->found);
	jw_uint(j, "missed", s->missed);
	jw_uint(j, "missed_dark_number", s->unseen);
	write_families(j, s);
	jw_uint(j, "wrongly_blamed", s->wrong);
	jw_text(j, "wrongly_blamed_lines", s->wrong_lines);
	jw_uint(j, "notified", s->notified);
	jw_uint(j, "wrongly_notified", s->wrongly_notified);
	jw_uint(j, "mails_accepted", d->smtp.count->accepted);
	jw_uint(j, "mails_repeated", d->smtp.count->again);
	jw_uint(j, "lines_measured_active", s->measured_active);
	jw_fixed(j, "prevalence_per_1000_measured", s->measured_per_1000, 2);
	jw_fixed(j, "prevalence_per_1000_true", s->true_per_1000, 2);
	jw_fixed(j, "seconds", seconds_since(d->begun), 1);
	output_object_end(&out);
	output_end(&out);
	(void)fflush(stdout);
}

/* The port that the console's role tells; 0 if it is down. */
static json_int_t
console_port(struct demo *d)
{
	struct err err;
	json_t *role, *status = demo_daemon_ask(&d->daemon, "status", NULL, &err);
	json_int_t port = 0;
	size_t i;

	json_array_foreach(json_object_get(status, "roles"), i, role)
	{
		const char *name = json_string_value(json_object_get(role, "role"));

		if (name != NULL && strcmp(name, "console") == 0)
			port = json_integer_value(
			    json_object_get(json_object_get(role, "status"), "port"));
	}
	json_decref(status);
	return port;
}

static void
tell_console(struct demo *d)
{
	json_t *args = json_pack("{s:s}", "name", "demo");
	json_int_t port = console_port(d);
	json_t *login;
	struct err err;

	if (port == 0) {
		tell(d, "the console is not running; see %s/daemon.log", d->directory);
		json_decref(args);
		return;
	}
	login = demo_daemon_ask(&d->daemon, "staff.onetime", args, &err);
	json_decref(args);
	if (login == NULL) {
		tell(d, "no login for the console: %s", err.text);
		return;
	}
	tell(d, "console: http://127.0.0.1:%lld  name %s, one-time password %s",
	    (long long)port, json_string_value(json_object_get(login, "name")),
	    json_string_value(json_object_get(login, "password")));
	json_decref(login);
}

/* The console stays until somebody has seen enough. */
static void
stay(struct demo *d)
{
	tell_console(d);
	tell(d,
	    "files are in %s (notices.mbox, truth.jsonl, daemon.log)%s; end with Ctrl-C",
	    d->directory, d->passing ? " until the end (--keep: for good)" : "");
	while (!stopped && demo_daemon_alive(&d->daemon))
		(void)usleep(200000);
}

static bool
play(struct demo *d, struct err *err)
{
	if (!make_directory(d, err) || !simulate(d, err) || !start_daemon(d, err) ||
	    !export_flows(d, err) || !finish_replay(d, err) || !check_lost(d, err) ||
	    !demo_score(&d->daemon, (uint32_t)d->opt->lines, &d->score, err))
		return false;
	print_score(d);
	if (!d->opt->exit)
		stay(d);
	return true;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* What went wrong can be looked at: the directory stays then. */
static void
clean_up(struct demo *d, bool ok)
{
	if (*d->directory == '\0' || !d->passing)
		return;
	if (!ok)
		tell(d, "files stay in %s; see daemon.log there", d->directory);
	else if (nftw(d->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		tell(d, "not all of %s could be removed", d->directory);
}

static int
demo_run(const struct command_call *call)
{
	struct sigaction on = {.sa_handler = on_signal};
	struct demo d = {.call = call, .opt = call->options, .begun = clock_monotonic()};
	struct err err, end;
	bool ok;

	if (d.opt->bots > d.opt->lines / 10)
		return command_misuse(call, "--bots: at most a tenth of the lines");
	(void)sigaction(SIGINT, &on, NULL);
	(void)sigaction(SIGTERM, &on, NULL);
	ok = play(&d, &err);
	if (d.daemon.pid > 0 && !demo_daemon_stop(&d.daemon, &end) && ok) {
		ok = false;
		err = end;
	}
	demo_smtp_stop(&d.smtp);
	json_decref(d.status);
	clean_up(&d, ok);
	if (!ok)
		return command_fail(call, STATUS_NO, "%s", err.text);
	return d.score.wrong > 0 ? STATUS_NO : STATUS_DONE;
}

const struct command command_demo = {
    .name = "demo",
    .summary = "a simulated provider through the whole chain, in under a minute",
    .help =
	"Simulates a provider, runs the real daemon on it in replay time, exports the\n"
	"flows to it over the loopback interface, and compares its cases with the "
	"truth.\n"
	"Exit status 1 if anybody was wrongly blamed or anything was lost.",
    .options = demo_options,
    .options_size = sizeof(struct demo_options),
    .run = demo_run,
};
