/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.c -- an ordinary main for a fuzz target: every file of the given directories,
 * then the same file cut at CUTS places and with CHANGES single bytes changed; without
 * any file, RANDOM inputs of noise.
 *
 * So that each test run, with any compiler, walks the parsers' error paths; the search
 * for new inputs is libFuzzer's (-Dfuzz=true).
 */
#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { CUTS = 40, CHANGES = 200, RANDOM = 500, FILE_LIMIT = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* In memory of exactly that size, so that the sanitizer sees a read past the end. */
static void
run_exactly(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, bytes, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void
run_variants(uint8_t *bytes, size_t size)
{
	struct rng rng;

	run_exactly(bytes, size);
	rng_seed(&rng, size);
	for (size_t i = 0; i < CUTS && size > 0; i++)
		run_exactly(bytes, rng_below(&rng, size));
	for (size_t i = 0; i < CHANGES && size > 0; i++) {
		size_t at = rng_below(&rng, size);
		uint8_t saved = bytes[at];

		bytes[at] = (uint8_t)rng_u64(&rng);
		run_exactly(bytes, size);
		bytes[at] = saved;
	}
}

static bool
run_file(const char *path)
{
	struct wr bytes;
	struct err err;
	bool ok;

	wr_init(&bytes, FILE_LIMIT);
	ok = file_read(path, &bytes, &err);
	if (ok)
		run_variants(bytes.bytes, bytes.size);
	else
		(void)fprintf(stderr, "%s\n", err.text);
	wr_fini(&bytes);
	return ok;
}

/* How many files were run; -1 if one could not be read. */
static int
run_directory(const char *path)
{
	struct dirent **names;
	int count = scandir(path, &names, NULL, alphasort), ran = 0;

	if (count < 0) {
		perror(path);
		return -1;
	}
	for (int i = 0; i < count; i++) {
		char file[4096];

		(void)snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.' && ran >= 0)
			ran = run_file(file) ? ran + 1 : -1;
		free(names[i]);
	}
	free(names);
	return ran;
}

static void
run_noise(void)
{
	uint8_t bytes[512];
	struct rng rng;

	rng_seed(&rng, 1);
	for (int i = 0; i < RANDOM; i++) {
		for (size_t k = 0; k < sizeof bytes; k++)
			bytes[k] = (uint8_t)rng_u64(&rng);
		run_exactly(bytes, rng_below(&rng, sizeof bytes));
	}
}

int
main(int argc, char **argv)
{
	int total = 0;

	for (int i = 1; i < argc; i++) {
		int ran = run_directory(argv[i]);

		if (ran < 0)
			return 1;
		total += ran;
	}
	if (total == 0)
		run_noise();
	(void)printf("%d inputs and their variants\n", total);
	return 0;
}
