/* SPDX-License-Identifier: Apache-2.0 */
#include "affinity.h"

#include <assert.h>
#include <errno.h>
#include <linux/mempolicy.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fill(unsigned long words[static AFFINITY_WORDS], const char *numbers)
{
        const unsigned bits = 8 * (unsigned)sizeof *words;
        struct number_set set;
        int r = number_set_parse(&set, numbers);

        if (r < 0)
                return r;
        for (unsigned n = number_set_next(&set, 0); n != NUMBER_SET_NONE;
                n = number_set_next(&set, n + 1))
                words[n / bits] |= 1UL << n % bits;
        return 0;
}

int affinity_init(struct affinity *ret, const struct place *place, bool memory)
{
        struct affinity affinity = {.memory = memory};
        int r = fill(affinity.cpus, place->cpus);

        if (r == 0)
                r = fill(affinity.nodes, place->nodes);
        if (r == 0)
                *ret = affinity;
        return r;
}

/* As numactl has it: memory comes from these nodes or not at all. */
static int bind_memory(const struct affinity *affinity)
{
        /* The kernel takes one bit less than it is told. */
        return syscall(SYS_set_mempolicy, MPOL_BIND, affinity->nodes, NUMBER_SET_MAX + 2) < 0
                       ? -errno
                       : 0;
}

int affinity_enter(const struct affinity *affinity)
{
        if (syscall(SYS_sched_setaffinity, 0, sizeof affinity->cpus, affinity->cpus) < 0)
                return -errno;
        return affinity->memory ? bind_memory(affinity) : 0;
}

struct trial {
        const struct affinity *affinity;
        int result;
};

static void *try_it(void *data)
{
        struct trial *trial = data;

        trial->result = bind_memory(trial->affinity);
        return NULL;
}

int affinity_try_memory(const struct affinity *affinity)
{
        struct trial trial = {.affinity = affinity};
        pthread_t thread;
        int r = pthread_create(&thread, NULL, try_it, &trial);

        if (r != 0)
                return -r;
        pthread_join(thread, NULL);
        return trial.result;
}
