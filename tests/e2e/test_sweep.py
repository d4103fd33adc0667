# SPDX-License-Identifier: Apache-2.0
"""tileload run with several steps: sweeps, searches, repeats."""

import os
import re
import signal
import threading
import time
import unittest

from harness import SLOWDOWN, main
from test_run import SMALL, Run

# Whatever a busy machine does to response times: what is tested here is the course.
LAX = ['--max-average', '10m', '--max-p95', '10m', '--max-p99', '10m', '--min-achieved', '0',
       '--max-standstill', '10m', '--min-gain', '0']


def pids(run, tile, words):
    """Processes of a tile's guest, by the address in their arguments or the directory they are in."""
    found = []
    for pid, line in run.left().items():
        try:
            place = os.readlink('/proc/%d/cwd' % pid)
        except OSError:
            continue
        if '/work/tile%d/' % tile in place and words in line:
            found.append(pid)
    return found


class Sweep(unittest.TestCase):
    def assert_clean(self, run):
        self.assertEqual(run.left(), {})
        self.assertFalse(os.path.exists(os.path.join(run.output, 'work')))

    def windows(self, result):
        return [(s['tiles'], s['repeat']) for s in result['steps']]

    def test_every_step_is_repeated_and_summed_up(self):
        run = Run(self, *SMALL, *LAX, '--tiles', '1-2', '--repeat', '2', '--warmup', '5s',
                  '--max-warmup', '5s', '--duration', '3s')
        self.assertEqual(run.finish(), 0, run.stderr)
        self.assert_clean(run)
        result = run.result()
        self.assertTrue(result['complete'])
        self.assertEqual(self.windows(result), [(1, 1), (1, 2), (2, 1), (2, 2)])
        self.assertEqual(result['valid_tiles'], 2)
        self.assertEqual(result['ended_by'], {'kind': 'last step', 'tiles': 2, 'resource': None,
                                              'text': 'the last step that was asked for'})
        self.assertEqual(result['profile'], 'standard')
        for step in result['steps']:
            self.assertFalse(step['broken'])
            self.assertAlmostEqual(step['warmup_s'], 5, delta=2 * SLOWDOWN)
            self.assertIsInstance(step['settling']['settled'], bool)
            self.assertEqual(step['settling']['bound_percent'], 5)
            self.assertEqual(step['settling']['worst'] is None, step['settling']['settled'])
            use = step['resources']
            self.assertGreater(use['cpu_busy_percent'], 0)
            self.assertGreaterEqual(use['cpu_busiest_percent'], use['cpu_busy_percent'] - 0.01)
            self.assertGreater(use['memory_bytes'], use['memory_available_bytes'])
            self.assertGreater(use['memory_available_bytes'], 0)
            self.assertGreater(use['tcp']['segments_sent'], 100)
            self.assertTrue(use['clients']['same_machine'])
            self.assertGreaterEqual(step['fairness_jain'], 0.9)
        # One line for each window, and one for all of them together.
        self.assertEqual(len(re.findall(r'(?m)^\d tiles? \(\d+ guests\) valid', run.stdout)), 5)
        self.assertRegex(run.stdout, r'(?m)^2 tiles \(16 guests\) valid in window 2; ')
        self.assertRegex(run.stdout, r'(?m)^2 tiles \(16 guests\) valid.*; ended by: the last step')
        with open(os.path.join(run.output, 'summary.txt')) as f:
            self.assertIn('ended by: the last step', f.read())
        with open(os.path.join(run.output, 'report.html')) as f:
            self.assertIn('</html>', f.read())

    def test_a_search_goes_up_and_back(self):
        """The database of tile 3 is stopped, so two tiles are all that is carried."""
        run = Run(self, *SMALL, *LAX, '--max-standstill', '2s', '--tiles', '1-4', '--search',
                  '--warmup', '1s', '--duration', '4s')
        run.wait_line('starting 2 tiles')
        run.wait_line('warming up')
        databases = pids(run, 3, 'mariadbd')
        self.assertEqual(len(databases), 1)
        os.kill(databases[0], signal.SIGSTOP)
        run.wait_line('ending 1 tile')
        run.wait_line('stopping')
        os.kill(databases[0], signal.SIGCONT)
        self.assertEqual(run.finish(), 0, run.stderr)
        self.assert_clean(run)
        result = run.result()
        self.assertEqual(self.windows(result), [(1, 1), (2, 1), (4, 1), (3, 1)])
        self.assertEqual([s['valid'] for s in result['steps']], [True, True, False, False])
        self.assertEqual(result['valid_tiles'], 2)
        self.assertEqual(result['ended_by']['kind'], 'search')
        self.assertEqual(result['ended_by']['tiles'], 3)
        for step in result['steps'][2:]:
            self.assertEqual([t['valid'] for t in step['tile_results']],
                             [t['tile'] != 3 for t in step['tile_results']])
            self.assertRegex(step['tile_results'][2]['reasons'][0], '^oltp ')
        self.assertRegex(run.stdout, r'(?m)^2 tiles \(16 guests\) valid.*; ended by: ')

    def test_a_starved_tile_is_seen(self):
        """Web server 1 of tile 2 gets a hundredth of the time."""
        run = Run(self, *SMALL, '--rate', '300', '--arrival', 'uniform', '--tiles', '2-3',
                  '--warmup', '2s', '--duration', '6s')
        run.wait_line('warming up')
        victim, = [p for p, line in run.left().items() if '--listen 127.2.1.1:' in line]
        ended = threading.Event()

        def starve():
            while not ended.is_set():
                try:
                    os.kill(victim, signal.SIGSTOP)
                    ended.wait(1)
                    os.kill(victim, signal.SIGCONT)
                except ProcessLookupError:
                    return
                time.sleep(0.01)  # its share

        thread = threading.Thread(target=starve)
        thread.start()
        try:
            run.wait_line('stopping')
        finally:
            ended.set()
            thread.join()
        self.assertEqual(run.finish(), 1, run.stderr)
        self.assert_clean(run)
        result = run.result()
        self.assertTrue(result['complete'])
        step, = result['steps']  # the first that is not valid ends the steps
        self.assertFalse(step['valid'])
        fed, starved = step['tile_results']
        self.assertFalse(starved['valid'])
        self.assertRegex('\n'.join(starved['reasons']), 'achieved|response time|failed')
        self.assertLess(starved['rate_per_s'], fed['rate_per_s'] / 2)
        self.assertLess(step['fairness_jain'], 0.95)
        self.assertLess(step['fairness_worst_share'], 0.8)
        self.assertAlmostEqual(step['fairness_worst_share'], starved['fair_share'])
        self.assertEqual(result['ended_by']['kind'], 'invalid')
        self.assertRegex(run.stdout, r"fairness +Jain's index 0\.")
        self.assertRegex(run.stdout, r'(?m)^  tile 2 is not valid: ')

    def test_a_profile_is_a_set_of_options(self):
        run = Run(self, '--profile', 'small', '--rate', '20', *LAX, '--warmup', '0', '--duration',
                  '2s')
        self.assertEqual(run.finish(), 0, run.stderr)
        result = run.result()
        self.assertEqual(result['profile'], 'small')
        self.assertEqual(result['manifest']['options']['rate'], '20')
        step, = result['steps']
        self.assertIsNone(step['settling'])  # too short to be looked at
        config = {g['name']: g['config'] for g in step['tile_results'][0]['guests']}
        self.assertEqual(config['external']['rate'], '20')
        self.assertEqual(config['web1']['dirs'], '1')
        self.assertEqual(config['cpu']['memory'], '4M')
        self.assertEqual(config['cpu']['think'], result['manifest']['options']['cpu-think'])
        self.assertEqual(config['disk']['max-rate'], result['manifest']['options']['disk-max-rate'])
        self.assertEqual(config['oltp']['table-size'], '1000')
        self.assertIn('with a buffer pool of 16.0 MiB', '\n'.join(result['notes']))


if __name__ == '__main__':
    main()
