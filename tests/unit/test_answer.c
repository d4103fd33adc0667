/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "answer.h"
#include "macro.h"

#include <string.h>

static const struct fileset_name file = {.dir = 3, .class = 2, .file = 7};

/* What a right server sends; *ret_length bytes, to be freed. */
static char *right_body(const struct mix_request *request, size_t *ret_length)
{
        char query[BESIM_QUERY_SIZE], reply[BESIM_REPLY_SIZE];
        char *body;
        size_t length;

        if (request->dynamic) {
                body = malloc(BESIM_PAGE_SIZE);
                assert_non_null(body);
                besim_query(request->key, query);
                assert_int_equal(besim_answer(query, reply, &length), 0);
                *ret_length = besim_page(query, reply, length, body);
                return body;
        }
        *ret_length = fileset_size(request->file);
        body = malloc(*ret_length);
        assert_non_null(body);
        fileset_fill(request->file, 0, body, *ret_length);
        return body;
}

/* Streams length bytes of body in pieces of the given size. */
static enum answer_verdict judge(struct answer_page *page, const struct mix_request *request,
        const char *body, size_t length, size_t piece)
{
        struct answer answer;

        answer_begin(&answer, request);
        for (size_t at = 0; at < length; at += piece)
                if (!answer_take(&answer, page, body + at, MIN(piece, length - at)))
                        break;
        return answer_end(&answer, page);
}

static void check_kind(bool dynamic)
{
        static struct answer_page page;
        static const size_t pieces[] = {1, 7, 1024, 16384, SIZE_MAX / 2};
        struct mix_request verified = {.verify = true, .dynamic = dynamic};
        struct mix_request unverified = {.dynamic = dynamic};
        size_t length, where[3];
        char *body;

        if (dynamic)
                verified.key = unverified.key = 1234567;
        else
                verified.file = unverified.file = file;
        body = right_body(&verified, &length);
        /* Room behind it for an answer that is too long. */
        body = realloc(body, length + BESIM_PAGE_SIZE);
        assert_non_null(body);
        memset(body + length, 'x', BESIM_PAGE_SIZE);
        where[0] = 0, where[1] = length / 2, where[2] = length - 1;

        for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
                size_t piece = pieces[i];

                assert_int_equal(judge(&page, &verified, body, length, piece), ANSWER_RIGHT);
                assert_int_equal(judge(&page, &unverified, body, length, piece), ANSWER_RIGHT);
                for (size_t extra = 1; extra <= BESIM_PAGE_SIZE; extra *= 128) {
                        assert_int_equal(judge(&page, &verified, body, length + extra, piece),
                                ANSWER_WRONG_LENGTH);
                        assert_int_equal(judge(&page, &unverified, body, length + extra, piece),
                                ANSWER_WRONG_LENGTH);
                }
                assert_int_equal(
                        judge(&page, &verified, body, length - 1, piece), ANSWER_WRONG_LENGTH);
                assert_int_equal(
                        judge(&page, &unverified, body, length - 1, piece), ANSWER_WRONG_LENGTH);
                assert_int_equal(judge(&page, &verified, body, 0, piece), ANSWER_WRONG_LENGTH);
                for (size_t j = 0; j < ARRAY_SIZE(where); j++) {
                        /* One bit. */
                        body[where[j]] ^= 0x10;
                        assert_int_equal(
                                judge(&page, &verified, body, length, piece), ANSWER_WRONG_BODY);
                        assert_int_equal(
                                judge(&page, &unverified, body, length, piece), ANSWER_RIGHT);
                        /* Wrong in both ways is one error, of length. */
                        assert_int_equal(judge(&page, &verified, body, length + 1, piece),
                                ANSWER_WRONG_LENGTH);
                        body[where[j]] ^= 0x10;
                }
        }
        free(body);
}

static void test_file(void **state)
{
        check_kind(false);
}

static void test_page(void **state)
{
        check_kind(true);
}

/* Two answers that share the work space and come in by turns do not mix up. */
static void test_interleaved(void **state)
{
        static struct answer_page page;
        struct mix_request requests[2] = {{.verify = true, .dynamic = true, .key = 1},
                {.verify = true, .dynamic = true, .key = 2}};
        struct answer answers[2];
        size_t lengths[2];
        char *bodies[2];

        for (int i = 0; i < 2; i++) {
                bodies[i] = right_body(&requests[i], &lengths[i]);
                answer_begin(&answers[i], &requests[i]);
        }
        for (size_t at = 0; at < MAX(lengths[0], lengths[1]); at += 10)
                for (int i = 0; i < 2; i++)
                        if (at < lengths[i])
                                assert_true(answer_take(&answers[i], &page, bodies[i] + at,
                                        MIN((size_t)10, lengths[i] - at)));
        for (int i = 0; i < 2; i++) {
                assert_int_equal(answer_end(&answers[i], &page), ANSWER_RIGHT);
                free(bodies[i]);
        }
}

/* A server that never stops sending is stopped, whether or not the body is looked at. */
static void test_endless(void **state)
{
        static struct answer_page page;
        static const char zeros[1000];
        struct mix_request requests[] = {{.file = file}, {.dynamic = true, .key = 9}};

        for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
                struct answer answer;
                size_t taken = 0;

                answer_begin(&answer, &requests[i]);
                while (answer_take(&answer, &page, zeros, sizeof zeros)) {
                        taken += sizeof zeros;
                        assert_true(taken <= 1000000);
                }
                assert_int_equal(answer_end(&answer, &page), ANSWER_WRONG_LENGTH);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_file),
                cmocka_unit_test(test_page),
                cmocka_unit_test(test_interleaved),
                cmocka_unit_test(test_endless),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
