/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's I/O among the role's own: one operation at a time, through the same asynchronous
 * context, so that the loop never waits for it.
 */
#pragma once

#include "disk.h"

/* The ledger's next operation, ready to be submitted; NULL: none is to be sent now. begin: a new
 * round may begin. */
struct iocb *disk_record_next(struct worker *worker, bool begin);

/* It has ended. */
void disk_record_finish(struct worker *worker, long result, uint64_t done_ns);
