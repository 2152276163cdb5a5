/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leases.h -- who has which address when, and the logs that tell of it.
 */
#ifndef SIM_LEASES_H
#define SIM_LEASES_H

#include "sim/world.h"

struct lease_pool;

/* Opens the logs and makes an actor for each line's lease and each shared address. */
MUST_CHECK bool leases_begin(struct world *w, struct err *err);
/* Writes what is left and closes the logs; in any case frees the pool. */
MUST_CHECK bool leases_finish(struct world *w, struct err *err);
/* How the lease logs name the line: the circuit id as text, and in hexadecimal as Kea
 * writes it. `out` is returned. */
const char *leases_circuit(uint32_t line, char out[16]);
const char *leases_circuit_hex(uint32_t line, char out[48]);

#endif
