/* SPDX-License-Identifier: Apache-2.0 */
/* test_fate.c -- what intake says survives the wire, and nothing else is believed. */
#include "../../src/report/fate.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct fate
sample(struct packer *packer, const void *piece, size_t size)
{
	struct fate f = {.kind = FATE_UNREAD, .row = 17, .items = 1, .refused = 2};

	f.sighting.group = GROUP_REPORT;
	f.sighting.grade = 'C';
	f.sighting.severity = SEVERITY_HIGH;
	f.sighting.received = 1000;
	f.file.b[0] = 9;
	(void)snprintf(f.sighting.source, sizeof f.sighting.source, "mailbox");
	(void)snprintf(f.reason, sizeof f.reason, "its time is missing");
	packer_pack(packer, piece, size, &f);
	return f;
}

static void
test_round_trip(void **state)
{
	static const char text[] = "192.0.2.7,some day,some trojan";
	struct packer *packer = packer_new();
	struct fate f = sample(packer, text, sizeof text), got;
	struct wr w, piece;
	struct rd r;

	(void)state;
	wr_init(&w, 1 << 20);
	wr_init(&piece, FATE_PIECE);
	fate_write(&f, &w);
	r = rd_init(w.bytes, w.size);
	assert_true(fate_read(&got, &r));
	assert_int_equal(rd_left(&r), 0);
	assert_int_equal(got.kind, FATE_UNREAD);
	assert_string_equal(got.reason, f.reason);
	assert_string_equal(got.sighting.source, "mailbox");
	assert_int_equal(got.row, 17);
	assert_int_equal(got.told, sizeof text);
	assert_int_equal(got.file.b[0], 9);
	assert_true(piece_unpack(got.piece, got.packed, &piece));
	assert_int_equal(piece.size, sizeof text);
	assert_memory_equal(piece.bytes, text, sizeof text);
	for (size_t cut = 0; cut < w.size; cut++) { /* cut anywhere it is nothing */
		struct fate none;

		r = rd_init(w.bytes, cut);
		assert_false(fate_read(&none, &r));
	}
	fate_fini(&f);
	fate_fini(&got);
	wr_fini(&w);
	wr_fini(&piece);
	packer_free(packer);
}

/* What is larger is cut, and said to be. */
static void
test_large_piece(void **state)
{
	struct packer *packer = packer_new();
	char *text = xmalloc(3 * FATE_PIECE);
	struct fate f;
	struct wr piece;

	(void)state;
	for (size_t i = 0; i < 3 * FATE_PIECE; i++)
		text[i] = (char)(i * 2654435761u >> 13);
	f = sample(packer, text, 3 * FATE_PIECE);
	assert_int_equal(f.told, 3 * FATE_PIECE);
	wr_init(&piece, FATE_PIECE);
	assert_true(piece_unpack(f.piece, f.packed, &piece));
	assert_int_equal(piece.size, FATE_PIECE);
	assert_memory_equal(piece.bytes, text, FATE_PIECE);
	wr_fini(&piece);
	fate_fini(&f);
	free(text);
	packer_free(packer);
}

/* A piece that would unpack to more, or is none, is damaged. */
static void
test_bad_pieces(void **state)
{
	size_t size = 4u << 20, packed;
	char *zeros = xcalloc(1, size);
	uint8_t bomb[4096];
	struct wr piece;

	(void)state;
	packed = ZSTD_compress(bomb, sizeof bomb, zeros, size, 3);
	assert_false(ZSTD_isError(packed));
	wr_init(&piece, FATE_PIECE);
	assert_false(piece_unpack(bomb, packed, &piece));
	assert_false(piece_unpack("nonsense", 8, &piece));
	assert_int_equal(piece.size, 0);
	wr_fini(&piece);
	free(zeros);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_large_piece),
	    cmocka_unit_test(test_bad_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
