# SPDX-License-Identifier: Apache-2.0
"""disk --verify-only: what was acknowledged is there, or is named by its offset."""

import ctypes
import errno
import hashlib
import os
import re
import shutil
import struct
import subprocess
import unittest

import harness
import test_disk
from test_disk import BLOCK, COMPLETE, DATA, SIZE, SMALL, SHORT_PHASES, crc32c

LISTEN = harness.address('disk-verify')
SECTOR = 512
N_BLOCKS = (SIZE - DATA) // BLOCK
WRITES_ONLY = ['--read-share', '0', '--sequential-time', '0']
FOUND = 3


class VerifyTest(test_disk.DiskTest):
    def role(self, *args, **kwargs):
        return super().role(*args, listen=LISTEN, **kwargs)

    def verify(self, *args, **kwargs):
        return harness.run('disk', '--verify-only', '--file', self.file, *args, **kwargs)

    def assert_sound(self, result, newer=None):
        """Nothing but the sum; the ledger's sequence."""
        self.assertEqual((result.returncode, result.stderr), (0, ''), result.stdout)
        match = re.fullmatch(r'%d blocks checked: 0 torn, 0 lost, (\d+) newer than the last '
                             r'acknowledged sync \(sequence (\d+)\)\n' % N_BLOCKS, result.stdout)
        self.assertTrue(match, result.stdout)
        if newer is not None:
            self.assertEqual(int(match[1]), newer)
        return int(match[2])

    def assert_found(self, result, *lines, summary, reason):
        """Those lines (regular expressions), the sum, and one line on stderr."""
        self.assertEqual(result.returncode, FOUND, result.stdout + result.stderr)
        found = result.stdout.splitlines()
        self.assertEqual(len(found), len(lines) + 1, result.stdout)
        for line, expression in zip(found, lines):
            self.assertRegex(line, '^%s$' % expression)
        self.assertIn('%d blocks checked: %s,' % (N_BLOCKS, summary), found[-1])
        self.assertEqual(result.stderr.count('\n'), 1, result.stderr)
        self.assertIn('"%s": ' % self.file, result.stderr)
        self.assertIn(reason, result.stderr)

    def assert_role_refuses(self, *parts):
        self.refused(self.run_disk(*SMALL), self.file, '--verify-only', 'cleanup', *parts)

    def digest(self):
        with open(self.file, 'rb') as f:
            return hashlib.sha256(f.read()).hexdigest(), os.fstat(f.fileno()).st_mtime_ns

    def work(self, *args, writes=2000, rounds=0):
        if '--sync-interval' not in args:
            args += ('--sync-interval', '50ms')
        role = self.role(*SMALL, *args)
        role.wait_counter('writes', writes)
        role.wait_counter('ledger_rounds', rounds)
        self.assertEqual(role.stop(), 0, role.stderr())

    def copy(self):
        old = os.path.join(self.directory, 'old')
        shutil.copyfile(self.file, old)
        return old

    def offset(self, block):
        return DATA + block * BLOCK


class Sound(VerifyTest):
    def test_prepared(self):
        self.prepare()
        before = self.digest()
        self.assertEqual(self.assert_sound(self.verify(), newer=0), 1)
        self.assertEqual(self.digest(), before)

    def test_after_work(self):
        role = self.role(*SMALL, *SHORT_PHASES)
        role.wait_counter('writes', 1000)
        role.wait_counter('ledger_rounds', 3)
        seen = role.counter('ledger_sequence')
        self.assertGreater(role.counter('ledger_bytes'), 0)
        self.assertEqual(role.stop(), 0)
        # A clean stop leaves everything on record.
        self.assertGreaterEqual(self.assert_sound(self.verify(), newer=0), seen)
        self.assert_sound(self.verify('--min-sequence', seen))

    def test_killed_while_working(self):
        for _ in range(5):
            role = self.role(*SMALL, *SHORT_PHASES)
            role.wait_counter('writes', 1000)
            role.wait_counter('ledger_rounds', 2)
            seen = role.counter('ledger_sequence')
            role.kill()
            before = self.digest()
            self.assert_sound(self.verify('--min-sequence', seen))
            self.assertEqual(self.digest(), before)
        role = self.role(*SMALL)
        role.wait_counter('blocks_verified', 5000)
        self.assert_faultless(role.stats())
        self.assertEqual(role.counter('torn_at_start'), 0)

    def test_without_syncs(self):
        """Nothing new is promised; what was stays so."""
        self.work('--sync-interval', '0', *WRITES_ONLY)
        result = self.verify()
        self.assertEqual(self.assert_sound(result), 1)
        newer = sum(g > 1 for g in self.generations())
        self.assertGreater(newer, 0)
        self.assert_sound(result, newer=newer)

    def test_another_size_is_said(self):
        self.prepare()
        result = self.verify('--size', '16M')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, '^note: .*%d bytes.*%d\n' % (SIZE, 16 << 20))
        self.assert_sound(self.verify('--size', '8M'))

    def test_by_kernel_command_line(self):
        self.prepare()
        result = harness.run('--file', self.file, argv0='tileload-disk',
                             cmdline='quiet tileload.role=disk tileload.verify-only=yes')
        self.assert_sound(result, newer=0)

    def test_not_with_a_verb(self):
        result = harness.run('disk', 'cleanup', '--verify-only', '--file', self.file)
        self.refused(result, 'verb', status=2)

    @unittest.skipUnless(harness.CAN_MOUNT, 'cannot mount here')
    def test_read_only_file_system(self):
        self.prepare()
        script = 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; ' \
                 '! touch "$1/x" 2>&-; exec "$0" disk --verify-only --file "$2"'
        result = subprocess.run(
            ['unshare', '-m', 'sh', '-ec', script, os.path.abspath(harness.TILELOAD),
             self.directory, self.file], capture_output=True, text=True)
        self.assert_sound(result, newer=0)

    def test_in_use(self):
        role = self.role(*SMALL)
        self.refused(self.verify(), self.file, 'in use by a disk role')
        role.wait_counter('operations', role.counter('operations') + 1000)
        self.assert_faultless(role.stats())


class Blocks(VerifyTest):
    def test_corrupt(self):
        self.work()
        for block in (0, 700, 701, N_BLOCKS - 1):
            data = bytearray(self.read(block))
            data[100 + block % 4000] ^= 1
            self.write_block(block, bytes(data))
        self.assert_found(
            self.verify(),
            r'corrupt: offset %d, 1 block \(4.0 KiB\): generation \d+ was acknowledged' % DATA,
            r'corrupt: offset %d, 2 blocks \(8.0 KiB\): .*' % self.offset(700),
            r'corrupt: offset %d, 1 block .*' % self.offset(N_BLOCKS - 1),
            summary='0 torn, 0 lost, 4 corrupt', reason='4 corrupt')
        self.assert_role_refuses('corrupt', 'offset %d ' % DATA)

    def test_lost(self):
        self.work(*WRITES_ONLY, rounds=1)
        earlier, old = self.generations(), self.copy()
        self.work(*WRITES_ONLY, rounds=1)
        later = self.generations()
        self.assert_sound(self.verify(), newer=0)
        block = [a < b for a, b in zip(earlier, later)].index(True)
        now = self.read(block)
        self.write_block(block, self.read(block, old))
        self.assert_found(
            self.verify(),
            r'lost: offset %d, 1 block \(4.0 KiB\): generation %d where %d was acknowledged' %
            (self.offset(block), earlier[block], later[block]),
            summary='0 torn, 1 lost', reason='1 lost')
        self.assert_role_refuses('lost', 'offset %d ' % self.offset(block),
                                 'generation %d' % earlier[block], str(later[block]))
        # Only a part of it is old: it is lost all the same, and not just torn.
        if later[block] - earlier[block] <= 16:
            self.write_block(block, now[:-SECTOR] + self.read(block, old)[-SECTOR:])
            self.assert_found(self.verify(), r'lost: offset %d, .*' % self.offset(block),
                              summary='0 torn, 1 lost', reason='1 lost')
        self.assertEqual(self.run_disk('cleanup').returncode, 0)
        self.work()
        self.assert_sound(self.verify(), newer=0)

    def test_everything_lost(self):
        self.prepare()
        old = self.copy()
        self.work(*WRITES_ONLY, writes=5000)
        lost = sum(g > 1 for g in self.generations())
        with open(old, 'rb') as f:
            f.seek(DATA)
            self.write(DATA, f.read())
        result = self.verify('--findings', '7')
        self.assertEqual(result.returncode, FOUND)
        self.assertIn('%d blocks checked: 0 torn, %d lost' % (N_BLOCKS, lost), result.stdout)
        lines = result.stdout.splitlines()
        listed = [re.match(r'lost: offset \d+, (\d+) block', line) for line in lines]
        if not all(listed[:-1]):
            self.assertEqual(len(lines), 9)
            self.assertRegex(lines[7], r'^\d+ more lines are left out: --findings=0 ')
        lines = self.verify('--findings', '0').stdout.splitlines()[:-1]
        listed = [re.match(r'lost: offset \d+, (\d+) block', line) for line in lines]
        self.assertEqual(sum(int(m[1]) for m in listed), lost)

    def test_misplaced_and_foreign(self):
        self.work()
        other = os.path.join(self.directory, 'other')
        self.prepare(file=other)
        a, b = self.read(5), self.read(900)
        self.write_block(5, b)
        self.write_block(900, a)
        self.write_block(901, self.read(901, other))
        self.assert_found(self.verify(), 'misplaced: offset %d, 1 block .*' % self.offset(5),
                          'misplaced: offset %d, 1 block .*' % self.offset(900),
                          'of another file: offset %d, 1 block .*' % self.offset(901),
                          summary='0 torn, 0 lost, 1 of another file, 2 misplaced',
                          reason='2 misplaced')
        self.assert_role_refuses('misplaced', 'offset %d ' % self.offset(5))

    def test_torn(self):
        """As a write leaves a block that was under way when the power went."""
        self.prepare()
        old = self.copy()
        self.work('--sync-interval', '0', *WRITES_ONLY, writes=3000)
        blocks = [b for b, g in enumerate(self.generations()) if 2 <= g <= 10][:3]
        for block in blocks:
            self.write_block(block, self.read(block)[:3 * SECTOR] +
                             self.read(block, old)[3 * SECTOR:])
        result = self.verify()
        self.assertEqual(result.returncode, FOUND)
        self.assertIn(': 3 torn, 0 lost, ', result.stdout)
        self.assertIn('torn: offset %d, ' % self.offset(blocks[0]), result.stdout)
        self.assertIn('none lost', result.stderr)

        # The role goes on: it writes such a block before it reads it.
        role = self.role(*SMALL, '--sequential-time', '0')
        self.assertEqual(role.counter('torn_at_start'), 3)
        role.wait_counter('operations', 25000)
        self.assert_faultless(role.stats())
        self.assertEqual(role.stop(), 0)
        self.assert_sound(self.verify(), newer=0)

    def test_torn_blocks_keep_their_promise(self):
        """Until it has written one again, the role's start takes nothing of what was promised back."""
        self.prepare()
        old = self.copy()
        self.work('--sync-interval', '0', *WRITES_ONLY, writes=3000)
        last = N_BLOCKS - 1 - next(b for b, g in enumerate(reversed(self.generations()))
                                   if 2 <= g <= 10)
        torn = self.read(last)[:SECTOR] + self.read(last, old)[SECTOR:]
        self.write_block(last, torn)
        old = self.copy()
        for _ in range(20):
            shutil.copyfile(old, self.file)
            # From the first block on, one after the other: mostly it does not come that far.
            role = self.role('--size', '8M', '--depth', '1', '--random-time', '0', '--read-share',
                             '100%', '--sequential-block', '4K', '--sync-interval', '1ms',
                             '--duration', '2ms')
            self.assertEqual(role.process.wait(30 * harness.SLOWDOWN), 0, role.stderr())
            role.__exit__()
            if self.read(last) == torn:
                break
        self.assertEqual(self.read(last), torn)
        result = self.verify()
        self.assertNotIn('note:', result.stdout)
        self.assertIn(': 1 torn, 0 lost, ', result.stdout)
        # So it would be told if there were now something older.
        self.work('--sync-interval', '10ms', *WRITES_ONLY, writes=10000, rounds=2)
        self.assert_sound(self.verify(), newer=0)


class FailingReads:
    """In a child, reads at an offset fail, as of a medium with a defect there."""

    class Compare(ctypes.Structure):
        _fields_ = [('argument', ctypes.c_uint), ('how', ctypes.c_int),
                    ('a', ctypes.c_uint64), ('b', ctypes.c_uint64)]

    ALLOW, FAIL, EQUAL = 0x7fff0000, 0x00050000, 4
    OFFSET = 3  # of pread's arguments, counted from 0

    def __init__(self, offset, error):
        self.library = ctypes.CDLL('libseccomp.so.2')
        self.library.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.library.seccomp_init(ctypes.c_uint32(self.ALLOW)))
        call = self.library.seccomp_syscall_resolve_name(b'pread64')
        compare = self.Compare(self.OFFSET, self.EQUAL, offset, 0)
        added = self.library.seccomp_rule_add_array(
            self.context, ctypes.c_uint32(self.FAIL | error), call, 1, ctypes.byref(compare))
        assert added == 0, added

    def enter(self):
        if self.library.seccomp_load(self.context) != 0:
            os._exit(99)


class DefectiveMedium(VerifyTest):
    """Linux has an error of its own for that, which is another one's name for "nothing there"."""

    def run_with_defect(self, offset, *args):
        return subprocess.run([harness.TILELOAD, 'disk', '--file', self.file, *args],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env=dict(os.environ, TILELOAD_CMDLINE='/dev/null'),
                              timeout=60 * harness.SLOWDOWN,
                              preexec_fn=FailingReads(offset, errno.ENODATA).enter)

    def test_of_a_block(self):
        self.prepare()
        self.assert_found(
            self.run_with_defect(DATA, '--verify-only'),
            r'unreadable: offset %d, 1 block \(4.0 KiB\): %s' % (DATA, os.strerror(errno.ENODATA)),
            summary='0 torn, 0 lost, 1 unreadable', reason='1 unreadable')

    def test_of_the_header(self):
        self.prepare()
        for args in ['--verify-only'], SMALL:
            self.refused(self.run_with_defect(0, *args), self.file, 'Input/output error')


class Ledger(VerifyTest):
    PAGES = 2
    ROOTS = (BLOCK, 2 * BLOCK)

    def pages(self, index):
        return 3 * BLOCK + index * BLOCK, 3 * BLOCK + (self.PAGES + index) * BLOCK

    def read_at(self, offset, file=None):
        with open(file or self.file, 'rb') as f:
            return os.pread(f.fileno(), BLOCK, offset)

    def newer_page(self, index):
        """The offset of the copy that is the newer one."""
        return max(self.pages(index),
                   key=lambda offset: struct.unpack_from('<Q', self.read_at(offset), 16)[0])

    def test_of_a_page_no_copy(self):
        self.work()
        for offset in self.pages(1):
            self.write(offset, bytes(BLOCK))
        self.assert_found(self.verify(), 'ledger: offsets %d and %d: .* offsets %d to %d .*' %
                          (*self.pages(1), self.offset(1009), self.offset(N_BLOCKS - 1)),
                          summary='0 torn, 0 lost', reason='ledger')
        self.assert_role_refuses('ledger', 'no copy')

    def test_a_page_put_back(self):
        self.work(*WRITES_ONLY, rounds=1)
        old = self.copy()
        self.work(*WRITES_ONLY, rounds=4)
        offset = self.newer_page(0)
        self.write(offset, self.read_at(offset, old))
        self.assert_found(self.verify(), 'ledger: an update of it was lost: .*',
                          summary='0 torn, 0 lost', reason='ledger')
        self.assert_role_refuses('lost an update of its ledger')

    def test_the_other_copy_is_not_needed(self):
        self.work(*WRITES_ONLY, rounds=4)
        for index in range(self.PAGES):
            other = sum(self.pages(index)) - self.newer_page(index)
            self.write(other, self.read_at(other)[:SECTOR] + bytes(BLOCK - SECTOR))
        self.assert_sound(self.verify(), newer=0)
        self.work(rounds=2)
        self.assert_sound(self.verify(), newer=0)

    def test_roots(self):
        self.work(rounds=3)
        keep = [self.read_at(offset) for offset in self.ROOTS]
        newer = max((0, 1), key=lambda i: struct.unpack_from('<Q', keep[i], 16)[0])
        # Without the newer one, its round is one that was not finished.
        self.write(self.ROOTS[newer], os.urandom(BLOCK))
        self.assert_sound(self.verify(), newer=0)
        self.write(self.ROOTS[1 - newer], os.urandom(BLOCK))
        self.assert_found(self.verify(), 'ledger: offsets 4096 and 8192: neither root .*',
                          summary='0 torn, 0 lost', reason='ledger')
        self.assert_role_refuses('ledger', 'no readable root')

    def test_of_another_file(self):
        self.work()
        other = os.path.join(self.directory, 'other')
        self.prepare(file=other)
        with open(other, 'rb') as f:
            self.write(BLOCK, os.pread(f.fileno(), DATA - BLOCK, BLOCK))
        self.assert_found(self.verify(), 'ledger: .*', 'ledger: .*', 'ledger: .*neither root.*',
                          summary='0 torn, 0 lost', reason='ledger')
        self.assert_role_refuses('ledger')

    def test_older_than_what_was_seen(self):
        """A disk that goes back to an earlier state as a whole is found out only from outside."""
        self.work(rounds=2)
        old = self.copy()
        self.work(rounds=2)
        seen = self.assert_sound(self.verify(), newer=0)
        shutil.copyfile(old, self.file)
        before = self.assert_sound(self.verify(), newer=0)
        self.assertLess(before, seen)
        self.assert_found(self.verify('--min-sequence', seen),
                          'ledger: sequence %d where %d was acknowledged' % (before, seen),
                          summary='0 torn, 0 lost', reason='ledger')


    def test_an_update_of_the_last_round_is_lost(self):
        """And with it the root of that round, as if its last sync had never been: what tells of it
        is the sequence that the role gave while it worked."""
        self.work(*WRITES_ONLY, rounds=3)
        seen = self.assert_sound(self.verify(), newer=0)
        last = [offset for offset in (*self.ROOTS, *map(self.newer_page, range(self.PAGES)))
                if struct.unpack_from('<Q', self.read_at(offset), 16)[0] == seen]
        self.assertEqual(len(last), 1 + self.PAGES)
        for offset in last[:-1]: # a page of that round is there
            self.write(offset, os.urandom(BLOCK))
        self.assertLess(self.assert_sound(self.verify()), seen)
        self.assert_found(self.verify('--min-sequence', seen), 'ledger: sequence .*',
                          summary='0 torn, 0 lost', reason='ledger')


class Files(VerifyTest):
    def test_cut_off(self):
        self.work()
        os.truncate(self.file, self.offset(1000))
        self.assert_found(
            self.verify(), 'length: the file is %d bytes long .* %d' % (self.offset(1000), SIZE),
            'unreadable: offset %d, %d blocks .*: beyond the end of the file' %
            (self.offset(1000), N_BLOCKS - 1000),
            summary='0 torn, 0 lost, %d unreadable' % (N_BLOCKS - 1000), reason='unreadable')
        os.truncate(self.file, BLOCK)
        result = self.verify()
        self.assertEqual(result.returncode, FOUND)
        self.assertIn('neither root', result.stdout)

    def make_header(self, **fields):
        head = bytearray(self.read_header())
        for name, value in fields.items():
            struct.pack_into('<I', head, {'version': 8, 'state': 32}[name], value)
        struct.pack_into('<I', head, 12, crc32c(head[16:]))
        self.write(0, bytes(head))

    def read_header(self):
        with open(self.file, 'rb') as f:
            return f.read(BLOCK)

    def test_not_to_be_checked(self):
        self.refused(self.verify(), self.file, 'No such file')
        self.prepare()
        header = self.read_header()
        self.make_header(state=test_disk.FILLING)
        self.refused(self.verify(), self.file, 'half-made')
        self.make_header(state=COMPLETE, version=1)
        for result in self.verify(), self.run_disk(*SMALL):
            self.refused(result, self.file, 'another version of tileload')
        self.write(0, header)
        self.assert_sound(self.verify())
        self.write(100, b'x')
        self.refused(self.verify(), self.file, 'header is corrupt')
        self.write(0, bytes(BLOCK))
        self.refused(self.verify(), self.file, 'not made by tileload')
        self.file = self.directory
        self.refused(self.verify(), 'not a regular file')

    def test_interrupted(self):
        self.file = os.path.join(self.directory, 'large')
        self.assertEqual(self.run_disk('prepare', '--size', '2G').returncode, 0)
        role = harness.Role('disk', '--verify-only', '--file', self.file, ready=False)
        self.addCleanup(role.__exit__)
        role.wait_for('READY=1')
        status = role.stop()
        if status != 0:  # it may have been faster
            self.assertEqual(status, 1)
            self.assertIn('interrupted', role.stderr())


if __name__ == '__main__':
    harness.main()
