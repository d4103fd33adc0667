# SPDX-License-Identifier: Apache-2.0
"""--help and --list, against tests/golden/help/. With TILELOAD_GOLDEN_UPDATE=1 the golden files are
written anew: look at the difference before you commit it."""

import os
import unittest

from harness import main, run

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'golden', 'help')
PERSONALITIES = ['webserver', 'webclient', 'backend', 'cpu', 'disk', 'oltp', 'idle', 'run', 'measure',
                 'report', 'compare', 'tile', 'host-check', 'failed']


class Help(unittest.TestCase):
    maxDiff = None

    def compare(self, name, *args):
        done = run(*args)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        path = os.path.join(GOLDEN, name + '.txt')
        if os.environ.get('TILELOAD_GOLDEN_UPDATE'):
            with open(path, 'w') as f:
                f.write(done.stdout)
        with open(path) as f:
            self.assertEqual(done.stdout, f.read())

    def test_every_personality(self):
        for name in PERSONALITIES:
            with self.subTest(name):
                self.compare(name, name, '--help')

    def test_the_program(self):
        self.compare('tileload', '--help')
        listed = run('--list').stdout
        for name in PERSONALITIES:
            self.assertRegex(listed, r'(?m)^  %s ' % name)


if __name__ == '__main__':
    main()
