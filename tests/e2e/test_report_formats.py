# SPDX-License-Identifier: Apache-2.0
"""`tileload report` as text, csv, json and markdown, against tests/golden/report/.

The runs there are real ones with histograms in fewer buckets and series cut short: one-tile.json,
as run.json was before there were sweeps, sweep.json, and broken.json, with guests that ended in the
midst of it. With TILELOAD_GOLDEN_UPDATE=1 the golden files are written anew: look at the difference
before you commit it."""

import csv
import io
import json
import os
import tempfile
import unittest

from harness import main, run
from schema import validate

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'golden', 'report')
RUNS = ['one-tile', 'sweep', 'broken']
FORMATS = {'text': 'txt', 'csv': 'csv', 'json': 'report.json', 'markdown': 'md'}


def report(*args, cwd=GOLDEN, env=None):
    return run('report', *args, cwd=cwd, env=env)


def document(name):
    with open(os.path.join(GOLDEN, name + '.json')) as f:
        return json.load(f)


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), strict=True))


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix='tileload-report-')
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def made(self, *args, cwd=GOLDEN):
        done = report(*args, cwd=cwd)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        return done.stdout

    def refused(self, status, line, *args, cwd=GOLDEN):
        done = report(*args, cwd=cwd)
        self.assertEqual((done.returncode, done.stdout), (status, ''))
        self.assertEqual(done.stderr.count('\n'), 1, done.stderr)
        self.assertIn(line, done.stderr)

    def write(self, name, content):
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w') as f:
            json.dump(content, f)
        return path


class Formats(Case):
    def test_golden(self):
        for name in RUNS:
            for form, end in FORMATS.items():
                with self.subTest(name, format=form):
                    text = self.made('--format', form, name + '.json')
                    path = os.path.join(GOLDEN, '%s.%s' % (name, end))
                    if os.environ.get('TILELOAD_GOLDEN_UPDATE'):
                        with open(path, 'w', newline='') as f:
                            f.write(text)
                    with open(path, newline='') as f:
                        self.assertEqual(text, f.read())

    def test_the_first_line_is_the_answer(self):
        for name in RUNS:
            answer = json.loads(self.made('--format=json', name + '.json'))['answer']
            self.assertRegex(answer,
                             r'^\d+ tiles? \(\d+ guests\) (NOT )?valid; [\d,.]+ requests/s; ')
            self.assertEqual(self.made('--format=text', name + '.json').split('\n')[0], answer)
            markdown = self.made('--format=markdown', name + '.json').split('\n')[0]
            self.assertEqual(markdown.replace('\\', ''), '**%s**' % answer)
            self.assertEqual(self.made('--format=json', name + '.json').split('\n')[1].strip(),
                             '"answer": %s,' % json.dumps(answer))

    def test_json_is_as_its_schema_says(self):
        for name in RUNS:
            found = json.loads(self.made('--format', 'json', name + '.json'))
            validate(found, 'report')
            steps = document(name)['steps']
            self.assertEqual(sum(r['windows'] for r in found['scaling']), len(steps))
            self.assertEqual([r['tiles'] for r in found['scaling']],
                             sorted({s['tiles'] for s in steps}))
            self.assertEqual(sum(r['requests'] for r in found['scaling']),
                             sum(s['requests'] for s in steps))

    def test_csv_has_a_row_for_each_guest(self):
        for name in RUNS:
            rows = rows_of(self.made('--format', 'csv', name + '.json'))
            steps = document(name)['steps']
            self.assertEqual(len(rows),
                             sum(len(t['guests']) for s in steps for t in s['tile_results']))
            self.assertTrue(all(None not in r and None not in r.values() for r in rows))
            clients = [r for r in rows if r['guest'] == '0']
            self.assertEqual(sum(int(r['work']) for r in clients),
                             sum(s['requests'] for s in steps))
            for r, t in zip(clients, (t for s in steps for t in s['tile_results'])):
                self.assertEqual(float(r['rate (1/s)']), t['rate_per_s'])
                self.assertEqual(float(r['p95 (ms)']), t['response']['p95_ms'])
                self.assertEqual(r['tile valid'], 'true' if t['valid'] else 'false')
            for r in rows:
                if r['name'] == 'idle' and not r['problem']:
                    self.assertEqual((r['work'], r['mean (ms)'], r['offered (1/s)']), ('0', '', ''))

    def test_csv_of_what_has_no_figures_or_looks_like_something_else(self):
        content = document('one-tile')
        step = content['steps'][0]
        step['valid'] = step['tile_results'][0]['valid'] = False
        step['tile_results'][0]['reasons'] = ['cpu "stopped", =1+1']
        step['tile_results'][0]['guests'][5] = {
            'guest': 5, 'name': 'cpu', 'role': '=1+1', 'problem': 'said "no", twice\nand ended'}
        path = self.write('run.json', content)
        rows = rows_of(self.made('--format', 'csv', path))
        cpu = rows[5]
        self.assertEqual(cpu['problem'], 'said "no", twice?and ended')
        self.assertEqual(cpu['role'], "'=1+1")
        for column in ('work', 'rate (1/s)', 'errors', 'window (s)', 'mean (ms)', 'CPU (% of one)',
                       'memory (MiB)', 'steal (%)'):
            self.assertEqual(cpu[column], '', column)
        self.assertIn('1 tile, tile 1: cpu "stopped", =1+1\n', self.made('--format', 'text', path))

    def test_what_is_to_be_taken_with_care(self):
        content = document('sweep')
        content['steps'][5]['settling'].update(
            settled=False, worst={'what': 'disk', 'change_percent': -8.4})
        content['steps'][4].update(valid=False, interrupted=True)
        text = self.made('--format', 'text', self.write('run.json', content))
        self.assertRegex(text, r'3 tiles, window 2: had not settled in 5 s of warm-up: '
                               r'disk -8\.4 % in [\d.]+ s\n')
        self.assertIn('3 tiles, window 1: cut short after 20.0 s\n', text)
        self.assertRegex(text, r'\n +3 +1 .* (NOT )?valid.*, not settled\n')

    def test_several_runs(self):
        both = rows_of(self.made('--format', 'csv', 'one-tile.json', 'sweep.json'))
        each = [rows_of(self.made('--format', 'csv', name + '.json')) for name in RUNS[:2]]
        self.assertEqual(both, each[0] + each[1])
        self.assertEqual({r['run'] for r in both}, {'one-tile.json', 'sweep.json'})
        self.assertEqual(self.made('one-tile.json', '--format=text', 'sweep.json'),
                         self.made('--format=text', 'one-tile.json') + '\n' +
                         self.made('--format=text', 'sweep.json'))
        decoder, text = json.JSONDecoder(), self.made('--format=json', '--', 'one-tile.json',
                                                      'sweep.json')
        first, end = decoder.raw_decode(text)
        self.assertEqual((first['run'], json.loads(text[end:])['run']),
                         ('one-tile.json', 'sweep.json'))

    def test_a_run_that_was_cut_off_before_its_first_step(self):
        content = document('one-tile')
        content.update(steps=[], complete=False, valid_tiles=0, incomplete_reason='interrupted')
        path = self.write('run.json', content)
        for form in FORMATS:
            text = self.made('--format', form, path)
            if form == 'json':
                validate(json.loads(text), 'report')
            if form == 'csv':
                self.assertEqual(rows_of(text), [])
            else:
                self.assertIn('INCOMPLETE: interrupted', text)


class Files(Case):
    def test_output(self):
        expected = self.made('--format', 'csv', 'one-tile.json')
        path = os.path.join(self.directory, 'a.csv')
        said = self.made('--format', 'csv', '--output', path, 'one-tile.json').split('\n')
        self.assertRegex(said[0], r'^1 tile \(8 guests\) valid; ')
        self.assertEqual(said[1:], ['report: ' + path, ''])
        with open(path, newline='') as f:
            self.assertEqual(f.read(), expected)

    def test_a_page_beside_each_run(self):
        paths = [self.write('%s/run.json' % name, document(name)) for name in RUNS[:2]]
        said = self.made(os.path.dirname(paths[0]), paths[1])
        for name in RUNS[:2]:
            path = os.path.join(self.directory, name, 'report.html')
            self.assertIn('report: %s\n' % path, said)
            with open(path) as f:
                self.assertTrue(f.read().startswith('<!DOCTYPE html>'))
        os.chdir(os.path.dirname(paths[0]))
        self.addCleanup(os.chdir, '/')
        os.unlink('report.html')
        self.assertIn('report: report.html\n', self.made('run.json', cwd='.'))
        self.assertTrue(os.path.exists('report.html'))

    def test_the_newest_run_by_default(self):
        self.refused(1, 'report: of which run? Name its results directory: there is none in '
                     './tileload-results', '--format=text', cwd=self.directory)
        for name in ('20260101-000000', '20260102-000000', '20260103-000000'):
            self.write('tileload-results/%s/run.json' % name, document('one-tile'))
        os.unlink(os.path.join(self.directory, 'tileload-results/20260103-000000/run.json'))
        self.assertIn('results: tileload-results/20260102-000000/run.json\n',
                      self.made('--format', 'text', cwd=self.directory))

    def test_a_run_is_not_written_over(self):
        path = self.write('run.json', document('one-tile'))
        other = os.path.join(self.directory, 'link')
        os.symlink('run.json', other)
        for form in ('json', 'html'):
            self.refused(1, '--output "%s": is the run that is reported on' % other, '--format',
                         form, '--output', other, path)
        with open(path) as f:
            self.assertEqual(json.load(f), document('one-tile'))

    def test_who_reads_meanwhile_sees_a_whole_report(self):
        path = os.path.join(self.directory, 'a.csv')
        self.made('--format', 'csv', '--output', path, 'one-tile.json')
        with open(path, newline='') as before:
            self.made('--format', 'csv', '--output', path, 'sweep.json')
            self.assertEqual(before.read(), self.made('--format', 'csv', 'one-tile.json'))
        with open(path, newline='') as after:
            self.assertEqual(after.read(), self.made('--format', 'csv', 'sweep.json'))
        self.assertEqual(os.listdir(self.directory), ['a.csv'])

    def test_a_link_stays_a_link_and_a_pipe_is_written_into(self):
        path, link = (os.path.join(self.directory, name) for name in ('a.md', 'link'))
        os.symlink('a.md', link)
        self.made('--format', 'markdown', '--output', link, 'one-tile.json')
        self.assertTrue(os.path.islink(link))
        with open(path) as f:
            self.assertEqual(f.read(), self.made('--format', 'markdown', 'one-tile.json'))
        self.assertIn(self.made('--format', 'markdown', 'one-tile.json'),
                      self.made('--format', 'markdown', '--output', '/dev/stdout', 'one-tile.json'))

    def test_what_cannot_be_written(self):
        self.refused(1, '/nowhere/a.csv": No such file or directory', '--format', 'csv', '--output',
                     self.directory + '/nowhere/a.csv', 'one-tile.json')
        self.refused(1, 'report "/dev/full": is not whole: No space left on device', '--format',
                     'csv', '--output', '/dev/full', 'one-tile.json')


class Refused(Case):
    def test_what_is_no_run(self):
        self.refused(1, 'results "nowhere": No such file or directory', 'nowhere')
        self.refused(1, 'results "%s": no results directory: there is no run.json in it' %
                     self.directory, self.directory)
        self.refused(1, 'results "one-tile.csv": not JSON: line 1', 'one-tile.csv')

    def test_what_is_wrong_in_it_is_named_with_its_place(self):
        content = document('one-tile')
        content['steps'][0]['tile_results'][0]['guests'][3]['rate_per_s'] = '200'
        path = self.write('run.json', content)
        self.refused(1, 'tileload: results "%s": steps[0].tile_results[0].guests[3].rate_per_s '
                     'must be a number of 0 or more, not a text of 3 bytes' % path, path)
        # nothing is written of the good one either
        self.refused(1, 'guests[3].rate_per_s', '--format', 'csv', 'one-tile.json', path)
        self.assertEqual(os.listdir(self.directory), ['run.json'])

    def test_usage(self):
        self.refused(2, '--format "pdf": not one of html|text|csv|json|markdown', '--format', 'pdf')
        self.refused(2, '--fromat: unknown: the nearest valid one is --format', '--fromat=csv')
        self.refused(2, '--output "a.html": is one file, and each run has a page of its own',
                     '--output', 'a.html', 'one-tile.json', 'sweep.json')


if __name__ == '__main__':
    main()
