/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_mail.c -- feedback reports read to items, beside gmime that only parses the same
 * mails and walks their parts: CPU seconds and their ratio, in turn, the least of ROUNDS.
 */
#include "base/mem.h"
#include "report/mail.h"

#include <gmime/gmime.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MAILS = 4000, TURNS = 5, ROOM = 8192 };

static char *mails[MAILS];
static size_t sizes[MAILS];
static uint64_t items;

/* As providers send them: a sentence, the report, the message with some Received lines.
 */
static void
make_mail(size_t i)
{
	static const char hop[] =
	    "Received: from mx%d.example.net (mx%d.example.net [198.51.100.%d])\n\tby "
	    "in.example.org (Postfix) with ESMTPS id 5D0103C910F%d\n\tfor "
	    "<someone@example.org>; Tue, 19 Jan 2016 20:33:02 +0100 (CET)\n";
	char *at = mails[i] = xmalloc(ROOM);

	for (int n = 0; n < 5; n++)
		at += sprintf(at, hop, n, n, n + 1, n);
	at += sprintf(at,
	    "From: Feedback <loop@fbl.example.org>\nTo: abuse@example.net\nDate: Tue, 19 "
	    "Jan 2016 14:32:49 -0500\nSubject: Email Feedback Report\nMessage-Id: "
	    "<%zu@example.org>\nMIME-Version: 1.0\nContent-Type: multipart/report; "
	    "report-type=feedback-report; boundary=\"b-%zu\"\n\n--b-%zu\nContent-Type: "
	    "text/plain; charset=US-ASCII\n\nThis is an email abuse report for a message "
	    "received from IP 192.0.2.%zu\n\n--b-%zu\nContent-Type: "
	    "message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: Loop\nVersion: "
	    "0.1\nReceived-Date: Tue, 19 Jan 2016 14:32:40 -0500 (EST)\nSource-IP: "
	    "192.0.2.%zu\nReported-Domain: example.net\n\n--b-%zu\nContent-Type: "
	    "message/rfc822\n\n",
	    i, i, i, i % 250, i, i % 250, i);
	for (int n = 0; n < 4; n++)
		at += sprintf(at, hop, n, n, n + 1, n);
	at += sprintf(at,
	    "From: x@example.com\nTo: y@example.org\nSubject: buy\nContent-Type: "
	    "text/plain\n\n");
	for (int n = 0; n < 40; n++)
		at += sprintf(at, "Line %d of words that nobody asked for at all.\n", n);
	at += sprintf(at, "\n--b-%zu--\n", i);
	sizes[i] = (size_t)(at - mails[i]);
}

static void
walk(GMimeObject *object)
{
	if (GMIME_IS_MULTIPART(object)) {
		int count = g_mime_multipart_get_count(GMIME_MULTIPART(object));

		for (int i = 0; i < count; i++)
			walk(g_mime_multipart_get_part(GMIME_MULTIPART(object), i));
	} else if (GMIME_IS_MESSAGE_PART(object)) {
		GMimeMessage *inner =
		    g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));

		if (inner != NULL)
			walk(g_mime_message_get_mime_part(inner));
	}
}

static void
bare_gmime(void)
{
	for (size_t i = 0; i < MAILS; i++) {
		GMimeStream *stream =
		    g_mime_stream_mem_new_with_buffer(mails[i], sizes[i]);
		GMimeParser *parser = g_mime_parser_new_with_stream(stream);
		GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

		walk(g_mime_message_get_mime_part(message));
		g_object_unref(message);
		g_object_unref(parser);
		g_object_unref(stream);
	}
}

static void
count_item(void *ctx, const struct item *item)
{
	(void)ctx;
	items += item->has_addr && item->has_time;
}

static void
ours(void)
{
	const struct report_sink sink = {.item = count_item};

	items = 0;
	for (size_t i = 0; i < MAILS; i++) {
		struct report_input in = {.name = "x.eml",
		    .fd = -1,
		    .bytes = (const uint8_t *)mails[i],
		    .size = sizes[i]};
		struct report_stat stat;
		struct err err;

		if (!report_read(&in, &sink, &stat, &err))
			fatal("%s", err.text);
	}
	if (items != MAILS)
		fatal("%llu items of %d mails", (unsigned long long)items, MAILS);
}

static double
seconds_of(void (*work)(void))
{
	clock_t begun = clock();

	work();
	return (double)(clock() - begun) / CLOCKS_PER_SEC;
}

int
main(void)
{
	double own = 1e9, bare = 1e9;

	report_warm();
	for (size_t i = 0; i < MAILS; i++)
		make_mail(i);
	for (int turn = 0; turn < TURNS; turn++) {
		double b = seconds_of(bare_gmime), o = seconds_of(ours);

		bare = b < bare ? b : bare;
		own = o < own ? o : own;
	}
	printf("ARF mails of %zu bytes to items: %.0f/s; gmime parsing alone: %.0f/s; we "
	       "reach %.2f of its speed (wanted: 0.5)\n",
	    sizes[0], MAILS / own, MAILS / bare, bare / own);
	return bare / own >= 0.5 ? 0 : 1;
}
