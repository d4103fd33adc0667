/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an error number of the server or of the client library means for a transaction. Pure.
 */
#pragma once

#include <stdbool.h>

enum fault {
        FAULT_NONE,
        /* The transaction may be sent again (what sysbench calls ignored errors). */
        FAULT_DEADLOCK,     /* the server chose it as a deadlock's victim */
        FAULT_LOCK_TIMEOUT, /* it waited too long for a lock */
        FAULT_CONFLICT,     /* a row changed since its snapshot: MariaDB's snapshot isolation */
        /* The connection is of no more use. */
        FAULT_LOST,
        /* The server answered, with an error. */
        FAULT_QUERY,
        /* The server answered, but not what is in the tables. */
        FAULT_WRONG_COUNT,
        FAULT_WRONG_ROW,
};

/* Of mysql_errno() or mysql_stmt_errno(); 0 is FAULT_NONE. */
enum fault fault_of(unsigned number);

static inline bool fault_retryable(enum fault fault)
{
        return fault == FAULT_DEADLOCK || fault == FAULT_LOCK_TIMEOUT || fault == FAULT_CONFLICT;
}
