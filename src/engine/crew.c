/* SPDX-License-Identifier: Apache-2.0 */
#include "crew.h"

#include "snapshot.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>

static void tell_main(struct crew *crew)
{
        eventfd_write(crew->event_fd, 1);
}

static void fail(struct crew *crew, int error, const struct why *why)
{
        pthread_mutex_lock(&crew->lock);
        if (crew->error == 0) {
                crew->error = error;
                crew->why = *why;
        }
        pthread_cond_broadcast(&crew->changed);
        pthread_mutex_unlock(&crew->lock);
        stop_request(&crew->stop);
        tell_main(crew);
}

/* False when the crew is to end before that phase. */
static bool wait_for_phase(struct crew *crew, enum crew_phase phase)
{
        bool reached;

        pthread_mutex_lock(&crew->lock);
        while (crew->phase < phase && crew->error == 0 && !stop_requested(&crew->stop))
                pthread_cond_wait(&crew->changed, &crew->lock);
        reached = crew->phase >= phase && crew->error == 0;
        pthread_mutex_unlock(&crew->lock);
        return reached && !stop_requested(&crew->stop);
}

static void enter_phase(struct crew *crew, enum crew_phase phase)
{
        pthread_mutex_lock(&crew->lock);
        crew->phase = phase;
        pthread_cond_broadcast(&crew->changed);
        pthread_mutex_unlock(&crew->lock);
        tell_main(crew);
}

static int prepare(struct crew *crew, struct why *why)
{
        if (!crew->prepare || !crew->workload->prepare)
                return 0;
        return crew->workload->prepare(crew->config, &crew->stop, why);
}

static int set_up(struct crew *crew, struct worker *worker, struct why *why)
{
        int r = crew->workload->setup ? crew->workload->setup(worker, why) : 0;
        bool last;

        if (r < 0)
                return r;
        pthread_mutex_lock(&crew->lock);
        last = ++crew->n_set_up == crew->n_workers;
        if (last)
                crew->work_ns = clock_now_ns();
        pthread_mutex_unlock(&crew->lock);
        if (last)
                enter_phase(crew, CREW_WORK);
        return 0;
}

static unsigned work_counter(const struct workload *workload)
{
        for (unsigned i = 0; i < workload->n_counters; i++)
                if (workload->counters[i].kind == COUNTER_WORK)
                        return i;
        return UINT32_MAX;
}

/* When a step role's next operation is due. */
static uint64_t next_due_ns(struct worker *worker, uint64_t done_ns)
{
        if (worker->pace.config.mode == PACE_OPEN)
                return worker_take_due(worker);
        return pace_think(&worker->pace, done_ns);
}

static int step_loop(const struct workload *workload, struct worker *worker, struct why *why)
{
        bool paced = workload->flags & WORKLOAD_PACED;
        unsigned work = work_counter(workload);
        uint64_t done_ns = clock_now_ns();

        while (!worker_stopping(worker)) {
                uint64_t due_ns = next_due_ns(worker, done_ns), sent_ns = clock_now_ns();
                int r;

                if (due_ns > sent_ns) {
                        if (stop_wait_until(worker->stop, due_ns))
                                break;
                        sent_ns = clock_now_ns();
                }
                if (paced) {
                        worker_offered(worker);
                        worker_sent(worker, due_ns, sent_ns);
                }
                r = workload->step(worker, why);
                done_ns = clock_now_ns();
                if (r < 0)
                        return r;
                if (r == STEP_DONE) {
                        worker_add(worker, work, 1);
                        if (workload->n_latencies)
                                worker_latency(worker, 0, due_ns, sent_ns, done_ns);
                }
        }
        return 0;
}

static int work(struct crew *crew, struct worker *worker, struct why *why)
{
        /* From one start for all: only then do the shares of a uniform schedule interleave. */
        worker_begin(worker, &crew->pace, crew->work_ns);
        if (crew->workload->loop)
                return crew->workload->loop(worker, why);
        return step_loop(crew->workload, worker, why);
}

static int through_phases(struct crew *crew, struct worker *worker, struct why *why)
{
        int r;

        if (worker->index == 0) {
                r = prepare(crew, why);
                if (r < 0)
                        return r;
                enter_phase(crew, CREW_SETUP);
        }
        if (!wait_for_phase(crew, CREW_SETUP))
                return 0;
        r = set_up(crew, worker, why);
        if (r == 0 && wait_for_phase(crew, CREW_WORK))
                r = work(crew, worker, why);
        if (crew->workload->teardown)
                crew->workload->teardown(worker);
        return r;
}

struct start {
        struct crew *crew;
        struct worker *worker;
};

static void *thread_main(void *argument)
{
        struct start start = *(struct start *)argument;
        struct why why = {.what = "role", .reason = "failed without a reason"};
        int r;

        free(argument);
        r = through_phases(start.crew, start.worker, &why);
        if (r < 0 && !stop_requested(&start.crew->stop))
                fail(start.crew, r, &why);
        pthread_mutex_lock(&start.crew->lock);
        start.crew->n_ended++;
        pthread_mutex_unlock(&start.crew->lock);
        tell_main(start.crew);
        return NULL;
}

static int worker_init(struct crew *crew, unsigned index, uint64_t seed)
{
        struct worker *worker = &crew->workers[index];

        *worker = (struct worker){
                .config = crew->config,
                .index = index,
                .n_workers = crew->n_workers,
                .seed = seed,
                .stop = &crew->stop,
                .next_due_ns = CLOCK_NEVER,
                .first_frame_counter = crew->workload->n_counters,
        };
        rng_init(&worker->rng, seed, index);
        return cells_init(
                &worker->cells, snapshot_n_counters(crew->workload), crew->workload->n_latencies);
}

int crew_init(struct crew *crew, const struct workload *workload, const void *config,
        unsigned n_workers, uint64_t seed)
{
        int r = 0;

        *crew = (struct crew){
                .workload = workload,
                .config = config,
                .workers = calloc(n_workers, sizeof *crew->workers),
                .threads = calloc(n_workers, sizeof *crew->threads),
                .n_workers = n_workers,
                .stop = {.fd = -1},
                .lock = PTHREAD_MUTEX_INITIALIZER,
                .changed = PTHREAD_COND_INITIALIZER,
                .event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
        };
        if (crew->event_fd < 0)
                r = -errno;
        if (!crew->workers || !crew->threads)
                r = -ENOMEM;
        if (r == 0)
                r = stop_init(&crew->stop);
        for (unsigned i = 0; i < n_workers && r == 0; i++)
                r = worker_init(crew, i, seed);
        if (r < 0)
                crew_fini(crew);
        return r;
}

void crew_fini(struct crew *crew)
{
        for (unsigned i = 0; crew->workers && i < crew->n_workers; i++)
                cells_fini(&crew->workers[i].cells);
        free(crew->workers);
        free(crew->threads);
        stop_fini(&crew->stop);
        if (crew->event_fd >= 0)
                close(crew->event_fd);
        *crew = (struct crew){.event_fd = -1, .stop = {.fd = -1}};
}

int crew_start(struct crew *crew, struct why *why)
{
        for (unsigned i = 0; i < crew->n_workers; i++) {
                struct worker *worker = &crew->workers[i];
                struct start *start = malloc(sizeof *start);
                int r = ENOMEM;

                worker->pace.config = crew->pace; /* setup may depend on the mode */
                worker->rate_per_s = crew->pace.rate_per_s / crew->n_workers;
                if (start) {
                        *start = (struct start){crew, worker};
                        r = pthread_create(&crew->threads[i], NULL, thread_main, start);
                        if (r != 0)
                                free(start);
                }
                if (r != 0)
                        return why_set(why, -r, "threads", NULL, "worker %u cannot start: %s", i,
                                strerror(r));
                crew->n_threads++;
        }
        return 0;
}

struct crew_progress crew_look(struct crew *crew, struct why *why)
{
        struct crew_progress progress;
        eventfd_t seen;

        eventfd_read(crew->event_fd, &seen);
        pthread_mutex_lock(&crew->lock);
        progress = (struct crew_progress){
                .working = crew->phase == CREW_WORK,
                .ended = crew->n_ended == crew->n_threads,
                .error = crew->error,
        };
        if (crew->error && why)
                *why = crew->why;
        pthread_mutex_unlock(&crew->lock);
        return progress;
}

enum crew_phase crew_phase(struct crew *crew)
{
        enum crew_phase phase;

        pthread_mutex_lock(&crew->lock);
        phase = crew->phase;
        pthread_mutex_unlock(&crew->lock);
        return phase;
}

bool crew_end(struct crew *crew, uint64_t timeout_ns)
{
        uint64_t due_ns = clock_now_ns() + timeout_ns, now_ns;

        stop_request(&crew->stop);
        pthread_mutex_lock(&crew->lock);
        pthread_cond_broadcast(&crew->changed);
        pthread_mutex_unlock(&crew->lock);

        while (!crew_look(crew, NULL).ended) {
                struct pollfd fd = {.fd = crew->event_fd, .events = POLLIN};

                now_ns = clock_now_ns();
                if (now_ns >= due_ns) {
                        for (unsigned i = 0; i < crew->n_threads; i++)
                                pthread_detach(crew->threads[i]); /* no one joins them now */
                        return false;
                }
                poll(&fd, 1, clock_poll_timeout_ms(now_ns, due_ns));
        }
        for (unsigned i = 0; i < crew->n_threads; i++)
                pthread_join(crew->threads[i], NULL);
        crew->n_threads = 0;
        crew->n_ended = 0;
        return true;
}
