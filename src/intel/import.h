/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import.h -- lists of indicators as others publish them, and the file of our own.
 *
 * Read: CSV with a header (ours, Feodo Tracker's and the like: the column of the value is
 * one of value, indicator, ioc, dst_ip, dstip, ip, domain, host), or one value a line,
 * hosts files too. Comments begin with # ; or //. Ours is CSV with the columns value,
 * port, protocol, role, purpose, confidence, shared, source, family, from, until, tlp.
 */
#ifndef INTEL_IMPORT_H
#define INTEL_IMPORT_H

#include "intel/indicators.h"

enum { IMPORT_FILE_MOST = 1 << 30 };

/* Name of our file in the daemon's directory. */
#define INDICATORS_FILE "indicators.csv"

struct import_stat {
	uint64_t lines, taken, refused;
};

/* Told of each line that was refused. */
typedef void import_refused(void *ctx, uint64_t line, const char *sentence);

/* `preset` holds what lines do not say (its value is not used). Texts are copied. */
struct import_stat indicators_import(struct indicators *set,
    const struct indicator_row *preset, const char *text, size_t size,
    import_refused *refused, void *ctx);
/* One row of strangers' into the set, its labels cleaned. */
MUST_CHECK bool indicators_take(
    struct indicators *set, const struct indicator_row *foreign, struct err *err);
/* All indicators of a sealed set, in our format. */
void indicators_write(const struct indicators *set, struct wr *out);
/* Adds a file (ours, or any that indicators_import reads; what it does not say is taken
 * as a C2's, of confidence 50, for ever). False with a sentence if it cannot be read or a
 * line is refused; one that does not exist holds nothing. */
MUST_CHECK bool indicators_load(
    struct indicators *set, const char *path, struct err *err);
/* The same into a set of its own, sealed; NULL on failure. */
struct indicators *indicators_read(const char *path, struct err *err);

#endif
