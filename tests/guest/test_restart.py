# SPDX-License-Identifier: Apache-2.0
"""A role that is killed in its guest: systemd starts it again, and everybody can see that."""

import unittest

import guests
from guests import Guest


class Killed(unittest.TestCase):
    def test_a_killed_role_is_started_again(self):
        # The kernel's emergency key for "kill the largest process" is a SIGKILL that nobody in the
        # guest has asked for; the largest process is the role.
        guest = Guest(self, 5, words='tileload.memory=256M sysrq_always_enabled').start().wait_ready()
        before = guest.stats()
        guest.wait_counter('operations', 1)
        said = len(guest.console_text())

        guest.sysrq('f')
        guest.wait_console(r'Killed process \d+ \(tileload\)', 60, behind=said)

        def started_again():
            try:
                return guest.stats()['identity']['start_id'] != before['identity']['start_id']
            except OSError:
                return False
        guests.until('another start of the role', started_again, 120, guest)
        guest.wait_ready(120)
        after = guest.stats()
        self.assertEqual(after['identity']['boot_id'], before['identity']['boot_id'])
        self.assertLess(after['uptime_ns'], before['uptime_ns'] + 120e9)
        guest.wait_counter('operations', 1)
        guest.wait_console(r'cpu \(tile 1, guest 5\): starting again \(start 2\)', 30, behind=said)


if __name__ == '__main__':
    guests.main()
