/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_pcap.c -- a whole capture file, plain or compressed, through the source. */
#include "base/when.h"
#include "source/source.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What a source hands out is what batch_read accepts. */
static void
take_batch(void *ctx, struct batch *batch)
{
	static struct batch *again;
	struct wr w;
	struct rd r;

	(void)ctx;
	if (again == NULL)
		again = batch_new();
	wr_init(&w, sizeof *batch + 4096);
	batch_write(batch, &w);
	r = rd_init(w.bytes, w.size);
	assert(batch_read(again, &r));
	wr_fini(&w);
}

static void
run(int fd)
{
	static const struct prefix all;
	static const struct our_networks ours = {
	    .items = &all, .count = 1, .v6_length = 64};
	struct source_env env = {.ours = &ours,
	    .lateness = WHEN_SECOND,
	    .classes = DATA_TRAFFIC | DATA_NAME,
	    .flows = 16,
	    .active = 60 * WHEN_SECOND,
	    .idle = 10 * WHEN_SECOND};
	struct err err;
	void *self = source_pcap.open(&env, fd, "fuzz", &err);

	if (self == NULL)
		return;
	for (int i = 0; i < 4 && source_pcap.step(self, take_batch, NULL); i++)
		;
	source_pcap.finish(self, WHEN_NEVER, take_batch, NULL);
	source_pcap.close(self);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	assert(fd >= 0);
	if (write(fd, bytes, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0)
		run(fd);
	(void)close(fd);
	return 0;
}
