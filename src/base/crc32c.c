/* SPDX-License-Identifier: Apache-2.0 */
#include "crc32c.h"

#include <pthread.h>
#include <string.h>

#define POLYNOMIAL 0x82f63b78u /* reflected */

static uint32_t table[256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void table_make(void)
{
        for (uint32_t i = 0; i < 256; i++) {
                uint32_t c = i;

                for (int bit = 0; bit < 8; bit++)
                        c = (c >> 1) ^ (c & 1 ? POLYNOMIAL : 0);
                table[i] = c;
        }
}

uint32_t crc32c_table(uint32_t crc, const void *data, size_t size)
{
        const unsigned char *p = data;

        pthread_once(&table_once, table_make);
        crc = ~crc;
        while (size--)
                crc = (crc >> 8) ^ table[(crc ^ *p++) & 0xff];
        return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse(
        uint32_t crc, const void *data, size_t size)
{
        const unsigned char *p = data;
        uint64_t c = ~crc;

        for (; size >= 8; size -= 8, p += 8) {
                uint64_t word;

                memcpy(&word, p, sizeof word);
                c = __builtin_ia32_crc32di(c, word);
        }
        for (; size; size--, p++)
                c = __builtin_ia32_crc32qi((uint32_t)c, *p);
        return ~(uint32_t)c;
}

uint32_t crc32c(uint32_t crc, const void *data, size_t size)
{
        if (__builtin_cpu_supports("sse4.2"))
                return crc32c_sse(crc, data, size);
        return crc32c_table(crc, data, size);
}
#else
uint32_t crc32c(uint32_t crc, const void *data, size_t size)
{
        return crc32c_table(crc, data, size);
}
#endif
