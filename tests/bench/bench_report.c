/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_report.c -- what a row of a report costs, against Python that only splits it.
 *
 * Our side reads a Shadowserver report of made-up sinkhole rows as intake does: unpacked,
 * split, classified, normalised, and repeats (a tenth of the rows) found by their digest.
 * Python's csv.DictReader walks the same file and does nothing with the rows. CPU time
 * (user and system) of the process, best of three; Python measures its own loop, without
 * its start.
 *
 *     bench_report [ROWS [DIRECTORY]]        2.6 million rows make 1 GB
 *
 * Also printed: the most memory that our side held.
 */
#include "base/hash.h"
#include "base/mem.h"
#include "base/table.h"
#include "measure.h"
#include "report/report.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REPEAT = 10 };

struct seen {
	struct table *ids;
	uint64_t items, repeats;
};

static const char header[] =
    "\"timestamp\",\"severity\",\"protocol\",\"src_ip\",\"src_port\",\"src_asn\",\"src_"
    "geo\",\"src_region\","
    "\"src_city\",\"src_hostname\",\"src_naics\",\"src_sector\",\"device_vendor\","
    "\"device_type\","
    "\"device_model\",\"dst_ip\",\"dst_port\",\"dst_asn\",\"dst_geo\",\"dst_region\","
    "\"dst_city\","
    "\"dst_hostname\",\"dst_naics\",\"dst_sector\",\"public_source\",\"infection\","
    "\"family\",\"tag\","
    "\"application\",\"version\",\"event_id\",\"ssl_cipher\",\"ssl_servername\"\n";

/* Every REPEAT-th row is the one before it once more. */
static void
write_rows(FILE *out, uint64_t rows)
{
	static const char *const families[] = {
	    "mirai", "avalanche-andromeda", "Conficker", "qakbot", "android.hummer"};
	struct rng rng;

	rng_seed(&rng, 7);
	(void)fputs(header, out);
	for (uint64_t i = 0; i < rows; i++) {
		uint64_t n = i - (i % REPEAT == REPEAT - 1), r = hash_u64(n, 7);

		(void)fprintf(out,
		    "\"2026-03-%02u "
		    "%02u:%02u:%02u\",\"critical\",\"tcp\",\"198.18.%u.%u\",%u,64496,"
		    "\"SE\","
		    "\"STOCKHOLMS LAN\",\"STOCKHOLM\",\"host-%u.example.net\",517311,"
		    "\"Communications, Service Provider, and Hosting "
		    "Service\",,,,\"192.0.2.%u\","
		    "80,64511,\"US\",\"VIRGINIA\",\"ASHBURN\",\"sink.example.org\","
		    "518210,\"\","
		    "\"MSDCU\",\"%s\",\"\",\"%s\",\"http\",\"\",\"%016" PRIx64
		    "\",\"\",\"\"\n",
		    (unsigned)(r % 28 + 1), (unsigned)(r >> 8) % 24,
		    (unsigned)(r >> 16) % 60, (unsigned)(r >> 24) % 60,
		    (unsigned)(r >> 32) % 256, (unsigned)(r >> 40) % 256,
		    (unsigned)(r >> 48) % 60000 + 1024, (unsigned)r % 100000,
		    (unsigned)(r >> 20) % 250, families[r % 5], families[r % 5], r);
	}
}

static void
take(void *ctx, const struct item *item)
{
	struct seen *seen = ctx;
	bool fresh;

	if (!item->has_addr || item->role != ROLE_BOT || item->family[0] == 0)
		return;
	seen->items++;
	(void)table_get(seen->ids, &item->digest, 0, 0, &fresh);
	seen->repeats += !fresh;
}

static struct seen
read_report(const char *path)
{
	struct err err;
	struct seen seen = {.ids = table_new(1 << 16, sizeof(struct id128), 8, 1)};
	struct report_input in = {
	    .name = strrchr(path, '/') + 1, .fd = open(path, O_RDONLY | O_CLOEXEC)};
	struct report_stat stat;

	if (in.fd < 0 ||
	    !report_read(
		&in, &(struct report_sink){.item = take, .ctx = &seen}, &stat, &err))
		fatal("bench_report: %s", in.fd < 0 ? path : err.text);
	(void)close(in.fd);
	table_free(seen.ids);
	return seen;
}

/* CPU seconds of the loop, as Python tells them; negative: it did not. */
static double
dict_reader(const char *path)
{
	char command[1024], line[64] = "-1";
	FILE *python;

	(void)snprintf(command, sizeof command,
	    "python3 -c \"import csv, time\n"
	    "with open('%s', newline='') as f:\n"
	    "  start = time.process_time()\n"
	    "  for row in csv.DictReader(f): pass\n"
	    "  print(time.process_time() - start)\"",
	    path);
	python = popen(command, "r");
	if (python == NULL || fgets(line, sizeof line, python) == NULL)
		(void)strcpy(line, "-1");
	if (python != NULL)
		(void)pclose(python);
	return atof(line);
}

static double
least(double a, double b)
{
	return a < b ? a : b;
}

int
main(int argc, char **argv)
{
	uint64_t rows = argc > 1 ? strtoull(argv[1], NULL, 10) : 300000;
	double ours = 1e9, theirs = 1e9;
	struct rusage use;
	struct seen seen = {0};
	struct stat st;
	char path[256];
	FILE *out;

	(void)snprintf(path, sizeof path, "%s/2026-03-29-event4_sinkhole-bench.csv",
	    argc > 2 ? argv[2] : "/tmp");
	out = fopen(path, "w");
	if (out == NULL)
		fatal("bench_report: %s", path);
	write_rows(out, rows);
	(void)fclose(out);
	(void)stat(path, &st);
	report_warm();
	for (int i = 0; i < ROUNDS; i++) {
		double begun = cpu_seconds(RUSAGE_SELF);

		seen = read_report(path);
		ours = least(ours, cpu_seconds(RUSAGE_SELF) - begun);
		theirs = least(theirs, dict_reader(path));
	}
	(void)getrusage(RUSAGE_SELF, &use);
	(void)unlink(path);
	(void)printf("report of %" PRIu64
		     " rows, %.0f MB: %.0f rows/s, csv.DictReader %.0f "
		     "rows/s: ratio %.2f; %" PRIu64 " items, %" PRIu64
		     " repeats; peak memory %.1f MiB\n",
	    rows, (double)st.st_size / 1e6, (double)rows / ours, (double)rows / theirs,
	    theirs / ours, seen.items, seen.repeats, (double)use.ru_maxrss / 1024);
	return seen.items != rows;
}
