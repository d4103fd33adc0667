/* SPDX-License-Identifier: Apache-2.0 */
#include "answer.h"

#include <errno.h>
#include <string.h>

/* The page that answers key, computed unless it is the one that is there. */
static const struct answer_page *page_of(struct answer_page *page, unsigned long key)
{
        char query[BESIM_QUERY_SIZE], reply[BESIM_REPLY_SIZE];
        size_t length = 0;

        if (page->valid && page->key == key)
                return page;
        besim_query(key, query);
        besim_answer(query, reply, &length);
        page->length = besim_page(query, reply, length, page->text);
        page->key = key;
        page->valid = true;
        return page;
}

void answer_begin(struct answer *answer, const struct mix_request *request)
{
        *answer = (struct answer){.request = *request};
}

/* The most bytes that can be right. A dynamic page whose body is not looked at is computed only
 * when it has ended, after the time is taken, so until then its bound is that of all pages. */
static size_t limit_of(const struct answer *answer, struct answer_page *page)
{
        const struct mix_request *request = &answer->request;

        if (!request->dynamic)
                return fileset_size(request->file);
        return request->verify ? page_of(page, request->key)->length : BESIM_PAGE_SIZE - 1;
}

bool answer_take(struct answer *answer, struct answer_page *page, const void *data, size_t size)
{
        const struct mix_request *request = &answer->request;
        size_t offset = answer->received;

        answer->received += size;
        if (answer->received > limit_of(answer, page)) {
                answer->overlong = true;
                return false;
        }
        if (!request->verify || answer->differs)
                return true;
        if (request->dynamic)
                answer->differs =
                        memcmp(page_of(page, request->key)->text + offset, data, size) != 0;
        else
                answer->differs = !fileset_check(request->file, offset, data, size);
        return true;
}

enum answer_verdict answer_end(const struct answer *answer, struct answer_page *page)
{
        const struct mix_request *request = &answer->request;
        size_t expected = request->dynamic ? page_of(page, request->key)->length
                                           : fileset_size(request->file);

        if (answer->overlong || answer->received != expected)
                return ANSWER_WRONG_LENGTH;
        return answer->differs ? ANSWER_WRONG_BODY : ANSWER_RIGHT;
}
