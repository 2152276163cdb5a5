/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_mail.c -- any bytes as a mail, with all that mails may hold. */
#include "fuzz_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	fuzz_report("mail", "x.eml", bytes, size);
	return 0;
}
