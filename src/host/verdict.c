/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict.h"

#include "fmt.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

struct quantiles quantiles_of(const struct hist *hist)
{
        return (struct quantiles){
                .count = hist_count(hist),
                .mean_ns = hist_mean_ns(hist),
                .p50_ns = hist_quantile_ns(hist, 0.5),
                .p90_ns = hist_quantile_ns(hist, 0.9),
                .p95_ns = hist_quantile_ns(hist, 0.95),
                .p99_ns = hist_quantile_ns(hist, 0.99),
                .p999_ns = hist_quantile_ns(hist, 0.999),
                .max_ns = hist_quantile_ns(hist, 1),
        };
}

double under_way_at_most(double offered_rate, uint64_t p50_ns)
{
        return 4 * sqrt(offered_rate * (double)p50_ns / 1e9) + 1;
}

static _printf_(2, 3) void reject(struct tile_verdict *tile, const char *format, ...)
{
        va_list ap;

        tile->valid = false;
        if (tile->n_reasons == VERDICT_REASONS)
                return;
        va_start(ap, format);
        vsnprintf(tile->reasons[tile->n_reasons++], sizeof tile->reasons[0], format, ap);
        va_end(ap);
}

static void limit_duration(
        struct tile_verdict *tile, const char *what, double ns, uint64_t limit_ns)
{
        char is[FMT_SIZE], most[FMT_SIZE];

        if (ns > (double)limit_ns)
                reject(tile, "%s response time %s is over the limit of %s", what,
                        fmt_duration(is, (uint64_t)ns), fmt_duration(most, limit_ns));
}

static bool is_open_loop(const struct guest_window *g)
{
        const char *mode = json_string_value(json_object_get(g->config, "mode"));

        return mode && strcmp(mode, "open") == 0;
}

static uint64_t failures(const struct guest_window *g)
{
        return guest_window_sum(g, COUNTER_ERROR) + guest_window_sum(g, COUNTER_WRONG);
}

static double failure_share(const struct guest_window *g)
{
        double failed = (double)failures(g),
               all = failed + (double)guest_window_sum(g, COUNTER_WORK);

        return all > 0 ? failed / all : 0;
}

/* The largest kind of failure, for the reason's text. */
static const char *main_failure(const struct guest_window *g)
{
        const struct count *largest = NULL;

        for (size_t i = 0; i < g->n_counts; i++) {
                const struct count *c = &g->counts[i];

                if (c->kind != COUNTER_ERROR && c->kind != COUNTER_WRONG)
                        continue;
                if (!largest || c->value > largest->value)
                        largest = c;
        }
        return largest ? largest->name : "none";
}

/* The others do what they are asked, and may be asked nothing for a while. */
static bool drives_itself(unsigned guest)
{
        return guest == GUEST_CLIENT || guest == GUEST_CPU || guest == GUEST_DISK ||
               guest == GUEST_OLTP;
}

/* What holds for every guest of a tile. */
static void judge_guest(
        struct tile_verdict *tile, const struct guest_window *g, const struct limits *limits)
{
        const char *name = guest_name(g->guest);
        uint64_t wrong = guest_window_sum(g, COUNTER_WRONG);
        double standstill_s = guest_window_standstill_s(g);

        if (g->problem[0]) {
                reject(tile, "%s %.150s", name, g->problem);
                tile->broken = true;
                return;
        }
        tile->broken |= wrong > 0;
        if (wrong)
                reject(tile, "%s gave or got %" PRIu64 " wrong answers (mostly %s)", name, wrong,
                        main_failure(g));
        if (failure_share(g) > limits->max_error_share)
                reject(tile,
                        "%s failed in %.2f %% of its operations (mostly %s), more than %.2f %%",
                        name, failure_share(g) * 100, main_failure(g),
                        limits->max_error_share * 100);
        if (g->guest != GUEST_IDLE && guest_window_sum(g, COUNTER_WORK) == 0)
                reject(tile, "%s did no work", name);
        else if (drives_itself(g->guest) && standstill_s * 1e9 > (double)limits->max_standstill_ns)
                reject(tile, "%s stood still for %.1f s", name, standstill_s);
        if (g->guest == GUEST_IDLE && g->polls_answered < g->polls)
                reject(tile, "idle did not answer %u of %u polls", g->polls - g->polls_answered,
                        g->polls);
}

static void judge_responses(
        struct tile_verdict *tile, const struct guest_window *g, const struct limits *limits)
{
        if (g->n_latencies) {
                tile->response = quantiles_of(&g->latencies[0].corrected);
                tile->raw = quantiles_of(&g->latencies[0].raw);
        }
        if (tile->requests && tile->response.count == 0)
                reject(tile, "external does not tell its response times");
        limit_duration(tile, "average", tile->response.mean_ns, limits->max_average_ns);
        limit_duration(tile, "p95", (double)tile->response.p95_ns, limits->max_p95_ns);
        limit_duration(tile, "p99", (double)tile->response.p99_ns, limits->max_p99_ns);
}

static void judge_achieved(
        struct tile_verdict *tile, const struct guest_window *g, const struct limits *limits)
{
        double due = guest_window_offered(g), under_way;

        tile->achieved_share = NAN;
        if (!is_open_loop(g) || due <= 0) {
                reject(tile, "external is not an open loop that offers requests");
                return;
        }
        tile->offered_rate = due / g->seconds;
        under_way = fmax(0, due - (double)(tile->requests + tile->errors));
        under_way = fmin(under_way, under_way_at_most(tile->offered_rate, tile->response.p50_ns));
        tile->achieved_share = fmin(1, ((double)tile->requests + under_way) / due);
        if (tile->achieved_share < limits->min_achieved_share)
                reject(tile, "achieved %.1f %% of the offered %.1f requests/s, less than %.1f %%",
                        tile->achieved_share * 100, tile->offered_rate,
                        limits->min_achieved_share * 100);
}

static void judge_external(
        struct tile_verdict *tile, const struct guest_window *g, const struct limits *limits)
{
        tile->achieved_share = NAN;
        if (g->problem[0])
                return;
        tile->requests = guest_window_sum(g, COUNTER_WORK);
        tile->errors = failures(g);
        tile->error_share = failure_share(g);
        tile->late = guest_window_count(g, "late");
        tile->dropped = guest_window_count(g, "dropped");
        tile->rate = guest_window_rate(g);
        judge_responses(tile, g, limits);
        judge_achieved(tile, g, limits);
}

/* Seven guests are not a tile: what is missing did not load the host. */
static void judge_completeness(struct tile_verdict *tile)
{
        char missing[96] = "";
        size_t used = 0;

        for (unsigned g = GUEST_EXTERNAL; g <= GUEST_IDLE; g++)
                if (!(tile->guests & 1u << g))
                        used += (size_t)snprintf(missing + used, sizeof missing - used, "%s%s",
                                used ? ", " : "", guest_name(g));
        if (!used)
                return;
        reject(tile, "not a whole tile: %s not measured", missing);
        tile->broken = true;
}

static struct tile_verdict *tile_of(struct step_verdict *step, unsigned number)
{
        for (size_t i = 0; i < step->n_tiles; i++)
                if (step->tiles[i].tile == number)
                        return &step->tiles[i];
        step->tiles[step->n_tiles] = (struct tile_verdict){.tile = number, .valid = true};
        return &step->tiles[step->n_tiles++];
}

/* rates: room for one a tile. */
static void judge_shares(struct step_verdict *step, double *rates)
{
        step->worst_share = step->n_tiles ? INFINITY : 0;
        for (size_t i = 0; i < step->n_tiles; i++) {
                struct tile_verdict *t = &step->tiles[i];

                rates[i] = t->rate;
                t->share = step->rate > 0 ? t->rate * (double)step->n_tiles / step->rate : 0;
                step->worst_share = fmin(step->worst_share, t->share);
        }
        step->jain = jain_index(rates, step->n_tiles);
}

static void sum_up(struct step_verdict *step, double *rates)
{
        step->valid = step->n_tiles > 0;
        for (size_t i = 0; i < step->n_tiles; i++) {
                const struct tile_verdict *t = &step->tiles[i];

                step->valid = step->valid && t->valid;
                step->broken = step->broken || t->broken;
                step->rate += t->rate;
                step->offered_rate += t->offered_rate;
                step->requests += t->requests;
                step->errors += t->errors;
        }
        judge_shares(step, rates);
}

int step_judge(
        const struct step_window *window, const struct limits *limits, struct step_verdict *ret)
{
        _cleanup_free_ struct hist *corrected = calloc(1, sizeof *corrected);
        _cleanup_free_ struct hist *raw = calloc(1, sizeof *raw);
        _cleanup_free_ double *rates = calloc(window->n_tiles + 1, sizeof *rates);

        *ret = (struct step_verdict){.tiles = calloc(window->n_tiles + 1, sizeof *ret->tiles)};
        if (!ret->tiles || !corrected || !raw || !rates)
                return -ENOMEM;
        for (size_t i = 0; i < window->n_guests; i++) {
                const struct guest_window *g = &window->guests[i];
                struct tile_verdict *tile = tile_of(ret, g->tile);

                tile->guests |= 1u << g->guest;
                judge_guest(tile, g, limits);
                if (g->guest != GUEST_EXTERNAL) {
                        ret->guest_errors += failures(g);
                        continue;
                }
                judge_external(tile, g, limits);
                if (g->n_latencies) {
                        hist_add(corrected, &g->latencies[0].corrected);
                        hist_add(raw, &g->latencies[0].raw);
                }
        }
        for (size_t i = 0; i < ret->n_tiles; i++)
                judge_completeness(&ret->tiles[i]);
        ret->response = quantiles_of(corrected);
        ret->raw = quantiles_of(raw);
        sum_up(ret, rates);
        bottleneck_find(&window->usage, &ret->reached);
        return 0;
}

void step_verdict_fini(struct step_verdict *verdict)
{
        free(verdict->tiles);
        *verdict = (struct step_verdict){0};
}
