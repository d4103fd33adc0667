# SPDX-License-Identifier: Apache-2.0
"""One guest of each role, a whole tile, from one image: they boot, work, and power off."""

import hashlib
import os
import re
import unittest

import guests
from guests import NAMES, ROLES, Guest

WITH_DATA = ['disk', 'oltp']
WITH_SWAP = ['web1', 'web2', 'cpu', 'oltp']

# The very last program is itself in /usr.
HARMLESS = re.compile(r'^.*(Failed to unmount /usr: Device or resource busy|'
                      r'Failed to finalize file systems, ignoring\.)\n', re.M)


def digest(path):
    with open(path, 'rb') as f:
        return hashlib.file_digest(f, 'sha256').hexdigest()


def image_files():
    return {name: digest(os.path.join(guests.IMAGE, name))
            for name in ('usr.erofs', 'vmlinuz', 'initrd')}


def faults(guest):
    return {**guest.counters('error'), **guest.counters('wrong')}


class Tile(unittest.TestCase):
    """The cases are in the order of a guest's life."""

    @classmethod
    def setUpClass(cls):
        cls.image = image_files()
        cls.guests = {NAMES[n]: Guest(cls, n) for n in range(1, 9)}
        guests.start(list(cls.guests.values()))
        # A client that was ready before its server counts errors until then.
        cls.faults = {name: faults(g) for name, g in cls.guests.items()}
        guests.figure('boot to ready, eight at once: %s' % ', '.join(
            '%s %.0f s' % (name, g.boot_seconds) for name, g in cls.guests.items()))

    def each(self, check):
        """check(name, guest) for all of them; one that fails does not hide the others."""
        for name, guest in self.guests.items():
            with self.subTest(name):
                check(name, guest)

    def test_1_each_is_who_it_should_be(self):
        boots = set()

        def check(_, guest):
            stats = guest.stats()
            identity = stats['identity']
            self.assertEqual(
                {key: identity[key] for key in ('role', 'tile', 'guest', 'hostname')},
                {'role': ROLES[guest.number], 'tile': 1, 'guest': guest.number,
                 'hostname': guest.name})
            self.assertEqual(guest.health(), (200, 'ready'))
            self.assertEqual(stats['guest']['vcpus'], 1)
            boots.add(identity['boot_id'])
        self.each(check)
        self.assertEqual(len(boots), 8)

    def test_2_all_have_one_image_open_and_cannot_write_it(self):
        usr = os.stat(os.path.join(guests.IMAGE, 'usr.erofs'))

        def check(_, guest):
            pid = guest.process.pid
            modes = set()
            for fd in os.listdir('/proc/%d/fd' % pid):
                status = os.stat('/proc/%d/fd/%s' % (pid, fd))
                if (status.st_dev, status.st_ino) == (usr.st_dev, usr.st_ino):
                    with open('/proc/%d/fdinfo/%s' % (pid, fd)) as f:
                        flags = int(re.search(r'^flags:\s*(\d+)', f.read(), re.M).group(1), 8)
                    modes.add(flags & os.O_ACCMODE)
            self.assertEqual(modes, {os.O_RDONLY})
        self.each(check)

    def ask_web1(self):
        web1 = self.guests['web1']
        status, headers, body = web1.http('/dir00000/class1_1', 8080)
        self.assertEqual(status, 200)
        self.assertEqual(len(body), int(headers['Content-Length']))
        # The backend is another guest.
        asked = self.guests['backend'].counters()['requests']
        status, _, body = web1.http('/dynamic?1&1&1', 8080)
        self.assertEqual(status, 200, body)
        self.assertGreater(self.guests['backend'].counters()['requests'], asked)

    def test_3_each_works(self):
        before = {name: g.counters('work') for name, g in self.guests.items()}
        self.assertEqual(before['idle'], {})
        # Nobody but us asks web1 for anything here.
        self.ask_web1()

        def check(name, guest):
            for counter, value in before[name].items():
                guest.wait_counter(counter, value + 1)
        self.each(check)

    def test_4_guests_load_guests(self):
        """Both ends of each connection count for themselves, and tell the same story."""
        def counted():
            return [self.guests[name].counters()[counter] for name, counter in (
                ('client', 'requests'), ('web2', 'requests'), ('web2', 'dynamic_pages'),
                ('backend', 'requests'))]
        before = counted()
        self.guests['client'].wait_counter('requests', before[0] + 200)
        client, web2, dynamic, backend = (b - a for a, b in zip(before, counted()))
        # They are read one after the other, while two users go on asking.
        slack = 40
        self.assertGreaterEqual(client, 200)
        self.assertAlmostEqual(web2, client, delta=slack)
        self.assertGreater(dynamic, 0)
        self.assertAlmostEqual(backend, dynamic, delta=slack)

    def test_5_nothing_goes_wrong(self):
        def check(name, guest):
            self.assertEqual(faults(guest), self.faults[name])
            self.assertEqual(set(guest.counters('wrong').values()) - {0}, set())
            self.assertNotRegex(guest.console_text(), r'(?i)\bfailed\b|\bpanic|BUG:|WARNING:')
        self.each(check)

    def test_6_the_idle_guest_does_nothing(self):
        guest = self.guests['idle']
        before = guest.stats()['process']
        polls = 20
        for _ in range(polls):
            after = guest.stats()['process']
        # Serving a poll takes a few wake-ups; it has no others.
        self.assertLess(after['voluntary_switches'] - before['voluntary_switches'], 5 * polls)
        self.assertEqual(guest.counters(), {})

    def test_7_disks_are_their_owners(self):
        def check(name, guest):
            with open(guest.data, 'rb') as f:
                f.seek(1024 + 56)
                formatted = f.read(2) == b'\x53\xef'
            self.assertEqual(formatted, name in WITH_DATA)
            for disk, used in (guest.data, WITH_DATA), (guest.swap, WITH_SWAP):
                self.assertEqual(os.stat(disk).st_blocks > 0, name in used, disk)
        self.each(check)

    def test_8_all_power_off_when_asked(self):
        lengths = {name: len(g.console_text()) for name, g in self.guests.items()}
        seconds = guests.together(Guest.power_off, list(self.guests.values()))
        guests.figure('power off, eight at once: %.0f to %.0f s' % (min(seconds), max(seconds)))

        def check(name, guest):
            said = HARMLESS.sub('', guest.console_text()[lengths[name]:])
            self.assertRegex(said, r'tileload: %s .*: stopping' % ROLES[guest.number])
            self.assertNotRegex(said, r'(?i)\bfailed\b|could not|timed out')
            if name in WITH_DATA:
                found = guests.run('dumpe2fs', '-h', guest.data).stdout
                self.assertRegex(found, r'Filesystem state: +clean\n')
                self.assertNotIn('needs_recovery', found)
        self.each(check)
        self.assertEqual(image_files(), self.image)


if __name__ == '__main__':
    guests.main()
