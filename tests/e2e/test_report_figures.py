# SPDX-License-Identifier: Apache-2.0
"""The figures of report.html, worked out again from run.json: by what docs/results.md and
docs/statistics.md say of them, and with nothing of what the report is made by."""

import functools
import json
import os
import re
import statistics
import tempfile
import unittest
import xml.etree.ElementTree

import sample_run
from harness import main, run

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'golden', 'report')
ROLES = ['external', 'web1', 'web2', 'client', 'backend', 'cpu', 'disk', 'oltp', 'idle']

# A bucket of a histogram is that wide at most, as a share of its value.
BUCKET = 1 / 64


def tables(text):
    """{caption: [[cell, ...], ...]}, without the heads."""
    found = {}
    for table in re.findall(r'<table>.*?</table>', text, re.S):
        root = xml.etree.ElementTree.fromstring(table)
        rows = [[''.join(cell.itertext()) for cell in row] for row in root.find('tbody')]
        found[root.find('caption').text.replace('\xa0', ' ')] = rows
    return found


def merged(histograms):
    """All their values in one: {bucket: count}."""
    counts = {}
    for histogram in histograms:
        pairs = histogram['buckets']
        for bucket, count in zip(pairs[::2], pairs[1::2]):
            counts[bucket] = counts.get(bucket, 0) + count
    return counts


def quantile_ms(counts, q):
    """The middle of the bucket that the value is in."""
    wanted, seen = q * sum(counts.values()), 0
    for i in sorted(counts):
        seen += counts[i]
        if seen >= wanted:
            shift = max(i // 64 - 1, 0)
            low = i if i < 128 else (i - 64 * shift) << shift
            return (low + ((1 << shift) - 1) / 2) / 1e6
    return None


def mean_ms(histograms):
    count = sum(merged(histograms).values())
    return sum(h['sum_ns'] for h in histograms) / count / 1e6 if count else None


class Row:
    """All windows of one number of tiles, put together."""

    def __init__(self, tiles, windows):
        self.tiles, self.windows = tiles, windows
        self.seconds = sum(w['duration_s'] for w in windows)
        self.all_tiles = [t for w in windows for t in w['tile_results']]

    def by_time(self, key):
        return sum(w[key] * w['duration_s'] for w in self.windows) / self.seconds

    def sum(self, key):
        return sum(w[key] for w in self.windows)

    def mean_response(self, key='response'):
        return (sum(w[key]['mean_ms'] * w[key]['count'] for w in self.windows) /
                sum(w[key]['count'] for w in self.windows))

    def guests(self, number, tile=None):
        return [g for t in self.all_tiles if tile in (None, t['tile']) for g in t['guests']
                if g['guest'] == number and not g['problem']]

    def histograms(self, number, tile=None):
        return [g['latencies'][0]['histogram'] for g in self.guests(number, tile) if g['latencies']]

    def use(self, number):
        """Mean rate, mean share of a CPU in per cent, all errors."""
        guests = self.guests(number)
        cpu = []
        for g in guests:
            p = g['local_processes']
            cpu.append((p['user_s'] + p['system_s']) / g['seconds'] * 100)
        return (statistics.mean(g['rate_per_s'] for g in guests), statistics.mean(cpu),
                sum(sum(g['errors'].values()) for g in guests))


def rows_of(result):
    windows = {}
    for step in result['steps']:
        windows.setdefault(step['tiles'], []).append(step)
    return [Row(n, windows[n]) for n in sorted(windows)]


def results():
    """A real run, and some that have what that one lacks: errors, steps that are not valid, more
    than eight steps."""
    with open(os.path.join(GOLDEN, 'sweep.json')) as f:
        yield 'sweep', json.load(f)
    made = sample_run.make([1, 2, 3], repeat=3, seconds=9, capacity=130)
    for i, step in enumerate(made['steps']):
        step['errors'] = 7 * i
        step['resources']['swap_in_bytes_per_s'] = 3e6
    yield 'not valid', made
    yield 'many', sample_run.make(list(range(1, 12)), seconds=6, capacity=800)


def report(directory, result):
    """The page. Pictures take most of the time, and show what is in the tables: there are none."""
    source, page = os.path.join(directory, 'run.json'), os.path.join(directory, 'report.html')
    with open(source, 'w') as f:
        json.dump(result, f)
    done = run('report', '--output', page, source, env={'PATH': directory})
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    with open(page, encoding='utf-8') as f:
        return f.read()


def of_each_run(test):
    @functools.wraps(test)
    def of_all(self):
        for name, result, text, found in self.all:
            with self.subTest(name):
                test(self, result, text, found)
    return of_all


class Figures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.all = []
        with tempfile.TemporaryDirectory(prefix='tileload-e2e-') as directory:
            for name, result in results():
                text = report(directory, result)
                cls.all.append((name, result, text, tables(text)))

    def shown(self, text, value, share=0.0):
        """Is that the text of that value, but for half of its last digit and a share of it?"""
        if value is None:
            self.assertEqual(text, '–')
            return
        self.assertRegex(text, r'^[\d,]+(\.\d+)?$', value)
        decimals = len(text.partition('.')[2])
        self.assertAlmostEqual(float(text.replace(',', '')), value,
                               delta=.5001 * 10 ** -decimals + abs(value) * share)

    @of_each_run
    def test_throughput(self, result, text, found):
        shown, rows = found['Throughput of all external clients together'], rows_of(result)
        self.assertEqual(len(shown), len(rows))
        for cells, row in zip(shown, rows):
            self.assertEqual(cells[:2], [str(row.tiles), str(8 * row.tiles)])
            self.shown(cells[2], row.by_time('rate_per_s'))
            self.shown(cells[4], row.by_time('offered_per_s'))
            self.shown(cells[8], row.sum('errors'))
            self.shown(cells[9], row.sum('guest_errors'))
            valid = sum(w['valid'] for w in row.windows) * 2 > len(row.windows)
            self.assertEqual(cells[10].split(',')[0], 'yes' if valid else 'no')
            for estimate, span in ((cells[2], cells[3]), (cells[6], cells[7])):
                if span != '–':
                    low, high = (float(x.replace(',', '')) for x in span.split('–'))
                    # The interval of luck is around a figure that luck was taken out of.
                    self.assertLess(low, float(estimate.replace(',', '')) * 1.02)
                    self.assertGreater(high, float(estimate.replace(',', '')) * .98)

    @of_each_run
    def test_the_law_is_the_one_that_is_named(self, result, text, found):
        law = re.search(r'λ = (\S+) requests/s, contention σ = (\S+) and coherency κ = (\S+) ',
                        text)
        if not law:
            self.assertIn('No Universal Scalability Law: ', text)
            return
        size, sigma, kappa = (float(x) for x in law.groups())
        for cells in found['Throughput of all external clients together']:
            n = int(cells[0])
            self.shown(cells[5], size * n / (1 + sigma * (n - 1) + kappa * n * (n - 1)), .003)

    @of_each_run
    def test_response(self, result, text, found):
        shown = found["Response time of all external clients' requests"]
        for cells, row in zip(shown, rows_of(result)):
            self.shown(cells[1], row.mean_response())
            if len(row.windows) == 1:
                response = row.windows[0]['response']
                wanted = [response[k + '_ms'] for k in ('p50', 'p90', 'p95', 'p99', 'p99_9')]
            else:
                counts = merged(row.histograms(0))
                wanted = [quantile_ms(counts, q) for q in (.5, .9, .95, .99, .999)]
            for text, value in zip(cells[3:8], wanted):
                self.shown(text, value, BUCKET)
            self.shown(cells[8], max(w['response']['max_ms'] for w in row.windows))
            self.shown(cells[9], row.mean_response('response_raw'))
            self.shown(cells[10], row.sum('requests'))
            if cells[2] == '–':
                continue
            low, high = (float(x.replace(',', '')) for x in cells[2].split('–'))
            self.assertLess(low, row.mean_response())
            self.assertGreater(high, row.mean_response())

    @of_each_run
    def test_fairness(self, result, text, found):
        for cells, row in zip(found['Fairness among the tiles of each step'], rows_of(result)):
            jain = []
            for w in row.windows:
                rates = [t['rate_per_s'] for t in w['tile_results']]
                jain.append(sum(rates) ** 2 / len(rates) / sum(x * x for x in rates))
            self.shown(cells[1], min(jain), 1e-5)
            shares = []
            for w in row.windows:
                fair = statistics.mean(t['rate_per_s'] for t in w['tile_results'])
                shares += [(t['rate_per_s'] / fair, t['tile']) for t in w['tile_results']]
            self.shown(cells[3], min(shares)[0], 1e-4)
            self.shown(cells[5], max(shares)[0], 1e-4)
            for number, share in ((cells[2], cells[3]), (cells[4], cells[5])):
                self.assertLess(min(abs(s - float(share)) for s, tile in shares
                                    if tile == int(number)), .0011)

    @of_each_run
    def test_each_tile(self, result, text, found):
        for row in rows_of(result):
            shown = found['Each tile of the step with %d tile%s' %
                          (row.tiles, '' if row.tiles == 1 else 's')]
            self.assertEqual(len(shown), row.tiles)
            for cells in shown:
                number = int(cells[0])
                own = [t for t in row.all_tiles if t['tile'] == number]
                histograms = row.histograms(0, number)
                self.shown(cells[1], statistics.mean(t['rate_per_s'] for t in own))
                self.shown(cells[2], statistics.mean(t['fair_share'] for t in own))
                self.shown(cells[3], mean_ms(histograms))
                self.shown(cells[4], quantile_ms(merged(histograms), .95), BUCKET)
                self.shown(cells[5], quantile_ms(merged(histograms), .99), BUCKET)
                self.shown(cells[6], sum(t['requests'] for t in own))
                self.shown(cells[7], sum(t['errors'] for t in own))

    @of_each_run
    def test_guests(self, result, text, found):
        rows = {row.tiles: row for row in rows_of(result)}
        caption = next(c for c in found if c.startswith('The guests of a tile with '))
        row = rows[int(caption.split()[6])]
        self.assertEqual(row.tiles, result['valid_tiles'] or min(rows))
        self.assertEqual([cells[0] for cells in found[caption]], ROLES)
        for number, cells in enumerate(found[caption]):
            rate, cpu, errors = row.use(number)
            self.shown(cells[1], rate if number != 8 else None)
            self.shown(cells[3], cpu)
            self.shown(cells[4], errors)
            self.shown(cells[5], mean_ms(row.histograms(number)))
            self.shown(cells[6], quantile_ms(merged(row.histograms(number)), .99), BUCKET)

    @of_each_run
    def test_guests_of_all_steps(self, result, text, found):
        of = [found['Work of one guest (1/s), average over the tiles'],
              found['CPU of one guest (% of a CPU), average over the tiles'],
              found['Errors, of all tiles together'],
              found["p99 of the role's operations (ms), of all tiles together"]]
        for work, cpu, errors, p99, row in zip(*of, rows_of(result)):
            for number in range(9):
                wanted = row.use(number)
                self.shown(work[number + 1], wanted[0] if number != 8 else None)
                self.shown(cpu[number + 1], wanted[1])
                self.shown(errors[number + 1], wanted[2])
                self.shown(p99[number + 1],
                           quantile_ms(merged(row.histograms(number)), .99), BUCKET)

    @of_each_run
    def test_second_by_second(self, result, text, found):
        caption = 'The intervals of each window: throughput of a tile, and average response time'
        repeated = any(s['repeat'] > 1 for s in result['steps'])
        for cells, step in zip(found[caption], sorted(result['steps'],
                                                      key=lambda s: (s['tiles'], s['repeat']))):
            n = int(cells[0].split(', ')[0])
            least, average, most = (float(x.replace(',', '')) for x in cells[2:5])
            self.assertEqual(n, step['tiles'])
            series = [t['guests'][0]['series'] for t in step['tile_results']]
            # Its intervals are ours, set on common bounds: their mean stays what it was.
            mean = statistics.mean(sum(s['work']) / s['t_s'][-1] for s in series)
            self.assertAlmostEqual(average, mean, delta=mean * .03)
            self.assertTrue(least <= average <= most)
            name = '%d tile%s%s' % (n, '' if n == 1 else 's',
                                    ', repeat %d' % step['repeat'] if repeated else '')
            failed = sum(float(row[5].replace(',', ''))
                         for row in found['The intervals of ' + name])
            self.assertAlmostEqual(failed, sum(sum(s['errors']) for s in series), delta=1)

    @of_each_run
    def test_what_the_host_was_used_for(self, result, text, found):
        processors = found['The measuring host in each window: CPUs, memory, and what had no '
                           'more to give']
        devices = found['The measuring host in each window: disks and networks']
        self.assertEqual((len(processors), len(devices)), (len(result['steps']),) * 2)
        for cells, device, step in zip(processors, devices, result['steps']):
            r = step['resources']
            self.shown(cells[1], step['host']['cpu']['busy_percent'])
            self.shown(cells[2], r['cpu_busiest_percent'])
            self.shown(cells[3], r['cpu_steal_percent'])
            self.shown(cells[4], r['memory_available_bytes'] / 2 ** 30)
            self.shown(cells[5],
                       (r['swap_in_bytes_per_s'] + r['swap_out_bytes_per_s']) / 2 ** 20)
            self.shown(cells[6], r['clients']['late_share'] * 100)
            self.assertEqual(cells[7].replace('\xa0', ' '), ''.join(
                x['text'] for x in step['limits_reached']) or 'none')
            disk = max(r['disks'], key=lambda d: d['busy_percent'])
            self.assertEqual(device[1], disk['name'])
            self.shown(device[2], disk['busy_percent'])
            self.shown(device[3], disk['await_ms'])
            self.shown(device[7], r['tcp']['retransmitted'] / r['tcp']['segments_sent'] * 100)
            if not r['networks']:
                self.assertEqual(device[4:7], ['–'] * 3)
                continue
            network = next(x for x in r['networks'] if x['name'] == device[4])
            bits = max(network['received_bits_per_s'], network['sent_bits_per_s'])
            self.shown(device[5], bits / 1e6)
            speed = network['speed_bits_per_s']
            self.shown(device[6], speed and bits / speed * 100)

    @of_each_run
    def test_what_measuring_cost_and_whether_it_had_settled(self, result, text, found):
        cost = found['Cost of measuring in each window: measuring with its warm-up, '
                     'answering without']
        settled = found['Warm-up and window of each step']
        for cells, settling, step in zip(cost, settled, result['steps']):
            harness = step['harness']
            for text, key in zip(cells[1:], (
                    'cpu_percent_of_host', 'cpu_s', 'answering_cpu_percent_of_host',
                    'answering_cpu_s', 'scrape_rounds', 'round_mean_ms', 'round_max_ms')):
                self.shown(text, harness[key])
            self.assertEqual(settling[1], step['started'])
            self.shown(settling[2], step['warmup_s'])
            self.shown(settling[3], step['duration_s'])
            self.assertEqual(settling[4], 'yes' if step['settling']['settled'] else 'no')

    @of_each_run
    def test_key_figures(self, result, text, found):
        rows = {row.tiles: row for row in rows_of(result)}
        row = rows[result['valid_tiles']]
        keys = {name: re.sub('<[^>]*>', '', value).replace('\xa0', ' ').split(' ', 1)
                for name, value in re.findall(r'<dt>(.*?)</dt><dd>(.*?)</dd>', text)}
        self.assertEqual(keys['valid'][0], str(result['valid_tiles']))
        self.assertIn('%d guests' % (8 * row.tiles), keys['valid'][1])
        self.shown(keys['throughput'][0], row.by_time('rate_per_s'))
        unit = {'µs': 1000, 'ms': 1, 's': .001}[keys['average response'][1].split()[0]]
        self.shown(keys['average response'][0], row.mean_response() * unit)
        worst = min(t['fair_share'] for t in row.all_tiles)
        if row.tiles > 1:
            self.shown(re.search(r'worst tile ([\d.]+) ', keys['fairness'][1]).group(1), worst)
        # The answer has the same, with two digits.
        answer = re.search(r'<h1>(.*?)</h1>', text).group(1).replace('\xa0', ' ')
        self.assertRegex(answer, '^%d tiles? \\(%d guests\\) valid' % (row.tiles, 8 * row.tiles))
        self.shown(re.search(r'; ([\d,.]+) requests/s', answer).group(1),
                   row.by_time('rate_per_s'))
        self.shown(re.search(r'average response ([\d,.]+) ms', answer).group(1),
                   row.mean_response())


if __name__ == '__main__':
    main()
