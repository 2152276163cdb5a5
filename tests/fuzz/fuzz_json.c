/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_json.c -- any bytes as JSON, and any bytes as a text that is written. */
#include "base/json.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
write_and_read(const uint8_t *bytes, size_t size)
{
	struct jw j;
	struct wr w;
	struct err err;
	json_t *json;

	wr_init(&w, 64 << 20);
	jw_begin(&j, &w);
	jw_array(&j, NULL);
	jw_text_n(&j, NULL, (const char *)bytes, size);
	jw_end(&j);
	json = json_loadb((const char *)w.bytes, w.size, JSON_ALLOW_NUL, NULL);
	if (json == NULL)
		fatal("what was written is no JSON");
	json_decref(json);
	json = json_read((const char *)bytes, size, &err);
	if (json != NULL) {
		wr_reset(&w);
		jw_begin(&j, &w);
		jw_value(&j, NULL, json);
		json_decref(json_read((const char *)w.bytes, w.size, &err));
	}
	json_decref(json);
	wr_fini(&w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	write_and_read(bytes, size);
	return 0;
}
