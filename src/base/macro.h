/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few macros that every room uses: cleanup attributes, ownership transfer, array sizes.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f)   __attribute__((cleanup(f)))
#define _unused_       __attribute__((unused))
#define _printf_(a, b) __attribute__((format(printf, a, b)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define MIN(a, b) \
        ({ \
                __typeof__(a) _a = (a); \
                __typeof__(b) _b = (b); \
                _a < _b ? _a : _b; \
        })
#define MAX(a, b) \
        ({ \
                __typeof__(a) _max_a = (a); \
                __typeof__(b) _max_b = (b); \
                _max_a > _max_b ? _max_a : _max_b; \
        })

/* Takes the value out of a variable whose cleanup attribute would free it: the caller owns it. */
#define STEAL_PTR(p) \
        ({ \
                __typeof__(p) _taken = (p); \
                (p) = NULL; \
                _taken; \
        })
#define STEAL_FD(fd) \
        ({ \
                int _taken = (fd); \
                (fd) = -1; \
                _taken; \
        })

static inline void free_p(void *p)
{
        free(*(void **)p);
}

static inline void close_p(int *fd)
{
        if (*fd >= 0)
                close(*fd);
}

static inline void fclose_p(FILE **f)
{
        if (*f)
                fclose(*f);
}

#define _cleanup_free_   _cleanup_(free_p)
#define _cleanup_close_  _cleanup_(close_p)
#define _cleanup_fclose_ _cleanup_(fclose_p)
