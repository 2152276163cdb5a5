/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_misp.c -- any bytes as a MISP event. */
#include "fuzz_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	fuzz_report("misp", "report", bytes, size);
	return 0;
}
