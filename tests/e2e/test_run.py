# SPDX-License-Identifier: Apache-2.0
"""tileload run: whole tiles as processes, as a user starts them."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import uuid

import schema
from harness import CAN_MOUNT, SLOWDOWN, TILELOAD, main

# Small guests: what is tested here is the whole, not the load.
SMALL = ['--dirs', '1', '--cpu-memory', '16M', '--disk-size', '16M', '--oltp-rows', '1000',
         '--think', '20ms', '--rate', '50']

GUESTS = ['external', 'web1', 'web2', 'client', 'backend', 'cpu', 'disk', 'oltp', 'idle']


class Run:
    """A started `tileload run`; every process that it leaves anywhere can be told by a mark."""

    def __init__(self, test, *args, env=None, prefix=(), output=None):
        self.temporary = tempfile.TemporaryDirectory(prefix='tileload-e2e-')
        test.addCleanup(self.cleanup)
        self.output = output or os.path.join(self.temporary.name, 'results')
        self.mark = 'TILELOAD_TEST_MARK=' + uuid.uuid4().hex
        environment = dict(os.environ, TILELOAD_CMDLINE='/dev/null', **(env or {}))
        name, value = self.mark.split('=')
        environment[name] = value
        self.lines = []
        self.process = subprocess.Popen(
            list(prefix) + self.command([str(a) for a in args]),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment, start_new_session=True)

    def command(self, args):
        return [TILELOAD, 'run', '--output', self.output] + args

    def left(self):
        """Living processes with our mark, besides `run` itself: {pid: command line}."""
        found = {}
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                with open('/proc/%s/environ' % pid, 'rb') as f:
                    if self.mark.encode() not in f.read():
                        continue
                with open('/proc/%s/cmdline' % pid, 'rb') as f:
                    found[int(pid)] = f.read().replace(b'\0', b' ').decode()
            except OSError:
                continue
        found.pop(self.process.pid, None)
        return found

    def pid_of(self, guest):
        """The process of tile 1's guest, by its arguments."""
        number = GUESTS.index(guest) or 9
        for pid, line in self.left().items():
            if '--listen 127.1.%d.1:' % number in line:
                return pid
        raise AssertionError('no %s among %s' % (guest, self.left()))

    def wait_line(self, text):
        while True:
            line = self.process.stderr.readline()
            if not line:
                raise AssertionError('ended before "%s":\n%s' % (text, ''.join(self.lines)))
            self.lines.append(line)
            if text in line:
                return

    def finish(self, timeout=120):
        out, err = self.process.communicate(timeout=timeout * SLOWDOWN)
        self.stderr = ''.join(self.lines) + err
        self.stdout = out
        return self.process.returncode

    def last_line(self):
        return self.stderr.strip().split('\n')[-1]

    def result(self):
        with open(os.path.join(self.output, 'run.json')) as f:
            result = json.load(f)
        schema.validate(result, 'run')
        return result

    def cleanup(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        for pid in self.left():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.temporary.cleanup()


class Tiles(unittest.TestCase):
    def assert_clean(self, run):
        """Nothing is left behind but results."""
        self.assertEqual(run.left(), {})
        self.assertFalse(os.path.exists(os.path.join(run.output, 'work')))

    def assert_failed(self, run, line):
        self.assertEqual(run.process.returncode, 1, run.stderr)
        self.assertRegex(run.last_line(), line)
        self.assert_clean(run)
        result = run.result()
        self.assertFalse(result['complete'])
        return result

    def test_one_tile(self):
        run = Run(self, *SMALL, '--warmup', '1s', '--duration', '6s')
        self.assertEqual(run.finish(), 0, run.stderr)
        self.assert_clean(run)
        self.assertRegex(run.stdout.split('\n')[0], r'^1 tile \(8 guests\) valid; [\d.]+ requests/s; '
                         r'average response .*; no errors$')
        result = run.result()
        self.assertTrue(result['complete'])
        self.assertEqual(result['valid_tiles'], 1)
        with open(os.path.join(run.output, 'targets.json')) as f:
            schema.validate(json.load(f), 'targets')
        tile = result['steps'][0]['tile_results'][0]
        guests = {g['name']: g for g in tile['guests']}
        self.assertEqual(list(guests), GUESTS)
        for name, g in guests.items():
            self.assertIsNone(g['problem'])
            self.assertEqual(g['errors'], {}, name)
            self.assertEqual(g['polls'], g['polls_answered'], name)
            self.assertAlmostEqual(g['clock_ratio'], 1, delta=0.02)
            if name != 'idle':
                self.assertGreater(g['work'], 0, name)
        self.assert_counts_agree(guests)

    def assert_counts_agree(self, guests):
        """Both ends of each connection count for themselves; they must tell the same story."""
        def near(a, b, what):
            self.assertAlmostEqual(a, b, delta=0.05 * max(a, b) + 30, msg=what)
        near(guests['external']['work'], guests['web1']['work'], 'external and web1')
        near(guests['client']['work'], guests['web2']['work'], 'client and web2')
        dynamic = sum(guests[w]['counters']['dynamic_pages']['value'] for w in ('web1', 'web2'))
        near(dynamic, guests['backend']['work'], 'dynamic pages and backend')

    def test_two_steps(self):
        run = Run(self, *SMALL, '--tiles', '1-2', '--warmup', '1s', '--duration', '3s',
                  '--max-average', '1m', '--max-p95', '1m', '--max-p99', '1m', '--min-achieved',
                  '50%')
        self.assertEqual(run.finish(), 0, run.stderr)
        self.assert_clean(run)
        result = run.result()
        self.assertEqual([s['tiles'] for s in result['steps']], [1, 2])
        self.assertEqual(result['valid_tiles'], 2)
        self.assertEqual(len(result['steps'][1]['tile_results']), 2)
        self.assertIsNotNone(result['steps'][1]['linearity'])

    def test_an_invalid_step_ends_the_steps(self):
        run = Run(self, *SMALL, '--tiles', '1-2', '--warmup', '0', '--duration', '2s',
                  '--max-average', '1ns')
        self.assertEqual(run.finish(), 1, run.stderr)
        self.assertRegex(run.last_line(),
                         'verdict: no step was valid: average response time .* over the limit')
        self.assert_clean(run)
        result = run.result()
        self.assertTrue(result['complete'])
        self.assertEqual(len(result['steps']), 1)
        self.assertEqual(result['valid_tiles'], 0)

    def test_a_killed_guest_is_named(self):
        for name in GUESTS + ['mysql']:
            with self.subTest(name):
                run = Run(self, *SMALL, '--warmup', '0', '--duration', '60s')
                run.wait_line(' s] 1 tile: ')
                if name == 'mysql':
                    pid = next(p for p, line in run.left().items() if 'mariadbd' in line)
                else:
                    pid = run.pid_of(name)
                os.kill(pid, signal.SIGKILL)
                began = time.monotonic()
                run.finish()
                self.assertLess(time.monotonic() - began, 15 * SLOWDOWN)
                result = self.assert_failed(run, r'tile 1 %s.*signal 9|SIGKILL' % name)
                self.assertTrue(result['steps'][0]['interrupted'])
                self.assertIn('tile 1 ' + name, result['incomplete_reason'])

    def test_interrupted(self):
        for sig, when in ((signal.SIGINT, ' s] 1 tile: '), (signal.SIGTERM, 'starting'),
                          (signal.SIGINT, 'warming up')):
            with self.subTest(sig.name + when):
                run = Run(self, *SMALL, '--warmup', '3s', '--duration', '60s')
                run.wait_line(when)
                run.process.send_signal(sig)
                run.finish(timeout=30)
                self.assert_failed(run, '^tileload: interrupted: by ' + sig.name)

    def test_interrupted_at_the_end_of_a_window(self):
        """The last readings wait for a guest that does not answer: the window is there all the same."""
        run = Run(self, *SMALL, '--warmup', '0', '--duration', '4s')
        run.wait_line(' s] 1 tile: ')
        os.kill(run.pid_of('idle'), signal.SIGSTOP)
        time.sleep(7)  # the window is over, and idle is waited for 10 s longer
        run.process.send_signal(signal.SIGINT)
        run.finish()
        result = self.assert_failed(run, '^tileload: interrupted: by SIGINT')
        step, = result['steps']
        self.assertTrue(step['interrupted'])
        self.assertGreaterEqual(step['duration_s'], 4)
        guests = {g['name']: g for g in step['tile_results'][0]['guests']}
        self.assertIn('did not answer', guests['idle']['problem'])
        self.assertGreater(guests['external']['work'], 100)

    def test_killed_itself_leaves_no_process(self):
        run = Run(self, *SMALL, '--warmup', '0', '--duration', '60s')
        run.wait_line(' s] 1 tile: ')
        self.assertGreaterEqual(len(run.left()), 10)
        run.process.kill()
        run.finish()
        deadline = time.monotonic() + 10 * SLOWDOWN
        while run.left() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(run.left(), {})

    def test_a_guest_that_hangs_is_not_valid(self):
        """Its control endpoint goes on answering: only the standstill shows it."""
        run = Run(self, *SMALL, '--warmup', '0', '--duration', '7s', '--max-standstill', '2s')
        run.wait_line(' s] 1 tile: ')
        pid = next(p for p, line in run.left().items() if 'mariadbd' in line)
        os.kill(pid, signal.SIGSTOP)
        run.finish()
        self.assertEqual(run.process.returncode, 1, run.stderr)
        self.assertRegex(run.last_line(), r'no step was valid: oltp stood still for \d')
        self.assert_clean(run)

    def test_port_in_use(self):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(('127.1.5.1', 9477))
            s.listen()
            run = Run(self, *SMALL)
            run.finish()
            self.assert_failed(run, r'tile 1 cpu.*127\.1\.5\.1:9477.*in use')

    def test_no_database_server(self):
        run = Run(self, *SMALL, env={'TILELOAD_MARIADBD': '/nonexistent/mariadbd'})
        run.finish()
        self.assertEqual(run.process.returncode, 1)
        self.assertRegex(run.last_line(), r'TILELOAD_MARIADBD "/nonexistent/mariadbd": ')
        self.assertEqual(run.left(), {})
        self.assertFalse(os.path.exists(run.output))

    def test_what_it_did_not_make_stays(self):
        with tempfile.TemporaryDirectory(prefix='tileload-e2e-') as directory:
            for name in 'summary.txt', 'report.html':
                path = os.path.join(directory, name)
                with open(path, 'w') as f:
                    f.write('precious')
                run = Run(self, *SMALL, output=directory)
                self.assertEqual(run.finish(), 1)
                self.assertIn('holds the results of another run (%s)' % name, run.last_line())
                self.assertEqual(os.listdir(directory), [name])
                with open(path) as f:
                    self.assertEqual(f.read(), 'precious')
                os.unlink(path)
            run = Run(self, *SMALL, output=directory, env={'TILELOAD_MARIADBD': '/nonexistent'})
            self.assertEqual(run.finish(), 1)
            self.assertEqual(os.listdir(directory), [])

    def test_closed_streams_do_not_end_in_the_results(self):
        """Whoever closes a standard stream must not find its text in the first file opened."""
        for closed in '>&-', '2>&-', '<&- >&- 2>&-':
            run = Run(self, *SMALL, '--warmup', '0', '--duration', '1s',
                      prefix=['sh', '-c', 'exec "$0" "$@" ' + closed])
            run.finish()
            with open(os.path.join(run.output, 'summary.txt')) as f:
                text = f.read()
            self.assertEqual(text.count('tile (8 guests)'), 1, closed)
            self.assertNotIn('results in', text)
            self.assertNotRegex(text, r'(?m)^note:')

    def test_a_hangup_is_survived_if_ignored(self):
        run = Run(self, *SMALL, '--warmup', '0', '--duration', '3s', prefix=['nohup'])
        run.wait_line(' s] 1 tile: ')
        run.process.send_signal(signal.SIGHUP)
        self.assertEqual(run.finish(), 0, run.stderr)
        self.assert_clean(run)

    def test_a_server_that_stalls_and_comes_back_has_lost_nothing_or_says_so(self):
        """What was due while web1 was stopped is answered late or missing: never just gone."""
        run = Run(self, *SMALL, '--warmup', '0', '--duration', '5s')
        run.wait_line(' s] 1 tile: ')
        pid = run.pid_of('web1')
        os.kill(pid, signal.SIGSTOP)
        time.sleep(1.5)  # the length of the stall
        os.kill(pid, signal.SIGCONT)
        run.finish()
        tile, = run.result()['steps'][0]['tile_results']
        if tile['valid']:
            # Some 100 requests waited up to two seconds: they must be seen to have waited.
            self.assertGreater(tile['response']['p90_ms'], 200)
            self.assertGreater(tile['achieved_share'], 0.98)

    @unittest.skipUnless(CAN_MOUNT, 'cannot mount here')
    def test_no_space(self):
        """A results directory on a file system that the disk guest's file does not fit on."""
        with tempfile.TemporaryDirectory(prefix='tileload-e2e-') as mountpoint:
            image = mountpoint + '.img'
            self.addCleanup(lambda: os.path.exists(image) and os.unlink(image))
            with open(image, 'wb') as f:
                f.truncate(300 << 20)
            subprocess.run(['mkfs.ext4', '-q', image], check=True)
            script = 'mount -o loop "$0" "$1" || exit 99; shift; "$@"'
            run = Run(self, *SMALL, '--disk-size', '1G', output=mountpoint + '/results',
                      prefix=['unshare', '-m', 'sh', '-c', script, image, mountpoint])
            run.finish()
            if run.process.returncode == 99:
                self.skipTest('no loop devices here')
            self.assertEqual(run.process.returncode, 1, run.stderr)
            self.assertRegex(run.last_line(), r'tile 1 disk.*needs 1.0 GiB, but [0-9.]+ MiB are free')
            self.assertEqual(run.left(), {})

    def test_bad_options(self):
        for args, line in ((['--cpu-memory', 'much'], '--cpu-memory "much": not a size such as'),
                           (['--oltp-rows', '0'], '--oltp-rows "0": out of range: 1 to'),
                           (['--output', ''], '--output: must not be empty'),
                           (['--tiles', '0'], '--tiles "0": not a number of tiles'),
                           (['--tiles', '4-1'], '--tiles "4-1"'),
                           (['--rate', '0'], '--rate: must be above 0'),
                           (['--launch', 'docker'], '--launch "docker": not one of process'),
                           (['--tile', '2'], '--tile: unknown: the nearest valid one is --tiles'),
                           (['now'], 'argument "now": not expected here')):
            run = Run(self, *args)
            self.assertEqual(run.finish(), 2, args)
            self.assertEqual(run.stderr.count('\n'), 1)
            self.assertIn(line, run.stderr)
            self.assertFalse(os.path.exists(run.output))


def assert_all_worked(test, step):
    """Every guest of every tile of a step, without an error."""
    for tile in step['tile_results']:
        for g in tile['guests']:
            who = 'tile %d %s' % (tile['tile'], g['name'])
            test.assertIsNone(g['problem'], who)
            test.assertEqual(g['errors'], {}, who)
            if g['name'] != 'idle':
                test.assertGreater(g['work'], 0, who)


@unittest.skipIf(SLOWDOWN > 1, 'sanitizers are too slow and large for 64 roles')
class Scale(unittest.TestCase):
    def test_eight_tiles(self):
        """64 roles of full size and 8 database servers, on whatever this machine has."""
        run = Run(self, '--tiles', '8', '--rate', '5', '--warmup', '2s', '--duration', '10s')
        run.finish(timeout=300)
        self.assertEqual(run.left(), {})
        result = run.result()
        self.assertTrue(result['complete'], run.stderr)
        step, = result['steps']
        self.assertEqual(len(step['tile_results']), 8)
        assert_all_worked(self, step)


if __name__ == '__main__':
    main()
