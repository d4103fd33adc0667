/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer.h"

#include "clock.h"
#include "target.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#define HTTP_OK 200

static int set_timer(CURLM *multi, long timeout_ms, void *context)
{
        struct transfers *transfers = context;

        transfers->due_ns =
                timeout_ms < 0 ? CLOCK_NEVER : clock_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
        return 0;
}

/* libcurl is about to send the request, for the first time or once more. */
static int count_sending(
        void *context, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
        struct transfer *transfer = context;

        transfer->n_sent++;
        return CURL_PREREQFUNC_OK;
}

static size_t take_body(char *data, size_t size, size_t n, void *context)
{
        struct transfer *transfer = context;
        struct transfers *transfers = transfer->transfers;

        /* Before the checking, which must not count as the server's time. */
        transfer->piece_ns = clock_now_ns();
        transfer->bytes += n;
        if (transfer->status == 0)
                curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->status);
        if (transfer->status != HTTP_OK)
                return n;
        return answer_take(&transfer->answer, &transfers->page, data, n) ? n : 0;
}

#define SET(option, value) \
        do { \
                if (curl_easy_setopt(easy, option, value) != CURLE_OK) \
                        return -ENOMEM; \
        } while (0)

static int set_options(struct transfers *transfers, struct transfer *transfer)
{
        CURL *easy = transfer->easy;

        SET(CURLOPT_PRIVATE, transfer);
        /* Parsed once; each request brings its own target, which is sent as it is. */
        SET(CURLOPT_CURLU, transfers->target);
        /* Neither http_proxy in the environment nor another version of HTTP: what is measured is
         * this server over this protocol. */
        SET(CURLOPT_PROXY, "");
        SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
        SET(CURLOPT_USERAGENT, "tileload/" TILELOAD_VERSION);
        SET(CURLOPT_TIMEOUT_MS, (long)((transfers->timeout_ns + NS_PER_MS - 1) / NS_PER_MS));
        SET(CURLOPT_NOSIGNAL, 1L);
        /* A name server that hangs must not keep the role from ending. */
        SET(CURLOPT_QUICK_EXIT, 1L);
        SET(CURLOPT_PREREQFUNCTION, count_sending);
        SET(CURLOPT_PREREQDATA, transfer);
        SET(CURLOPT_WRITEFUNCTION, take_body);
        SET(CURLOPT_WRITEDATA, transfer);
        sockets_serve_easy(&transfers->sockets, easy);
        return 0;
}

static struct transfer *new_transfer(struct transfers *transfers)
{
        _cleanup_free_ struct transfer *transfer = calloc(1, sizeof *transfer);

        if (!transfer)
                return NULL;
        transfer->transfers = transfers;
        transfer->easy = curl_easy_init();
        if (!transfer->easy || set_options(transfers, transfer) < 0) {
                curl_easy_cleanup(transfer->easy);
                return NULL;
        }
        transfer->next = transfers->all;
        transfers->all = transfer;
        return STEAL_PTR(transfer);
}

static struct transfer *get_transfer(struct transfers *transfers)
{
        struct transfer *transfer = transfers->free;

        if (!transfer)
                return new_transfer(transfers);
        transfers->free = transfer->next_free;
        if (transfer->n_sent > 1) {
                /* libcurl (7.88) allows a handle five sendings anew in all its life, not in each
                 * transfer, and then reports an error that is none. A reset clears its count. */
                curl_easy_reset(transfer->easy);
                if (set_options(transfers, transfer) < 0)
                        return NULL;
        }
        return transfer;
}

static enum transfer_result judge(
        struct transfers *transfers, const struct transfer *transfer, CURLcode code)
{
        switch (code) {
        case CURLE_OK:
                break;
        case CURLE_WRITE_ERROR:
                if (transfer->answer.overlong)
                        return TRANSFER_WRONG_LENGTH;
                return TRANSFER_BROKEN;
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_CONNECT:
                return TRANSFER_NO_CONNECTION;
        case CURLE_OPERATION_TIMEDOUT:
                return TRANSFER_TIMED_OUT;
        default:
                return TRANSFER_BROKEN;
        }
        if (transfer->status != HTTP_OK)
                return TRANSFER_WRONG_STATUS;
        switch (answer_end(&transfer->answer, &transfers->page)) {
        case ANSWER_RIGHT:
                return TRANSFER_RIGHT;
        case ANSWER_WRONG_LENGTH:
                return TRANSFER_WRONG_LENGTH;
        case ANSWER_WRONG_BODY:
                break;
        }
        return TRANSFER_WRONG_BODY;
}

int transfers_init(struct transfers *transfers, const char *target, uint64_t timeout_ns,
        int epoll_fd, struct why *why)
{
        int r;

        *transfers = (struct transfers){
                .due_ns = CLOCK_NEVER,
                .timeout_ns = timeout_ns,
        };
        sockets_init(&transfers->sockets, epoll_fd);
        r = target_parse(target, &transfers->target, why);
        if (r < 0)
                return r;
        transfers->multi = curl_multi_init();
        if (!transfers->multi)
                return why_errno(why, -ENOMEM, "libcurl", NULL);
        sockets_serve_multi(&transfers->sockets, transfers->multi);
        curl_multi_setopt(transfers->multi, CURLMOPT_TIMERFUNCTION, set_timer);
        curl_multi_setopt(transfers->multi, CURLMOPT_TIMERDATA, transfers);
        curl_multi_setopt(transfers->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
        return 0;
}

void transfers_fini(struct transfers *transfers)
{
        struct transfer *transfer = transfers->all, *next;

        /* The whole before its parts: taking the handles out one by one, each of which looks
         * through all connections, takes a second for 8,000. */
        if (transfers->multi)
                curl_multi_cleanup(transfers->multi);
        for (; transfer; transfer = next) {
                next = transfer->next;
                curl_easy_cleanup(transfer->easy);
                free(transfer);
        }
        curl_url_cleanup(transfers->target);
        sockets_fini(&transfers->sockets);
        *transfers = (struct transfers){};
}

void transfers_keep(struct transfers *transfers, size_t n_connections)
{
        curl_multi_setopt(transfers->multi, CURLMOPT_MAXCONNECTS, (long)n_connections);
}

static int act(struct transfers *transfers, curl_socket_t fd, int bits)
{
        int n_running;
        CURLMcode code;

        transfers->event_ns = clock_now_ns();
        if (fd == CURL_SOCKET_TIMEOUT)
                transfers->due_ns = CLOCK_NEVER; /* libcurl sets it anew, if there is a next */
        code = curl_multi_socket_action(transfers->multi, fd, bits, &n_running);
        if (transfers->sockets.error < 0)
                return transfers->sockets.error;
        return code == CURLM_OK ? 0 : code == CURLM_OUT_OF_MEMORY ? -ENOMEM : -EIO;
}

int transfers_send(struct transfers *transfers, const struct mix_request *request, uint64_t due_ns,
        unsigned user, uint64_t *ret_sent_ns)
{
        struct transfer *transfer = get_transfer(transfers);
        char target[MIX_TARGET_SIZE];

        if (!transfer)
                return -ENOMEM;
        transfer->user = user;
        transfer->due_ns = due_ns;
        transfer->bytes = 0;
        transfer->n_sent = 0;
        transfer->status = 0;
        transfer->piece_ns = 0;
        answer_begin(&transfer->answer, request);
        mix_target(target, request);
        if (curl_easy_setopt(transfer->easy, CURLOPT_REQUEST_TARGET, target) != CURLE_OK)
                goto fail;
        transfer->sent_ns = clock_now_ns();
        if (curl_multi_add_handle(transfers->multi, transfer->easy) != CURLM_OK)
                goto fail;
        transfers->in_flight++;
        *ret_sent_ns = transfer->sent_ns;
        /* libcurl has asked for a timer that is due now; this sends the request's bytes. */
        return transfers_run_timers(transfers);
fail:
        transfers_release(transfers, transfer);
        return -ENOMEM;
}

int transfers_event(struct transfers *transfers, int fd, uint32_t events)
{
        int bits = 0;

        if (!sockets_wanted(&transfers->sockets, fd))
                return transfers->sockets.error;
        if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                bits |= CURL_CSELECT_IN;
        if (events & EPOLLOUT)
                bits |= CURL_CSELECT_OUT;
        if (events & EPOLLERR)
                bits |= CURL_CSELECT_ERR;
        return act(transfers, fd, bits);
}

int transfers_run_timers(struct transfers *transfers)
{
        return act(transfers, CURL_SOCKET_TIMEOUT, 0);
}

struct transfer *transfers_ended(struct transfers *transfers)
{
        struct transfer *transfer;
        CURLMsg *message;
        CURLcode code;
        char *private;
        int n_left;

        do {
                message = curl_multi_info_read(transfers->multi, &n_left);
                if (!message)
                        return NULL;
        } while (message->msg != CURLMSG_DONE);
        code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        transfer = (struct transfer *)private;
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->status);
        /* The message is gone after this. */
        curl_multi_remove_handle(transfers->multi, transfer->easy);
        transfers->in_flight--;
        transfer->done_ns = MAX(transfers->event_ns, transfer->piece_ns);
        transfer->result = judge(transfers, transfer, code);
        return transfer;
}

void transfers_release(struct transfers *transfers, struct transfer *transfer)
{
        transfer->next_free = transfers->free;
        transfers->free = transfer;
}
