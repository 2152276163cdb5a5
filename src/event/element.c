/* SPDX-License-Identifier: Apache-2.0 */
/*
 * element.c -- IANA's IPFIX information elements as far as events need them. NetFlow v9
 * numbers its fields alike up to 127, with samplers (34, 48, 50) of its own.
 */
#include "event/element.h"

#include <stddef.h>

struct element {
	uint32_t enterprise;
	uint16_t number;
	enum field field;
};

static const struct element elements[] = {
    {0, 1, FIELD_BYTES},               /* octetDeltaCount */
    {0, 2, FIELD_PACKETS},             /* packetDeltaCount */
    {0, 4, FIELD_PROTO},               /* protocolIdentifier */
    {0, 6, FIELD_FLAGS},               /* tcpControlBits */
    {0, 7, FIELD_SPORT},               /* sourceTransportPort */
    {0, 8, FIELD_SRC},                 /* sourceIPv4Address */
    {0, 10, FIELD_INGRESS},            /* ingressInterface */
    {0, 11, FIELD_DPORT},              /* destinationTransportPort */
    {0, 12, FIELD_DST},                /* destinationIPv4Address */
    {0, 21, FIELD_LAST_UPTIME},        /* flowEndSysUpTime */
    {0, 22, FIELD_FIRST_UPTIME},       /* flowStartSysUpTime */
    {0, 27, FIELD_SRC},                /* sourceIPv6Address */
    {0, 28, FIELD_DST},                /* destinationIPv6Address */
    {0, 32, FIELD_ICMP},               /* icmpTypeCodeIPv4 */
    {0, 34, FIELD_SAMPLE_ONE_IN},      /* samplingInterval */
    {0, 48, FIELD_SAMPLER},            /* samplerId */
    {0, 50, FIELD_SAMPLE_ONE_IN},      /* samplerRandomInterval */
    {0, 61, FIELD_DIRECTION},          /* flowDirection */
    {0, 85, FIELD_BYTES_TOTAL},        /* octetTotalCount */
    {0, 86, FIELD_PACKETS_TOTAL},      /* packetTotalCount */
    {0, 139, FIELD_ICMP},              /* icmpTypeCodeIPv6 */
    {0, 150, FIELD_FIRST_S},           /* flowStartSeconds */
    {0, 151, FIELD_LAST_S},            /* flowEndSeconds */
    {0, 152, FIELD_FIRST_MS},          /* flowStartMilliseconds */
    {0, 153, FIELD_LAST_MS},           /* flowEndMilliseconds */
    {0, 154, FIELD_FIRST_NTP},         /* flowStartMicroseconds */
    {0, 155, FIELD_LAST_NTP},          /* flowEndMicroseconds */
    {0, 156, FIELD_FIRST_NTP},         /* flowStartNanoseconds */
    {0, 157, FIELD_LAST_NTP},          /* flowEndNanoseconds */
    {0, 158, FIELD_FIRST_DELTA},       /* flowStartDeltaMicroseconds */
    {0, 159, FIELD_LAST_DELTA},        /* flowEndDeltaMicroseconds */
    {0, 160, FIELD_INIT_MS},           /* systemInitTimeMilliseconds */
    {0, 161, FIELD_DURATION_MS},       /* flowDurationMilliseconds */
    {0, 162, FIELD_DURATION_US},       /* flowDurationMicroseconds */
    {0, 176, FIELD_ICMP_TYPE},         /* icmpTypeIPv4 */
    {0, 177, FIELD_ICMP_CODE},         /* icmpCodeIPv4 */
    {0, 178, FIELD_ICMP_TYPE},         /* icmpTypeIPv6 */
    {0, 179, FIELD_ICMP_CODE},         /* icmpCodeIPv6 */
    {0, 225, FIELD_NAT_SRC},           /* postNATSourceIPv4Address */
    {0, 227, FIELD_NAT_SPORT},         /* postNAPTSourceTransportPort */
    {0, 230, FIELD_NAT_EVENT},         /* natEvent */
    {0, 231, FIELD_BYTES},             /* initiatorOctets */
    {0, 232, FIELD_BYTES_BACK},        /* responderOctets */
    {0, 281, FIELD_NAT_SRC},           /* postNATSourceIPv6Address */
    {0, 298, FIELD_PACKETS},           /* initiatorPackets */
    {0, 299, FIELD_PACKETS_BACK},      /* responderPackets */
    {0, 302, FIELD_SAMPLER},           /* selectorId */
    {0, 305, FIELD_SAMPLE_PACKETS},    /* samplingPacketInterval */
    {0, 306, FIELD_SAMPLE_SPACE},      /* samplingPacketSpace */
    {0, 309, FIELD_SAMPLE_SIZE},       /* samplingSize */
    {0, 310, FIELD_SAMPLE_POPULATION}, /* samplingPopulation */
    {ENTERPRISE_REVERSE, 1, FIELD_BYTES_BACK},
    {ENTERPRISE_REVERSE, 2, FIELD_PACKETS_BACK},
    {ENTERPRISE_REVERSE, 6, FIELD_FLAGS_BACK},
    {ENTERPRISE_REVERSE, 85, FIELD_BYTES_BACK},
    {ENTERPRISE_REVERSE, 86, FIELD_PACKETS_BACK},
};

/* Asked once per field of a template, not per record. */
enum field
element_field(uint32_t enterprise, uint16_t element)
{
	for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++)
		if (elements[i].number == element && elements[i].enterprise == enterprise)
			return elements[i].field;
	return FIELD_NONE;
}
