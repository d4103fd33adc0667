/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"

/* By number, as the two client libraries' headers do not name them all. */
enum {
        CHECK_READ = 1020,
        SERVER_SHUTDOWN = 1053,
        LOCK_WAIT_TIMEOUT = 1205,
        DEADLOCK = 1213,
        UNKNOWN_STATEMENT = 1243,
        CONNECTION_KILLED = 1927,  /* MariaDB */
        CLIENT_INTERACTION = 4031, /* MySQL 8: closed for idleness */
        CLIENT_FIRST = 2000,       /* the client library's own: no server answered */
        CLIENT_LAST = 2999,
        CONNECTOR_FIRST = 5000, /* MariaDB's client library, further ones */
        CONNECTOR_LAST = 5999,
};

enum fault fault_of(unsigned number)
{
        if (number >= CLIENT_FIRST && number <= CLIENT_LAST)
                return FAULT_LOST;
        if (number >= CONNECTOR_FIRST && number <= CONNECTOR_LAST)
                return FAULT_LOST;
        switch (number) {
        case 0:
                return FAULT_NONE;
        case DEADLOCK:
                return FAULT_DEADLOCK;
        case LOCK_WAIT_TIMEOUT:
                return FAULT_LOCK_TIMEOUT;
        case CHECK_READ:
                return FAULT_CONFLICT;
        case SERVER_SHUTDOWN:
        case CONNECTION_KILLED:
        case CLIENT_INTERACTION:
        case UNKNOWN_STATEMENT: /* only a new connection has its statements prepared again */
                return FAULT_LOST;
        default:
                return FAULT_QUERY;
        }
}
