/* SPDX-License-Identifier: Apache-2.0 */
/* capture.h -- the packets of a capture file: pcap (µs, ns, either byte order), pcapng.
 */
#ifndef SOURCE_CAPTURE_H
#define SOURCE_CAPTURE_H

#include "base/input.h"

struct capture_packet {
	int64_t time;  /* µs since 1970, within range of an event */
	uint32_t link; /* LINKTYPE_ */
	const uint8_t *bytes;
	size_t size, length; /* captured, on the wire */
};

enum capture_result {
	CAPTURE_PACKET,
	CAPTURE_END,
	CAPTURE_CUT /* the file ends inside a record, or makes no sense from here on */
};

struct capture;

/* True if a file that begins so is a capture. */
bool capture_known(const uint8_t *head, size_t size);
/* NULL with a sentence if it is none. `in` is borrowed. */
struct capture *capture_new(struct input *in, const char *name, struct err *err);
void capture_free(struct capture *c);
/* The bytes are borrowed until the next call. */
enum capture_result capture_next(struct capture *c, struct capture_packet *out);

#endif
