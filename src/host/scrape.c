/* SPDX-License-Identifier: Apache-2.0 */
#include "scrape.h"

#include "clock.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

/* A full snapshot is some 100 KB; whatever is much larger is not one of ours. */
#define ANSWER_MAX (16u << 20)

/* One guest's transfer; its handle is kept, and with it the connection. */
struct fetch {
        CURL *easy;
        bool running, failed;
        long status;
        char *text;
        size_t size;
        char error[CURL_ERROR_SIZE];
        uint64_t sent_ns, done_ns;
};

struct scraper {
        const struct targets *targets;
        const struct watch *watches;
        size_t n_watches;
        CURLM *multi;
        struct fetch *fetches;
        struct scrape_cost cost;
        uint64_t cpu_start_ns;
};

static size_t take_body(char *data, size_t size, size_t n, void *context)
{
        struct fetch *fetch = context;
        size_t bytes = size * n;
        char *text;

        if (fetch->size + bytes > ANSWER_MAX)
                return 0;
        text = realloc(fetch->text, fetch->size + bytes + 1);
        if (!text)
                return 0;
        memcpy(text + fetch->size, data, bytes);
        fetch->text = text;
        fetch->size += bytes;
        text[fetch->size] = '\0';
        return bytes;
}

static int fetch_init(struct fetch *fetch)
{
        fetch->easy = curl_easy_init();
        if (!fetch->easy)
                return -ENOMEM;
        curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, take_body);
        curl_easy_setopt(fetch->easy, CURLOPT_WRITEDATA, fetch);
        curl_easy_setopt(fetch->easy, CURLOPT_ERRORBUFFER, fetch->error);
        curl_easy_setopt(fetch->easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(fetch->easy, CURLOPT_PROXY, ""); /* guests are never behind the proxy */
        curl_easy_setopt(fetch->easy, CURLOPT_PRIVATE, fetch);
        return 0;
}

int scraper_new(struct scraper **ret, const struct targets *targets, const struct watch *watches,
        size_t n_watches, struct why *why)
{
        struct scraper *scraper = calloc(1, sizeof *scraper);
        int r = 0;

        if (!scraper)
                return why_errno(why, -ENOMEM, "measurement", NULL);
        *scraper = (struct scraper){
                .targets = targets,
                .watches = watches,
                .n_watches = n_watches,
                .multi = curl_multi_init(),
                .fetches = calloc(targets->n_items, sizeof *scraper->fetches),
                .cpu_start_ns = clock_process_cpu_ns(),
        };
        if (!scraper->multi || !scraper->fetches)
                r = -ENOMEM;
        for (size_t i = 0; i < targets->n_items && r == 0; i++)
                r = fetch_init(&scraper->fetches[i]);
        if (r < 0) {
                scraper_free(scraper);
                return why_errno(why, r, "measurement", NULL);
        }
        curl_multi_setopt(scraper->multi, CURLMOPT_MAXCONNECTS, (long)targets->n_items + 8);
        *ret = scraper;
        return 0;
}

static void end_fetch(struct scraper *scraper, struct fetch *fetch)
{
        if (fetch->running)
                curl_multi_remove_handle(scraper->multi, fetch->easy);
        fetch->running = false;
}

void scraper_free(struct scraper *scraper)
{
        if (!scraper)
                return;
        for (size_t i = 0; scraper->fetches && i < scraper->targets->n_items; i++) {
                end_fetch(scraper, &scraper->fetches[i]);
                if (scraper->fetches[i].easy)
                        curl_easy_cleanup(scraper->fetches[i].easy);
                free(scraper->fetches[i].text);
        }
        if (scraper->multi)
                curl_multi_cleanup(scraper->multi);
        free(scraper->fetches);
        free(scraper);
}

/* Waits for transfers and watches; at most until due_ns. */
static int wait_some(struct scraper *scraper, uint64_t due_ns, struct why *why)
{
        struct curl_waitfd fds[MAX_WATCHES];
        int timeout_ms;

        for (size_t i = 0; i < scraper->n_watches; i++)
                fds[i] = (struct curl_waitfd){
                        .fd = scraper->watches[i].fd, .events = CURL_WAIT_POLLIN};
        timeout_ms = clock_poll_timeout_ms(clock_now_ns(), due_ns);
        /* The library has timers of its own and takes no "for ever". */
        curl_multi_poll(scraper->multi, fds, (unsigned)scraper->n_watches,
                timeout_ms < 0 ? 1000 : timeout_ms, NULL);
        for (size_t i = 0; i < scraper->n_watches; i++) {
                const struct watch *w = &scraper->watches[i];
                int r = fds[i].revents ? w->check(w->context, why) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

int scraper_wait(struct scraper *scraper, uint64_t due_ns, struct why *why)
{
        int r = 0;

        while (r == 0 && clock_now_ns() < due_ns)
                r = wait_some(scraper, due_ns, why);
        return r;
}

static void start_fetch(struct scraper *scraper, size_t i, bool brief, uint64_t timeout_ns)
{
        struct fetch *fetch = &scraper->fetches[i];
        char url[512];

        snprintf(url, sizeof url, "%s/stats.json%s", scraper->targets->items[i].url,
                brief ? "?sums=1" : "");
        fetch->size = 0;
        fetch->failed = false;
        fetch->error[0] = '\0';
        curl_easy_setopt(fetch->easy, CURLOPT_URL, url);
        curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, (long)(timeout_ns / NS_PER_MS));
        fetch->sent_ns = clock_now_ns();
        fetch->done_ns = 0;
        curl_multi_add_handle(scraper->multi, fetch->easy);
        fetch->running = true;
}

/* Takes the finished transfers off; returns how many still run. */
static int reap(struct scraper *scraper)
{
        int running, left;
        CURLMsg *message;

        curl_multi_perform(scraper->multi, &running);
        while ((message = curl_multi_info_read(scraper->multi, &left))) {
                struct fetch *fetch;

                if (message->msg != CURLMSG_DONE)
                        continue;
                curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &fetch);
                fetch->done_ns = clock_now_ns();
                fetch->failed = message->data.result != CURLE_OK;
                curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &fetch->status);
                if (fetch->failed && !fetch->error[0])
                        snprintf(fetch->error, sizeof fetch->error, "%s",
                                curl_easy_strerror(message->data.result));
                end_fetch(scraper, fetch);
        }
        return running;
}

/* A role that has failed says why, and is no source of figures. */
static void take_refusal(const struct fetch *fetch, json_t *json, struct scraped *ret)
{
        const char *state = json_string_value(json_object_get(json, "state"));
        const char *reason = json_string_value(json_object_get(json, "reason"));

        if (state && reason)
                snprintf(ret->problem, sizeof ret->problem, "%.20s: %.200s", state, reason);
        else
                snprintf(ret->problem, sizeof ret->problem, "answered with HTTP status %ld",
                        fetch->status);
        ret->refused = true;
        json_decref(json);
}

static void take_result(struct fetch *fetch, struct scraped *ret)
{
        json_error_t error;
        struct why why = {0};
        json_t *json;

        scraped_fini(ret);
        if (fetch->failed) {
                snprintf(ret->problem, sizeof ret->problem, "%.200s", fetch->error);
                return;
        }
        json = fetch->size ? json_loadb(fetch->text, fetch->size, 0, &error) : NULL;
        if (fetch->status != 200) {
                take_refusal(fetch, json, ret);
                return;
        }
        if (!json) {
                snprintf(ret->problem, sizeof ret->problem, "stats.json is not JSON");
                return;
        }
        if (reading_init(&ret->reading, json, fetch->sent_ns, fetch->done_ns, &why) < 0)
                snprintf(ret->problem, sizeof ret->problem, "%.200s", why.reason);
        else
                ret->answered = true;
}

void scraper_ignore_watches(struct scraper *scraper)
{
        scraper->n_watches = 0;
}

bool scrape_asks(enum scrape_which which, unsigned guest)
{
        switch (which) {
        case SCRAPE_ALL:
                return true;
        case SCRAPE_EXTERNAL:
                return guest == GUEST_EXTERNAL;
        case SCRAPE_TILES:
                return guest != GUEST_EXTERNAL;
        case SCRAPE_WORKING:
                return guest != GUEST_WEB1 && guest != GUEST_IDLE;
        }
        return false;
}

int scraper_round(struct scraper *scraper, enum scrape_which which, bool brief, uint64_t timeout_ns,
        struct scraped *results, struct why *why)
{
        size_t n = scraper->targets->n_items;
        uint64_t start_ns = clock_now_ns(), took_ns;
        int r = 0;

        for (size_t i = 0; i < n; i++)
                if (scrape_asks(which, scraper->targets->items[i].guest))
                        start_fetch(scraper, i, brief, timeout_ns);
        while (r == 0 && reap(scraper) > 0)
                r = wait_some(scraper, CLOCK_NEVER, why);
        took_ns = clock_now_ns() - start_ns;
        for (size_t i = 0; i < n; i++) {
                end_fetch(scraper, &scraper->fetches[i]);
                if (r == 0 && scrape_asks(which, scraper->targets->items[i].guest))
                        take_result(&scraper->fetches[i], &results[i]);
        }
        scraper->cost.rounds++;
        scraper->cost.round_sum_ns += took_ns;
        scraper->cost.round_max_ns = MAX(scraper->cost.round_max_ns, took_ns);
        return r;
}

void scraped_fini(struct scraped *scraped)
{
        if (scraped->answered)
                reading_fini(&scraped->reading);
        *scraped = (struct scraped){0};
}

struct scrape_cost scraper_cost(const struct scraper *scraper)
{
        struct scrape_cost cost = scraper->cost;

        cost.cpu_ns = clock_process_cpu_ns() - scraper->cpu_start_ns;
        return cost;
}
