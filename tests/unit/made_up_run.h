/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs that are made up, second by second: one tile with an external client and a guest that works
 * as fast as it can. How fast the host is wavers from second to second, each alike the one before.
 */
#pragma once

#include "compare.h"
#include "hist.h"
#include "rng.h"

#include <math.h>
#include <string.h>

struct made_up {
        unsigned windows, seconds;
        double rate;    /* requests/s of the external client, at random times */
        double mean_ms; /* its response time: lognormal */
        double work;    /* units/s of guest 5 */
        double waver;   /* of the host's speed: standard deviation from second to second */
        double alike;   /* how much of it is that of the second before */
        double apart;   /* standard deviation from window to window */
        double stall;   /* share of seconds in which responses take 5 times as long */
};

static inline double made_up_normal(struct rng *rng)
{
        return sqrt(-2 * log(1 - rng_unit(rng))) * cos(2 * M_PI * rng_unit(rng));
}

static inline uint64_t made_up_count(struct rng *rng, double mean)
{
        double n = mean + sqrt(mean) * made_up_normal(rng);

        return n > 0 ? (uint64_t)(n + 0.5) : 0;
}

static inline void made_up_second(const struct made_up *m, struct rng *rng, double slow,
        struct run_guest *client, struct run_guest *cpu, unsigned second)
{
        struct run_second *requests = &client->series[second], *work = &cpu->series[second];
        double factor = slow * (rng_unit(rng) < m->stall ? 5 : 1), sum = 0;

        requests->t_s = work->t_s = second + 1;
        requests->work = made_up_count(rng, m->rate);
        work->work = made_up_count(rng, m->work / slow);
        for (uint64_t i = 0; i < requests->work; i++) {
                double ms = m->mean_ms * factor * exp(0.7 * made_up_normal(rng) - 0.245);

                hist_record(client->hist, (uint64_t)(ms * 1e6));
                sum += ms;
        }
        requests->mean_ms = requests->work ? sum / (double)requests->work : NAN;
        work->mean_ms = NAN;
        client->work += requests->work;
        cpu->work += work->work;
}

static inline void made_up_step(const struct made_up *m, struct rng *rng, struct run_step *step)
{
        struct run_tile *tile = calloc(1, sizeof *tile);
        struct run_guest *guests = calloc(2, sizeof *guests);
        double own = exp(m->apart * made_up_normal(rng)), now = made_up_normal(rng);

        for (unsigned g = 0; g < 2; g++) {
                guests[g].guest = g * 5;
                guests[g].series = calloc(m->seconds, sizeof *guests[g].series);
                guests[g].n_series = m->seconds;
                guests[g].seconds = m->seconds;
                guests[g].cpu_share = 0.5 * own;
        }
        guests[0].hist = calloc(1, sizeof *guests[0].hist);
        strcpy(guests[0].name, "external");
        strcpy(guests[0].work_unit, "requests");
        strcpy(guests[1].name, "cpu");
        strcpy(guests[1].work_unit, "operations");
        for (unsigned s = 0; s < m->seconds; s++) {
                made_up_second(m, rng, own * exp(m->waver * now), &guests[0], &guests[1], s);
                now = m->alike * now + sqrt(1 - m->alike * m->alike) * made_up_normal(rng);
        }
        for (unsigned g = 0; g < 2; g++)
                guests[g].rate_per_s = (double)guests[g].work / m->seconds;
        guests[0].corrected.count = hist_count(guests[0].hist);
        guests[0].corrected.mean_ms = hist_mean_ns(guests[0].hist) / 1e6;
        *tile = (struct run_tile){.tile = 1,
                .valid = true,
                .fair_share = 1,
                .guests = guests,
                .n_guests = 2,
                .rate_per_s = guests[0].rate_per_s,
                .offered_per_s = guests[0].rate_per_s,
                .requests = guests[0].work,
                .response = guests[0].corrected};
        step->tiles = 1;
        step->valid = step->settled = true;
        step->duration_s = m->seconds;
        step->requests = tile->requests;
        step->rate_per_s = step->offered_per_s = tile->rate_per_s;
        step->response = tile->response;
        step->jain = step->worst_share = 1;
        step->host_cpu_busy_percent = 50 * own;
        step->tile_results = tile;
        step->n_tile_results = 1;
}

static inline void made_up_run(struct compared_run *ret, const struct made_up *m, struct rng *rng)
{
        *ret = (struct compared_run){
                .run = {.path = strdup("made up"), .complete = true, .valid_tiles = 1}};
        ret->run.json = json_pack(
                "{s:{s:s}, s:{}, s:[]}", "manifest", "tileload_version", "1", "limits", "notes");
        ret->run.manifest = json_object_get(ret->run.json, "manifest");
        ret->run.limits = json_object_get(ret->run.json, "limits");
        ret->run.notes = json_object_get(ret->run.json, "notes");
        ret->run.steps = calloc(m->windows, sizeof *ret->run.steps);
        ret->run.n_steps = m->windows;
        for (unsigned i = 0; i < m->windows; i++) {
                made_up_step(m, rng, &ret->run.steps[i]);
                ret->run.steps[i].repeat = i + 1;
        }
        assert_int_equal(scaling_make(&ret->scaling, &ret->run), 0);
}
