/* SPDX-License-Identifier: Apache-2.0 */
/* test_imap.c -- what a mail server says; and that a mail cannot speak for it. */
#include "../../src/role/imap.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct heard {
	uint32_t validity, uids[8];
	size_t uid_count, literal;
	uint64_t size;
	char words[64], bytes[64];
	bool full;
};

static void
on_validity(void *ctx, uint32_t number)
{
	((struct heard *)ctx)->validity = number;
}

static void
on_found(void *ctx, uint32_t uid)
{
	struct heard *h = ctx;

	assert_true(h->uid_count < 8);
	h->uids[h->uid_count++] = uid;
}

static void
on_capability(void *ctx, const char *word)
{
	struct heard *h = ctx;

	(void)strcat(strcat(h->words, word), ".");
}

static void
on_size(void *ctx, uint64_t size)
{
	((struct heard *)ctx)->size = size;
}

static bool
on_bytes(void *ctx, const uint8_t *bytes, size_t size, struct err *err)
{
	struct heard *h = ctx;

	if (h->full)
		return err_set(err, "full");
	memcpy(h->bytes + h->literal, bytes, size);
	h->literal += size;
	return true;
}

static const struct imap_calls calls = {
    on_validity, on_found, on_capability, on_size, on_bytes};

/* The same however it is cut into pieces. */
static enum imap_done
say(const char *text, struct heard *heard, bool *good)
{
	enum imap_done done = IMAP_NOT_YET;
	struct err err;

	for (size_t piece = 1; piece <= 64; piece *= 4) {
		struct imap imap;
		size_t size = strlen(text);

		*heard = (struct heard){.full = heard->full};
		*good = true;
		imap_init(&imap, &calls, heard);
		imap_expect(&imap, "B7");
		for (size_t at = 0; at < size && *good; at += piece)
			*good = imap_take(&imap, (const uint8_t *)text + at,
			    size - at < piece ? size - at : piece, &err);
		if (piece > 1)
			assert_int_equal(done, imap.done);
		done = imap.done;
		imap_fini(&imap);
	}
	return done;
}

static void
test_answers(void **state)
{
	struct heard h = {0};
	bool good;

	(void)state;
	assert_int_equal(
	    say("* CAPABILITY IMAP4rev1 MOVE\r\nB7 OK\r\n", &h, &good), IMAP_OK);
	assert_string_equal(h.words, "IMAP4rev1.MOVE.");
	assert_int_equal(
	    say("* OK [UIDVALIDITY 7] {5}\r\n* SEARCH 1 22 0 9999999999\r\nB7 ok x\r\n",
		&h, &good),
	    IMAP_OK);
	assert_int_equal(h.validity, 7);
	assert_int_equal(h.uid_count, 2);
	assert_int_equal(h.uids[1], 22);
	assert_int_equal(say("B7 NO [X] no\r\n", &h, &good), IMAP_NO);
	assert_int_equal(say("B7 OKAY\r\n", &h, &good), IMAP_NO);
	assert_int_equal(say("B70 OK\r\n", &h, &good), IMAP_NOT_YET);
	assert_false(good);
	assert_int_equal(say("SSH-2.0-x\r\n", &h, &good), IMAP_NOT_YET);
	assert_false(good);
}

static void
test_mail(void **state)
{
	struct heard h = {0};
	bool good;

	(void)state;
	assert_int_equal(say("* 1 FETCH (UID 5 BODY[] {21}\r\nB7 OK\r\n* SEARCH 9\r\n{{ "
			     "FLAGS ())\r\nB7 OK\r\n",
			     &h, &good),
	    IMAP_OK);
	assert_true(good);
	assert_int_equal(h.literal, 21);
	assert_int_equal(h.uid_count, 0);
	assert_memory_equal(h.bytes, "B7 OK\r\n* SEARCH 9\r\n{{", 21);
	assert_int_equal(
	    say("* 1 FETCH (RFC822.SIZE 12345 UID 1)\r\nB7 OK\r\n", &h, &good), IMAP_OK);
	assert_int_equal(h.size, 12345);
	h.full = true;
	(void)say("* 1 FETCH (BODY[] {3}\r\nabc)\r\nB7 OK\r\n", &h, &good);
	assert_false(good);
}

static void
test_bounds(void **state)
{
	struct heard h = {0};
	struct imap imap;
	struct err err;
	uint8_t piece[4096];
	bool good = true;

	(void)state;
	memset(piece, 'x', sizeof piece);
	imap_init(&imap, &calls, &h);
	imap_expect(&imap, "B7");
	for (size_t i = 0; i <= IMAP_LINE / sizeof piece && good; i++)
		good = imap_take(&imap, piece, sizeof piece, &err);
	assert_false(good);
	imap_fini(&imap);
}

static void
test_quote(void **state)
{
	struct wr w;

	(void)state;
	wr_init(&w, 64);
	assert_true(imap_quote("In Box/&ANY-", &w));
	assert_string_equal(wr_string(&w), "\"In Box/&ANY-\"");
	assert_false(imap_quote("a\"b", &w));
	assert_false(imap_quote("a\r\nB9 LOGOUT", &w));
	assert_false(imap_quote("\xc3\xa5", &w));
	wr_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_mail),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_quote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
