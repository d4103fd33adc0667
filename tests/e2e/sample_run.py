#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A run.json made up from a simple model of a host: what reports are tested on, and looked at.

    sample_run.py [--steps 1-4] [--repeat N] [--capacity REQUESTS] [--seconds S] > run.json

The figures belong together as those of a real run do (histograms, quantiles, sums), but nobody has
measured them: the manifest says so.
"""

import argparse
import json
import math
import random
import statistics
import sys

RATE = 50.0  # requests/s that every tile's client offers

# number, name, role, unit, work/s of an unhindered tile, ms, share of a CPU, has latencies
GUESTS = [
    (0, 'external', 'webclient', 'requests', RATE, 2.0, 0.02),
    (1, 'web1', 'webserver', 'requests', RATE, 0.3, 0.03),
    (2, 'web2', 'webserver', 'requests', 120.0, 0.4, 0.05),
    (3, 'client', 'webclient', 'requests', 120.0, 2.5, 0.03),
    (4, 'backend', 'backend', 'requests', 51.0, 0.1, 0.01),
    (5, 'cpu', 'cpu', 'operations', 240.0, 0.4, 0.10),
    (6, 'disk', 'disk', 'I/Os', 160.0, 0.9, 0.02),
    (7, 'oltp', 'oltp', 'transactions', 25.0, 6.0, 0.04),
    (8, 'idle', 'idle', None, 0.0, None, 0.001),
]


def hist_index(ns):
    if ns < 128:
        return int(ns)
    shift = int(ns).bit_length() - 7
    return 64 * shift + (int(ns) >> shift)


def hist_edges(index):
    if index < 128:
        return index, index + 1
    shift = index // 64 - 1
    return (index - 64 * shift) << shift, (index - 64 * shift + 1) << shift


NORMAL = statistics.NormalDist()


def histogram(count, mean_ms, spread=0.7):
    """count values that are lognormal around a mean: {bucket: count}."""
    if not count:
        return {}
    mu = math.log(mean_ms * 1e6) - spread * spread / 2
    low = hist_index(math.exp(mu - 3.2 * spread))
    high = min(hist_index(math.exp(mu + 3.6 * spread)), 2344)
    buckets, before = {}, 0
    for i in range(low, high + 1):
        edge = math.log(hist_edges(i)[1])
        upto = count if i == high else round(count * NORMAL.cdf((edge - mu) / spread))
        if upto > before:
            buckets[i] = upto - before
        before = max(before, upto)
    return buckets


def middle(index):
    low, high = hist_edges(index)
    return low + (high - low) // 2


def sum_ns(buckets):
    return sum(middle(i) * n for i, n in buckets.items())


def quantiles(buckets):
    count = sum(buckets.values())
    result = {'count': count, 'mean_ms': round(sum_ns(buckets) / max(count, 1) / 1e6, 6)}
    for name, q in (('p50', .5), ('p90', .9), ('p95', .95), ('p99', .99), ('p99_9', .999),
                    ('max', 1.0)):
        seen, value = 0, 0
        for i in sorted(buckets):
            seen += buckets[i]
            value = middle(i)
            if seen >= q * count:
                break
        result[name + '_ms'] = round(value / 1e6, 6)
    return result


def histogram_json(buckets):
    return {'scheme': 'log-linear-64', 'sum_ns': sum_ns(buckets),
            'buckets': [x for i in sorted(buckets) for x in (i, buckets[i])]}


def add(to, buckets):
    for i, n in buckets.items():
        to[i] = to.get(i, 0) + n


def cpu(busy):
    return {'busy_percent': busy, 'user_percent': round(busy * .55, 2),
            'system_percent': round(busy * .4, 2), 'irq_percent': round(busy * .05, 2),
            'iowait_percent': 0.1, 'steal_percent': 0.2, 'idle_percent': round(100 - busy, 2)}


def psi(busy):
    return {'cpu_some_percent': round(busy * .6, 2), 'io_some_percent': 4.0,
            'io_full_percent': 0.5, 'memory_some_percent': 0.0, 'memory_full_percent': 0.0}


def process(share, seconds):
    return {'user_s': round(share * seconds * .6, 4), 'system_s': round(share * seconds * .4, 4),
            'queued_s': round(share * seconds * .2, 4), 'rss_bytes': 21000000,
            'voluntary_switches': 1200, 'involuntary_switches': 80, 'threads': 2}


class Host:
    """How a host of some capacity (requests/s of all tiles) carries n tiles."""

    def __init__(self, capacity, seconds, seed):
        self.capacity, self.seconds = capacity, seconds
        self.random = random.Random(seed)

    def load(self, n):
        return n * RATE / self.capacity

    def achieved(self, n):
        """Share of what was offered."""
        return min(1.0, 1 / self.load(n) * (1 - 0.02 * max(0.0, self.load(n) - 1)))

    def slowdown(self, n):
        u = self.load(n)
        return 1 / (1 - min(u, 0.96) * .97) if u < 1 else 30 + 700 * (u - 1)

    def noise(self, share):
        return max(0.2, self.random.gauss(1, share))

    def series(self, rate, mean_ms, drift):
        seconds = int(self.seconds)
        t = [round(i + 1 + self.random.random() * .01, 3) for i in range(seconds)]
        t[-1] = round(self.seconds, 3)
        work = [max(0, round(rate * self.noise(.08))) for _ in t]
        mean = [round(mean_ms * self.noise(.15) * (1 + drift * i / seconds), 6) if w else None
                for i, w in enumerate(work)]
        return {'t_s': t, 'work': work, 'errors': [0] * len(t), 'mean_ms': mean}

    def guest(self, tile, n, guest, name, role, unit, rate, ms, share):
        good = self.achieved(n)
        slow = self.slowdown(n) if guest in (0, 1, 3) else max(1.0, self.load(n)) * 1.2
        rate *= good * self.noise(.01)
        series = self.series(rate, (ms or 1) * slow, .5 if self.load(n) > 1 else 0)
        work = sum(series['work']) if unit else 0
        result = {
            'guest': guest, 'name': name, 'role': role,
            'url': 'http://127.%d.%d.1:9477' % (tile, guest or 9), 'restarted': False,
            'polls': int(self.seconds), 'polls_answered': int(self.seconds), 'series': series,
            'problem': None, 'console': None, 'seconds': self.seconds, 'work': work,
            'rate_per_s': round(work / self.seconds, 3), 'errors': {}, 'counters': {},
            'latencies': [], 'clock_ratio': 1.0, 'clock_error': 0.0005, 'version': '0.1.0',
            'machine': {'vcpus': 4, 'memory_bytes': 34359738368, 'clocksource': 'tsc',
                        'cpu': cpu(self.busy(n)), 'psi': psi(self.busy(n))},
            'same_machine': True, 'process': process(share * good, self.seconds),
            'local_processes': process(share * good, self.seconds),
            'config': {'listen': '127.%d.%d.1:9477' % (tile, guest or 9), 'seed': '1'}}
        if unit:
            buckets = histogram(work, ms * slow * self.noise(.04))
            result['counters'] = {unit.split('/')[0].lower() + '_done':
                                  {'kind': 'work', 'unit': unit, 'value': work}}
            result['latencies'] = [{
                'name': 'operation', 'corrected': quantiles(buckets), 'raw': quantiles(buckets),
                'histogram': histogram_json(buckets), 'raw_histogram': histogram_json(buckets)}]
            if role == 'disk' and self.load(n) > 1.05:
                result['errors'] = {'timeouts': 3}
        else:
            result['series'] = {'t_s': series['t_s'], 'work': [0] * len(series['t_s']),
                                'errors': series['errors'], 'mean_ms': [None] * len(series['t_s'])}
        return result

    def busy(self, n):
        return round(min(100.0, 100 * self.load(n)), 2)

    def tile(self, number, n):
        guests = [self.guest(number, n, *g) for g in GUESTS]
        client = guests[0]
        offered = RATE * self.noise(.002)
        achieved = min(1.0, client['rate_per_s'] / offered)
        response = client['latencies'][0]['corrected']
        reasons = []
        if achieved < .98 and self.load(n) > 1:
            reasons.append('%.1f %% of the offered requests were answered, not 98 %%' %
                           (achieved * 100))
        if response['mean_ms'] > 1000:
            reasons.append('average response %.2f s, more than 1.00 s' %
                           (response['mean_ms'] / 1000))
        return {'tile': number, 'valid': not reasons, 'reasons': reasons,
                'requests': client['work'], 'errors': 0, 'late': 4, 'dropped': 0,
                'rate_per_s': client['rate_per_s'], 'offered_per_s': round(offered, 3),
                'achieved_share': round(achieved, 6), 'error_share': 0.0, 'fair_share': 1.0,
                'response': response, 'response_raw': response, 'guests': guests}

    def resources(self, n):
        busy = self.busy(n)
        return {
            'cpu_busy_percent': busy, 'cpu_busiest_percent': min(100.0, round(busy * 1.04, 2)),
            'cpu_steal_percent': 0.2, 'memory_bytes': 34359738368,
            'memory_available_bytes': int(34359738368 - 8e9 - n * 7e8), 'swap_in_bytes_per_s': 0.0,
            'swap_out_bytes_per_s': 0.0,
            'disks': [{'name': 'nvme0n1', 'busy_percent': round(busy * .4, 2),
                       'read_bytes_per_s': n * 6.5e5, 'written_bytes_per_s': n * 1.3e6,
                       'await_ms': 0.42}],
            'networks': [{'name': 'lo', 'speed_bits_per_s': None,
                          'received_bits_per_s': n * 8.1e6, 'sent_bits_per_s': n * 8.1e6,
                          'drops': 0},
                         {'name': 'bond0', 'speed_bits_per_s': 10000000000,
                          'received_bits_per_s': n * 2.2e5, 'sent_bits_per_s': n * 5.4e6,
                          'drops': 0}],
            'tcp': {'segments_sent': n * 52000, 'retransmitted': n * 3, 'listen_overflows': 0,
                    'listen_drops': 0},
            'clients': {'late_share': round(.004 * self.load(n), 6), 'busiest_cpu_percent': 4.0,
                        'busiest_queued_percent': round(busy * .12, 2), 'same_machine': True},
            'guest_hosts': []}

    def step(self, n, repeat, number):
        tiles = [self.tile(t, n) for t in range(1, n + 1)]
        rates = [t['rate_per_s'] for t in tiles]
        total = sum(rates)
        for t in tiles:
            t['fair_share'] = round(t['rate_per_s'] * n / total, 6)
        buckets = {}
        for t in tiles:
            pairs = t['guests'][0]['latencies'][0]['histogram']['buckets']
            add(buckets, dict(zip(pairs[::2], pairs[1::2])))
        full = self.load(n) >= .99
        seconds = number * (self.seconds + 10)
        return {
            'tiles': n, 'repeat': repeat, 'broken': False, 'valid': all(t['valid'] for t in tiles),
            'interrupted': False,
            'started': '2026-01-15T%02d:%02d:%02d.000Z' % (9 + seconds // 3600,
                                                           seconds // 60 % 60, seconds % 60),
            'warmup_s': 10.0, 'duration_s': self.seconds,
            'requests': sum(t['requests'] for t in tiles), 'errors': 0,
            'guest_errors': sum(sum(g['errors'].values()) for t in tiles for g in t['guests']),
            'rate_per_s': round(total, 3),
            'offered_per_s': round(sum(t['offered_per_s'] for t in tiles), 3),
            'response': quantiles(buckets), 'response_raw': quantiles(buckets),
            'fairness_jain': round(total * total / (n * sum(x * x for x in rates)), 6),
            'fairness_worst_share': min(t['fair_share'] for t in tiles), 'linearity': None,
            'host': {'cpus': 4, 'cpu': cpu(self.busy(n)), 'psi': psi(self.busy(n))},
            'harness': {'scrape_rounds': int(self.seconds), 'round_mean_ms': round(1.1 * n, 3),
                        'round_max_ms': round(3.9 * n, 3),
                        'cpu_s': round(.0011 * n * self.seconds, 6),
                        'cpu_percent_of_host': round(.0275 * n, 4),
                        'answering_cpu_s': round(.0023 * n * self.seconds, 3),
                        'answering_cpu_percent_of_host': round(.0575 * n, 4)},
            'settling': {'settled': self.load(n) < 1.1, 'warmup_s': 10.0, 'bound_percent': 5.0,
                         'window_s': 10.0,
                         'worst': {'what': 'disk',
                                   'change_percent': -3.2 if self.load(n) < 1.1 else -8.7}},
            'resources': self.resources(n),
            'limits_reached': [{'resource': 'cpu', 'text': 'host CPU 100 %'}] if full else [],
            'tile_results': tiles}


HOST = {
    'hostname': 'sample', 'machine': 'x86_64', 'kernel': '6.1.0-0-amd64',
    'kernel_version': '#1 SMP PREEMPT_DYNAMIC', 'os': 'Debian GNU/Linux 12 (bookworm)',
    'cpu_model': 'nobody has measured this: made up by tests/e2e/sample_run.py', 'cpus': 4,
    'numa_nodes': 1, 'memory_bytes': 34359738368, 'clocksource': 'tsc',
    'is_virtual_machine': False, 'cpu_governor': 'performance', 'ksm_run': '0',
    'transparent_hugepages': 'always [madvise] never', 'numa_balancing': '0', 'swappiness': '60',
    'kernel_options': 'mitigations=auto',
    'mitigations': {'meltdown': 'Not affected', 'retbleed': 'Not affected',
                    'spectre_v2': 'Mitigation: Retpolines'},
    'settings': {'net.ipv4.tcp_sack': '1', 'io-scheduler sda': 'none'}}


def make(steps, repeat=1, capacity=1700.0, seconds=20.0, seed=1):
    host = Host(capacity, seconds, seed)
    windows, valid_tiles, ended = [], 0, None
    for n in steps:
        repeats = [host.step(n, r, len(windows) + r) for r in range(1, repeat + 1)]
        windows += repeats
        if not all(s['valid'] for s in repeats):
            ended = {'kind': 'invalid', 'tiles': n, 'resource': 'cpu', 'text': 'host CPU 100 %'}
            break
        valid_tiles = n
    first = windows[0]['rate_per_s'] / windows[0]['tiles'] if windows[0]['tiles'] == 1 else None
    for s in windows:
        s['linearity'] = first and round(s['rate_per_s'] / (s['tiles'] * first), 6)
    last = windows[-1]['tiles']
    return {
        'schema': 'tileload-run-1', 'complete': True, 'incomplete_reason': None,
        'valid_tiles': valid_tiles, 'launch': 'process', 'profile': 'small',
        'placement': None, 'resumed': [],
        'limits': {'max_average_ms': 1000.0, 'max_p95_ms': 3000.0, 'max_p99_ms': 5000.0,
                   'max_error_share': 0.001, 'min_achieved_share': 0.98,
                   'max_standstill_ms': 5000.0},
        'notes': ['no cgroup controllers: guests are not limited to one CPU and 1 GB each'],
        'manifest': {'tileload_version': '0.1.0', 'started': '2026-01-15T09:00:00.000Z',
                     'command_line': ['run', '--tiles', '1-%d' % steps[-1]],
                     'options': {'launch': 'process', 'tiles': '1-%d' % steps[-1],
                                 'rate': '%g' % RATE, 'seed': '1', 'profile': 'small'},
                     'host': HOST},
        'ended_by': ended or {'kind': 'last step', 'tiles': last, 'resource': None,
                              'text': 'the last step that was asked for'},
        'steps': windows}


def parse_steps(text):
    steps = []
    for part in text.split(','):
        low, _, high = part.partition('-')
        steps += range(int(low), int(high or low) + 1)
    return steps


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--steps', type=parse_steps, default=[1, 2, 3, 4])
    parser.add_argument('--repeat', type=int, default=1)
    parser.add_argument('--capacity', type=float, default=1700.0)
    parser.add_argument('--seconds', type=float, default=20.0)
    options = parser.parse_args()
    json.dump(make(options.steps, options.repeat, options.capacity, options.seconds), sys.stdout)
    sys.stdout.write('\n')


if __name__ == '__main__':
    main()
