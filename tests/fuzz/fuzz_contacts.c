/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_contacts.c -- saved answers of registries, of any bytes: RDAP, whois, a table. The
 * first byte chooses. Whatever is found can be written to.
 */
#include "../../src/exchange/contacts.c"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct contacts *c = xcalloc(1, sizeof *c);
	const char *text = (const char *)bytes + 1;
	struct err err;
	char *copy;

	if (size > 0 && bytes[0] % 3 == 0)
		take_rdap(c, text, size - 1);
	if (size > 0 && bytes[0] % 3 == 1) {
		copy = xcalloc(1, size);
		memcpy(copy, text, size - 1);
		take_whois(c, copy);
		free(copy);
	}
	if (size > 0 && bytes[0] % 3 == 2)
		(void)!take_table(c, "fuzz", text, size - 1, &err);
	for (size_t i = 0; i < c->count; i++) {
		const char *mail = contacts_find(c, &c->ranges[i].low);

		assert(mail != NULL && mime_address_valid(mail));
	}
	contacts_free(c);
	return 0;
}
