# SPDX-License-Identifier: Apache-2.0
"""An image with a hash tree (guest-image/build --verity): the guest boots if it is what usrhash= says,
and refuses anything else by one line."""

import os
import shutil
import unittest

import guests
from guests import Guest

IMAGE = os.environ.get('TILELOAD_GUEST_IMAGE_VERITY', '')


@unittest.skipUnless(IMAGE, 'no image with a hash tree: make one by guest-image/build --verity and '
                     'set TILELOAD_GUEST_IMAGE_VERITY')
class Verity(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(IMAGE, 'usrhash')) as f:
            self.hash = f.read().strip()

    def guest(self, tile, usrhash, image=IMAGE):
        return Guest(self, 8, tile, words='usrhash=' + usrhash, image=image, label='tile%d' % tile)

    def changed_image(self):
        """One byte in the midst of the file system is another."""
        image = guests.scratch(self)
        for name in 'vmlinuz', 'initrd', 'usr.erofs':
            shutil.copy(os.path.join(IMAGE, name), image)
        with open(os.path.join(image, 'usr.erofs'), 'r+b') as f:
            f.seek(10 << 20)
            byte = f.read(1)[0]
            f.seek(10 << 20)
            f.write(bytes([byte ^ 1]))
        return image

    def test_what_does_not_match_is_refused(self):
        self.assertRegex(self.hash, '^[0-9a-f]{64}$')
        good = self.guest(1, self.hash)
        wrong = self.guest(2, self.hash[:-1] + ('0' if self.hash[-1] != '0' else '1'))
        changed = self.guest(3, self.hash, self.changed_image())
        for guest in good, wrong, changed:
            guest.start()
        for guest in wrong, changed:
            with self.subTest(guest.name):
                guest.wait_end()
                lines = [line for line in guest.console_text().split('\n') if 'usrhash' in line]
                self.assertEqual(len(lines), 1, guest.report())
                self.assertIn('does not match', lines[0])
        good.wait_ready()
        good.power_off()


if __name__ == '__main__':
    guests.main()
