# SPDX-License-Identifier: Apache-2.0
"""What every role gets from the frame, as a user meets it: how the role is chosen and told its
options, the control endpoint, readiness, and how it ends. The idle role stands for all, but for
what each role's own tables bring."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import harness
import schema
from harness import Role, address, run

ROLES = ['webserver', 'webclient', 'backend', 'cpu', 'disk', 'oltp', 'idle']
COMMANDS = ['run', 'measure']

# The build without optional libraries (tests/ci/all) says so; any other must have every one.
WITHOUT = ['webserver', 'webclient', 'disk', 'oltp', 'run', 'measure'] \
    if os.environ.get('TILELOAD_TEST_FEATURES') == 'none' else []
AVAILABLE = [role for role in ROLES if role not in WITHOUT]

IDLE_SECONDS = float(os.environ.get('TILELOAD_TEST_IDLE_SECONDS', '60'))


class FrameTest(unittest.TestCase):
    def idle(self, *args, **kwargs):
        """A started idle role on this test's own address, ended after the test."""
        kwargs.setdefault('listen', address(self.id()))
        role = Role(*(args or ['idle']), **kwargs)
        self.addCleanup(role.__exit__)
        return role

    def assertComplaint(self, ended, status, *words):
        """Ended with that status, and one line on stderr that has all these words."""
        self.assertEqual(ended.returncode, status, ended)
        self.assertEqual(ended.stdout, '')
        self.assertRegex(ended.stderr, r'\Atileload: [^\n]+\n\Z')
        for word in words:
            self.assertIn(word, ended.stderr)


class TestChoice(FrameTest):
    def assertRole(self, ended, name):
        self.assertEqual(ended.returncode, 0, ended)
        self.assertEqual(ended.stdout.splitlines()[0].split()[:3], ['Usage:', 'tileload', name])

    def test_program_name(self):
        for argv0 in ('tileload-idle', 'idle', '/usr/bin/tileload-idle', './idle'):
            with self.subTest(argv0=argv0):
                self.assertRole(run('--help', argv0=argv0), 'idle')

    def test_link(self):
        with tempfile.TemporaryDirectory() as directory:
            link = os.path.join(directory, 'tileload-backend')
            os.symlink(os.path.abspath(harness.TILELOAD), link)
            ended = subprocess.run([link, '--help'], capture_output=True, text=True)
        self.assertRole(ended, 'backend')

    def test_program_name_does_the_work(self):
        role = self.idle('--tile=7', argv0='/opt/tileload-idle')
        self.assertEqual(role.stats()['identity']['role'], 'idle')
        self.assertEqual(role.stats()['identity']['tile'], 7)

    def test_program_name_before_all_else(self):
        self.assertRole(run('--help', argv0='idle', cmdline='tileload.role=backend'), 'idle')
        self.assertComplaint(run('backend', argv0='idle'), 2, 'backend')

    def test_first_argument_before_kernel_command_line(self):
        self.assertRole(run('idle', '--help', cmdline='tileload.role=backend'), 'idle')

    def test_kernel_command_line(self):
        self.assertRole(run('--help', cmdline='quiet tileload.role=idle ro'), 'idle')
        role = self.idle('--guest', '8', cmdline='tileload.role=idle tileload.tile=3')
        identity = role.stats()['identity']
        self.assertEqual((identity['role'], identity['tile'], identity['guest']), ('idle', 3, 8))

    def test_kernel_command_line_alone(self):
        listen = address(self.id())
        cmdline = 'tileload.role=idle tileload.listen=%s:9477' % listen
        role = self.idle('--seed=1', listen=None, cmdline=cmdline)
        role.listen = listen
        self.assertEqual(role.stats()['identity']['role'], 'idle')

    def test_none(self):
        self.assertComplaint(run(), 2, 'tileload --list', 'tileload.role=')
        self.assertComplaint(run('--tile', '3'), 2, 'tileload --list')
        # As a unit starts it: what is wrong is not the option.
        for args in [], ['--verbose']:
            self.assertComplaint(run(*args, cmdline='tileload.rol=idle tileload.tile=1'), 2,
                                 'tileload.rol:', 'tileload.role')
            ended = run(*args, cmdline='tileload.tile=1 tileload.file=x tileload.rate=1')
            self.assertComplaint(ended, 2, 'tileload --list', 'tileload.role=')
            self.assertNotRegex(ended.stderr, 'tileload.(tile|file|rate)')

    def test_unknown(self):
        self.assertComplaint(run('webservr'), 2, '"webservr"', 'webserver')
        self.assertComplaint(run('--tile=1', cmdline='tileload.role=idel'), 2, 'tileload.role',
                             '"idel"', 'idle')
        # Host commands are not for guests.
        self.assertComplaint(run(cmdline='tileload.role=run'), 2, 'tileload.role', '"run"')

    def test_list(self):
        ended = run('--list')
        self.assertEqual((ended.returncode, ended.stderr), (0, ''))
        for name in ROLES + COMMANDS:
            self.assertRegex(ended.stdout, r'(?m)^ +%s +\S' % name)
        missing = re.findall(r'(?m)^ +(\w+) .*\(cannot run here: (.+)\)$', ended.stdout)
        self.assertEqual([name for name, _ in missing if name in ROLES + COMMANDS], WITHOUT)
        for name, reason in missing:
            self.assertRegex(reason, r'built without \w+', name)

    def test_version_and_help(self):
        self.assertRegex(run('--version').stdout, r'\Atileload \d+\.\d+\.\d+\n\Z')
        ended = run('--help')
        self.assertEqual(ended.returncode, 0)
        for name in ROLES + COMMANDS:
            self.assertIn(name, ended.stdout)

    def test_help_of_each(self):
        for name in AVAILABLE + [name for name in COMMANDS if name not in WITHOUT]:
            with self.subTest(name=name):
                ended = run(name, '--help')
                self.assertRole(ended, name)
                self.assertEqual(ended.stderr, '')
                self.assertRegex(ended.stdout, r'(?m)^  --\S+ \S')

    if WITHOUT:
        def test_unavailable(self):
            for name in WITHOUT:
                with self.subTest(name=name):
                    self.assertComplaint(run(name), 77, name, 'built without')
                    if name in ROLES:
                        self.assertComplaint(run(argv0='tileload-' + name), 77, name)


class TestOptions(FrameTest):
    def config(self, *args, cmdline=''):
        return self.idle('idle', *args, cmdline=cmdline).stats()['config']

    def test_precedence(self):
        config = self.config('--tile', '5', cmdline='tileload.tile=3 tileload.guest=2')
        self.assertEqual((config['tile'], config['guest'], config['seed']), ('5', '2', '1'))

    def test_forms(self):
        config = self.config('--tile=4', '--guest', '2', '--prepare=no', '--seed', '1',
                             '--seed=18446744073709551615')
        self.assertEqual((config['tile'], config['guest'], config['prepare'], config['seed']),
                         ('4', '2', 'no', '18446744073709551615'))

    def test_kernel_words(self):
        config = self.config(cmdline=(
            'BOOT_IMAGE=/vmlinuz ip=10.77.3.1::10.77.0.1:255.255.0.0:t3:eth0:off tile=9 '
            'nottileload.tile=9 -- tileload.final_stats="/tmp/a b" "tileload.seed=5" '
            'tileload.tile=1 tileload.guest=1\ttileload.tile=2 tileload\n'))
        self.assertEqual((config['tile'], config['guest'], config['seed'], config['final-stats']),
                         ('2', '1', '5', '/tmp/a b'))

    def test_keys_for_another_role_are_passed_over(self):
        config = self.config(cmdline='tileload.role=backend tileload.service-time=1s '
                             'tileload.tile=3')
        self.assertEqual(config['tile'], '0')

    def test_unknown_key(self):
        for word, near in (('durtion=5s', 'duration'), ('til=1', 'tile'), ('final_stat=x',
                                                                          'final-stats')):
            key = word.split('=')[0]
            with self.subTest(word=word):
                self.assertComplaint(run('idle', cmdline='tileload.' + word), 2,
                                     'tileload.' + key.replace('_', '-'), 'tileload.' + near)
                self.assertComplaint(run('idle', '--' + word), 2, '--' + key, '--' + near)

    def test_bad_values(self):
        for args in (['--tile', 'three'], ['--tile', '-1'], ['--tile='], ['--guest', '100001'],
                     ['--seed', '18446744073709551616'], ['--duration', '5 minutes'],
                     ['--duration', '-1s'], ['--prepare=perhaps'], ['--listen'], ['--tile']):
            with self.subTest(args=args):
                words = args[0].split('=')[:1] + args[1:]
                self.assertComplaint(run('idle', *args), 2, *words)
        self.assertComplaint(run('idle', cmdline='tileload.tile=three'), 2, 'tileload.tile',
                             '"three"')
        self.assertComplaint(run('idle', cmdline='tileload.tile'), 2, 'tileload.tile')

    if 'webclient' in AVAILABLE:
        def test_missing_required_option(self):
            self.assertComplaint(run('webclient'), 2, '--target')
            self.assertComplaint(run(argv0='webclient', cmdline='tileload.users=2'), 2, '--target')

    def test_stray_words(self):
        for args in (['surplus'], ['--tile=1', 'surplus'], ['-t'], ['--'], ['prepare']):
            with self.subTest(args=args):
                self.assertComplaint(run('idle', *args), 2, args[-1])

    def test_bad_kernel_command_line(self):
        self.assertComplaint(run('idle', cmdline='ro tileload.final-stats="/tmp/a'), 2,
                             'kernel command line')
        self.assertComplaint(run('idle', cmdline='tileload.=5'), 2, 'kernel command line')
        self.assertComplaint(run('idle', env={'TILELOAD_CMDLINE': '/nonexistent'}), 2,
                             '/nonexistent')


class TestEndpoint(FrameTest):
    def test_health(self):
        status, headers, body = self.idle().get('/healthz')
        self.assertEqual((status, body), (200, b'ready\n'))
        self.assertTrue(headers['Content-Type'].startswith('text/plain'))

    def test_stats(self):
        role = self.idle('idle', '--tile=2', '--guest=8')
        first, second = role.stats(), role.stats()
        self.assertEqual(first['schema'], 'tileload-stats-1')
        self.assertEqual(first['state'], 'ready')
        self.assertEqual(first['workers'], 1)
        self.assertEqual((first['counters'], first['latencies']), ({}, []))
        identity = first['identity']
        self.assertEqual((identity['role'], identity['tile'], identity['guest'], identity['pid']),
                         ('idle', 2, 8, role.process.pid))
        self.assertEqual(identity['hostname'], socket.gethostname())
        self.assertRegex(identity['start_id'], r'\A[0-9a-f]{16}\Z')
        self.assertEqual(first['identity'], second['identity'])
        self.assertGreater(second['clock_ns'], first['clock_ns'])
        self.assertEqual(second['clock_ns'] - second['uptime_ns'],
                         first['clock_ns'] - first['uptime_ns'])
        self.assertLess(abs(first['realtime_ns'] / 1e9 - time.time()), 60 * harness.SLOWDOWN)

    def test_stats_of_guest_and_process(self):
        stats = self.idle().stats()
        guest, process = stats['guest'], stats['process']
        self.assertEqual(guest['vcpus'], len(os.sched_getaffinity(0)))
        self.assertGreater(guest['memory_bytes'], guest['memory_available_bytes'])
        self.assertGreater(guest['cpu']['idle_ns'], 0)
        self.assertIn('steal_ns', guest['cpu'])
        self.assertEqual(guest['psi']['available'], os.path.exists('/proc/pressure/cpu'))
        self.assertTrue(guest['clocksource'])
        self.assertGreater(process['rss_bytes'], 100000)
        self.assertGreaterEqual(process['threads'], 2)

    def test_brief_stats(self):
        role = self.idle('idle', '--guest=8')
        full, brief = role.stats(), role.stats(brief=True)
        self.assertEqual(set(full) - set(brief), {'config'})
        for key in ('schema', 'identity', 'counters'):
            self.assertEqual(full[key], brief[key])
        self.assertIn('config', json.loads(role.get('/stats.json?brief=0')[2]))

    def test_sums(self):
        role = self.idle('idle', '--guest=8')
        full = role.stats()
        sums = json.loads(role.get('/stats.json?sums=1')[2])
        schema.validate(sums, 'stats')
        self.assertEqual(sums['identity']['start_id'], full['identity']['start_id'])
        self.assertEqual(sums['state'], 'ready')
        self.assertEqual(set(sums['sums'].values()), {0})
        self.assertIn('counters', json.loads(role.get('/stats.json?sums=0')[2]))

    def test_start_identity_is_new_each_time(self):
        role = self.idle()
        first = role.stats()['identity']['start_id']
        role.stop()
        self.assertNotEqual(first, self.idle().stats()['identity']['start_id'])

    def test_what_it_refuses(self):
        role = self.idle()
        for path in ('/', '/metric', '/metrics/', '/stats.json/x', '/../etc/passwd'):
            self.assertEqual(role.get(path)[0], 404, path)
        for method in ('POST', 'PUT', 'DELETE', 'OPTIONS'):
            status, headers, _ = role.get('/metrics', method=method)
            self.assertEqual((status, headers['Allow']), (405, 'GET, HEAD'), method)
        for path in ('/stats.json?brief=2', '/stats.json?brief=', '/stats.json?depth=1',
                     '/stats.json?sums=2', '/metrics?brief=1', '/healthz?x'):
            self.assertEqual(role.get(path)[0], 400, path)
        status, _, _ = harness.http(role.listen, 9477, '/stats.json', method='POST',
                                    body=b'x' * 100000)
        self.assertEqual(status, 405)
        self.assertEqual(role.get('/healthz')[0], 200)

    def test_garbage(self):
        role = self.idle()
        for words in (b'\x00\xff\r\n\r\n', b'GET\r\n\r\n', b'GET / HTTP/1.1\r\nHost\r\n\r\n',
                      b'GET /' + b'x' * 20000 + b' HTTP/1.1\r\n\r\n'):
            with socket.create_connection((role.listen, 9477), 10 * harness.SLOWDOWN) as s:
                try:
                    s.sendall(words)
                    s.shutdown(socket.SHUT_WR)
                    answer = s.recv(100)
                except OSError:  # closed without a word: fair, too
                    answer = b''
            self.assertRegex(answer, rb'\A(|HTTP/1.. 4.. [^\0]*)\Z')
        self.assertEqual(role.get('/healthz')[0], 200)

    def test_head(self):
        role = self.idle()
        for path in ('/metrics', '/stats.json', '/healthz'):
            status, headers, body = role.get(path, method='HEAD')
            self.assertEqual((status, body), (200, b''))
            self.assertGreater(int(headers['Content-Length']), 0)

    def test_keep_alive(self):
        role = self.idle()
        connection = http.client.HTTPConnection(role.listen, 9477, timeout=10 * harness.SLOWDOWN)
        self.addCleanup(connection.close)
        for path in ('/healthz', '/nothing', '/stats.json', '/metrics'):
            connection.request('GET', path)
            answer = connection.getresponse()
            answer.read()
            self.assertFalse(answer.will_close, path)
            if path == '/healthz':
                name = connection.sock.getsockname()
            self.assertEqual(connection.sock.getsockname(), name)

    def test_ipv6(self):
        role = self.idle('idle', '--listen=[::1]:%d' % (20000 + os.getpid() % 10000), listen=None)
        config = role.process.args[-1].rsplit(':', 1)
        status, _, _ = harness.http('[::1]', int(config[1]), '/healthz')
        self.assertEqual(status, 200)


class TestEachRole(FrameTest):
    """Every role that can start alone, since each brings its own tables."""

    # Webclient and oltp need a server: see their own tests.
    ALONE = [name for name in AVAILABLE if name not in ('webclient', 'oltp')]

    def role(self, name):
        own = address(self.id(), 2)
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return self.idle(name, *{
            'backend': ['--serve=%s:8080' % own],
            'webserver': ['--serve=%s:8080' % own, '--dirs=1', '--backend=none'],
            'cpu': ['--memory=4M'],
            'disk': ['--file=%s/data' % directory.name, '--size=16M'],
            'idle': [],
        }[name])

    @unittest.skipUnless(shutil.which('promtool'), 'no promtool')
    def test_promtool(self):
        for name in self.ALONE:
            with self.subTest(role=name):
                role = self.role(name)
                status, headers, text = role.get('/metrics')
                self.assertEqual(status, 200)
                self.assertTrue(headers['Content-Type'].startswith('text/plain; version=0.0.4'))
                ended = subprocess.run(['promtool', 'check', 'metrics'], input=text,
                                       capture_output=True)
                self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, b'', b''))
                self.assertIn(b'role="%s"' % name.encode(), text)
                self.assertEqual(role.stop(), 0)

    def test_openmetrics(self):
        try:
            from prometheus_client.openmetrics import parser
        except ImportError:
            self.skipTest('no python3-prometheus-client')
        for name in self.ALONE:
            with self.subTest(role=name):
                role = self.role(name)
                status, headers, text = role.get('/metrics',
                                                 {'Accept': 'application/openmetrics-text'})
                self.assertEqual(status, 200)
                self.assertTrue(headers['Content-Type'].startswith('application/openmetrics-text'))
                self.assertTrue(text.endswith(b'# EOF\n'))
                families = {family.name: family for family in
                            parser.text_string_to_metric_families(text.decode())}
                info = families['tileload_role_info'].samples[0].labels
                self.assertEqual(info['role'], name)
                self.assertEqual(families['tileload_ready'].samples[0].value, 1)
                self.check_counters(role.stats(), families)
                self.assertEqual(role.stop(), 0)

    def test_help_shows_every_option(self):
        for name in self.ALONE:
            with self.subTest(role=name):
                role = self.role(name)
                config = role.stats()['config']
                self.assertEqual(role.stop(), 0)
                text = run(name, '--help').stdout
                self.assertGreaterEqual(len(config), 6)
                for key in config:
                    self.assertRegex(text, r'(?m)^  --%s\b.* \S' % key)

    def check_counters(self, stats, families):
        """What /stats.json counts is in /metrics, and no more there than was counted since."""
        errors = {s.labels['kind']: s for s in families['tileload_errors'].samples} \
            if 'tileload_errors' in families else {}
        for name, counter in stats['counters'].items():
            if counter['kind'] in ('error', 'wrong'):
                sample = errors[name]
                self.assertEqual(sample.labels['wrong'] == 'yes', counter['kind'] == 'wrong')
            else:
                family = families['tileload_' + name]
                self.assertEqual(family.type,
                                 'gauge' if counter['kind'] == 'gauge' else 'counter')
                sample = family.samples[0]
            if counter['kind'] != 'gauge':
                self.assertLessEqual(sample.value, counter['value'], name)
        for latency in stats['latencies']:
            family = families['tileload_%s_seconds' % latency['name']]
            self.assertEqual(family.type, 'histogram')
            counts = [s.value for s in family.samples if s.name.endswith('_bucket')]
            self.assertEqual(counts, sorted(counts))
            self.assertLessEqual(counts[-1], latency['count'])


class TestLife(FrameTest):
    def test_notify(self):
        role = self.idle()
        self.assertEqual(role.stop(), 0)
        role.wait_for('STOPPING=1')
        lines = [line for message in role.messages for line in message.split('\n') if line]
        self.assertEqual(lines, ['STATUS=idle starting', 'READY=1', 'STATUS=idle ready',
                                 'STOPPING=1', 'STATUS=idle stopping'])

    def test_abstract_notify_socket(self):
        name = 'tileload-test-%d' % os.getpid()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind('\0' + name)
            s.settimeout(30 * harness.SLOWDOWN)
            role = self.idle(env={'NOTIFY_SOCKET': '@' + name}, ready=False)
            self.assertEqual(s.recv(1000), b'STATUS=idle starting')
            self.assertIn(b'READY=1', s.recv(1000).split(b'\n'))
            role.kill()

    def test_nobody_to_notify(self):
        for env in ({}, {'NOTIFY_SOCKET': ''}, {'NOTIFY_SOCKET': '/nonexistent/socket'}):
            ended = run('idle', '--duration=10ms', '--listen=%s:9477' % address(self.id()), env=env)
            self.assertEqual((ended.returncode, ended.stderr), (0, ''))

    def test_signals(self):
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(signal=sig.name):
                role = self.idle()
                begin = time.monotonic()
                self.assertEqual(role.stop(sig), 0)
                self.assertLess(time.monotonic() - begin, 1 * harness.SLOWDOWN)
                self.assertEqual((role.stdout(), role.stderr()), ('', ''))

    def test_signal_with_a_client_connected(self):
        role = self.idle()
        with socket.create_connection((role.listen, 9477)) as s:
            s.sendall(b'GET /stats.json HTTP/1.1\r\n')  # and never the rest
            begin = time.monotonic()
            self.assertEqual(role.stop(), 0)
            self.assertLess(time.monotonic() - begin, 1 * harness.SLOWDOWN)

    def test_address_is_free_again_at_once(self):
        listen = address(self.id())
        for _ in range(3):
            role = self.idle(listen=listen)
            self.assertEqual(role.get('/healthz')[0], 200)
            self.assertEqual(role.stop(), 0)

    def test_duration(self):
        begin = time.monotonic()
        role = self.idle('idle', '--duration=300ms')
        self.assertEqual(role.process.wait(10 * harness.SLOWDOWN), 0)
        self.assertGreaterEqual(time.monotonic() - begin, 0.3)
        self.assertEqual((role.stdout(), role.stderr()), ('', ''))

    def test_final_stats(self):
        role = self.idle('idle', '--final-stats', '-', '--tile=3')
        self.assertEqual(role.stop(signal.SIGINT), 0)
        stats = json.loads(role.stdout())
        self.assertEqual((stats['schema'], stats['state'], stats['identity']['tile']),
                         ('tileload-stats-1', 'stopping', 3))
        self.assertEqual(stats['config']['final-stats'], '-')

    def test_final_stats_in_a_file(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, 'stats.json')
            with open(path, 'w') as f:
                f.write('x' * 100000)  # of an earlier run, and longer
            role = self.idle('idle', '--duration=10ms', '--final-stats=' + path)
            self.assertEqual(role.process.wait(10 * harness.SLOWDOWN), 0)
            with open(path) as f:
                self.assertEqual(json.load(f)['identity']['pid'], role.process.pid)

    def test_final_stats_that_cannot_be_written(self):
        listen = '--listen=%s:9477' % address(self.id())
        for path in ('/nonexistent/stats.json', '/dev/full'):
            self.assertComplaint(run('idle', '--duration=10ms', listen, '--final-stats', path), 1,
                                 '--final-stats', path)

    def test_port_in_use(self):
        role = self.idle()
        listen = '%s:9477' % role.listen
        self.assertComplaint(run('idle', '--listen', listen), 1, '--listen', listen, 'in use')
        self.assertEqual(role.get('/healthz')[0], 200)

    def test_bad_address(self):
        for listen in ('192.0.2.1:9477', 'nowhere', '127.0.0.1:0', '127.0.0.1:65536', '1.2.3:4',
                       '::1:9477'):
            ended = run('idle', '--listen', listen)
            self.assertIn(ended.returncode, (1, 2))
            self.assertComplaint(ended, ended.returncode, '--listen', '"%s"' % listen)

    def test_no_descriptors_leak_in_requests(self):
        role = self.idle()
        role.get('/healthz')
        path = '/proc/%d/fd' % role.process.pid
        before = len(os.listdir(path))
        for _ in range(20):
            role.get('/stats.json')
        deadline = time.monotonic() + 10 * harness.SLOWDOWN
        while len(os.listdir(path)) > before and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertLessEqual(len(os.listdir(path)), before)


class TestIdle(FrameTest):
    def wakeups(self, pid):
        """Voluntary context switches by thread."""
        found = {}
        for thread in os.listdir('/proc/%d/task' % pid):
            with open('/proc/%d/task/%s/status' % (pid, thread)) as f:
                found[thread] = int(re.search(r'^voluntary_ctxt_switches:\s*(\d+)', f.read(),
                                              re.M).group(1))
        return found

    def test_no_wakeups(self):
        role = self.idle()
        self.assertEqual(role.get('/metrics')[0], 200)
        time.sleep(0.5 * harness.SLOWDOWN)  # the connection's end is still a wake-up
        before = self.wakeups(role.process.pid)
        time.sleep(IDLE_SECONDS)
        after = self.wakeups(role.process.pid)
        self.assertEqual(before.keys(), after.keys())
        woken = {thread: after[thread] - before[thread] for thread in before}
        if self.thread_sanitizer():
            woken.pop(max(woken, key=woken.get))  # a thread of the sanitizer's own ticks
        self.assertEqual(set(woken.values()), {0}, woken)
        self.assertEqual(role.get('/healthz')[0], 200)

    def thread_sanitizer(self):
        with open(harness.TILELOAD, 'rb') as f:
            return b'__tsan_init' in f.read()


if __name__ == '__main__':
    harness.main()
