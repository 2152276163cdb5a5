/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_xarf.c -- any bytes as XARF: an item, a refusal or an error, and never both. */
#include "fuzz_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	fuzz_report("xarf", "x.json", bytes, size);
	return 0;
}
