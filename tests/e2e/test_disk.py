# SPDX-License-Identifier: Apache-2.0
"""disk: real files on the file system of the temporary directory, and what happens to them."""

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest

import harness

BLOCK = 4096
DATA = 1 << 20
SIZE = 8 << 20
LISTEN = harness.address('disk')
SMALL = ['--size', '8M', '--depth', '8']
SHORT_PHASES = ['--random-time', '200ms', '--sequential-time', '100ms', '--sync-interval', '50ms']
READ_ONLY = ['--read-share', '100%']

FAULTS = ['read_errors', 'write_errors', 'short_reads', 'short_writes', 'sync_errors',
          'ledger_errors', 'corrupt_reads', 'foreign_reads', 'misplaced_reads', 'stale_reads']
FILLING, COMPLETE = 1, 2


def crc32c(data):
    """From its definition, so that the tests can make headers and blocks of their own."""
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def counters(stats):
    return {name: c['value'] for name, c in stats['counters'].items()}


class DiskTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix='tileload-disk-')
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.file = os.path.join(self.directory, 'file')

    def words(self, args, file=None):
        verbs = [a for a in args if a in ('prepare', 'cleanup')]
        rest = [a for a in args if a not in verbs]
        return ['disk', *verbs, '--file', file or self.file, *rest]

    def role(self, *args, listen=LISTEN, **kwargs):
        role = harness.Role(*self.words(args), listen=listen, **kwargs)
        self.addCleanup(role.__exit__)
        return role

    def run_disk(self, *args, file=None):
        words = self.words(args, file)
        if words[1] not in ('prepare', 'cleanup'):
            words += ['--listen', harness.address('disk', 2) + ':9477']
        return harness.run(*words)

    def prepare(self, file=None):
        result = self.run_disk('prepare', *SMALL, file=file)
        self.assertEqual(result.returncode, 0, result.stderr)

    def refused(self, result, *parts, status=1):
        """One clear line, on stderr alone."""
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertEqual(result.stdout, '')
        self.assertEqual(result.stderr.count('\n'), 1, result.stderr)
        for part in parts:
            self.assertIn(part, result.stderr)

    def read(self, block, file=None):
        with open(file or self.file, 'rb') as f:
            return os.pread(f.fileno(), BLOCK, DATA + block * BLOCK)

    def write(self, offset, data):
        fd = os.open(self.file, os.O_WRONLY)
        try:
            self.assertEqual(os.pwrite(fd, data, offset), len(data))
            os.fsync(fd)
        finally:
            os.close(fd)

    def write_block(self, block, data):
        self.write(DATA + block * BLOCK, data)

    def header(self):
        """(file id, size, state)"""
        with open(self.file, 'rb') as f:
            magic, _, _, file_id, size, state, _ = struct.unpack('<8sIIQQII', f.read(40))
        self.assertEqual(magic, b'TlLdFile')
        return file_id, size, state

    def generations(self):
        """Of every block, each checked for its number and file."""
        found = []
        file_id, size, _ = self.header()
        with open(self.file, 'rb') as f:
            for block in range((size - DATA) // BLOCK):
                head = os.pread(f.fileno(), 32, DATA + block * BLOCK)
                magic, _, of_file, number, generation, _ = struct.unpack('<4sIQQII', head)
                self.assertEqual((magic, of_file, number), (b'TLbk', file_id, block))
                found.append(generation)
        return found

    def assert_faultless(self, stats):
        values = counters(stats)
        self.assertEqual({name: values[name] for name in FAULTS}, dict.fromkeys(FAULTS, 0))

    @contextlib.contextmanager
    def held(self, role):
        """The role does not run while the file is tampered with."""
        role.process.send_signal(signal.SIGSTOP)
        os.waitpid(role.process.pid, os.WUNTRACED)
        try:
            yield
        finally:
            role.process.send_signal(signal.SIGCONT)

    def wait_fault(self, role, name, at_least=1):
        role.wait_counter(name, at_least)
        values = counters(role.stats())
        others = [n for n in FAULTS if n != name and values[n]]
        self.assertEqual(others, [], values)

    def wait_settled(self, role, name, while_growing, timeout=30):
        """Until a counter stands still while another grows by 10000."""
        deadline = time.monotonic() + timeout * harness.SLOWDOWN
        while True:
            before = role.counter(name)
            role.wait_counter(while_growing, role.counter(while_growing) + 10000)
            if role.counter(name) == before:
                return
            self.assertLess(time.monotonic(), deadline)


class Works(DiskTest):
    def test_counts_and_verifies(self):
        final = os.path.join(self.directory, 'stats')
        role = self.role(*SMALL, *SHORT_PHASES, '--final-stats', final)
        role.wait_counter('sequential_operations', 500)
        role.wait_counter('random_operations', 500)
        role.wait_counter('syncs', 3)
        before = counters(role.stats(brief=True))
        role.wait_counter('blocks_verified', before['blocks_verified'] + 1000)
        role.wait_counter('written_bytes', before['written_bytes'] + 100 * BLOCK)
        self.assertEqual(before['file_bytes'], SIZE)
        self.assertLessEqual(before['in_flight'], 8)
        self.assertEqual(role.stop(), 0, role.stderr())

        with open(final) as f:
            stats = json.load(f)
        values = counters(stats)
        self.assert_faultless(stats)
        self.assertEqual(values['in_flight'], 0)
        self.assertEqual(values['operations'], values['reads'] + values['writes'])
        self.assertEqual(values['operations'],
                         values['random_operations'] + values['sequential_operations'])
        self.assertEqual(values['read_bytes'], values['blocks_verified'] * BLOCK)
        self.assertEqual(values['read_bytes'] + values['written_bytes'],
                         values['random_operations'] * BLOCK +
                         values['sequential_operations'] * (128 << 10))
        counts = {latency['name']: latency['count'] for latency in stats['latencies']}
        self.assertEqual(counts, {'operation': values['operations'], 'read': values['reads'],
                                  'write': values['writes'], 'sync': values['syncs']})
        self.assertEqual(stats['latencies'][0]['name'], 'operation')
        # What was acknowledged is in the file: every write moved a generation.
        self.assertGreaterEqual(sum(g - 1 for g in self.generations()) * BLOCK,
                                values['written_bytes'])

    def test_shares(self):
        role = self.role(*SMALL, '--sequential-time', '0')
        role.wait_counter('operations', 5000)
        values = counters(role.stats())
        # p = 0.7, n >= 5000: five sigma are 0.033
        self.assertAlmostEqual(values['reads'] / values['operations'], 0.7, delta=0.04)
        self.assertEqual(values['sequential_operations'], 0)
        self.assertEqual(role.stop(), 0)

    def test_reads_only_write_nothing(self):
        self.prepare()
        role = self.role(*SMALL, *SHORT_PHASES, *READ_ONLY)
        role.wait_counter('sequential_operations', 100)
        role.wait_counter('random_operations', 100)
        self.assertEqual(role.counter('writes'), 0)
        self.assertEqual(role.stop(), 0)
        self.assertEqual(set(self.generations()), {1})

    def test_other_sizes(self):
        role = self.role('--size', str(DATA + 1000 * BLOCK), '--depth', '5', '--block', '12K',
                         '--sequential-block', '20K', *SHORT_PHASES)
        role.wait_counter('sequential_operations', 1000)
        role.wait_counter('random_operations', 1000)
        self.assert_faultless(role.stats())
        self.assertEqual(role.stop(), 0)

    def test_depth_one(self):
        role = self.role('--size', '2M', '--depth', '1', *SHORT_PHASES)
        role.wait_counter('sequential_operations', 100)
        role.wait_counter('syncs', 3)
        self.assert_faultless(role.stats())
        self.assertEqual(role.stop(), 0)


class Wrong(DiskTest):
    """What somebody does to the file behind the role's back is found, and called by its name."""

    def test_flipped_byte(self):
        role = self.role(*SMALL, *READ_ONLY)
        with self.held(role):
            data = bytearray(self.read(77))
            data[3000] ^= 0x10
            self.write_block(77, bytes(data))
        self.wait_fault(role, 'corrupt_reads')
        with self.held(role):
            data[3000] ^= 0x10
            self.write_block(77, bytes(data))
        # Mended: no further one once what was in flight has come in.
        role.wait_counter('reads', role.counter('reads') + 100)
        found = role.counter('corrupt_reads')
        role.wait_counter('reads', role.counter('reads') + 20000)
        self.assertEqual(role.counter('corrupt_reads'), found)
        self.assertEqual(role.stop(), 0)

    def test_found_in_sequential_reads(self):
        role = self.role(*SMALL, *READ_ONLY, '--random-time', '0')
        with self.held(role):
            self.write_block(33, bytes(BLOCK))
        self.wait_fault(role, 'corrupt_reads', 2)
        self.assertGreater(role.counter('blocks_verified'), 0)

    def test_swapped_blocks(self):
        role = self.role(*SMALL, *READ_ONLY)
        with self.held(role):
            a, b = self.read(5), self.read(900)
            self.write_block(5, b)
            self.write_block(900, a)
        self.wait_fault(role, 'misplaced_reads', 2)

    def test_old_content(self):
        role = self.role(*SMALL, '--read-share', '0', '--sequential-time', '0')
        role.wait_counter('writes', 20000)
        self.assertEqual(role.stop(), 0)
        earlier = self.generations()
        old = os.path.join(self.directory, 'old')
        shutil.copyfile(self.file, old)
        role = self.role(*SMALL, '--read-share', '0', '--sequential-time', '0')
        role.wait_counter('writes', 20000)
        self.assertEqual(role.stop(), 0)
        written = [a != b for a, b in zip(earlier, self.generations())].index(True)
        role = self.role(*SMALL, *READ_ONLY)
        with self.held(role):
            self.write_block(written, self.read(written, old))
        self.wait_fault(role, 'stale_reads')

    def test_block_of_another_file(self):
        other = os.path.join(self.directory, 'other')
        self.prepare(file=other)
        role = self.role(*SMALL, *READ_ONLY)
        with self.held(role):
            self.write_block(9, self.read(9, other))
        self.wait_fault(role, 'foreign_reads')

    def test_cut_off(self):
        role = self.role(*SMALL, *READ_ONLY)
        with self.held(role):
            os.truncate(self.file, SIZE // 2)
        self.wait_fault(role, 'short_reads', 10)
        self.assertEqual(role.stop(), 0)
        self.refused(self.run_disk(*SMALL), str(SIZE // 2), str(SIZE), 'cleanup')
        self.assertEqual(self.run_disk('cleanup').returncode, 0)
        self.assertFalse(os.path.exists(self.file))

    def test_writes_heal(self):
        role = self.role(*SMALL, '--sequential-time', '0')
        with self.held(role):
            for block in range(0, 1000, 100):
                self.write_block(block, bytes(BLOCK))
        role.wait_counter('corrupt_reads', 1)
        self.wait_settled(role, 'corrupt_reads', 'reads')


class Restart(DiskTest):
    def test_goes_on_without_filling(self):
        role = self.role(*SMALL)
        role.wait_counter('writes', 1000)
        self.assertEqual(role.stop(), 0)
        file_id, generations = self.header()[0], self.generations()
        role = self.role(*SMALL)
        role.wait_counter('writes', 1000)
        self.assert_faultless(role.stats())
        self.assertEqual(role.stop(), 0)
        self.assertEqual(self.header()[0], file_id)
        self.assertTrue(all(b >= a for a, b in zip(generations, self.generations())))

    def test_killed_while_working(self):
        for _ in range(3):
            role = self.role(*SMALL, *SHORT_PHASES)
            role.wait_counter('writes', 1000)
            role.kill()
        role = self.role(*SMALL)
        role.wait_counter('blocks_verified', 5000)
        self.assert_faultless(role.stats())

    def test_killed_while_filling(self):
        size = 512 << 20
        role = self.role('prepare', '--size', size, listen=None, ready=False)
        while not os.path.exists(self.file) or os.path.getsize(self.file) < size:
            self.assertIsNone(role.process.poll(), role.stderr())
        role.kill()
        first_id, _, state = self.header()
        self.assertEqual(state, FILLING)
        # Another size is no matter: there is nothing in it yet.
        role = self.role(*SMALL)
        role.wait_counter('operations', 1000)
        self.assertEqual(role.stop(), 0)
        second_id, size, state = self.header()
        self.assertEqual((size, state), (SIZE, COMPLETE))
        self.assertNotEqual(first_id, second_id)
        self.assertEqual(os.path.getsize(self.file), SIZE)

    def test_half_made_is_not_worked_on_as_it_is(self):
        self.prepare()
        with open(self.file, 'r+b') as f:
            head = bytearray(f.read(BLOCK))
            struct.pack_into('<I', head, 32, FILLING)
            struct.pack_into('<I', head, 12, crc32c(head[16:]))
            f.seek(0)
            f.write(head)
        self.refused(self.run_disk('--prepare=no', *SMALL), 'half-made')
        self.prepare()
        self.assertEqual(self.header()[2], COMPLETE)

    def test_corrupt_at_the_start(self):
        self.prepare()
        data = self.read(200)
        for tampered, text in ((b'x' + data[1:], 'corrupt'), (self.read(201), 'misplaced')):
            self.write_block(200, tampered)
            self.refused(self.run_disk(*SMALL), self.file, str(DATA + 200 * BLOCK), text)
        self.write_block(200, data)
        role = self.role(*SMALL)
        role.wait_counter('operations', 100)

    def test_prepare_is_repeatable(self):
        self.prepare()
        first = self.header()
        self.prepare()
        self.assertEqual(self.header(), first)


class Ends(DiskTest):
    def ends_quickly(self, role, status):
        begin = time.monotonic()
        self.assertEqual(role.stop(), status, role.stderr())
        self.assertLess(time.monotonic() - begin, 1 * harness.SLOWDOWN)

    def test_while_filling(self):
        role = self.role('prepare', '--size', '2G', listen=None, ready=False)
        while not os.path.exists(self.file) or os.path.getsize(self.file) < 2 << 30:
            self.assertIsNone(role.process.poll(), role.stderr())
        self.ends_quickly(role, 1)
        self.assertIn('interrupted', role.stderr())
        self.assertFalse(os.path.exists(self.file))

    def test_while_starting(self):
        role = self.role('--size', '2G', ready=False)
        while not os.path.exists(self.file) or os.path.getsize(self.file) < 2 << 30:
            self.assertIsNone(role.process.poll(), role.stderr())
        self.ends_quickly(role, 0)
        self.assertFalse(os.path.exists(self.file))

    def test_while_working(self):
        for sig in signal.SIGTERM, signal.SIGINT:
            role = self.role(*SMALL)
            role.wait_counter('operations', 100)
            begin = time.monotonic()
            self.assertEqual(role.stop(sig), 0, role.stderr())
            self.assertLess(time.monotonic() - begin, 1 * harness.SLOWDOWN)

    def test_by_itself(self):
        result = self.run_disk(*SMALL, '--duration', '200ms')
        self.assertEqual(result.returncode, 0, result.stderr)


class Refused(DiskTest):
    def test_sizes(self):
        for args, *parts in (
                (['--size', '8388609'], '--size "8388609"', 'multiple of 4K'),
                (['--size', '1M'], '--size', 'too small', str(DATA + 4 * 16 * (128 << 10))),
                (['--size', '0'], '--size'),
                (['--block', '5000'], '--block "5000"', 'multiple of 4K'),
                (['--block', '0'], '--block'),
                (['--sequential-block', '6K'], '--sequential-block', 'multiple of 4K'),
                (['--sequential-block', '4M'], '--sequential-block'),
                (['--depth', '0'], '--depth'),
                (['--read-share', '101%'], '--read-share'),
                (['--file', ''], '--file'),
                (['--random-time', '0', '--sequential-time', '0'], '--random-time')):
            self.refused(self.run_disk(*args), *parts, status=2)
            self.assertFalse(os.path.exists(self.file))

    def test_smallest_size_works(self):
        size = DATA + 4 * 16 * (128 << 10)
        self.refused(self.run_disk('--size', size - BLOCK), str(size), status=2)
        role = self.role('--size', size, *SHORT_PHASES)
        role.wait_counter('sequential_operations', 100)
        self.assert_faultless(role.stats())

    def test_another_size(self):
        self.prepare()
        before = self.header()
        self.refused(self.run_disk('--size', '16M'), self.file, str(SIZE), str(16 << 20))
        self.assertEqual(self.header(), before)

    def test_in_use(self):
        role = self.role(*SMALL)
        for args in [], ['prepare'], ['cleanup']:
            self.refused(self.run_disk(*args, *SMALL), self.file, 'in use by another disk role')
        role.wait_counter('operations', role.counter('operations') + 1000)
        self.assert_faultless(role.stats())
        self.assertEqual(role.stop(), 0)
        self.assertEqual(self.run_disk('cleanup').returncode, 0)

    def test_foreign_files_are_left_alone(self):
        for content in (b'precious', bytes(SIZE), os.urandom(SIZE)):
            with open(self.file, 'wb') as f:
                f.write(content)
            for args in ['prepare'], ['cleanup'], []:
                self.refused(self.run_disk(*args, *SMALL), self.file, 'not made by tileload')
            with open(self.file, 'rb') as f:
                self.assertEqual(f.read(), content)

    def test_empty_file_is_filled(self):
        open(self.file, 'wb').close()
        self.prepare()
        self.assertEqual(self.header()[1:], (SIZE, COMPLETE))

    def test_damaged_header(self):
        self.prepare()
        self.write(100, b'x')
        self.refused(self.run_disk(*SMALL), 'header is corrupt', 'cleanup')
        self.assertEqual(self.run_disk('cleanup').returncode, 0)
        self.assertFalse(os.path.exists(self.file))

    def test_cleanup_of_nothing(self):
        self.assertEqual(self.run_disk('cleanup').returncode, 0)

    def test_no_file_and_no_prepare(self):
        self.refused(self.run_disk('--prepare=no', *SMALL), self.file, 'No such file')

    def test_places(self):
        plain = os.path.join(self.directory, 'plain')
        open(plain, 'w').close()
        for path, text in ((os.path.join(self.directory, 'absent', 'file'), 'No such file'),
                           (os.path.join(plain, 'file'), 'Not a directory'),
                           (self.directory, 'Is a directory'),
                           ('/dev/null', 'not a regular file')):
            self.refused(self.run_disk('prepare', *SMALL, file=path), path, text)

    @unittest.skipUnless(os.geteuid() == 0, 'needs root, to become nobody')
    def test_forbidden_directory(self):
        os.chmod(self.directory, 0o700)
        # The path of the program itself may be closed to nobody, so it comes by descriptor.
        fd = os.open(harness.TILELOAD, os.O_RDONLY)
        self.addCleanup(os.close, fd)
        result = subprocess.run(
            ['tileload', 'disk', 'prepare', '--file', self.file, *SMALL],
            executable='/proc/self/fd/%d' % fd, pass_fds=[fd], user=65534, group=65534,
            extra_groups=[], cwd='/', capture_output=True, text=True)
        # A build that measures coverage says that nobody may not write its counts.
        result.stderr = re.sub(r'(?m)^profiling:.*\n', '', result.stderr)
        self.refused(result, self.file, 'Permission denied')

    def test_file_size_limit(self):
        limit = 4 << 20
        result = subprocess.run(
            ['tileload', 'disk', 'prepare', '--file', self.file, *SMALL],
            executable=harness.TILELOAD, capture_output=True, text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.refused(result, self.file, 'needs 8.0 MiB', 'files of 4.0 MiB only', 'ulimit')
        self.assertFalse(os.path.exists(self.file))


@unittest.skipUnless(harness.CAN_MOUNT, 'cannot mount here')
class Mounted(DiskTest):
    """On a file system of its own, which nobody else sees."""

    def setUp(self):
        super().setUp()
        self.mount = os.path.join(self.directory, 'mount')
        os.mkdir(self.mount)
        self.file = os.path.join(self.mount, 'file')

    def mounted(self, script):
        """The binary, started in a mount namespace after the script: stands in for itself."""
        path = os.path.join(self.directory, 'tileload-mounted')
        with open(path, 'w') as f:
            f.write('#!/bin/sh\nexec unshare -m sh -ec \'%s\nexec "$0" "$@"\' "%s" "$@"\n' %
                    (script.replace('MOUNT', self.mount), os.path.abspath(harness.TILELOAD)))
        os.chmod(path, 0o755)

        def restore(original=harness.TILELOAD):
            harness.TILELOAD = original
        self.addCleanup(restore)
        harness.TILELOAD = path

    def tmpfs(self, size, first=':'):
        self.mounted('mount -t tmpfs -o size=%d none MOUNT\n%s' % (size, first))

    def skip_without_direct_io(self, text):
        if 'O_DIRECT' in text:
            self.skipTest('this kernel has no direct I/O on tmpfs')

    def test_no_space(self):
        self.tmpfs(6 << 20)
        result = self.run_disk('prepare', *SMALL)
        self.skip_without_direct_io(result.stderr)
        self.refused(result, self.file, 'needs 8.0 MiB', '6.0 MiB are free')

    def test_nothing_is_left_without_space(self):
        # A shell that stays behind the role looks what it left.
        self.tmpfs(6 << 20, '"$0" "$@" || true; ls MOUNT; exit 0')
        result = self.run_disk('prepare', *SMALL)
        self.skip_without_direct_io(result.stderr)
        self.assertIn('are free', result.stderr)
        self.assertEqual(result.stdout, '')

    def test_no_direct_io(self):
        self.mounted('mount -t ramfs none MOUNT\n"$0" "$@" || true; ls MOUNT; exit 0')
        result = self.run_disk('prepare', *SMALL)
        if not result.stderr:
            self.skipTest('this kernel has direct I/O on ramfs')
        self.assertIn('O_DIRECT', result.stderr)
        self.assertEqual(result.stdout, '')

    def test_disk_that_fails_writes(self):
        """All blocks lose their place on a disk that is then full, and get it back later."""
        self.tmpfs(10 << 20)
        try:
            role = self.role(*SMALL, '--read-share', '50%', '--sequential-time', '0')
        except AssertionError as e:
            self.skip_without_direct_io(str(e))
            raise
        role.wait_counter('writes', 100)
        inside = '/proc/%d/root%s/' % (role.process.pid, self.mount)
        with self.held(role):
            subprocess.run(['fallocate', '-p', '-o', str(DATA), '-l', str(SIZE - DATA),
                            inside + 'file'], check=True)
            with contextlib.suppress(OSError), open(inside + 'filler', 'wb', buffering=0) as f:
                while True:
                    f.write(bytes(BLOCK))
        # A block that is gone is wrong until its first failed write: then it is only unknown.
        role.wait_counter('write_errors', 100)
        self.wait_settled(role, 'corrupt_reads', 'write_errors')
        os.unlink(inside + 'filler')
        self.wait_settled(role, 'write_errors', 'writes')
        self.wait_settled(role, 'corrupt_reads', 'reads')
        values = counters(role.stats())
        self.assertEqual({n for n in FAULTS if values[n]}, {'write_errors', 'corrupt_reads'})
        self.assertEqual(role.stop(), 0)


if __name__ == '__main__':
    harness.main()
