/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this the right answer? A body is checked as it streams in, piece by piece, and never kept.
 */
#pragma once

#include "mix.h"

#include <stdbool.h>
#include <stddef.h>

enum answer_verdict {
        ANSWER_RIGHT,
        ANSWER_WRONG_LENGTH,
        ANSWER_WRONG_BODY,
};

/* The dynamic page last computed: work space that all answers of one thread share. */
struct answer_page {
        bool valid;
        unsigned long key;
        size_t length;
        char text[BESIM_PAGE_SIZE];
};

struct answer {
        struct mix_request request;
        size_t received;
        bool differs;  /* some byte was not as it should be (only known when request.verify) */
        bool overlong; /* has more bytes than the right answer can have */
};

void answer_begin(struct answer *answer, const struct mix_request *request);

/* The next piece of the body. Returns false as soon as it is too long: reading on is no use. */
bool answer_take(struct answer *answer, struct answer_page *page, const void *data, size_t size);

/* The body has ended. */
enum answer_verdict answer_end(const struct answer *answer, struct answer_page *page);
