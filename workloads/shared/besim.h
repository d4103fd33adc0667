/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the web backend answers, after SPECweb2005's BeSim: the query is `WORKLOAD&COMMAND&ARGS`,
 * the reply's first line a status digit (0 = found, 1 = bad query), then one record a line, its
 * fields parted by '&'. The answer follows from the query alone, so every part of the chain can
 * check it. The dynamic page that the web server wraps around it is here too.
 */
#pragma once

#include <stddef.h>

enum {
        BESIM_QUERY_SIZE = 256,  /* the longest query, with its NUL */
        BESIM_REPLY_SIZE = 8192, /* the longest reply, with its NUL */
        BESIM_PAGE_SIZE = 16384, /* the longest page, with its NUL */
};

/* Writes the reply (with its NUL) to reply and returns its length. Returns -EINVAL for a bad query;
 * reply then holds the error answer ("1\n" and one line), which is sent with status 400. */
int besim_answer(const char *query, char reply[static BESIM_REPLY_SIZE], size_t *ret_length);

/* The HTML page that answers `GET /dynamic?QUERY`: returns its length. */
size_t besim_page(const char *query, const char *reply, size_t reply_length,
        char page[static BESIM_PAGE_SIZE]);

/* A query that is valid and leads to another answer for another key: what the client asks. */
void besim_query(unsigned long key, char query[static BESIM_QUERY_SIZE]);
