/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mime.c -- see mime.h. The body goes as quoted-printable: Swedish stays legible in raw
 * form. Header texts that are not plain ASCII become encoded words of at most 75
 * characters, none of which splits a UTF-8 sequence.
 *
 * An attachment makes it multipart/mixed, with a boundary drawn from the key, which no
 * line of quoted-printable can equal ("=_" never stands in it).
 *
 * Not handled: other charsets, more attachments than one, internationalised addresses
 * (RFC 6531).
 */
#include "action/mime.h"

#include "base/when.h"

#include <sodium.h>
#include <string.h>

enum { LINE = 76, WORD_BYTES = 42, ADDRESS_MAX = 254 };

bool
mime_address_valid(const char *address)
{
	const char *at = strchr(address, '@');
	size_t size = strlen(address);

	if (at == NULL || at == address || at[1] == 0 || strchr(at + 1, '@') != NULL)
		return false;
	for (const char *p = address; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f ||
		    strchr("<>()[]\\,;:\"", *p) != NULL)
			return false;
	return size <= ADDRESS_MAX;
}

static bool
plain(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p >= 0x7f)
			return false;
	return strstr(text, "=?") == NULL && strlen(text) < LINE - 12;
}

/* The longest piece of at most WORD_BYTES that ends between two characters. */
static size_t
word_size(const char *text)
{
	size_t n = strlen(text);

	if (n <= WORD_BYTES)
		return n;
	n = WORD_BYTES;
	while (n > 1 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void
put_words(struct wr *out, const char *text)
{
	char word[sodium_base64_ENCODED_LEN(WORD_BYTES, sodium_base64_VARIANT_ORIGINAL)];

	if (plain(text)) {
		wr_text(out, text);
		return;
	}
	for (const char *space = ""; *text; space = "\r\n ") {
		size_t n = word_size(text);

		(void)sodium_bin2base64(word, sizeof word, (const unsigned char *)text, n,
		    sodium_base64_VARIANT_ORIGINAL);
		wr_printf(out, "%s=?UTF-8?B?%s?=", space, word);
		text += n;
	}
}

static void
put_date(struct wr *out, int64_t t)
{
	static const char days[] = "ThuFriSatSunMonTueWed";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct civil c = when_to_civil(t);
	int64_t day = t / WHEN_DAY - (t % WHEN_DAY < 0);
	int64_t weekday = (day % 7 + 7) % 7;

	wr_printf(out, "Date: %.3s, %d %.3s %d %02d:%02d:%02d +0000\r\n",
	    days + 3 * weekday, c.day, months + 3 * (c.month - 1), c.year, c.hour,
	    c.minute, c.second);
}

static bool
literal(const char *p)
{
	if (*p == ' ' || *p == '\t')
		return p[1] != '\n' && p[1] != '\r' && p[1] != 0;
	return *p > ' ' && *p < 0x7f && *p != '=';
}

/* RFC 2045, 6.7. */
static void
put_quoted(struct wr *out, const char *text)
{
	size_t column = 0;

	for (const char *p = text; *p; p++) {
		size_t need = literal(p) ? 1 : 3;

		if (*p == '\r' && p[1] == '\n')
			continue;
		if (*p == '\n') {
			wr_text(out, "\r\n");
			column = 0;
			continue;
		}
		if (column + need > LINE - 1) {
			wr_text(out, "=\r\n");
			column = 0;
		}
		if (need == 1)
			wr_put(out, p, 1);
		else
			wr_printf(out, "=%02X", (unsigned)(unsigned char)*p);
		column += need;
	}
	if (column > 0)
		wr_text(out, "\r\n");
}

static void
put_part(struct wr *out, const char *type, const char *text)
{
	wr_printf(out,
	    "Content-Type: %s; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n",
	    type);
	wr_text(out, "\r\n");
	put_quoted(out, text);
}

static void
put_parts(struct wr *out, const struct order *order, const char *key)
{
	wr_printf(out,
	    "Content-Type: multipart/mixed; boundary=\"=_%s\"\r\n\r\n--=_%s\r\n", key,
	    key);
	put_part(out, "text/plain", order->body);
	wr_printf(out,
	    "\r\n--=_%s\r\nContent-Disposition: attachment; filename=\"%s\"\r\n", key,
	    order->part_name);
	put_part(out, "application/json", order->part);
	wr_printf(out, "\r\n--=_%s--\r\n", key);
}

void
mime_write(const struct order *order, const struct mime_sender *sender, struct wr *out)
{
	char key[33];

	put_date(out, order->not_before);
	wr_text(out, "From: ");
	if (sender->name != NULL && sender->name[0] != 0) {
		/* Always as encoded word or quoted: a comma in it is no second mailbox.
		 */
		if (plain(sender->name) && strpbrk(sender->name, "\"\\") == NULL)
			wr_printf(out, "\"%s\" ", sender->name);
		else {
			put_words(out, sender->name);
			wr_text(out, "\r\n ");
		}
	}
	wr_printf(out, "<%s>\r\nTo: <%s>\r\nSubject: ", sender->address, order->target);
	put_words(out, order->subject);
	wr_printf(out, "\r\nMessage-ID: <%s@%s>\r\n", id128_text(&order->key, key),
	    strchr(sender->address, '@') + 1);
	wr_text(out, "Auto-Submitted: auto-generated\r\n"
		     "MIME-Version: 1.0\r\n");
	if (order->part_name[0] != 0)
		put_parts(out, order, key);
	else
		put_part(out, "text/plain", order->body);
}
