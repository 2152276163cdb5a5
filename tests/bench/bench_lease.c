/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_lease.c -- lookups in mapped lease segments beside a bare binary search of the
 * same intervals in one sorted array: CPU seconds, and their ratio.
 */
#include "base/hash.h"
#include "base/mem.h"
#include "base/when.h"
#include "line/segment.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { HOSTS = 200000, EACH = 20, LOOKUPS = 2000000 };

static struct lease *all;

static double
cpu_seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static struct lease
lease_at(uint32_t host, uint32_t n)
{
	return (struct lease){.realm = 1,
	    .addr = addr_v4(0x0a000000 + host),
	    .start = (int64_t)n * WHEN_HOUR,
	    .end = (int64_t)(n + 1) * WHEN_HOUR,
	    .handle = host * EACH + n + 1};
}

static void
sum_visit(void *ctx, const struct lease *lease)
{
	*(uint64_t *)ctx += lease->handle;
}

/* The last lease that began at or before `t`. */
static const struct lease *
bare_search(const struct lease *wanted)
{
	size_t low = 0, high = (size_t)HOSTS * EACH;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = addr_compare(&all[middle].addr, &wanted->addr);

		if (order < 0 || (order == 0 && all[middle].start <= wanted->start))
			low = middle + 1;
		else
			high = middle;
	}
	return &all[low - 1];
}

static struct lease
question(struct rng *rng)
{
	struct lease q = lease_at((uint32_t)rng_below(rng, HOSTS), 0);

	q.start = (int64_t)rng_below(rng, (uint64_t)EACH * (uint64_t)WHEN_HOUR);
	return q;
}

static void
write_segment(int dir_fd)
{
	struct err err;
	struct segment_writer *writer = segment_writer_new(dir_fd, "bench", &err);

	if (writer == NULL)
		fatal("%s", err.text);
	for (uint32_t h = 0; h < HOSTS; h++)
		for (uint32_t n = 0; n < EACH; n++) {
			all[(size_t)h * EACH + n] = lease_at(h, n);
			segment_writer_add(writer, &all[(size_t)h * EACH + n]);
		}
	if (!segment_writer_end(writer, &err))
		fatal("%s", err.text);
}

int
main(void)
{
	char directory[] = "/tmp/botkoll-bench-XXXXXX";
	int dir_fd = mkdtemp(directory) ? open(directory, O_RDONLY | O_DIRECTORY) : -1;
	uint64_t ours = 0, bare = 0;
	struct segment segment;
	double start, mapped, plain;
	struct err err;
	struct rng rng;

	all = xcalloc((size_t)HOSTS * EACH, sizeof *all);
	write_segment(dir_fd);
	if (!segment_open(&segment, dir_fd, "bench", &err))
		fatal("%s", err.text);
	rng_seed(&rng, 1);
	start = cpu_seconds();
	for (int i = 0; i < LOOKUPS; i++) {
		struct lease q = question(&rng);

		segment_visit(&segment,
		    &(struct lease_question){q.addr, 1, q.start, q.start}, sum_visit,
		    &ours);
	}
	mapped = cpu_seconds() - start;
	rng_seed(&rng, 1);
	start = cpu_seconds();
	for (int i = 0; i < LOOKUPS; i++) {
		struct lease q = question(&rng);

		bare += bare_search(&q)->handle;
	}
	plain = cpu_seconds() - start;
	segment_close(&segment);
	(void)unlinkat(dir_fd, "bench", 0);
	(void)rmdir(directory);
	if (ours != bare)
		fatal("the two disagree");
	(void)printf("lease lookups/s %.0f bare %.0f ratio %.2f\n", LOOKUPS / mapped,
	    LOOKUPS / plain, mapped / plain);
	free(all);
	return 0;
}
