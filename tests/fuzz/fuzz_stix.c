/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_stix.c -- any bytes as a STIX bundle or TAXII envelope. */
#include "fuzz_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	fuzz_report("stix", "report", bytes, size);
	return 0;
}
