# SPDX-License-Identifier: Apache-2.0
"""`tileload compare`: golden output in tests/golden/compare/, what is refused, conditions and exit
statuses, and two real runs of which one has lazier CPU guests.

The golden ones compare a run that is made up (sample_run.py) with itself where all responses take
twice as long, CPU guests do four fifths of their work, and the host has another kernel. With
TILELOAD_GOLDEN_UPDATE=1 the golden files are written anew: look at the difference before you commit
it."""

import copy
import json
import os
import subprocess
import tempfile
import unittest

import sample_run
from harness import TILELOAD, main, run
from schema import validate
from test_run import Run
from test_sweep import LAX

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, '..', 'golden', 'compare')
FORMATS = {'text': 'txt', 'json': 'json', 'markdown': 'md'}

BASELINE = sample_run.make([1, 2, 3], repeat=3)


def guests(document, number):
    for step in document['steps']:
        for tile in step['tile_results']:
            yield from (g for g in tile['guests'] if g['guest'] == number)


def times(quantiles, factor):
    for key in quantiles:
        if key != 'count':
            quantiles[key] *= factor


def double_responses(document):
    """A bucket's value doubles with every 64th bucket."""
    for guest in guests(document, 0):
        for latency in guest['latencies']:
            for histogram in latency['histogram'], latency['raw_histogram']:
                histogram['sum_ns'] *= 2
                histogram['buckets'][::2] = [i + 64 for i in histogram['buckets'][::2]]
            times(latency['corrected'], 2)
            times(latency['raw'], 2)
        guest['series']['mean_ms'] = [m and m * 2 for m in guest['series']['mean_ms']]
    for step in document['steps']:
        for result in [step] + step['tile_results']:
            times(result['response'], 2)
            times(result['response_raw'], 2)


def slow_down(document, number, factor):
    for guest in guests(document, number):
        guest['rate_per_s'] *= factor
        guest['series']['work'] = [round(w * factor) for w in guest['series']['work']]


def some_windows(document, tiles, windows):
    """So many windows of each of these numbers of tiles."""
    document = copy.deepcopy(document)
    document['steps'] = [s for s in document['steps']
                         if s['tiles'] in tiles and s['repeat'] <= windows]
    return document


def slower():
    document = copy.deepcopy(BASELINE)
    double_responses(document)
    slow_down(document, 5, .8)
    document['manifest']['host']['kernel'] += '-other'
    document['manifest']['host']['mitigations']['retbleed'] = 'Vulnerable'
    document['manifest']['host']['settings']['net.ipv4.tcp_sack'] = '0'
    document['manifest']['started'] = '2027-01-01T00:00:00.000Z'
    return document


def other_work():
    document = copy.deepcopy(BASELINE)
    document['limits']['max_p99_ms'] = 1000.0
    for guest in guests(document, 5):
        guest['config']['memory'] = '1G'
    return document


@unittest.skipIf(os.environ.get('TILELOAD_TEST_TSAN') == '1',
                 'a program with one thread has nothing for ThreadSanitizer')
class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix='tileload-compare-')
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.write('baseline', BASELINE)

    def write(self, name, document):
        """As a results directory."""
        path = os.path.join(self.directory, name)
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, 'run.json'), 'w') as f:
            json.dump(document, f)
        return name

    def compare(self, *args):
        return run('compare', *args, cwd=self.directory)

    def made(self, *args):
        done = self.compare(*args)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        return done.stdout

    def made_json(self, *args):
        found = json.loads(self.made('--format', 'json', *args))
        validate(found, 'compare')
        return found

    def ended(self, status, line, *args):
        """One line says why; returns what was printed besides."""
        done = self.compare(*args)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stderr.count('\n'), 1, done.stderr)
        self.assertIn(line, done.stderr)
        return done.stdout


class Formats(Case):
    def test_golden(self):
        self.write('slower', slower())
        for form, end in FORMATS.items():
            with self.subTest(format=form):
                text = self.made('--format', form, 'baseline', 'slower', '--fail-if',
                                 'web1.p99 > +150%', '--fail-if', 'total.tiles < -0%')
                path = os.path.join(GOLDEN, 'slower.' + end)
                if os.environ.get('TILELOAD_GOLDEN_UPDATE'):
                    with open(path, 'w') as f:
                        f.write(text)
                with open(path) as f:
                    self.assertEqual(text, f.read())

    def test_what_was_changed_is_what_is_found(self):
        self.write('slower', slower())
        found, = self.made_json('baseline', 'slower')['comparisons']
        self.assertTrue(found['comparable'])
        self.assertEqual([d['name'] for d in found['circumstances']],
                         ['host.kernel', 'host.mitigations.retbleed',
                          'host.settings.net.ipv4.tcp_sack'])
        self.assertEqual([d['name'] for d in found['passing']], ['started'])
        self.assertEqual([s['tiles'] for s in found['steps']], [1, 2, 3])
        for step in found['steps']:
            figures = step['figures']
            for metric in 'average', 'p50', 'p95', 'p99', 'max':
                self.assertAlmostEqual(figures['web1'][metric]['ratio'], 2, delta=1e-5)
            for metric in 'average', 'p50', 'p95':
                self.assertEqual(figures['web1'][metric]['stands_out'], 'yes', metric)
            self.assertAlmostEqual(figures['cpu']['rate']['ratio'], .8, delta=1e-5)
            self.assertEqual(figures['cpu']['rate']['stands_out'], 'yes')
            for name in 'total', 'web2', 'client', 'backend', 'disk', 'oltp':
                rate = figures[name]['rate']
                self.assertEqual((rate['ratio'], rate['stands_out']), (1, 'no'), name)
                self.assertLess(rate['low'], 1)
                self.assertGreater(rate['high'], 1)
        answer = self.made('baseline', 'slower').split('\n')[0]
        self.assertEqual(answer, found['answer'])
        self.assertIn('average response +100.0 % (', answer)
        self.assertIn('work of cpu -20.0 %', answer)
        self.assertIn('throughput no difference beyond the noise', answer)

    def test_the_same_run_has_no_difference(self):
        found, = self.made_json('baseline', 'baseline/run.json')['comparisons']
        self.assertEqual((found['circumstances'], found['passing'], found['workload']),
                         ([], [], []))
        self.assertEqual((found['verdicts']['yes'], found['verdicts']['maybe']), (0, 0))
        self.assertGreater(found['verdicts']['no'], 20)

    def test_too_few_windows(self):
        for windows in 1, 2:
            self.write('some', some_windows(slower(), [1, 2, 3], windows))
            found, = self.made_json('baseline', 'some')['comparisons']
            self.assertEqual(found['verdicts']['yes'], 0)
            self.assertGreater(found['verdicts']['maybe'], 5)
            self.assertEqual(found['steps'][0]['figures']['web1']['average']['stands_out'], 'maybe')
            self.assertEqual(found['steps'][0]['figures']['web2']['rate']['stands_out'], 'no')
            self.assertRegex(found['answer'], r'average response perhaps \+\d+')
            self.assertRegex(found['answer'], r'; work of cpu perhaps -\d')
            self.assertIn('  %d may (maybe), but it takes 3 windows of each to know' %
                          found['verdicts']['maybe'], self.made('baseline', 'some'))

    def test_a_role_that_does_nothing_any_more(self):
        document = copy.deepcopy(BASELINE)
        for number in 0, 7:
            slow_down(document, number, 0)
            for guest in guests(document, number):
                guest['work'] = 0
        for step in document['steps']:
            step['rate_per_s'] = 0
        self.write('stopped', document)
        found, = self.made_json('baseline', 'stopped')['comparisons']
        for step in found['steps']:
            for name in 'oltp', 'total':
                rate = step['figures'][name]['rate']
                self.assertEqual((rate['ratio'], rate['low'], rate['stands_out']), (0, 0, 'yes'))
                self.assertTrue(0 < rate['high'] < .01, rate)
        self.ended(3, '"oltp.rate < -5%": is met with 1 tile: -100.0 % (', 'baseline', 'stopped',
                   '--fail-if', 'oltp.rate < -5%')
        # Nothing is known of how much more than nothing it is.
        self.ended(1, 'the baseline has none', 'stopped', 'baseline', '--fail-if',
                   'oltp.rate < -5%')

    def test_several_runs(self):
        self.write('slower', slower())
        found = self.made_json('baseline', 'slower', 'baseline')
        self.assertEqual(found['baseline']['run'], 'baseline/run.json')
        self.assertEqual([c['compared']['run'] for c in found['comparisons']],
                         ['slower/run.json', 'baseline/run.json'])
        self.assertEqual(found['comparisons'][1]['verdicts']['yes'], 0)
        text = self.made('baseline', 'slower', 'baseline')
        self.assertIn('\nRUN 3 AGAINST THE BASELINE\n', text)

    def test_markdown_and_text_say_the_same(self):
        self.write('slower', slower())
        text = self.made('baseline', 'slower')
        markdown = self.made('--format=markdown', 'baseline', 'slower').replace('\\', '')
        for line in text.split('\n'):
            for word in line.split():
                self.assertIn(word, markdown)

    def test_output(self):
        out = os.path.join(self.directory, 'out.md')
        text = self.made('--format=markdown', 'baseline', 'baseline')
        self.assertEqual(self.made('--format=markdown', '--output', out, 'baseline', 'baseline'),
                         '')
        with open(out) as f:
            self.assertEqual(f.read(), text)
        self.ended(1, '/no/such/directory', '--output', '/no/such/directory/x', 'baseline',
                   'baseline')

    def test_a_text_that_is_no_text_does_no_harm(self):
        document = slower()
        document['manifest']['host']['cpu_model'] = 'A | *B* \x1b[31m<b>'
        document['notes'] = ['`note` \u009b31m']
        self.write('odd', document)
        for form in FORMATS:
            text = self.made('--format', form, 'baseline', 'odd')
            self.assertNotIn('\x1b', text)
            self.assertNotIn('\u009b', text)
        self.assertIn(r'A \| \*B\* ?\[31m\<b\>', self.made('--format=markdown', 'baseline', 'odd'))


class Refused(Case):
    def test_other_work(self):
        self.write('other', other_work())
        out = self.ended(1, 'tileload: compare "other/run.json": did not do the same work as the '
                         'baseline: cpu.memory none and 1G, limits.max_p99_ms 5000 and 1000 '
                         '(--allow-different compares them all the same)', 'baseline', 'other')
        self.assertEqual(out, '')
        found, = self.made_json('--allow-different', 'baseline', 'other')['comparisons']
        self.assertFalse(found['comparable'])
        self.assertRegex(found['answer'], '^NOT the same workload; 3 tiles valid')
        self.assertEqual(found['workload'], [
            {'name': 'cpu.memory', 'baseline': None, 'compared': '1G'},
            {'name': 'limits.max_p99_ms', 'baseline': '5000', 'compared': '1000'}])
        text = self.made('--allow-different', 'baseline', 'other')
        self.assertIn('\nNOT the same workload: what differs may be only that\n'
                      '  cpu.memory: (nothing), then 1G\n', text)

    def test_no_tiles_in_common(self):
        self.write('first', some_windows(BASELINE, [1], 3))
        self.write('rest', some_windows(BASELINE, [2, 3], 3))
        self.ended(1, 'there is no number of tiles that both it and the baseline have measured',
                   'first', 'rest')
        self.assertIn('\nNot compared\n  1 tile: in the baseline only\n',
                      self.made('baseline', 'rest'))
        self.assertIn('\nNot compared\n  2 to 3 tiles: not in the baseline\n',
                      self.made('first', 'baseline'))
        self.assertNotIn('Not compared', self.made('baseline', 'baseline'))

    def test_cut_short(self):
        document = copy.deepcopy(BASELINE)
        for step in document['steps'][6:]:
            step['interrupted'], step['valid'] = True, False
        document.update(complete=False, incomplete_reason='interrupted', valid_tiles=2)
        self.write('cut', document)
        found, = self.made_json('baseline', 'cut')['comparisons']
        self.assertFalse(found['compared']['complete'])
        self.assertEqual([s['tiles'] for s in found['steps']], [1, 2])
        self.assertIn('\n  3 tiles: cut short in the run that is compared\n',
                      self.made('baseline', 'cut'))
        self.assertIn('\n  3 tiles: cut short in the baseline\n', self.made('cut', 'baseline'))
        self.assertIn('\n  3 tiles: cut short in both\n', self.made('cut', 'cut'))

    def test_a_guest_that_was_missing(self):
        document = copy.deepcopy(BASELINE)
        for step in document['steps']:
            tile = step['tile_results'][0]
            guest, = [g for g in tile['guests'] if g['guest'] == 6]
            guest['problem'] = 'gone'
            step['valid'], tile['valid'], tile['reasons'] = False, False, ['disk: gone']
        document['valid_tiles'] = 0
        self.write('gone', document)
        found, = self.made_json('baseline', 'gone')['comparisons']
        first, second = [s['figures']['disk'] for s in found['steps'][:2]]
        self.assertIsNone(first['rate']['compared'])
        self.assertEqual(first['rate']['missing'], 'not known of both')
        self.assertGreater(second['rate']['compared'], 0)
        self.assertEqual(second['rate']['missing'],
                         'in no window all of these guests were measured')
        self.assertIn('  compared: not all guests were measured\n', self.made('baseline', 'gone'))

    def test_what_cannot_be_read(self):
        self.ended(1, 'No such file', 'baseline', 'missing')
        os.mkdir(os.path.join(self.directory, 'empty'))
        self.ended(1, 'there is no run.json in it', 'baseline', 'empty')
        self.write('wrong', dict(BASELINE, steps='none'))
        self.ended(1, 'steps must be a list', 'wrong', 'baseline')

    def test_usage(self):
        self.ended(2, 'name two runs or more', 'baseline')
        self.ended(2, 'name two runs or more')
        self.ended(2, 'unknown', '--fail-of', 'x', 'baseline', 'baseline')
        self.ended(2, '--fail-if "p99 > +10%": must begin with total, web1', '--fail-if',
                   'p99 > +10%', 'baseline', 'baseline')
        self.ended(2, 'a time must have its unit', '--fail-if', 'web1.p99 > 10%', 'missing',
                   'missing')
        # A variable that was never set must not make every run pass.
        for nothing in '', ' ':
            self.ended(2, '--fail-if: must not be empty', '--fail-if', nothing, 'baseline',
                       'baseline')


class Conditions(Case):
    def setUp(self):
        super().setUp()
        self.write('slower', slower())

    def judged(self, condition, runs=('baseline', 'slower')):
        done = self.compare('--format=json', '--fail-if', condition, *runs)
        found = json.loads(done.stdout)
        validate(found, 'compare')
        return done, [(c['tiles'], c['outcome']) for c in found['conditions']]

    def test_met(self):
        done, outcomes = self.judged('web1.average > +10%')
        self.assertEqual(outcomes, [(1, 'met'), (2, 'met'), (3, 'met')])
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, r'^tileload: --fail-if "web1.average > \+10%": is met with 1 '
                         r'tile: \+100.0 % \(.*\) \(slower/run.json\); 2 more\n$')
        done, outcomes = self.judged('cpu.rate @2 < -5%')
        self.assertEqual((done.returncode, outcomes), (3, [(2, 'met')]))

    def test_not_met(self):
        for condition in ('web1.average > +150%', 'total.rate < -5%', 'cpu.rate < -25%',
                          'total.errors > 1%', 'web1.max > 1h', 'total.tiles < 3'):
            done, outcomes = self.judged(condition)
            self.assertEqual({o for _, o in outcomes}, {'not met'}, condition)
            self.assertEqual((done.returncode, done.stderr), (0, ''), condition)

    def test_not_known(self):
        done, outcomes = self.judged('web1.p99 @7 > +10%')
        self.assertEqual((done.returncode, outcomes), (1, [(7, 'not known')]))
        self.assertIn('cannot be judged with 7 tiles: not measured in both (slower/run.json)',
                      done.stderr)
        self.write('few', some_windows(slower(), [1], 2))
        for condition, reason in (
                ('cpu.cpu > +10%', 'CPU is one figure a window: an interval takes 3 windows of '
                 'each'),
                ('web1.average > +10%', 'it may have changed so far, but that takes 3 windows of '
                 'each run to know: use --repeat 3')):
            done, outcomes = self.judged(condition, ('baseline', 'few'))
            self.assertEqual((done.returncode, outcomes), (1, [(1, 'not known')]))
            self.assertIn('"%s": cannot be judged with 1 tile: %s (few/run.json)' %
                          (condition, reason), done.stderr)
        done, outcomes = self.judged('web1.average > +150%', ('baseline', 'few'))
        self.assertEqual((done.returncode, outcomes), (0, [(1, 'not met')]))

    def test_what_cannot_be_printed(self):
        words = ['tileload', 'compare', 'baseline', 'slower', '--fail-if', 'web1.average > +10%']
        with open('/dev/full', 'w') as full:
            done = subprocess.run(words, executable=TILELOAD, cwd=self.directory, stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn('standard output: No space left on device', done.stderr)

    def test_one_that_is_met_is_enough(self):
        done = self.compare('baseline', 'baseline', 'slower', '--fail-if', 'web1.p99 @7 > +10%',
                            '--fail-if=web1.average@1>+50%')
        self.assertEqual(done.returncode, 3)
        self.assertIn('"web1.average@1>+50%": is met with 1 tile', done.stderr)
        self.assertRegex(done.stdout, r'(?m)^  web1.average@1>\+50% +2 +1  not met +no difference')
        self.assertRegex(done.stdout, r'(?m)^  web1.average@1>\+50% +3 +1  MET +\+100.0 % \(')
        self.assertRegex(done.stdout, r'(?m)^  web1.p99 @7 > \+10% +2 +7  NOT KNOWN  not measured')

    def test_a_run_that_ended_before(self):
        """It must not pass because of what it has not measured, unless it was not to measure it."""
        document = some_windows(BASELINE, [1, 2], 3)
        document['valid_tiles'] = 2
        self.write('short', document)
        done, outcomes = self.judged('web1.p99 > +10%', ('baseline', 'short'))
        self.assertEqual((done.returncode, outcomes), (0, [(1, 'not met'), (2, 'not met')]))
        early = {'kind': 'invalid', 'tiles': 2, 'resource': None, 'text': 'tile 1'}
        for change in {'ended_by': early}, {'complete': False, 'incomplete_reason': 'crash'}:
            self.write('short', dict(document, **change))
            done, outcomes = self.judged('web1.p99 > +10%', ('baseline', 'short'))
            self.assertEqual((done.returncode, outcomes[-1]), (1, (3, 'not known')))
            self.assertIn('cannot be judged with 3 tiles: the run ended before it had measured '
                          'them', done.stderr)
            done, outcomes = self.judged('web1.p99 @2 > +10%', ('baseline', 'short'))
            self.assertEqual((done.returncode, outcomes), (0, [(2, 'not met')]))
        document = copy.deepcopy(BASELINE)
        for step in document['steps'][6:]:
            step['interrupted'], step['valid'] = True, False
        document.update(complete=False, incomplete_reason='interrupted', valid_tiles=2)
        self.write('short', document)
        done, outcomes = self.judged('web1.p99 > +10%', ('baseline', 'short'))
        self.assertEqual((done.returncode, outcomes[-1]), (1, (3, 'not known')))

    def test_fewer_valid_tiles(self):
        document = copy.deepcopy(BASELINE)
        for step in document['steps'][6:]:
            step['valid'] = False
            for tile in step['tile_results']:
                tile['valid'], tile['reasons'] = False, ['no reason']
        document['valid_tiles'] = 2
        self.write('fewer', document)
        done, outcomes = self.judged('total.tiles < -0%', ('baseline', 'fewer'))
        self.assertEqual((done.returncode, outcomes), (3, [(None, 'met')]))
        self.assertIn('2 valid, 3 in the baseline', done.stderr)


class RealRuns(Case):
    """The same host; only the CPU guests are told something else."""

    def measure(self, think):
        one = Run(self, '--profile', 'small', *LAX, '--repeat', '3', '--warmup', '2s',
                  '--max-warmup', '2s', '--duration', '6s', '--cpu-think', think)
        self.assertEqual(one.finish(), 0, one.stderr)
        return one.output

    def test_lazier_cpu_guests(self):
        before, after = self.measure('20ms'), self.measure('60ms')
        self.ended(1, 'cpu.think 20ms and 60ms (--allow-different', before, after)
        found, = self.made_json('--allow-different', before, after)['comparisons']
        self.assertEqual([d['name'] for d in found['workload']], ['cpu.think'])
        self.assertIn('options.output', [d['name'] for d in found['passing']])
        step, = found['steps']
        self.assertEqual(step['tiles'], 1)
        self.assertEqual(step['baseline']['windows'], 3)
        rate = step['figures']['cpu']['rate']
        self.assertEqual(rate['stands_out'], 'yes', rate)
        self.assertTrue(.2 < rate['ratio'] < .6, rate)
        self.assertLess(rate['high'], 1)
        # Each figure has an interval, or a reason why there is none.
        for figures in step['figures'].values():
            self.assertEqual(figures.pop('unit') == '', 'rate' not in figures)
            for metric, figure in figures.items():
                self.assertEqual(figure['missing'] is None, figure['stands_out'] is not None)
                if metric == 'rate':
                    self.assertIsNone(figure['missing'])
        done = self.compare('--allow-different', '--fail-if', 'cpu.rate < -20%', before, after)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn('"cpu.rate < -20%": is met with 1 tile: -', done.stderr)


if __name__ == '__main__':
    main()
