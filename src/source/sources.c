/* SPDX-License-Identifier: Apache-2.0 */
/* sources.c -- the list of sources, and which of them reads a given file. */
#include "source/capture.h"
#include "source/source.h"

const struct source *const sources[] = {&source_pcap, &source_netflow, NULL};

static bool
is_compressed(const uint8_t *head, size_t size)
{
	static const uint8_t gzip[] = {0x1f, 0x8b}, xz[] = {0xfd, '7', 'z', 'X', 'Z'},
			     zstd[] = {0x28, 0xb5, 0x2f, 0xfd};

	return (size >= sizeof gzip && memcmp(head, gzip, sizeof gzip) == 0) ||
	       (size >= sizeof xz && memcmp(head, xz, sizeof xz) == 0) ||
	       (size >= sizeof zstd && memcmp(head, zstd, sizeof zstd) == 0);
}

const struct source *
source_for_file(const uint8_t *head, size_t size, struct err *err)
{
	if (is_compressed(head, size) || capture_known(head, size))
		return &source_pcap;
	(void)err_set(err, "neither a capture (pcap, pcapng) nor gzip, xz or zstd");
	return NULL;
}
