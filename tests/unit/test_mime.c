/* SPDX-License-Identifier: Apache-2.0 */
/* test_mime.c -- one message, always the same bytes, nothing escapes its header. */
#include "../../src/action/mime.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct mime_sender sender = {"abuse@example.net", "Nätet, kundtjänst"};

static void
test_message(void **state)
{
	static struct order o = {.not_before = INT64_C(1312969613) * 1000000,
	    .target = "anna@example.org",
	    .subject = "Your line",
	    .body = "Hej!\nDin router är smittad = dåligt.\nslut "};
	struct wr w, again;

	(void)state;
	wr_init(&w, 1 << 20);
	mime_write(&o, &sender, &w);
	assert_string_equal(wr_string(&w),
	    "Date: Wed, 10 Aug 2011 09:46:53 +0000\r\n"
	    "From: =?UTF-8?B?TsOkdGV0LCBrdW5kdGrDpG5zdA==?=\r\n <abuse@example.net>\r\n"
	    "To: <anna@example.org>\r\n"
	    "Subject: Your line\r\n"
	    "Message-ID: <00000000000000000000000000000000@example.net>\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "Hej!\r\nDin router =C3=A4r smittad =3D d=C3=A5ligt.\r\nslut=20\r\n");
	wr_init(&again, 1 << 20);
	mime_write(&o, &sender, &again);
	assert_int_equal(w.size, again.size);
	assert_memory_equal(w.bytes, again.bytes, w.size);
	wr_fini(&w);
	wr_fini(&again);
}

static void
test_attachment(void **state)
{
	static struct order o = {.target = "a@b.c",
	    .subject = "x",
	    .body = "text",
	    .part_name = "xarf.json",
	    .part = "{\"a\":\"=\"}"};
	struct wr w;
	const char *parts;

	(void)state;
	wr_init(&w, 1 << 20);
	mime_write(&o, &sender, &w);
	parts = strstr(wr_string(&w), "Content-Type: multipart/mixed; ");
	assert_non_null(parts);
#define BOUNDARY "=_00000000000000000000000000000000"
	assert_string_equal(parts,
	    "Content-Type: multipart/mixed; boundary=\"" BOUNDARY "\"\r\n\r\n"
	    "--" BOUNDARY "\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\ntext\r\n"
	    "\r\n--" BOUNDARY "\r\n"
	    "Content-Disposition: attachment; filename=\"xarf.json\"\r\n"
	    "Content-Type: application/json; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "{\"a\":\"=3D\"}\r\n"
	    "\r\n--" BOUNDARY "--\r\n");
	wr_fini(&w);
}

/* Long and non-ASCII subjects: no line over 78, no header of their own. */
static void
test_long_subject(void **state)
{
	static struct order o = {.target = "a@b.c", .body = "x"};
	struct wr w;
	const char *text, *line, *end;

	(void)state;
	for (size_t i = 0; i + 3 < ORDER_SUBJECT; i += 2)
		memcpy(o.subject + i, "\xc3\xa5", 2);
	memcpy(o.subject, "\r\nBcc: x@y.z\r\n", 14);
	wr_init(&w, 1 << 20);
	mime_write(&o, &sender, &w);
	text = wr_string(&w);
	assert_null(strstr(text, "Bcc:"));
	for (line = text; (end = strstr(line, "\r\n")) != NULL; line = end + 2)
		assert_true(end - line <= 78);
	wr_fini(&w);
}

static void
test_long_lines(void **state)
{
	static struct order o = {.target = "a@b.c", .subject = "s"};
	struct wr w;
	const char *line, *end;

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		o.body[i] = i % 7 ? 'a' : '=';
	wr_init(&w, 1 << 20);
	mime_write(&o, &sender, &w);
	for (line = wr_string(&w); (end = strstr(line, "\r\n")) != NULL; line = end + 2)
		assert_true(end - line <= 76);
	wr_fini(&w);
}

static void
test_addresses(void **state)
{
	(void)state;
	assert_true(mime_address_valid("anna.b+c@mail.example.org"));
	assert_false(mime_address_valid("anna"));
	assert_false(mime_address_valid("@example.org"));
	assert_false(mime_address_valid("anna@"));
	assert_false(mime_address_valid("a@b@c"));
	assert_false(mime_address_valid("a b@c.d"));
	assert_false(mime_address_valid("a@b.c>\r\nRCPT TO:<x@y.z"));
	assert_false(mime_address_valid("a@b.c,x"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_message),
	    cmocka_unit_test(test_attachment),
	    cmocka_unit_test(test_long_subject),
	    cmocka_unit_test(test_long_lines),
	    cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
