# SPDX-License-Identifier: Apache-2.0
"""How a role tells of itself under its unit: changes of state on standard error, what one start
leaves for the next, and who answers in place of a role that has failed for good."""

import json
import os
import re
import signal
import subprocess
import tempfile
import unittest

import harness
from harness import Role, address, run


class FailedTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix='tileload-e2e-')
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.reason = os.path.join(self.directory, 'reason')
        self.listen = address(self.id())

    def start(self, *args, listen='', **more):
        role = Role(*args, listen=self.listen if listen == '' else listen, **more)
        self.addCleanup(role.__exit__)
        return role

    def run_idle(self, *args, **env):
        return run('idle', '--listen', self.listen + ':9477', '--duration', '10ms', *args,
                   env=dict(env, RUNTIME_DIRECTORY=self.directory))


class TestVerbose(FailedTest):
    def test_each_change_of_state(self):
        role = self.start('idle', '--verbose', '--tile', '3', '--guest', '8')
        self.assertEqual(role.stop(), 0)
        self.assertRegex(role.stderr(),
                         r'\Atileload: idle \(tile 3, guest 8\): starting\n'
                         r'tileload: idle \(tile 3, guest 8\): ready after [\d.]+ (us|ms|s)\n'
                         r'tileload: idle \(tile 3, guest 8\): stopping \(SIGTERM\)\n\Z')

    def test_without_a_place(self):
        self.assertIn('\ntileload: idle: stopping (--duration is over)\n',
                      self.run_idle('--verbose').stderr)

    def test_nothing_otherwise(self):
        self.assertEqual(self.run_idle().stderr, '')

    @unittest.skipIf(os.environ.get('TILELOAD_TEST_FEATURES') == 'none', 'no disk in this build')
    def test_preparing_and_errands(self):
        file = ['--file', self.directory + '/file', '--size', '16M', '--verbose']
        role = self.start('disk', *file)
        self.assertRegex(role.stderr(), r'(?s)starting\n.*: preparing\n.*: ready after ')
        self.assertEqual(role.stop(), 0)
        for verb, words in ('prepare', 'preparing'), ('cleanup', 'cleaning up'):
            errand = self.start('disk', verb, *file, listen=None)  # ready at once, for systemd
            self.assertEqual(errand.process.wait(30 * harness.SLOWDOWN), 0)
            errand.wait_for('STOPPING=1')
            self.assertRegex(errand.stderr(),
                             r'\A.*: starting\n.*: %s\n.*: done after .*\n\Z' % words)

    def journal(self, *args, cmdline=''):
        """What is written to a standard error that is said to be journald's."""
        with tempfile.NamedTemporaryFile('r') as f, tempfile.NamedTemporaryFile('w') as words:
            words.write(cmdline)
            words.flush()
            st = os.fstat(f.fileno())
            environment = dict(os.environ, JOURNAL_STREAM='%d:%d' % (st.st_dev, st.st_ino),
                               TILELOAD_CMDLINE=words.name)
            with open(f.name, 'w') as log:
                subprocess.run([harness.TILELOAD, *args], stderr=log, env=environment,
                               stdin=subprocess.DEVNULL, timeout=30 * harness.SLOWDOWN)
            return f.read()

    def test_levels_for_journald(self):
        lines = self.journal('idle', '--verbose', '--duration=10ms',
                             '--listen=%s:9477' % self.listen).splitlines()
        self.assertEqual(len(lines), 3)
        for line in lines:
            self.assertRegex(line, r'\A<5>tileload: idle: ')
        self.assertRegex(self.journal(cmdline='tileload.role=nosuch'),
                         r'\A<3>tileload: tileload.role "nosuch": [^\n]+\n\Z')

    def test_no_levels_for_others(self):
        for stream in '0:0', '', 'x', '1':
            self.assertRegex(self.run_idle('--verbose', JOURNAL_STREAM=stream).stderr,
                             r'\Atileload: idle: starting')


class TestStarts(FailedTest):
    def test_starts_are_counted(self):
        said = [self.run_idle('--verbose').stderr.split('\n')[0] for _ in range(3)]
        self.assertEqual(said, ['tileload: idle: starting',
                                'tileload: idle: starting again (start 2)',
                                'tileload: idle: starting again (start 3)'])

    def test_the_reason_is_kept_and_forgotten(self):
        ended = self.run_idle('--sed=1')
        self.assertEqual(ended.returncode, 2)
        with open(self.reason) as f:
            self.assertEqual('tileload: ' + f.read(), ended.stderr)
        self.assertEqual(self.run_idle().returncode, 0)
        self.assertEqual(os.listdir(self.directory), ['starts'])

    def test_several_directories(self):
        self.assertEqual(run('nosuch', env={'RUNTIME_DIRECTORY': self.directory + ':/nonexistent'})
                         .returncode, 2)
        self.assertEqual(os.listdir(self.directory), ['reason'])

    def test_a_directory_that_is_none(self):
        for directory in '', 'relative', '/nonexistent', '/dev/null', '/' + 'x' * 5000:
            ended = run('idle', '--listen', self.listen + ':9477', '--duration', '10ms',
                        '--verbose', env={'RUNTIME_DIRECTORY': directory})
            self.assertEqual(ended.returncode, 0, ended.stderr)
            self.assertRegex(ended.stderr, r'\Atileload: idle: starting\n')


class TestFailed(FailedTest):
    CMDLINE = 'tileload.role=disk tileload.tile=3 tileload.guest=6 tileload.nosuch=1 quiet'

    def failed(self, *args, reason='--size "7": too small\n', **more):
        if reason is not None:
            with open(self.reason, 'w') as f:
                f.write(reason)
        return self.start('failed', '--reason', self.reason, *args, **more)

    def health(self, role):
        status, _, body = role.get('/healthz')
        self.assertEqual(status, 503)
        self.assertEqual(body.count(b'\n'), 1)
        return body.decode().rstrip('\n')

    def test_what_it_answers(self):
        role = self.failed(cmdline=self.CMDLINE)
        self.assertEqual(self.health(role), 'failed: --size "7": too small')
        for path in '/stats.json', '/stats.json?brief=1':
            status, headers, body = role.get(path)
            self.assertEqual((status, headers['Content-Type']), (503, 'application/json'))
            stats = json.loads(body)
            self.assertEqual((stats['state'], stats['reason'], stats['counters']),
                             ('failed', '--size "7": too small', {}))
            self.assertEqual([stats['identity'][key] for key in ('role', 'tile', 'guest')],
                             ['disk', 3, 6])
        status, _, body = role.get('/metrics')
        self.assertEqual(status, 200)
        self.assertIn(b'\ntileload_ready 0\n', body)
        self.assertIn(b'role="disk",tile="3",guest="6"', body)
        self.assertEqual(role.stop(), 0)
        self.assertEqual((role.stdout(), role.stderr()), ('', ''))
        self.assertIn('STATUS=disk failed: --size "7": too small', '\n'.join(role.messages))

    def test_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest('no python3-jsonschema')
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'docs',
                            'schema', 'stats.schema.json')
        with open(path) as f:
            schema = json.load(f)
        jsonschema.validate(json.loads(self.failed().get('/stats.json')[2]), schema)

    def test_how_systemd_says_that_it_ended(self):
        for n, (words, variables) in enumerate({
                'killed by SIGKILL': 'signal killed KILL',
                'killed by SIGSEGV': 'core-dump dumped SEGV',
                'killed by SIGABRT, as it did not end in time': 'timeout killed ABRT',
                'killed by the kernel: out of memory': 'oom-kill killed KILL',
                'ended with status 1, without a reason': 'exit-code exited 1',
        }.items()):
            names = 'MONITOR_SERVICE_RESULT', 'MONITOR_EXIT_CODE', 'MONITOR_EXIT_STATUS'
            role = self.failed('--verbose', reason=None, env=dict(zip(names, variables.split())))
            self.assertEqual(self.health(role), 'failed: ' + words)
            self.assertEqual(role.stderr(), 'tileload: unknown: failed: %s\n' % words)
            role.stop()

    def test_the_roles_own_words_come_first(self):
        role = self.failed('--verbose', env={
            'MONITOR_SERVICE_RESULT': 'exit-code', 'MONITOR_EXIT_CODE': 'exited',
            'MONITOR_EXIT_STATUS': '2', 'MONITOR_UNIT': 'tileload.service'})
        self.assertEqual(self.health(role), 'failed: --size "7": too small')
        self.assertNotIn('too small', role.stderr())  # these the role has said already
        self.assertRegex(role.stderr(), r'\Atileload: unknown: failed for good[^\n]+\n\Z')

    def test_a_reason_of_an_earlier_start_is_not_taken_for_this_one(self):
        role = self.failed(env={'MONITOR_SERVICE_RESULT': 'success',
                                'MONITOR_UNIT': 'tileload.service'})
        self.assertRegex(self.health(role), r'\Afailed: tileload.service could not be started')

    def test_without_any_reason(self):
        self.assertRegex(self.health(self.failed(reason=None)), r'\Afailed: for an unknown reason')
        self.assertRegex(self.health(self.start('failed', listen=address(self.id(), 2))),
                         r'\Afailed: for an unknown reason')

    def test_a_reason_of_any_bytes(self):
        with open(self.reason, 'wb') as f:
            f.write(b'a\tb\x00\xff\xfe"\\{}\r\x1b[1m' + b'x' * 5000)
        role = self.start('failed', '--reason', self.reason)
        self.assertRegex(self.health(role), r'\Afailed: a\?b\Z')
        with open(self.reason, 'wb') as f:
            f.write(b'a\tb\xff\xfe"\\{}\r\x1b[1m' + b'x' * 5000 + b'\nsecond')
        role.stop()
        role = self.start('failed', '--reason', self.reason)
        said = self.health(role)
        self.assertRegex(said, r'\Afailed: a\?b\?\?"\\\{\}\?\?\[1mx+\Z')
        self.assertEqual('failed: ' + json.loads(role.get('/stats.json')[2])['reason'], said)

    def test_a_command_line_that_cannot_be_read(self):
        for cmdline in 'tileload.role="open', 'tileload.=1', 'tileload.tile=x tileload.guest=-1':
            role = self.failed(cmdline=cmdline)
            self.assertEqual(json.loads(role.get('/stats.json')[2])['identity']['tile'], 0)
            role.stop()

    def test_names_of_any_bytes(self):
        role = self.failed(cmdline='tileload.role=no\\such\u00e9' + 'x' * 100)
        name = json.loads(role.get('/stats.json')[2])['identity']['role']
        self.assertRegex(name, r'\Ano\\such\?\?x+\Z')
        self.assertRegex(role.get('/metrics')[2].decode(), r'role="no\\\\such\?\?x+"')

    def test_it_listens_where_the_role_would_have(self):
        role = self.failed(listen=None, cmdline='tileload.listen=%s:9477' % self.listen)
        role.listen = self.listen
        self.assertEqual(self.health(role), 'failed: --size "7": too small')

    def test_the_address_may_be_the_reason(self):
        # Every address, port 9477: only where nothing else has it.
        probe = Role('idle', '--listen=9477', ready=False)
        try:
            probe.wait_for('READY=1')
        except AssertionError:
            self.skipTest('port 9477 is taken on some address here')
        finally:
            probe.__exit__()
        for listen in 'nonsense', '192.0.2.1:9477', '127.0.0.1:70000':
            role = self.failed(listen=None, cmdline='tileload.listen=' + listen)
            role.listen = self.listen
            self.assertEqual(self.health(role), 'failed: --size "7": too small')
            role.stop()

    def test_bad_arguments(self):
        for args in (['--nosuch'], ['word'], ['--listen=x'], ['--tile=x']):
            ended = run('failed', *args)
            self.assertEqual((ended.returncode, ended.stdout), (2, ''))
            self.assertRegex(ended.stderr, r'\Atileload: [^\n]+\n\Z')

    def test_it_is_not_for_the_kernel_command_line(self):
        ended = run(cmdline='tileload.role=failed')
        self.assertEqual(ended.returncode, 2)
        self.assertRegex(ended.stderr, r"tileload.role \"failed\": not a guest's role")

    def test_signals(self):
        for sig in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
            self.assertEqual(self.failed().stop(sig), 0)

    def test_listed(self):
        self.assertTrue(re.search(r"(?m)^For a guest's units:\n  failed +\S", run('--list').stdout))


class TestStarting(FailedTest):
    @unittest.skipIf(os.environ.get('TILELOAD_TEST_FEATURES') == 'none', 'no disk in this build')
    def test_health_says_what_it_is_at(self):
        role = self.start('disk', '--file', self.directory + '/file', '--size', '4G', ready=False)
        role.wait_for('STATUS=disk starting')
        status, _, body = role.get('/healthz')
        self.assertEqual(status, 503)
        self.assertRegex(body, rb'\Astarting: (preparing|setting up)\n\Z')
        role.stop()


if __name__ == '__main__':
    harness.main()
