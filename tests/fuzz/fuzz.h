/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets share. A target returns 0 for every input, good or bad; a broken promise
 * aborts, which both libFuzzer and the replay of the seeds take as a find.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) \
        do { \
                if (!(condition)) { \
                        fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
                        abort(); \
                } \
        } while (0)
