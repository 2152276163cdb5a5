/* SPDX-License-Identifier: Apache-2.0 */
/* measure.h -- CPU time of work done in a child process, and inputs that benches share.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdint.h>
#include <sys/resource.h>

enum { PACKETS = 1000000, FLOWS = 50000, ROUNDS = 3, RECORD = 16 + 54 };

/* User and system time. */
double cpu_of(const struct rusage *use);
double cpu_seconds(int who);
/* CPU seconds of a child that does `work`, the least of ROUNDS; negative: it failed or is
 * not there. */
double measure(void (*work)(const char *), const char *path);
/* Becomes the program, without input and output. */
_Noreturn void quiet_exec(const char *const *argv);
/* Prints the ratio of CPU time for `count` packets. */
void compare(
    const char *what, const char *peer_name, double own, double peer, double count);

void put16(uint8_t *p, uint32_t v);
void put32(uint8_t *p, uint32_t v);
/* A capture of PACKETS packets of FLOWS TCP conversations of 10.0.0.0/8, in turn. */
void write_capture(const char *path);
/* The peers, each run on that capture. */
void bare_scan(const char *path);
void softflowd(const char *path);
void argus(const char *path);

#endif
