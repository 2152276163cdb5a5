/* SPDX-License-Identifier: Apache-2.0 */
/* phrase.c -- see phrase.h. */
#include "report/phrase.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Surer and graver words stand first; all are looked for without regard to case. */
static const struct {
	const char *words, *rsit;
} classes[] = {
    {"copyright", "copyright"},
    {"infringement", "copyright"},
    {"phishing", "phishing"},
    {"infected with", "infected-system"},
    {"bot infection", "infected-system"},
    {"botnet drone", "infected-system"},
    {"sinkhole", "infected-system"},
    {"is infected", "infected-system"},
    {"command and control", "c2-server"},
    {"command & control", "c2-server"},
    {"c&c server", "c2-server"},
    {"viruses site", "malware-distribution"},
    {"virusname", "malware-distribution"},
    {"malware site", "malware-distribution"},
    {"malicious content", "malware-distribution"},
    {"malicious file", "malware-distribution"},
    {"hosting malware", "malware-distribution"},
    {"malware", "malware-distribution"},
    {"ddos", "ddos"},
    {"denial of service", "ddos"},
    {"denial-of-service", "ddos"},
    {"amplification", "ddos"},
    {"udp flood", "ddos"},
    {"syn flood", "ddos"},
    {"wp-login", "brute-force"},
    {"xmlrpc", "brute-force"},
    {"brute force", "brute-force"},
    {"brute-force", "brute-force"},
    {"bruteforce", "brute-force"},
    {"failed password", "brute-force"},
    {"failed login", "brute-force"},
    {"login attempt", "brute-force"},
    {"authentication failure", "brute-force"},
    {"invalid user", "brute-force"},
    {"login attack", "brute-force"},
    {"ssh attack", "brute-force"},
    {"fail2ban", "brute-force"},
    {"sql injection", "exploit"},
    {"exploit", "exploit"},
    {"port scan", "scanner"},
    {"portscan", "scanner"},
    {"scanning", "scanner"},
    {"scanned", "scanner"},
    {"scan from", "scanner"},
    {"probe", "scanner"},
    {"abusive web requests", "ids-alert"},
    {"botware", "ids-alert"},
    {"web attack", "ids-alert"},
    {"ids alert", "ids-alert"},
    {"harvest", "spam"},
    {"dictionary attack", "spam"},
    {"comment spam", "spam"},
    {"spamcop", "spam"},
    {"spamvertised", "spam"},
    {"unsolicited", "spam"},
    {"uce", "spam"},
    {"spam", "spam"},
    {"open resolver", "ddos-amplifier"},
    {"open proxy", "proxy"},
    {"suspicious", "undetermined"},
};

static const struct {
	const char *words;
	enum phrase_label label;
} labels[] = {
    {"attacker", LABEL_ADDRESS},
    {"attacker ip", LABEL_ADDRESS},
    {"attacker's ip", LABEL_ADDRESS},
    {"attacking ip", LABEL_ADDRESS},
    {"abusive ip", LABEL_ADDRESS},
    {"infected ip", LABEL_ADDRESS},
    {"infringer's ip address", LABEL_ADDRESS},
    {"infringers ip address", LABEL_ADDRESS},
    {"ip", LABEL_ADDRESS},
    {"ip address", LABEL_ADDRESS},
    {"ip-address", LABEL_ADDRESS},
    {"offending ip", LABEL_ADDRESS},
    {"offending ip address", LABEL_ADDRESS},
    {"offending/source ip", LABEL_ADDRESS},
    {"source", LABEL_ADDRESS},
    {"source address", LABEL_ADDRESS},
    {"source ip", LABEL_ADDRESS},
    {"source ip address", LABEL_ADDRESS},
    {"source-ip", LABEL_ADDRESS},
    {"src", LABEL_ADDRESS},
    {"src ip", LABEL_ADDRESS},
    {"src_ip", LABEL_ADDRESS},
    {"your ip", LABEL_ADDRESS},
    {"attacked server", LABEL_OTHER_ADDRESS},
    {"destination", LABEL_OTHER_ADDRESS},
    {"destination ip", LABEL_OTHER_ADDRESS},
    {"dst ip", LABEL_OTHER_ADDRESS},
    {"dst_ip", LABEL_OTHER_ADDRESS},
    {"target", LABEL_OTHER_ADDRESS},
    {"target ip", LABEL_OTHER_ADDRESS},
    {"victim", LABEL_OTHER_ADDRESS},
    {"attack time", LABEL_TIME},
    {"date", LABEL_TIME},
    {"date/time", LABEL_TIME},
    {"datetime", LABEL_TIME},
    {"event time", LABEL_TIME},
    {"first seen", LABEL_TIME},
    {"initial infringement timestamp", LABEL_TIME},
    {"start time", LABEL_TIME},
    {"tested on", LABEL_TIME},
    {"time", LABEL_TIME},
    {"time of attack", LABEL_TIME},
    {"timestamp", LABEL_TIME},
    {"infringer's port", LABEL_PORT},
    {"infringers port", LABEL_PORT},
    {"port id", LABEL_PORT},
    {"source port", LABEL_PORT},
    {"src port", LABEL_PORT},
    {"src_port", LABEL_PORT},
    {"destination port", LABEL_OTHER_PORT},
    {"dst port", LABEL_OTHER_PORT},
    {"port", LABEL_OTHER_PORT},
    {"target port", LABEL_OTHER_PORT},
    {"url", LABEL_URL},
    {"malicious url", LABEL_URL},
    {"attack", LABEL_ISSUE},
    {"attack type", LABEL_ISSUE},
    {"issue", LABEL_ISSUE},
    {"report date range", LABEL_PERIOD},
};

/* What may stand before an address that is complained of. */
static const char *const introductions[] = {"located at ip address ",
    "registered under ip ", "geregistreerd onder ip ", "the host at ip ", "offending ip",
    "server/customer with the ip", "complaint about message from ", "spamcop (",
    "email from ", "abuse report about ", "report for ip ", "incident report for ",
    "received from ip ", "attacks from ip ", "attack from ip ", "from the ip address ",
    "from ip address ", "from your ip", "originating from ", "coming from ",
    "attack from ", "attacks from ", "abuse from ", "scan from ", "spam from ",
    "hosted on ", "lines containing failures of ", "the ip address ", "the ip ",
    "ip address ", "ip: ", "failed password for root from ", "rhost=", "ip "};

/* Before that: whose address it is not. */
static const char *const not_theirs[] = {
    "our ", "victim", "destination", "target", "dst", "to the ", "my ", "attacked "};

static const char *
find(const char *text, size_t size, const char *words)
{
	size_t length = strlen(words);
	char first = (char)tolower((unsigned char)*words);

	for (size_t i = 0; i + length <= size; i++)
		if (tolower((unsigned char)text[i]) == first &&
		    strncasecmp(text + i, words, length) == 0)
			return text + i;
	return NULL;
}

/* Words begin where no letter stands before them. */
static bool
contains(const char *text, size_t size, const char *words)
{
	const char *at = text;

	while ((at = find(at, size - (size_t)(at - text), words)) != NULL) {
		if (at == text || !isalpha((unsigned char)at[-1]))
			return true;
		at++;
	}
	return false;
}

const char *
phrase_class(const char *text, size_t size)
{
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (contains(text, size, classes[i].words))
			return classes[i].rsit;
	return NULL;
}

enum phrase_label
phrase_label(const char *line, const char **value)
{
	const char *colon;
	size_t size;

	line += strspn(line, " \t-*>#");
	size = strcspn(line, ":\n");
	if (line[size] != ':' || size > 40)
		return LABEL_NONE;
	colon = line + size;
	while (size > 0 && strchr(" \t*", line[size - 1]) != NULL)
		size--;
	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
		if (strlen(labels[i].words) == size &&
		    strncasecmp(line, labels[i].words, size) == 0) {
			*value = colon + 1 + strspn(colon + 1, " \t*");
			return labels[i].label;
		}
	return LABEL_NONE;
}

/* The part of the line before `at` speaks of somebody else. */
static bool
is_theirs(const char *text, const char *at)
{
	const char *from = at;

	while (from > text && from[-1] != '\n' && at - from < 24)
		from--;
	for (size_t i = 0; i < sizeof not_theirs / sizeof *not_theirs; i++)
		if (contains(from, (size_t)(at - from), not_theirs[i]))
			return false;
	return true;
}

/* Tries the words at `from`; 1: found and the same as before, -1: another. */
static int
take_behind(const char *from, char found[ADDR_TEXT], const struct field_place *at)
{
	struct item probe = {0};
	const struct field_place place = {&probe, at->arena};
	const char *text;

	from += strspn(from, " \t:*=[(<\"'");
	if (!field_addr(&place, "source", from)) {
		char copy[ADDR_TEXT];
		size_t size = strspn(from, "0123456789abcdefABCDEF.:");

		/* "10.0.2.1." ends a sentence, "*10.0.2.1*" is bold, "10.0.2.1<br>". */
		while (size > 0 && (from[size - 1] == '.' || from[size - 1] == ':'))
			size--;
		if (size == 0 || size >= sizeof copy)
			return 0;
		(void)snprintf(copy, sizeof copy, "%.*s", (int)size, from);
		if (!field_addr(&place, "source", copy))
			return 0;
	}
	text = item_value_text(&probe, "source.ip");
	if (*found != 0 && strcmp(found, text) != 0)
		return -1;
	(void)snprintf(found, ADDR_TEXT, "%s", text);
	return 1;
}

/* "http://example.org/x [192.0.2.1]", the address on the same or the next lines. */
static bool
take_behind_url(const char *text, char found[ADDR_TEXT], const struct field_place *at)
{
	int known = 0;

	for (const char *url = strstr(text, "://"); url != NULL && known >= 0;
	     url = strstr(url + 3, "://")) {
		const char *end = url + strcspn(url, " \t\r\n");
		const char *bracket = end + strspn(end, " \t\r\n");

		if (strncmp(bracket, "[2/", 3) == 0) /* "[2/25]": how many block it */
			bracket += strcspn(bracket, "]") + 2;
		if (*bracket == '[' && bracket - end <= 4 + 8)
			known = take_behind(bracket, found, at);
	}
	return known > 0 || (known == 0 && *found != 0);
}

bool
phrase_zone(const char *text, int64_t *offset)
{
	static const char *const words[] = {"times are", "timestamps are", "timestamp is",
	    "time is", "timezone", "time zone"};
	size_t size = strlen(text);

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const char *at = find(text, size, words[i]);

		if (at == NULL)
			continue;
		at += strlen(words[i]);
		for (int n = 0; n < 5 && *at != 0 && *at != '\n'; n++) {
			size_t word;

			at += strspn(at, " \t:=()");
			for (word = 0; isalpha((unsigned char)at[word]); word++)
				;
			if (word > 1 && at[word] != '+' && at[word] != '-' &&
			    date_zone(at, word, offset))
				return true;
			at += word + (word == 0 && *at != 0);
		}
	}
	return false;
}

bool
phrase_address(const char *text, const struct field_place *at)
{
	char found[ADDR_TEXT] = "";
	size_t size = strlen(text);

	if (take_behind_url(text, found, at))
		return field_addr(at, "source", found);
	*found = 0;
	for (size_t i = 0; i < sizeof introductions / sizeof *introductions; i++) {
		const char *words = introductions[i], *here = text;
		int known = 0;

		while (known >= 0 &&
		       (here = find(here, size - (size_t)(here - text), words)) != NULL) {
			if ((here == text || !isalnum((unsigned char)here[-1])) &&
			    is_theirs(text, here))
				known = take_behind(here + strlen(words), found, at);
			here += strlen(words);
		}
		if (known < 0)
			return false;
		if (*found != 0)
			return field_addr(at, "source", found);
	}
	return false;
}
