# SPDX-License-Identifier: Apache-2.0
"""The systemd units, as far as it goes without systemd as process 1: that they are valid and give up
what they can, and that each role and the database server work under their system call filter."""

import ctypes
import errno
import glob
import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from unittest import mock

import harness
from harness import Role, address

SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'systemd')
BUILT = os.path.join(os.path.dirname(os.path.abspath(harness.TILELOAD)), '..', 'systemd')
UNITS = sorted(glob.glob(os.path.join(BUILT, '*.service')) +
               glob.glob(os.path.join(SOURCES, '*.mount')))
SERVICES = [path for path in UNITS if path.endswith('.service')]

MAX_EXPOSURE = 25  # tenths

ANALYZE = shutil.which('systemd-analyze')
MARIADBD = '/usr/sbin/mariadbd'


def settings(path):
    """A unit's settings: {name: [value, ...]}, continued lines joined."""
    with open(path) as f:
        text = f.read().replace('\\\n', ' ')
    found = {}
    for name, value in re.findall(r'(?m)^(\w+)=(.*)$', text):
        found.setdefault(name, []).append(value)
    return found


def unit(name):
    return settings(os.path.join(BUILT, name))


def group(name):
    """The system calls of a group like @system-service."""
    ended = subprocess.run([ANALYZE, '--no-pager', 'syscall-filter', name], capture_output=True,
                           text=True, check=True)
    calls = set()
    for word in ended.stdout.split('\n')[1:]:
        word = word.strip()
        if word.startswith('@'):
            calls |= group(word)
        elif word and not word.startswith('#'):
            calls.add(word)
    return calls


def filter_of(name):
    """The system calls that a unit allows."""
    allowed = set()
    for value in unit(name)['SystemCallFilter']:
        words = value.lstrip('~').split()
        calls = set().union(*(group(w) if w.startswith('@') else {w} for w in words))
        allowed = allowed - calls if value.startswith('~') else allowed | calls
    return allowed


class Confinement:
    """A seccomp filter of an allow list. As in the units, other calls fail; or they kill, so that
    none goes unseen."""

    KILL, FAIL, ALLOW = 0x80000000, 0x00050000 | errno.EPERM, 0x7fff0000

    def __init__(self, calls, otherwise=KILL):
        self.library = ctypes.CDLL('libseccomp.so.2', use_errno=True)
        self.library.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.library.seccomp_init(ctypes.c_uint32(otherwise)))
        for call in sorted(calls):
            number = self.library.seccomp_syscall_resolve_name(call.encode())
            if number >= 0:  # else this architecture does not have it
                added = self.library.seccomp_rule_add(self.context, ctypes.c_uint32(self.ALLOW),
                                                      number, 0)
                assert added == 0, (call, added)

    def enter(self):
        """In a child, before exec."""
        if self.library.seccomp_load(self.context) != 0:
            os._exit(99)


def has_sanitizer():
    with open(harness.TILELOAD, 'rb') as f:
        text = f.read()
    return b'__asan_init' in text or b'__tsan_init' in text


needs_systemd = unittest.skipUnless(ANALYZE, 'no systemd-analyze')


@needs_systemd
class Files(unittest.TestCase):
    def test_there_are_units(self):
        self.assertEqual([os.path.basename(path) for path in UNITS], [
            'tileload-data.service', 'tileload-database-files.service', 'tileload-database.service',
            'tileload-failed.service', 'tileload-swap.service', 'tileload.service',
            'var-lib-tileload.mount'])

    def test_they_are_valid(self):
        # In a root directory with systemd's own units and a stand-in for each program, as not all
        # of them are installed where this is tested.
        with tempfile.TemporaryDirectory() as root:
            directory = os.path.join(root, 'usr/lib/systemd/system')
            shutil.copytree('/usr/lib/systemd/system', directory, symlinks=True)
            for path in UNITS:
                shutil.copy(path, directory)
                for name, values in settings(path).items():
                    for value in values if name == 'ExecStart' else []:
                        program = root + shlex.split(value)[0]
                        os.makedirs(os.path.dirname(program), exist_ok=True)
                        with open(program, 'w') as f:
                            os.chmod(f.fileno(), 0o755)
            names = [os.path.basename(path) for path in UNITS]
            ended = subprocess.run([ANALYZE, '--no-pager', 'verify', '--root=' + root, *names],
                                   capture_output=True, text=True)
            self.assertEqual((ended.returncode, ended.stdout + ended.stderr), (0, ''))

    def test_exposure(self):
        for path in SERVICES:
            with self.subTest(os.path.basename(path)):
                ended = subprocess.run(
                    [ANALYZE, '--no-pager', 'security', '--offline=true',
                     '--threshold=%d' % MAX_EXPOSURE, path], capture_output=True, text=True)
                self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
                self.assertRegex(ended.stdout, r'Overall exposure level for \S+: [012]\.\d')

    def test_a_unit_without_hardening_would_be_found(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, 'bare.service')
            with open(path, 'w') as f:
                f.write('[Service]\nExecStart=/bin/true\n')
            ended = subprocess.run([ANALYZE, '--no-pager', 'security', '--offline=true',
                                    '--threshold=%d' % MAX_EXPOSURE, path], capture_output=True)
            self.assertNotEqual(ended.returncode, 0)

    def test_nothing_is_left_to_fill_in(self):
        for path in UNITS:
            with open(path) as f:
                self.assertNotRegex(f.read(), r'@[A-Z_]+@')


@needs_systemd
@unittest.skipIf(has_sanitizer(), 'sanitizers make calls of their own')
class Roles(unittest.TestCase):
    """Every role with every kind of its work, under tileload.service's filter."""

    @classmethod
    def setUpClass(cls):
        cls.confinement = Confinement(filter_of('tileload.service'))

    def start(self, *args, **more):
        with mock.patch('harness.heed_hangup', self.confinement.enter):
            role = Role(*args, **more)
        self.addCleanup(role.__exit__)
        return role

    def end(self, role):
        for path in ('/stats.json', '/metrics', '/healthz'):
            self.assertEqual(role.get(path)[0], 200)
        self.assertEqual(role.stop(), 0, role.stderr())

    def directory(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return directory.name

    def test_the_filter_kills(self):
        with self.assertRaisesRegex(AssertionError, 'ended with -%d' % signal.SIGSYS):
            with mock.patch.object(self, 'confinement', Confinement(
                    filter_of('tileload.service') - {'eventfd2'})):
                self.start('idle', listen=address(self.id()))

    def test_idle(self):
        self.end(self.start('idle', '--verbose', listen=address(self.id())))

    def test_web(self):
        hosts = {n: address(self.id(), n) for n in range(1, 5)}
        backend = self.start('backend', '--serve', hosts[1] + ':8080', '--service-time', '1ms',
                             listen=hosts[1])
        server = self.start('webserver', '--serve', hosts[2] + ':8080', '--dirs', '1', '--backend',
                            'http://' + hosts[1], listen=hosts[2])
        client = self.start('webclient', '--target', 'http://' + hosts[2], '--dirs', '1',
                            '--users', '3', '--think', '5ms', listen=hosts[3])
        external = self.start('webclient', '--target', 'http://' + hosts[2], '--dirs', '1',
                              '--mode', 'open', '--rate', '100', listen=hosts[4])
        client.wait_counter('dynamic_requests', 30)
        external.wait_counter('requests', 30)
        for role in external, client, server, backend:
            self.end(role)

    def test_cpu(self):
        role = self.start('cpu', '--memory', '4M', '--directory', self.directory(), '--threads',
                          '2', listen=address(self.id()))
        role.wait_counter('operations', 2000)  # 26 kinds by weight
        for name, counter in role.stats()['counters'].items():
            if counter['kind'] in ('error', 'wrong'):
                self.assertEqual(counter['value'], 0, name)
        self.end(role)

    def test_disk(self):
        options = ['--file', self.directory() + '/file', '--size', '16M', '--random-time', '200ms',
                   '--sequential-time', '200ms', '--sync-interval', '100ms']
        for _ in range(2):  # with a file to make, with a file to scan
            role = self.start('disk', *options, listen=address(self.id()))
            for counter in 'random_operations', 'sequential_operations', 'syncs':
                role.wait_counter(counter, 1)
            self.end(role)
        role = self.start('disk', 'cleanup', *options)
        self.assertEqual(role.process.wait(30 * harness.SLOWDOWN), 0)

    def test_failed(self):
        confinement = Confinement(filter_of('tileload-failed.service'))
        with mock.patch.object(self, 'confinement', confinement):
            role = self.start('failed', '--verbose', listen=address(self.id()))
        self.assertEqual(role.get('/healthz')[0], 503)
        self.assertEqual(role.stop(), 0)


@needs_systemd
@unittest.skipUnless(os.path.exists(MARIADBD), 'no MariaDB server installed')
class Database(unittest.TestCase):
    """The database units' own commands, in another directory, with oltp before them."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix='tileload-units-')
        self.addCleanup(shutil.rmtree, self.directory)
        self.state = os.path.join(self.directory, 'state')
        self.run = os.path.join(self.directory, 'run')
        self.user = {}
        os.mkdir(self.state)
        os.mkdir(self.run)
        if os.geteuid() == 0:  # as root it refuses to run
            nobody = pwd.getpwnam('nobody')
            self.user = {'user': nobody.pw_uid, 'group': nobody.pw_gid, 'extra_groups': []}
            for path in self.directory, self.state, self.run:
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        self.log = open(os.path.join(self.directory, 'log'), 'w+')
        self.addCleanup(self.log.close)

    def commands(self, name):
        for line in unit(name)['ExecStart']:
            line = line.replace('/var/lib/tileload/mysql', self.state)
            yield shlex.split(line.replace('/run/tileload-database', self.run))

    def popen(self, name, argv, **more):
        # The server's libraries try what they can do without (set_mempolicy).
        confinement = Confinement(filter_of(name), Confinement.FAIL)
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                preexec_fn=confinement.enter, **self.user, **more)

    def make_files(self):
        for argv in self.commands('tileload-database-files.service'):
            new = os.path.join(self.state, 'new')  # StateDirectory=
            if not os.path.isdir(new):
                os.mkdir(new)
                if self.user:
                    os.chown(new, self.user['user'], self.user['group'])
            process = self.popen('tileload-database-files.service', argv)
            self.assertEqual(process.wait(60 * harness.SLOWDOWN), 0, self.words())

    def start(self):
        argv, = self.commands('tileload-database.service')
        path = os.path.join(self.run, 'notify')
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(path)
            os.chmod(path, 0o777)
            process = self.popen('tileload-database.service', argv,
                                 env=dict(os.environ, NOTIFY_SOCKET=path))
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
            notify.settimeout(0.2)
            deadline = time.monotonic() + 60 * harness.SLOWDOWN
            while True:
                try:
                    if b'READY=1' in notify.recv(4096).split(b'\n'):
                        break
                except socket.timeout:
                    pass
                self.assertIsNone(process.poll(), self.words())
                self.assertLess(time.monotonic(), deadline, self.words())
        os.unlink(path)
        return process

    def words(self):
        with open(self.log.name) as f:
            return f.read()

    def test_killed_at_its_first_start_it_comes_back(self):
        self.make_files()
        self.assertEqual(sorted(os.listdir(self.state)), ['data'])
        first = self.start()
        first.kill()
        first.wait()
        second = self.start()
        second.terminate()
        self.assertEqual(second.wait(60 * harness.SLOWDOWN), 0, self.words())

    def test_what_an_attempt_has_left_is_no_hindrance(self):
        os.mkdir(os.path.join(self.state, 'new'))
        with open(os.path.join(self.state, 'new', 'ibdata1'), 'wb') as f:
            f.write(bytes(1 << 20))
        if self.user:
            for directory, _, names in os.walk(self.state):
                for path in [directory] + [os.path.join(directory, name) for name in names]:
                    os.chown(path, self.user['user'], self.user['group'])
        self.make_files()
        self.start().terminate()

    @unittest.skipIf(has_sanitizer(), 'sanitizers make calls of their own')
    def test_oltp(self):
        self.make_files()
        database = self.start()
        confinement = Confinement(filter_of('tileload.service'))
        with mock.patch('harness.heed_hangup', confinement.enter):
            role = Role('oltp', '--socket', self.run + '/mysqld.sock', '--table-size', '1000',
                        '--threads', '2', listen=address(self.id()))
        self.addCleanup(role.__exit__)
        role.wait_counter('transactions', 20)
        self.assertEqual(role.stop(), 0, role.stderr())
        database.terminate()
        self.assertEqual(database.wait(60 * harness.SLOWDOWN), 0, self.words())


if __name__ == '__main__':
    harness.main()
