/* SPDX-License-Identifier: Apache-2.0 */
#include "machine_id.h"

#include "textfile.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#ifndef GRND_INSECURE
#define GRND_INSECURE 0x0004
#endif

bool machine_id_from_uuid(const char *uuid, char id[MACHINE_ID_SIZE])
{
        size_t n = 0;

        for (; *uuid; uuid++) {
                if (*uuid == '-')
                        continue;
                if (!isxdigit((unsigned char)*uuid) || n == MACHINE_ID_SIZE - 1)
                        return false;
                id[n++] = (char)tolower((unsigned char)*uuid);
        }
        id[n] = '\0';
        return n == MACHINE_ID_SIZE - 1 && strspn(id, (const char[]){id[0], '\0'}) != n;
}

void machine_id_get(char id[MACHINE_ID_SIZE])
{
        unsigned char random[16] = {0};
        char uuid[64];

        if (textfile_read("/sys/class/dmi/id/product_uuid", uuid, sizeof uuid) > 0 &&
                machine_id_from_uuid(uuid, id))
                return;
        /* It must be unlike others, not unguessable: so it need not wait for entropy. */
        if (getrandom(random, sizeof random, GRND_INSECURE) < 0)
                getrandom(random, sizeof random, 0);
        for (size_t i = 0; i < sizeof random; i++)
                snprintf(id + 2 * i, 3, "%02x", random[i]);
}
