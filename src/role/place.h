/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.h -- what the parent opens before it forks: the directory and the sockets.
 *
 * One installation is one directory: lock, control socket, snapshots, leases, journal and
 * databases. The lock keeps a second daemon out. Sockets stay open over restarts of their
 * roles, so that what arrives meanwhile waits in the kernel.
 */
#ifndef ROLE_PLACE_H
#define ROLE_PLACE_H

#include "role/config.h"
#include "role/snapshot.h"

struct place {
	const struct config *config;
	int lock, control, console; /* descriptors, -1 none */
	int *sources;               /* UDP sockets, one for each decode process; -1 */
	uint16_t console_port;      /* as bound */
	uint16_t *source_ports;     /* as bound, 0 none */
	uint8_t key[SNAPSHOT_KEY];
};

/* Makes the directory and its parts where they are missing, and gives those that roles
 * write to the configured user. False: nothing stays open. */
MUST_CHECK bool place_open(
    struct place *place, const struct config *config, struct err *err);
void place_close(struct place *place);
/* Opens a file of the directory for reading and writing, making it (0600); -1. */
int place_file(const struct config *config, const char *name, struct err *err);
/* "directory/name", owned by the caller. */
char *place_path(const struct config *config, const char *name);

#endif
