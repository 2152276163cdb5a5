/* SPDX-License-Identifier: Apache-2.0 */
/*
 * classes.c -- RSIT types (machine tag 1003), their names of long ago, and what each
 * usually says about the address that it is told of.
 *
 * The kind "hosting" and the role "website" or "C2" lead to a case of class host, "bot"
 * to evidence of infection, "exposed" to an exposure; "victim" and "other" to nothing.
 */
#include "report/item.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct class {
	const char *type, *taxonomy;
	uint8_t role, kind, severity;
};

static const struct class classes[] = {
    {"infected-system", "malicious-code", ROLE_BOT, KIND_INFECTION, SEVERITY_CRITICAL},
    {"c2-server", "malicious-code", ROLE_C2, KIND_HOSTING, SEVERITY_CRITICAL},
    {"malware-distribution", "malicious-code", ROLE_WEBSITE, KIND_HOSTING, SEVERITY_HIGH},
    {"malware-configuration", "malicious-code", ROLE_WEBSITE, KIND_HOSTING,
	SEVERITY_HIGH},
    {"scanner", "information-gathering", ROLE_BOT, KIND_SCAN, SEVERITY_MEDIUM},
    {"sniffing", "information-gathering", ROLE_OTHER, KIND_OTHER, SEVERITY_MEDIUM},
    {"social-engineering", "information-gathering", ROLE_OTHER, KIND_OTHER, SEVERITY_LOW},
    {"ids-alert", "intrusion-attempts", ROLE_BOT, KIND_SCAN, SEVERITY_MEDIUM},
    {"brute-force", "intrusion-attempts", ROLE_BOT, KIND_BRUTEFORCE, SEVERITY_HIGH},
    {"exploit", "intrusion-attempts", ROLE_BOT, KIND_SCAN, SEVERITY_HIGH},
    {"privileged-account-compromise", "intrusions", ROLE_BOT, KIND_OTHER, SEVERITY_HIGH},
    {"unprivileged-account-compromise", "intrusions", ROLE_BOT, KIND_OTHER,
	SEVERITY_HIGH},
    {"application-compromise", "intrusions", ROLE_WEBSITE, KIND_HOSTING, SEVERITY_HIGH},
    {"system-compromise", "intrusions", ROLE_BOT, KIND_INFECTION, SEVERITY_HIGH},
    {"burglary", "intrusions", ROLE_OTHER, KIND_OTHER, SEVERITY_INFO},
    {"dos", "availability", ROLE_BOT, KIND_DDOS, SEVERITY_HIGH},
    {"ddos", "availability", ROLE_BOT, KIND_DDOS, SEVERITY_HIGH},
    {"misconfiguration", "availability", ROLE_EXPOSED, KIND_EXPOSURE, SEVERITY_LOW},
    {"sabotage", "availability", ROLE_OTHER, KIND_OTHER, SEVERITY_INFO},
    {"outage", "availability", ROLE_OTHER, KIND_OTHER, SEVERITY_INFO},
    {"unauthorised-information-access", "information-content-security", ROLE_OTHER,
	KIND_OTHER, SEVERITY_MEDIUM},
    {"unauthorised-information-modification", "information-content-security", ROLE_OTHER,
	KIND_OTHER, SEVERITY_MEDIUM},
    {"data-loss", "information-content-security", ROLE_OTHER, KIND_OTHER,
	SEVERITY_MEDIUM},
    {"data-leak", "information-content-security", ROLE_OTHER, KIND_OTHER,
	SEVERITY_MEDIUM},
    {"weak-crypto", "vulnerable", ROLE_EXPOSED, KIND_EXPOSURE, SEVERITY_LOW},
    {"ddos-amplifier", "vulnerable", ROLE_EXPOSED, KIND_EXPOSURE, SEVERITY_MEDIUM},
    {"potentially-unwanted-accessible", "vulnerable", ROLE_EXPOSED, KIND_EXPOSURE,
	SEVERITY_LOW},
    {"information-disclosure", "vulnerable", ROLE_EXPOSED, KIND_EXPOSURE, SEVERITY_LOW},
    {"vulnerable-system", "vulnerable", ROLE_EXPOSED, KIND_EXPOSURE, SEVERITY_MEDIUM},
    {"spam", "abusive-content", ROLE_BOT, KIND_SPAM, SEVERITY_MEDIUM},
    {"harmful-speech", "abusive-content", ROLE_OTHER, KIND_OTHER, SEVERITY_INFO},
    {"violence", "abusive-content", ROLE_OTHER, KIND_OTHER, SEVERITY_INFO},
    {"unauthorised-use-of-resources", "fraud", ROLE_BOT, KIND_OTHER, SEVERITY_MEDIUM},
    {"copyright", "fraud", ROLE_OTHER, KIND_OTHER, SEVERITY_INFO},
    {"masquerade", "fraud", ROLE_OTHER, KIND_OTHER, SEVERITY_MEDIUM},
    {"phishing", "fraud", ROLE_WEBSITE, KIND_HOSTING, SEVERITY_HIGH},
    {"blacklist", "other", ROLE_OTHER, KIND_OTHER, SEVERITY_LOW},
    {"blocklist", "other", ROLE_OTHER, KIND_OTHER, SEVERITY_LOW},
    {"dga-domain", "other", ROLE_OTHER, KIND_OTHER, SEVERITY_LOW},
    {"malware", "other", ROLE_OTHER, KIND_OTHER, SEVERITY_MEDIUM},
    {"proxy", "other", ROLE_EXPOSED, KIND_PROXY, SEVERITY_MEDIUM},
    {"tor", "other", ROLE_OTHER, KIND_OTHER, SEVERITY_INFO},
    {"other", "other", ROLE_OTHER, KIND_OTHER, SEVERITY_UNDETERMINED},
    {"undetermined", "other", ROLE_OTHER, KIND_OTHER, SEVERITY_UNDETERMINED},
    {"test", "test", ROLE_OTHER, KIND_OTHER, SEVERITY_INFO},
};

/* IntelMQ's names before RSIT, and what people write. */
static const struct {
	const char *old, *now;
} renamed[] = {
    {"backdoor", "system-compromise"},
    {"blacklisted", "blacklist"},
    {"botnet drone", "infected-system"},
    {"botnet_cc", "c2-server"},
    {"bots", "infected-system"},
    {"bruteforce", "brute-force"},
    {"c&c", "c2-server"},
    {"c2server", "c2-server"},
    {"cc_skimming", "application-compromise"},
    {"cnc", "c2-server"},
    {"compromised", "system-compromise"},
    {"compromised server", "system-compromise"},
    {"controller", "c2-server"},
    {"ddos infrastructure", "ddos"},
    {"defacement", "unauthorised-information-modification"},
    {"drone", "infected-system"},
    {"exploit url", "exploit"},
    {"ids alert", "ids-alert"},
    {"infected system", "infected-system"},
    {"malurl", "malware-distribution"},
    {"malware configuration", "malware-configuration"},
    {"malware url", "malware-distribution"},
    {"malware_download", "malware-distribution"},
    {"payload", "malware-distribution"},
    {"payload_delivery", "malware-distribution"},
    {"ransomware", "infected-system"},
    {"scam", "masquerade"},
    {"scanning", "scanner"},
    {"server-exploit", "exploit"},
    {"spam infrastructure", "spam"},
    {"unauthorized-command", "unauthorised-use-of-resources"},
    {"unauthorized-login", "brute-force"},
    {"unauthorized-use-of-resources", "unauthorised-use-of-resources"},
    {"unknown", "undetermined"},
    {"vulnerable", "vulnerable-system"},
    {"vulnerable client", "vulnerable-system"},
    {"vulnerable service", "vulnerable-system"},
};

static const struct class *
class_of(const char *type)
{
	for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
		if (strcasecmp(type, renamed[i].old) == 0)
			type = renamed[i].now;
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (strcasecmp(type, classes[i].type) == 0)
			return &classes[i];
	return class_of("undetermined");
}

bool
class_known(const char *type)
{
	return strcasecmp(class_of(type)->type, "undetermined") != 0;
}

const char *
item_class(const char *name)
{
	return class_of(name)->type;
}

void
item_classify(struct item *item, const char *type)
{
	const struct class *class = class_of(type);

	item_text(item, "classification.taxonomy", class->taxonomy);
	item_text(item, "classification.type", class->type);
	item->role = class->role;
	item->kind = class->kind;
	item->severity = class->severity;
}
