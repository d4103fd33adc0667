/* SPDX-License-Identifier: Apache-2.0 */
#include "readiness.h"

#include "clock.h"
#include "macro.h"

#include <assert.h>
#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* An answer takes milliseconds; a guest that boots does not answer, and the kernel tells us so only
 * after seconds. */
#define ASK_TIMEOUT_MS 2000L
#define ASK_EVERY_NS   (300 * NS_PER_MS)

struct asked {
        char *url;
        CURL *easy;
        bool running, dropped;
        uint64_t due_ns; /* of the next question, unless one is running */
        enum readiness_state state;
        char answer[160];
        size_t n_answer;
        char text[CURL_ERROR_SIZE + 160];
        char error[CURL_ERROR_SIZE];
};

struct readiness {
        CURLM *multi;
        struct asked **items; /* each where it is: the library writes into it */
        size_t n_items;
        bool changed;
};

int readiness_new(struct readiness **ret)
{
        struct readiness *readiness = calloc(1, sizeof *readiness);

        if (!readiness)
                return -ENOMEM;
        readiness->multi = curl_multi_init();
        if (!readiness->multi) {
                free(readiness);
                return -ENOMEM;
        }
        *ret = readiness;
        return 0;
}

static void stop_asking(struct readiness *readiness, struct asked *asked)
{
        if (asked->running)
                curl_multi_remove_handle(readiness->multi, asked->easy);
        asked->running = false;
}

void readiness_free(struct readiness *readiness)
{
        if (!readiness)
                return;
        for (size_t i = 0; i < readiness->n_items; i++) {
                stop_asking(readiness, readiness->items[i]);
                curl_easy_cleanup(readiness->items[i]->easy);
                free(readiness->items[i]->url);
                free(readiness->items[i]);
        }
        free(readiness->items);
        curl_multi_cleanup(readiness->multi);
        free(readiness);
}

static size_t take_answer(char *data, size_t size, size_t n, void *context)
{
        struct asked *asked = context;
        size_t bytes = size * n, room = sizeof asked->answer - 1 - asked->n_answer;

        memcpy(asked->answer + asked->n_answer, data, MIN(bytes, room));
        asked->n_answer += MIN(bytes, room);
        asked->answer[asked->n_answer] = '\0';
        return bytes;
}

static struct asked *asked_new(const char *url)
{
        struct asked *asked = calloc(1, sizeof *asked);

        if (!asked)
                return NULL;
        asked->easy = curl_easy_init();
        if (asprintf(&asked->url, "%s/healthz", url) < 0)
                asked->url = NULL;
        if (!asked->easy || !asked->url) {
                if (asked->easy)
                        curl_easy_cleanup(asked->easy);
                free(asked->url);
                free(asked);
                return NULL;
        }
        curl_easy_setopt(asked->easy, CURLOPT_URL, asked->url);
        curl_easy_setopt(asked->easy, CURLOPT_WRITEFUNCTION, take_answer);
        curl_easy_setopt(asked->easy, CURLOPT_WRITEDATA, asked);
        curl_easy_setopt(asked->easy, CURLOPT_ERRORBUFFER, asked->error);
        curl_easy_setopt(asked->easy, CURLOPT_TIMEOUT_MS, ASK_TIMEOUT_MS);
        curl_easy_setopt(asked->easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(asked->easy, CURLOPT_PROXY, ""); /* guests are never behind the proxy */
        curl_easy_setopt(asked->easy, CURLOPT_PRIVATE, asked);
        snprintf(asked->text, sizeof asked->text, "not asked yet");
        return asked;
}

int readiness_add(struct readiness *readiness, const char *url)
{
        struct asked **items =
                reallocarray(readiness->items, readiness->n_items + 1, sizeof(struct asked *));
        struct asked *asked;

        if (!items)
                return -ENOMEM;
        readiness->items = items;
        asked = asked_new(url);
        if (!asked)
                return -ENOMEM;
        items[readiness->n_items] = asked;
        return (int)readiness->n_items++;
}

void readiness_drop(struct readiness *readiness, size_t index)
{
        stop_asking(readiness, readiness->items[index]);
        readiness->items[index]->dropped = true;
}

enum readiness_state readiness_state(
        const struct readiness *readiness, size_t index, const char **ret_text)
{
        if (ret_text)
                *ret_text = readiness->items[index]->text;
        return readiness->items[index]->state;
}

/* ---- asking ---- */

/* The first line, without what a terminal would act upon. */
static void tidy(char *text)
{
        size_t n = strcspn(text, "\r\n");

        text[n] = '\0';
        for (size_t i = 0; i < n; i++)
                if (iscntrl((unsigned char)text[i]))
                        text[i] = ' ';
}

/* The library's own words leave out what the kernel said. */
static void say_silence(struct asked *asked, CURLcode result)
{
        long error = 0;

        curl_easy_getinfo(asked->easy, CURLINFO_OS_ERRNO, &error);
        if (result == CURLE_COULDNT_CONNECT && error)
                snprintf(asked->text, sizeof asked->text, "its endpoint cannot be reached: %s",
                        strerror((int)error));
        else if (result == CURLE_OPERATION_TIMEDOUT)
                snprintf(asked->text, sizeof asked->text, "its endpoint does not answer");
        else
                snprintf(asked->text, sizeof asked->text, "%s",
                        asked->error[0] ? asked->error : curl_easy_strerror(result));
}

/* "failed" alone is a role in its last moment, of which the guest's systemd knows more soon: that
 * it is started again, or "failed: REASON". */
static enum readiness_state judge(struct asked *asked, CURLcode result)
{
        long status = 0;

        if (result != CURLE_OK) {
                say_silence(asked, result);
                return READINESS_SILENT;
        }
        curl_easy_getinfo(asked->easy, CURLINFO_RESPONSE_CODE, &status);
        tidy(asked->answer);
        snprintf(asked->text, sizeof asked->text, "%s", asked->answer);
        if (status == 200)
                return READINESS_READY;
        if (status != 503)
                snprintf(asked->text, sizeof asked->text, "its endpoint answers with status %ld",
                        status);
        return strncmp(asked->answer, "failed: ", 8) == 0 ? READINESS_FAILED : READINESS_STARTING;
}

static void take(struct readiness *readiness, struct asked *asked, CURLcode result)
{
        enum readiness_state state = judge(asked, result);

        stop_asking(readiness, asked);
        asked->due_ns = clock_now_ns() + ASK_EVERY_NS;
        if (state == asked->state)
                return;
        asked->state = state;
        readiness->changed = true;
}

static void ask(struct readiness *readiness, struct asked *asked)
{
        asked->n_answer = 0;
        asked->answer[0] = '\0';
        asked->error[0] = '\0';
        asked->running = curl_multi_add_handle(readiness->multi, asked->easy) == CURLM_OK;
        if (!asked->running)
                asked->due_ns = clock_now_ns() + ASK_EVERY_NS;
}

/* Asks whoever is due; returns when the next one is. */
static uint64_t ask_due(struct readiness *readiness)
{
        uint64_t now_ns = clock_now_ns(), next_ns = CLOCK_NEVER;

        for (size_t i = 0; i < readiness->n_items; i++) {
                struct asked *asked = readiness->items[i];

                if (asked->running || asked->dropped || asked->state == READINESS_READY)
                        continue;
                if (asked->due_ns <= now_ns)
                        ask(readiness, asked);
                else
                        next_ns = MIN(next_ns, asked->due_ns);
        }
        return next_ns;
}

static void reap(struct readiness *readiness)
{
        CURLMsg *message;
        int running, left;

        curl_multi_perform(readiness->multi, &running);
        while ((message = curl_multi_info_read(readiness->multi, &left))) {
                struct asked *asked;

                if (message->msg != CURLMSG_DONE)
                        continue;
                curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &asked);
                take(readiness, asked, message->data.result);
        }
}

int readiness_wait(struct readiness *readiness, const int *fds, size_t n_fds, uint64_t due_ns)
{
        struct curl_waitfd wait[READINESS_MAX_FDS];

        assert(n_fds <= READINESS_MAX_FDS);
        readiness->changed = false;
        while (!readiness->changed && clock_now_ns() < due_ns) {
                uint64_t next_ns = MIN(ask_due(readiness), due_ns);
                int timeout_ms = clock_poll_timeout_ms(clock_now_ns(), next_ns);

                for (size_t i = 0; i < n_fds; i++)
                        wait[i] = (struct curl_waitfd){.fd = fds[i], .events = CURL_WAIT_POLLIN};
                /* The library has timers of its own and takes no "for ever". */
                if (curl_multi_poll(readiness->multi, wait, (unsigned)n_fds,
                            timeout_ms < 0 ? 1000 : timeout_ms, NULL) != CURLM_OK)
                        return -EIO;
                reap(readiness);
                for (size_t i = 0; i < n_fds; i++)
                        if (wait[i].revents)
                                return 0;
        }
        return 0;
}
