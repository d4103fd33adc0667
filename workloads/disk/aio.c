/* SPDX-License-Identifier: Apache-2.0 */
#include "aio.h"

#include "clock.h"

#include <errno.h>
#include <string.h>

/* The head of a context's memory, as the kernel has laid it out since 2.6 (fs/aio.c). It only
 * appends at tail; taking from head is allowed to whoever owns the context. */
struct disk_aio_ring {
        unsigned id;
        unsigned nr;
        unsigned head;
        unsigned tail;
        unsigned magic;
        unsigned compat_features;
        unsigned incompat_features; /* 0, or the layout is another one */
        unsigned header_length;
        struct io_event events[];
};

#define RING_MAGIC 0xa10a10a1u

int disk_aio_init(struct disk_aio *aio, unsigned n, struct why *why)
{
        struct disk_aio_ring *ring;
        int r;

        *aio = (struct disk_aio){0};
        r = io_setup((int)n, &aio->context);
        if (r == -EAGAIN)
                return why_set(why, r, "io_setup", NULL,
                        "too many asynchronous operations on this machine: raise the sysctl "
                        "fs.aio-max-nr or lower --depth");
        if (r < 0)
                return why_errno(why, r, "io_setup", NULL);
        ring = (struct disk_aio_ring *)aio->context;
        if (ring->magic == RING_MAGIC && ring->incompat_features == 0 &&
                ring->header_length == sizeof *ring)
                aio->ring = ring;
        return 0;
}

void disk_aio_fini(struct disk_aio *aio)
{
        if (aio->context)
                io_destroy(aio->context);
        *aio = (struct disk_aio){0};
}

int disk_aio_submit(struct disk_aio *aio, struct iocb **iocbs, unsigned n)
{
        int r = io_submit(aio->context, (long)n, iocbs);

        return r == -EAGAIN || r == -EINTR ? 0 : r;
}

static unsigned ring_take(struct disk_aio_ring *ring, struct io_event *events, unsigned max)
{
        /* The kernel moves head too, but only inside our own io_getevents. */
        unsigned head = __atomic_load_n(&ring->head, __ATOMIC_RELAXED);
        unsigned tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
        unsigned n = 0;

        while (n < max && head != tail) {
                events[n++] = ring->events[head];
                head = (head + 1) % ring->nr;
        }
        if (n > 0)
                __atomic_store_n(&ring->head, head, __ATOMIC_RELEASE);
        return n;
}

int disk_aio_reap(struct disk_aio *aio, struct io_event *events, unsigned max, uint64_t wait_ns)
{
        struct timespec wait = {
                .tv_sec = (time_t)(wait_ns / NS_PER_S), .tv_nsec = (long)(wait_ns % NS_PER_S)};
        unsigned n;
        int r;

        if (aio->ring) {
                n = ring_take(aio->ring, events, max);
                if (n > 0 || wait_ns == 0)
                        return (int)n;
        }
        r = io_getevents(aio->context, wait_ns ? 1 : 0, (long)max, events,
                wait_ns == CLOCK_NEVER ? NULL : &wait);
        return r == -EINTR ? 0 : r;
}
