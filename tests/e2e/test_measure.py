# SPDX-License-Identifier: Apache-2.0
"""tileload measure: roles that something else started."""

import http.server
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import schema
from harness import CAN_MOUNT, SLOWDOWN, TILELOAD, Role, address, main, run

NAMES = ['external', 'web1', 'web2', 'client', 'backend', 'cpu', 'disk', 'oltp', 'idle']


def target(guest, host, tile=1):
    return {'tile': tile, 'guest': guest, 'url': 'http://%s:9477' % host}


class Growing(http.server.BaseHTTPRequestHandler):
    """A guest that does ever more: each second so many operations as it is seconds old."""
    protocol_version = 'HTTP/1.1'
    began = None

    def do_GET(self):
        age = time.monotonic() - self.began
        body = json.dumps({
            'schema': 'tileload-stats-1', 'state': 'ready', 'clock_ns': time.monotonic_ns(),
            'identity': {'start_id': '0123456789abcdef'},
            'sums': {'work': round(1000 * age ** 2), 'error': 0, 'wrong': 0, 'latency_count': 0,
                     'latency_sum_ns': 0}}).encode()
        self.send_response(200 if self.path.endswith('?sums=1') else 404)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Measure(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix='tileload-e2e-')
        self.addCleanup(self.temporary.cleanup)
        self.directory = self.temporary.name
        self.output = os.path.join(self.directory, 'results')

    def write(self, targets):
        path = os.path.join(self.directory, 'targets.json')
        with open(path, 'w') as f:
            if isinstance(targets, str):
                f.write(targets)
            else:
                json.dump({'schema': 'tileload-targets-1', 'targets': targets}, f)
        return path

    def read(self):
        with open(os.path.join(self.output, 'run.json')) as f:
            result = json.load(f)
        schema.validate(result, 'run')
        return result

    def start_web(self, name):
        """An external client, web1, its backend and an idle guest; and their targets."""
        hosts = [address(name, h) for h in range(1, 5)]
        backend = Role('backend', '--serve', hosts[2] + ':8080', listen=hosts[2])
        self.addCleanup(backend.__exit__)
        web = Role('webserver', '--serve', hosts[1] + ':8080', '--dirs', 1,
                   '--backend', 'http://%s:8080' % hosts[2], listen=hosts[1])
        self.addCleanup(web.__exit__)
        idle = Role('idle', listen=hosts[3])
        self.addCleanup(idle.__exit__)
        client = Role('webclient', '--target', 'http://%s:8080' % hosts[1], '--dirs', 1, '--mode',
                      'open', '--rate', 100, '--arrival', 'uniform', listen=hosts[0])
        self.addCleanup(client.__exit__)
        roles = {0: client, 1: web, 4: backend, 8: idle}
        return roles, [target(g, r.listen) for g, r in roles.items()]

    def test_measures_what_it_is_given(self):
        roles, targets = self.start_web('measure')
        done = run('measure', '--targets', self.write(targets), '--warmup', '500ms', '--duration',
                   '4s', '--output', self.output)
        # It works, but half a tile has no valid verdict.
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn('not a whole tile: web2, client, cpu, disk, oltp not measured', done.stdout)
        result = self.read()
        self.assertTrue(result['complete'])
        self.assertEqual(result['launch'], 'none')
        tile = result['steps'][0]['tile_results'][0]
        guests = {g['guest']: g for g in tile['guests']}
        self.assertEqual(sorted(guests), [0, 1, 4, 8])
        self.assertIsNone(tile['guests'][0]['problem'])
        # Three views of the same requests: the client's count, its histogram, the server's count.
        sent = guests[0]['work']
        self.assertGreater(sent, 300)
        timed = guests[0]['latencies'][0]['corrected']['count']
        self.assertEqual(sum(guests[0]['latencies'][0]['histogram']['buckets'][1::2]), timed)
        # A request is counted, then timed: a reading at either end may fall between the two.
        self.assertAlmostEqual(timed, sent, delta=2)
        self.assertAlmostEqual(guests[1]['work'], sent, delta=sent * 0.05 + 20)
        self.assertEqual(sum(guests[0]['series']['work']), sent)
        self.assertEqual(guests[8]['polls'], guests[8]['polls_answered'])
        self.assertEqual(len(done.stderr.strip().split('\n')), 1 + 3 + 1)  # warm-up, 3 s, why

    def test_the_manifest_has_the_settings_of_the_host(self):
        roles, targets = self.start_web('measure-settings')
        run('measure', '--targets', self.write(targets), '--warmup', '0', '--duration', '1s',
            '--output', self.output)
        settings = self.read()['manifest']['host']['settings']
        found = json.loads(run('host-check', '--format', 'json').stdout)['items']
        found = {' '.join(filter(None, (item['name'], item['subject']))): item['present']
                 for item in found if item['present'] is not None}
        for usage in 'memory', 'swap', 'ksm':
            found.pop(usage)
        found = {name: present for name, present in found.items()
                 if not name.startswith('hugepages ')}
        self.assertGreater(len(found), 20)
        self.assertEqual(settings, found)

    def test_a_silent_guest_is_named_and_the_rest_measured(self):
        roles, targets = self.start_web('measure-silent')
        roles[4].kill()
        done = run('measure', '--targets', self.write(targets), '--warmup', '0', '--duration', '2s',
                   '--output', self.output)
        self.assertEqual(done.returncode, 1)
        guests = {g['guest']: g for g in self.read()['steps'][0]['tile_results'][0]['guests']}
        self.assertIn("did not answer at the window's start", guests[4]['problem'])
        self.assertIsNone(guests[0]['problem'])
        self.assertGreater(guests[1]['work'], 0)

    def test_a_role_that_has_failed_says_why(self):
        roles, targets = self.start_web('measure-failed')
        roles[4].kill()
        reason = os.path.join(self.directory, 'reason')
        with open(reason, 'w') as f:
            f.write('--nosuch: unknown\n')
        with Role('failed', '--reason', reason, '--tile', 1, '--guest', 4, listen=roles[4].listen):
            done = run('measure', '--targets', self.write(targets), '--warmup', '0', '--duration',
                       '1s', '--output', self.output)
        self.assertEqual(done.returncode, 1)
        guests = {g['guest']: g for g in self.read()['steps'][0]['tile_results'][0]['guests']}
        self.assertEqual(guests[4]['problem'], "gave no figures at the window's start: failed: "
                                               '--nosuch: unknown')
        self.assertIsNone(guests[0]['problem'])

    def test_an_external_client_that_has_failed_says_so_at_once(self):
        host = address('measure-failed-client')
        with Role('failed', env={'MONITOR_EXIT_CODE': 'killed', 'MONITOR_EXIT_STATUS': 'KILL'},
                  listen=host):
            done = run('measure', '--targets', self.write([target(0, host)]), '--output',
                       self.output)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r'\Atileload: external client "http://.*": gives no figures: '
                                      r'failed: killed by SIGKILL\n\Z')

    def test_one_tile_is_not_two(self):
        roles, targets = self.start_web('measure-twice')
        again = [dict(t, tile=2) for t in targets]
        done = run('measure', '--targets', self.write(targets + again), '--warmup', '0',
                   '--duration', '1s', '--output', self.output)
        self.assertEqual(done.returncode, 1)
        second = self.read()['steps'][0]['tile_results'][1]
        for g in second['guests']:
            self.assertRegex(g['problem'], r'is the same process as guest \d of tile 1')

    def test_nobody_there_is_said_at_once(self):
        began = time.monotonic()
        done = run('measure', '--targets', self.write([target(0, address('measure-nobody'))]),
                   '--output', self.output)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, '^tileload: external client "http://.*": does not answer: ')
        self.assertLess(time.monotonic() - began, 5 * SLOWDOWN)

    def test_a_hanging_endpoint_does_not_hold_up_the_window_or_the_user(self):
        roles, targets = self.start_web('measure-hang')
        with socket.socket() as s:
            s.bind((address('measure-hang', 9), 9477))
            s.listen(100)
            targets.append(target(5, address('measure-hang', 9)))
            process = self.start_measuring(targets, '4s')
            process.communicate(timeout=60 * SLOWDOWN)
            step, = self.read()['steps']
            self.assertLess(step['duration_s'], 4 + 2.5 * SLOWDOWN)
            guests = {g['guest']: g for g in step['tile_results'][0]['guests']}
            self.assertIn('did not answer', guests[5]['problem'])
            self.assertIsNone(guests[0]['problem'])
            self.output += '-2'
            process = self.start_measuring(targets, '60s')
            self.wait_polls(process, 1)
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30 * SLOWDOWN)
            self.assertLess(time.monotonic() - began, 4 * SLOWDOWN)
            self.assertGreater(self.read()['steps'][0]['requests'], 0)

    def test_a_restarted_role_is_noticed(self):
        roles, targets = self.start_web('measure-restart')
        process = self.start_measuring(targets, '3s')
        self.wait_polls(process, 1)
        roles[8].kill()
        again = Role('idle', listen=roles[8].listen)
        self.addCleanup(again.__exit__)
        process.communicate(timeout=30 * SLOWDOWN)
        guests = {g['guest']: g for g in self.read()['steps'][0]['tile_results'][0]['guests']}
        self.assertTrue(guests[8]['restarted'])
        self.assertIn('started again', guests[8]['problem'])

    def start_measuring(self, targets, duration):
        process = subprocess.Popen(
            [TILELOAD, 'measure', '--targets', self.write(targets), '--warmup', '0', '--duration',
             duration, '--output', self.output], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=dict(os.environ, TILELOAD_CMDLINE='/dev/null'))
        self.addCleanup(lambda: (process.kill(), process.communicate()))
        return process

    def wait_polls(self, process, n):
        """Progress lines on standard error tell where the window is."""
        while n:
            line = process.stderr.readline()
            self.assertTrue(line, 'ended early')
            n -= ' s] 1 tile: ' in line

    def test_interrupted_keeps_what_there_was(self):
        for sig in signal.SIGINT, signal.SIGTERM:
            with self.subTest(sig.name):
                self.output = os.path.join(self.directory, sig.name)
                roles, targets = self.start_web('measure-' + sig.name)
                process = self.start_measuring(targets, '60s')
                self.wait_polls(process, 2)
                began = time.monotonic()
                process.send_signal(sig)
                out, err = process.communicate(timeout=10 * SLOWDOWN)
                self.assertLess(time.monotonic() - began, 3 * SLOWDOWN)
                self.assertEqual(process.returncode, 1)
                self.assertEqual(err.strip().split('\n')[-1],
                                 'tileload: interrupted: by %s' % sig.name)
                self.assertIn('(incomplete)', out)
                result = self.read()
                self.assertFalse(result['complete'])
                self.assertIn(sig.name, result['incomplete_reason'])
                step = result['steps'][0]
                self.assertTrue(step['interrupted'])
                self.assertFalse(step['valid'])
                self.assertGreater(step['requests'], 100)
                self.assertLess(step['duration_s'], 50)

    def fails(self, status, line, *args):
        done = run('measure', *args)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stderr.count('\n'), 1, done.stderr)
        self.assertRegex(done.stderr, line)

    def test_a_load_that_changes_is_waited_for(self):
        _, targets = self.start_web('growing')
        Growing.began = time.monotonic() - 1
        host = address('growing', 9)
        server = http.server.ThreadingHTTPServer((host, 9477), Growing)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            done = run('measure', '--targets', self.write(targets + [target(5, host)]),
                       '--warmup', '5s', '--max-warmup', '8s', '--duration', '2s', '--output',
                       self.output)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
        step, = self.read()['steps']
        # Ever more operations: 1 s after the other it grew by 100 %, 50 %, 33 %...
        self.assertFalse(step['settling']['settled'])
        self.assertEqual(step['settling']['worst']['what'], 'cpu')
        self.assertGreater(step['settling']['worst']['change_percent'], 50)
        self.assertGreater(step['warmup_s'], 7)
        self.assertRegex(done.stderr, r'(?m)warming up: cpu changed by \+\d')
        self.assertRegex(done.stdout, r'warm-up .*NOT settled: cpu still changed by \+\d')

    def test_bad_input(self):
        good = self.write([target(0, '127.0.0.1')])
        self.fails(2, r'--targets: needs a file')
        self.fails(2, r'targets file "/nonexistent": No such file', '--targets', '/nonexistent')
        self.fails(2, r'--duratoin: unknown: the nearest valid one is --duration',
                   '--targets', good, '--duratoin', '3s')
        self.fails(2, r'--duration "0": out of range: 1s or more', '--targets', good,
                   '--duration', '0')
        self.fails(2, r'line 1, column \d+', '--targets', self.write('{"schema": tile'))
        self.fails(2, r'targets\[1\].guest', '--targets',
                   self.write([target(0, '127.0.0.1'), target(99, '127.0.0.1')]))

    def test_bad_output(self):
        good = self.write([target(0, '127.0.0.1')])
        os.mkdir(self.output)
        with open(os.path.join(self.output, 'run.json'), 'w') as f:
            f.write('precious')
        self.fails(1, r'--output ".*": holds the results of another run', '--targets', good,
                   '--output', self.output)
        with open(os.path.join(self.output, 'run.json')) as f:
            self.assertEqual(f.read(), 'precious')
        self.fails(1, r'--output "/proc/nosuch": cannot make directory', '--targets', good,
                   '--output', '/proc/nosuch')
        self.fails(1, r'--output ".*run.json": cannot make directory .*File exists|Not a directory',
                   '--targets', good, '--output', os.path.join(self.output, 'run.json'))

    @unittest.skipUnless(CAN_MOUNT, 'cannot mount here')
    def test_no_space_for_results(self):
        """The manifest fits, the step's results do not: said so, and what fitted stays."""
        roles, targets = self.start_web('measure-space')
        os.mkdir(self.output)
        script = ('mount -t tmpfs -o size=16k none "$0" && "$@" >/dev/null; status=$?; '
                  'cat "$0"/run.json; ls "$0"; exit $status')
        done = subprocess.run(
            ['unshare', '-m', 'sh', '-c', script, self.output, TILELOAD, 'measure', '--targets',
             self.write(targets), '--warmup', '0', '--duration', '2s', '--output', self.output],
            capture_output=True, text=True, timeout=30 * SLOWDOWN,
            env=dict(os.environ, TILELOAD_CMDLINE='/dev/null'))
        kept = done.stdout
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr.strip().split('\n')[-1],
                         'tileload: results ".*/run.json": No space left on device')
        result = json.loads(kept[:kept.rindex('}') + 1])
        schema.validate(result, 'run')
        self.assertEqual((result['complete'], result['steps']), (False, []))
        self.assertNotIn('run.json.new', kept)


if __name__ == '__main__':
    main()
