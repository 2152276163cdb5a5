/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_dns.c -- names are bounded and printable. */
#include "event/dns.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(const struct dns_message *m)
{
	assert(m->name_size > 0 && m->name_size < DNS_NAME);
	for (uint8_t i = 0; i < m->name_size; i++)
		assert(m->name[i] > ' ' && m->name[i] < 127);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct dns_message m;

	if (dns_decode(bytes, size, &m))
		check(&m);
	if (dns_decode_tcp(bytes, size, &m))
		check(&m);
	return 0;
}
