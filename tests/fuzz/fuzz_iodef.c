/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_iodef.c -- any bytes as a IODEF document. */
#include "fuzz_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	fuzz_report("iodef", "report", bytes, size);
	return 0;
}
