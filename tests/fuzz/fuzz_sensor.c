/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_sensor.c -- a log of any bytes through each reader of sensors' logs, as far as the
 * sighting. The first byte chooses the reader.
 */
#include "fuzz_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char *const names[] = {
    "cowrie", "dionaea", "eve", "heralding", "opencanary", "relaylog", "zeek"};

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct weight_table *weights;
	struct report_input in = {.name = "x.log", .fd = -1};
	struct report_stat stat;
	struct err err;

	if (weights == NULL)
		weights = weights_read(NULL, &err);
	assert(weights != NULL);
	if (size == 0)
		return 0;
	in.format = names[bytes[0] % (sizeof names / sizeof *names)];
	in.bytes = bytes + 1;
	in.size = size - 1;
	(void)!report_read(&in,
	    &(struct report_sink){
		.item = fuzz_item, .refuse = fuzz_refusal, .ctx = weights},
	    &stat, &err);
	return 0;
}
