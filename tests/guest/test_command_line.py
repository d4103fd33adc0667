# SPDX-License-Identifier: Apache-2.0
"""Bad kernel command lines: one line on the console says what is wrong, and the guest stays
reachable, in state failed, with that line."""

import unittest

import guests
from guests import Guest

# Each has what the line must say.
BAD = {
    'role': ((8, 'nosuch', ''), [r'nosuch']),
    'word': ((8, 'tileload.rol=idle', ''), [r'tileload\.rol\b', r'tileload\.role\b']),
    'key': ((5, None, 'tileload.memmory=1M'), [r'memmory', r'memory']),
    'value': ((5, None, 'tileload.memory=plenty'), [r'memory', r'plenty']),
    'target': ((3, 'webclient', ''), [r'target']),
    'backend': ((1, 'webserver', 'tileload.backend=ftp://10.77.1.4'), [r'backend', r'ftp']),
}


class BadCommandLines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.guests = {}
        for tile, (label, ((number, role, words), _)) in enumerate(BAD.items(), 1):
            cls.guests[label] = Guest(cls, number, tile, role, words, label=label).start()

    def test_each_is_said_in_one_line_and_the_guest_stays_reachable(self):
        for label, (_, parts) in BAD.items():
            guest = self.guests[label]
            with self.subTest(label):
                said = guest.wait_health(503, 'failed: ')
                self.assertEqual(said.count('\n'), 0, said)
                for part in parts:
                    self.assertRegex(said, part)
                reason = said.removeprefix('failed: ')
                lines = [line for line in guest.console_text().split('\n') if reason in line]
                self.assertEqual(len(lines), 1, guest.report())
                stats = guest.stats(status=503)
                self.assertEqual(stats['state'], 'failed')
                self.assertEqual(stats['reason'], reason)
                self.assertEqual(stats['identity']['hostname'], guest.name)

    def test_they_power_off_as_any_other(self):
        for guest in self.guests.values():
            guest.wait_health(503, 'failed: ')
        guests.together(Guest.power_off, list(self.guests.values()))


if __name__ == '__main__':
    guests.main()
