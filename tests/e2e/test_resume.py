# SPDX-License-Identifier: Apache-2.0
"""tileload run --resume: runs that were cut off go on."""

import json
import os
import signal
import subprocess
import time
import unittest

from harness import SLOWDOWN, TILELOAD, main
from test_run import SMALL, Run
from test_sweep import LAX


class Again(Run):
    """`tileload run --resume` of another one's directory."""

    def __init__(self, test, other, *args):
        super().__init__(test, *args, output=other.output)

    def command(self, args):
        return [TILELOAD, 'run', '--resume', self.output] + args


class Resume(unittest.TestCase):
    ARGS = SMALL + LAX + ['--tiles', '1-3', '--warmup', '1s', '--duration', '3s']

    def refused(self, *args, status=1):
        done = subprocess.run([TILELOAD, 'run'] + list(args), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60 * SLOWDOWN)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stderr.count('\n'), 1, done.stderr)
        return done.stderr

    def test_cut_off_twice(self):
        run = Run(self, *self.ARGS)
        run.wait_line(' s] 2 tiles: ')
        self.assertIn('that run is still going on', self.refused('--resume', run.output))
        run.process.kill()
        run.finish()
        deadline = time.monotonic() + 10 * SLOWDOWN
        while run.left() and time.monotonic() < deadline:
            time.sleep(0.05)
        first = run.result()
        self.assertFalse(first['complete'])
        self.assertEqual([s['tiles'] for s in first['steps']], [1])

        again = Again(self, run)
        again.wait_line('1 window is there already')
        again.wait_line('starting 2 tiles')
        again.wait_line(' s] 2 tiles: ')
        again.process.send_signal(signal.SIGINT)
        again.finish()
        self.assertEqual(again.process.returncode, 1)
        second = again.result()
        self.assertFalse(second['complete'])
        self.assertIn('SIGINT', second['incomplete_reason'])
        self.assertEqual([(s['tiles'], s['interrupted']) for s in second['steps']],
                         [(1, False), (2, True)])

        last = Again(self, run, '--ready-timeout', '170s')
        self.assertEqual(last.finish(), 0, last.stderr)
        third = last.result()
        self.assertTrue(third['complete'])
        self.assertEqual([(s['tiles'], s['interrupted']) for s in third['steps']],
                         [(1, False), (2, False), (3, False)])
        self.assertEqual(third['valid_tiles'], 3)
        self.assertEqual(third['ended_by']['kind'], 'last step')
        self.assertEqual(third['steps'][0], first['steps'][0])
        self.assertEqual(third['manifest'], first['manifest'])
        self.assertEqual(len(third['resumed']), 2)
        self.assertEqual(last.left(), {})
        self.assertEqual(sorted(n for n in os.listdir(run.output) if n.startswith('logs')),
                         ['logs', 'logs.1', 'logs.2'])
        with open(os.path.join(run.output, 'summary.txt')) as f:
            self.assertEqual(f.read().count('resumed at '), 2)
        self.assertIn('that run is complete', self.refused('--resume', run.output))

    def test_killed_before_its_last_word(self):
        """All windows are there: nothing is started, and the run comes to its end."""
        run = Run(self, *SMALL, *LAX, '--warmup', '0', '--duration', '1s')
        self.assertEqual(run.finish(), 0, run.stderr)
        path = os.path.join(run.output, 'run.json')
        with open(path) as f:
            result = json.load(f)
        result.update(complete=False, incomplete_reason='still running', ended_by=None)
        with open(path, 'w') as f:
            json.dump(result, f)
        again = Again(self, run)
        self.assertEqual(again.finish(), 0, again.stderr)
        self.assertNotIn('starting', again.stderr)
        self.assertTrue(again.result()['complete'])
        self.assertEqual(len(again.result()['steps']), 1)

    def test_what_does_not_go_on(self):
        run = Run(self, *SMALL, '--warmup', '0', '--duration', '60s')
        run.wait_line(' s] 1 tile: ')
        run.process.send_signal(signal.SIGTERM)
        run.finish()
        self.assertIn('--rate: cannot be given with --resume',
                      self.refused('--resume', run.output, '--rate', '3', status=2))
        path = os.path.join(run.output, 'run.json')
        with open(path) as f:
            good = json.load(f)

        def spoilt(change):
            document = json.loads(json.dumps(good))
            change(document)
            with open(path, 'w') as f:
                json.dump(document, f)
            return self.refused('--resume', run.output)

        def other_windows(document):
            document['steps'][0].update(interrupted=False, repeat=2)

        self.assertIn('begun by tileload 0.0.1',
                      spoilt(lambda d: d['manifest'].update(tileload_version='0.0.1')))
        self.assertIn('begun on the host elsewhere',
                      spoilt(lambda d: d['manifest']['host'].update(hostname='elsewhere')))
        self.assertIn('begun with the kernel 2.4',
                      spoilt(lambda d: d['manifest']['host'].update(kernel='2.4')))
        self.assertIn('does not follow from its options', spoilt(other_windows))
        self.assertIn('launch', spoilt(lambda d: d.pop('launch')))
        with open(path, 'w') as f:
            f.write('{"schema":')
        self.assertIn('not JSON', self.refused('--resume', run.output))
        os.unlink(path)
        self.assertIn('there is no run.json in it', self.refused('--resume', run.output))
        self.assertIn('there is no run.json in it', self.refused('--resume', '/nonexistent'))


if __name__ == '__main__':
    main()
