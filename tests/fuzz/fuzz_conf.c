/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_conf.c -- any bytes as configuration; what is accepted prints and reads back. */
#include "base/mem.h"

#include "../unit/conf_sample.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct sample s, again;
	struct wr first, second;
	struct err err;

	if (!conf_parse(sample_rows, &s, "fuzz", (const char *)bytes, size, &err))
		return 0;
	wr_init(&first, 64 << 20);
	wr_init(&second, 64 << 20);
	conf_print(sample_rows, &s, &first);
	if (!conf_parse(
		sample_rows, &again, "printed", wr_string(&first), first.size, &err))
		fatal("printed, not read back: %s", err.text);
	conf_print(sample_rows, &again, &second);
	if (strcmp(wr_string(&first), wr_string(&second)) != 0)
		fatal("printed differently");
	wr_fini(&first);
	wr_fini(&second);
	conf_free(sample_rows, &s);
	conf_free(sample_rows, &again);
	return 0;
}
