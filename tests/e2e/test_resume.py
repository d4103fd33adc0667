# SPDX-License-Identifier: Apache-2.0
"""tileload run --resume: runs that were cut off go on."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from harness import CAN_MOUNT, SLOWDOWN, TILELOAD, main
from test_run import SMALL, Run
from test_sweep import LAX


class Again(Run):
    """`tileload run --resume` of another one's directory."""

    def __init__(self, test, other, *args, **kwargs):
        super().__init__(test, *args, output=other.output, **kwargs)

    def command(self, args):
        return [TILELOAD, 'run', '--resume', self.output] + args


class Resume(unittest.TestCase):
    ARGS = SMALL + LAX + ['--tiles', '1-3', '--warmup', '1s', '--duration', '3s']

    def refused(self, *args, status=1, program=TILELOAD):
        done = subprocess.run([program, 'run'] + list(args), capture_output=True, text=True,
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
        self.assertIn('that run is still going on', self.refused('--resume', run.output))
        again.process.send_signal(signal.SIGINT)
        again.finish()
        self.assertEqual(again.process.returncode, 1)
        second = again.result()
        self.assertFalse(second['complete'])
        self.assertIn('SIGINT', second['incomplete_reason'])
        self.assertEqual([(s['tiles'], s['interrupted']) for s in second['steps']],
                         [(1, False), (2, True)])

        self.assertEqual(second['notes'], first['notes'])
        with open(os.path.join(run.output, 'run.json'), 'w') as f:
            json.dump(dict(second, notes=first['notes'][1:]), f)
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
        self.assertEqual(third['notes'],
                         first['notes'][1:] + ['since it was resumed: ' + first['notes'][0]])
        self.assertEqual(last.left(), {})
        self.assertEqual(sorted(n for n in os.listdir(run.output) if n.startswith('logs')),
                         ['logs', 'logs.1', 'logs.2'])
        with open(os.path.join(run.output, 'summary.txt')) as f:
            self.assertEqual(f.read().count('resumed at '), 2)
        self.assertIn('that run is complete', self.refused('--resume', run.output))

    def test_killed_before_its_last_word(self):
        """All windows are there: nothing is started, and the run comes to its end."""
        run = Run(self, *SMALL, *LAX, '--warmup', '0', '--duration', '1s')
        # A busy machine may leave a guest without any work in a second: what is found is not the point.
        found = run.finish()
        self.assertTrue(run.result()['complete'], run.stderr)
        path = os.path.join(run.output, 'run.json')
        with open(path) as f:
            result = json.load(f)
        result.update(complete=False, incomplete_reason='still running', ended_by=None)
        with open(path, 'w') as f:
            json.dump(result, f)
        again = Again(self, run)
        self.assertEqual(again.finish(), found, again.stderr)
        self.assertNotIn('starting', again.stderr)
        self.assertTrue(again.result()['complete'])
        self.assertEqual(len(again.result()['steps']), 1)

    def test_cut_off_between_steps(self):
        """The signal comes while the next tile is started: what is there is whole."""
        run = Run(self, *self.ARGS)
        run.wait_line(' s] 1 tile: ')
        run.wait_line('starting 1 tile')
        run.process.send_signal(signal.SIGINT)
        run.finish()
        self.assertEqual(run.process.returncode, 1)
        self.assertEqual(run.last_line(), 'tileload: interrupted: by SIGINT')
        result = run.result()
        self.assertFalse(result['complete'])
        self.assertEqual([(s['tiles'], s['interrupted']) for s in result['steps']], [(1, False)])
        self.assertEqual(result['valid_tiles'], 1)
        self.assertIsNone(result['ended_by'])

    @staticmethod
    def fill(f, ended):
        """Leaves no room on a file's disk, whatever others give back."""
        while not ended.is_set():
            try:
                f.write(bytes(4096))
            except OSError:
                ended.wait(0.01)

    @unittest.skipUnless(CAN_MOUNT, 'cannot mount here')
    def test_a_full_disk(self):
        """What was written stays, what cannot be is said, and with more room the run goes on."""
        directory = tempfile.TemporaryDirectory(prefix='tileload-e2e-')
        self.addCleanup(directory.cleanup)
        image, mountpoint, copy = (os.path.join(directory.name, n) for n in 'image mount copy'.split())
        os.mkdir(mountpoint)
        with open(image, 'wb') as f:
            f.truncate(500 << 20)
        subprocess.run(['mkfs.ext4', '-q', '-m', '0', image], check=True)
        script = ('mount -o loop "$0" "$1" || exit 99; cd "$1" && shift && rm -f filler; "$@"; '
                  's=$?; cp results/run.json ../copy; exit $s')
        prefix = ['unshare', '-m', 'sh', '-c', script, image, mountpoint]

        def found():
            with open(copy) as f:
                return json.load(f)

        run = Run(self, *SMALL, *LAX, '--tiles', '1-3', '--warmup', '0', '--duration', '5s',
                  prefix=prefix, output=os.path.join(mountpoint, 'results'))
        try:
            run.wait_line(' s] 2 tiles: ')
        except AssertionError:
            if run.process.wait() == 99:
                self.skipTest('no loop devices here')
            raise
        with open('/proc/%d/root%s/filler' % (run.process.pid, mountpoint), 'wb', buffering=0) as f:
            ended = threading.Event()
            filler = threading.Thread(target=self.fill, args=(f, ended))
            filler.start()
            status = run.finish()
            ended.set()
            filler.join()
        self.assertEqual(status, 1, run.stderr)
        self.assertIn('run.json": No space left on device: results are not written', run.stderr)
        self.assertIn('2 tiles (16 guests) valid; ', run.stdout)
        first = found()
        self.assertFalse(first['complete'])
        # The last attempt may find room again, once the guests' files are gone.
        self.assertIn([s['tiles'] for s in first['steps']], ([1], [1, 2]))
        again = Again(self, run, prefix=prefix)
        self.assertEqual(again.finish(), 0, again.stderr)
        second = found()
        self.assertTrue(second['complete'])
        self.assertEqual([s['tiles'] for s in second['steps']], [1, 2, 3])
        self.assertEqual(second['steps'][0], first['steps'][0])

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
        self.assertIn('begun on 1000 CPUs',
                      spoilt(lambda d: d['manifest']['host'].update(cpus=1000)))
        self.assertIn('begun with --cpu-think "1m0s"',
                      spoilt(lambda d: d['manifest']['options'].update({'cpu-think': '1m0s'})))
        self.assertIn('is not that of a run of its own',
                      spoilt(lambda d: d['manifest'].update(command_line=['run', '--resume', 'x'])))
        self.assertIn('does not follow from its options', spoilt(other_windows))
        self.assertIn('launch', spoilt(lambda d: d.pop('launch')))
        text = json.dumps(good)
        for length in [0, 1, 10, 300, 1000, 3000, len(text) // 2, len(text) - 1]:
            with open(path, 'w') as f:
                f.write(text[:length])
            self.assertIn('not JSON', self.refused('--resume', run.output))
        os.unlink(path)
        self.assertIn('there is no run.json in it', self.refused('--resume', run.output))
        self.assertIn('there is no run.json in it', self.refused('--resume', '/nonexistent'))

    def test_what_was_changed_meanwhile(self):
        with tempfile.TemporaryDirectory(prefix='tileload-e2e-') as directory:
            program = shutil.copy2(TILELOAD, os.path.join(directory, 'tileload'))
            nodes = os.path.join(directory, 'nodes')
            with open(nodes, 'w') as f:
                f.write('tileload-t1-cpu 0\n')
            run = Run(self, *SMALL, '--placement', nodes, '--warmup', '0', '--duration', '60s')
            run.wait_line(' s] 1 tile: ')
            run.process.send_signal(signal.SIGTERM)
            run.finish()
            later = time.time() + 10
            for path in (program, nodes):
                before = os.stat(path)
                os.utime(path, (later, later))
                self.assertIn(path + ' was changed after that run had begun',
                              self.refused('--resume', run.output, program=program))
                os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


if __name__ == '__main__':
    main()
