# SPDX-License-Identifier: Apache-2.0
"""The guest image: small, all of it in its manifest, and the same bytes each time."""

import hashlib
import json
import os
import stat
import sys
import unittest
import unittest.mock

import guests
from guests import IMAGE, ROOT

AGAIN = os.environ.get('TILELOAD_GUEST_IMAGE_VERITY', '')
OUTPUTS = ['usr.erofs', 'vmlinuz', 'initrd']
LARGEST = 60e6


def digest(path):
    with open(path, 'rb') as f:
        return hashlib.file_digest(f, 'sha256').hexdigest()


def manifest(image):
    with open(os.path.join(image, 'manifest.json')) as f:
        return json.load(f)


class Image(unittest.TestCase):
    def test_small(self):
        sizes = {name: os.path.getsize(os.path.join(IMAGE, name)) for name in OUTPUTS}
        guests.figure('guest image: ' + ', '.join(
            '%s %.1f MB' % (name, size / 1e6) for name, size in sizes.items()))
        self.assertLessEqual(sum(sizes.values()), LARGEST)

    def test_manifest_has_packages_and_hashes(self):
        found = manifest(IMAGE)
        for name in OUTPUTS:
            path = os.path.join(IMAGE, name)
            self.assertEqual(found['outputs'][name],
                             {'size': os.path.getsize(path), 'sha256': digest(path)})
        for package in 'systemd', 'mariadb-server-core', 'libc6':
            self.assertRegex(found['packages'][package], r'^\S+$')
        self.assertRegex(found['kernel'], r'^\d')

    def test_manifest_has_every_file_there_is(self):
        tree = os.path.join(guests.scratch(self), 'usr')
        guests.run('fsck.erofs', '--extract=' + tree, os.path.join(IMAGE, 'usr.erofs'))
        there = {}
        for directory, directories, names in os.walk(tree):
            for name in [*directories, *names]:
                full = os.path.join(directory, name)
                path = '/usr/' + os.path.relpath(full, tree)
                status = os.lstat(full)
                mode = status.st_mode & 0o777  # extracting loses the other bits
                self.assertEqual((status.st_uid, status.st_gid), (0, 0), path)
                if stat.S_ISLNK(status.st_mode):
                    there[path] = {'mode': mode, 'target': os.readlink(full)}
                elif not stat.S_ISDIR(status.st_mode):
                    self.assertTrue(stat.S_ISREG(status.st_mode), path)
                    there[path] = {'mode': mode, 'size': status.st_size, 'sha256': digest(full)}
        said = {f.pop('path'): dict(f, mode=int(f['mode'], 8) & 0o777)
                for f in manifest(IMAGE)['files']}
        self.maxDiff = None
        self.assertEqual(sorted(there), sorted(said))
        self.assertEqual({path: (there[path], said[path]) for path in there
                          if there[path] != said[path]}, {})
        # What the roles are for, and nothing to get in by.
        self.assertIn('/usr/bin/tileload', there)
        self.assertEqual([path for path in there if os.path.basename(path) in (
            'sh', 'bash', 'dash', 'busybox', 'sshd', 'agetty')], [])

    @unittest.skipUnless(AGAIN, 'no second image to compare with: make one by guest-image/build '
                         '--verity and set TILELOAD_GUEST_IMAGE_VERITY')
    def test_a_second_build_has_the_same_bytes(self):
        """The second one has a hash tree behind the file system, and may be made from sources without
        git, in another place, with other modes."""
        for name in OUTPUTS:
            with open(os.path.join(IMAGE, name), 'rb') as f, \
                    open(os.path.join(AGAIN, name), 'rb') as g:
                first = f.read()
                self.assertEqual(hashlib.sha256(g.read(len(first))).digest(),
                                 hashlib.sha256(first).digest(), name)
                self.assertEqual(g.read(1) != b'', name == 'usr.erofs')
        first, second = manifest(IMAGE), manifest(AGAIN)
        for found in first, second:
            del found['outputs'], found['tileload']['git']
        self.assertEqual(first, second)


class Build(unittest.TestCase):
    """What the image must not depend on, as far as it can be had without building one."""

    def test_modes_are_not_those_of_a_checkout(self):
        with unittest.mock.patch.object(sys, 'path', [
                os.path.join(ROOT, 'guest-image', 'parts'), *sys.path]), \
                unittest.mock.patch.object(sys, 'dont_write_bytecode', True):
            import tree
        scratch = guests.scratch(self)
        sources, image = os.path.join(scratch, 'sources'), os.path.join(scratch, 'image')
        before = os.umask(0o077)  # whoever has the sources keeps them to themselves
        try:
            os.makedirs(os.path.join(sources, 'usr/lib/new'))
            for name in 'usr/lib/replaced', 'usr/lib/new/program':
                with open(os.path.join(sources, name), 'w') as f:
                    f.write(name)
            os.chmod(os.path.join(sources, 'usr/lib/new/program'), 0o700)
            os.symlink('new', os.path.join(sources, 'usr/lib/link'))
        finally:
            os.umask(before)
        os.umask(0o022)
        self.addCleanup(os.umask, before)
        os.makedirs(os.path.join(image, 'usr/lib'))
        with open(os.path.join(scratch, 'elsewhere'), 'w') as f:
            f.write('untouched')
        os.symlink(f.name, os.path.join(image, 'usr/lib/replaced'))

        tree.lay_over(sources, image)
        modes = {path: stat.S_IMODE(os.stat(os.path.join(image, path)).st_mode) for path in (
            'usr', 'usr/lib', 'usr/lib/new', 'usr/lib/new/program', 'usr/lib/replaced')}
        self.assertEqual(modes, {path: 0o644 if path == 'usr/lib/replaced' else 0o755
                                 for path in modes})
        self.assertEqual(os.readlink(os.path.join(image, 'usr/lib/link')), 'new')
        self.assertFalse(os.path.islink(os.path.join(image, 'usr/lib/replaced')))
        with open(f.name) as f:
            self.assertEqual(f.read(), 'untouched')

    def test_time_stamps_that_are_none(self):
        output = os.path.join(guests.scratch(self), 'image')
        for value in 'tomorrow', '', '-1', '4294967296', '1e9':
            ended = guests.run(os.path.join(ROOT, 'guest-image', 'build'), '--output', output,
                               check=False, env=dict(os.environ, SOURCE_DATE_EPOCH=value))
            self.assertEqual((ended.returncode, ended.stdout), (1, ''), ended.stderr)
            self.assertRegex(ended.stderr,
                             r'\Aguest-image/build: SOURCE_DATE_EPOCH "%s": [^\n]+\n\Z' % value)
            self.assertFalse(os.path.exists(output))


if __name__ == '__main__':
    guests.main()
