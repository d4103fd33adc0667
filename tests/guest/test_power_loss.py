# SPDX-License-Identifier: Apache-2.0
"""The disk guest loses its power in the midst of writing: nothing that was acknowledged is lost. And
if something had been, we would be told."""

import collections
import os
import struct
import unittest

import guests
from guests import Guest

SIZE = 32 << 20  # of the role's file (guests.SMALL)
BLOCK = 4096
HEAD = struct.Struct('<4sIQQII')  # of the disk role's blocks: workloads/disk/block.c
WORDS = 'tileload.read-share=30% tileload.sync-interval=200ms'


Block = collections.namedtuple('Block', 'at generation')


def blocks(path):
    """The disk role's blocks in a disk image, wherever its file system has put them, by number."""
    found = {}
    with open(path, 'rb') as f:
        size = f.seek(0, os.SEEK_END)
        at = 0
        while at < size:
            try:
                at = f.seek(at, os.SEEK_DATA)
            except OSError:
                break  # no data behind this
            end = min(f.seek(at, os.SEEK_HOLE), size)
            at -= at % BLOCK
            f.seek(at)
            while at < end:
                piece = f.read(256 * BLOCK)
                for i in range(0, len(piece), BLOCK):
                    if piece.startswith(b'TLbk', i):
                        _, _, _, number, generation, _ = HEAD.unpack_from(piece, i)
                        assert number not in found, 'block %d is there twice' % number
                        found[number] = Block(at + i, generation)
                at += len(piece)
    return found


class PowerLoss(unittest.TestCase):
    def copy(self, guest, name):
        path = os.path.join(guests.scratch(self), name)
        guests.run('cp', '--sparse=always', guest.data, path)
        return path

    def write_and_pull(self, guest):
        """Returns what the role said last of what it has promised: its ledger's sequence."""
        guest.start().wait_ready()
        before = guest.counters()
        # Enough for some blocks to be written four times and more, wherever writes fall.
        guest.wait_counter('writes', before['writes'] + 5000)
        guest.wait_counter('ledger_rounds', before['ledger_rounds'] + 5)
        sequence = guest.counters()['ledger_sequence']
        guest.kill()
        self.assertEqual(guests.run('dumpe2fs', '-h', guest.data).stdout.count('needs_recovery'), 1)
        return sequence

    def test_what_was_acknowledged_is_there(self):
        guest = Guest(self, 6, words=WORDS)
        self.write_and_pull(guest)
        before = self.copy(guest, 'before')
        sequence = self.write_and_pull(guest)
        verify = 'tileload.verify-only=yes tileload.min-sequence=%d' % sequence

        # So that we know that we would be told: a block that was written in the second life, and
        # promised, gets back what it was in the first; another one is overwritten.
        old, new = blocks(before), blocks(guest.data)
        self.assertEqual(len(old), len(new))
        written = [n for n in sorted(old) if new[n].generation > old[n].generation + 3]
        stale, damaged = written[0], written[-1]
        self.assertNotEqual(stale, damaged)
        tampered = self.copy(guest, 'tampered')
        with open(before, 'rb') as f, open(tampered, 'r+b') as g:
            f.seek(old[stale].at)
            g.seek(new[stale].at)
            g.write(f.read(BLOCK))
            g.seek(new[damaged].at + 512)
            g.write(bytes(512))

        # In a third one all of it is as it was in the first.
        good = Guest(self, 6, 1, words=verify, data=guest.data, label='good')
        bad = Guest(self, 6, 2, words=verify, data=tampered, label='tampered')
        rolled_back = Guest(self, 6, 3, words=verify, data=before, label='rolled-back')
        for g in good, bad, rolled_back:
            g.start()

        found = good.wait_console(r'(\d+) blocks checked: 0 torn, 0 lost, (\d+) newer.*$')
        guests.figure('power loss: ' + found.group())
        self.assertEqual(int(found.group(1)), len(new))

        text = bad.wait_health(503, 'failed: ')
        self.assertRegex(text, '1 lost.*1 corrupt')
        # By the offset in the role's file, which ends with its last block.
        offset = SIZE - BLOCK * len(new)
        bad.wait_console(r'lost: offset %d, 1 block ' % (offset + BLOCK * stale), 10)
        bad.wait_console(r'corrupt: offset %d, 1 block ' % (offset + BLOCK * damaged), 10)
        bad.wait_console(r'blocks checked: 0 torn, 1 lost, 1 corrupt', 10)

        self.assertIn('ledger', rolled_back.wait_health(503, 'failed: '))
        rolled_back.wait_console(r'ledger: sequence \d+ where %d was acknowledged' % sequence, 10)

        # It was looked at, and nothing more.
        for g in good, bad, rolled_back:
            g.power_off()
        self.assertEqual(blocks(guest.data), new)


if __name__ == '__main__':
    guests.main()
