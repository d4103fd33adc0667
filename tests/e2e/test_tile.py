# SPDX-License-Identifier: Apache-2.0
"""tileload tile and run --launch libvirt, as far as libvirt's own test driver goes: its domains are
played, and live as long as the process that made them. The roles in the guests are real: processes
on the addresses that the guests would have. Real guests are in tests/guest."""

import ctypes
import json
import os
import re
import subprocess
import tempfile
import unittest

import schema
from harness import CAN_MOUNT, TILELOAD, Role, address, main, run

VERBS = ['create', 'start', 'stop', 'destroy', 'list', 'template']
GUESTS = ['external', 'web1', 'web2', 'client', 'backend', 'cpu', 'disk', 'oltp', 'idle']

# What the test driver has.
PLAYED = ['--connect', 'test:///default', '--pool', 'default-pool', '--network', 'default']

SECOND_HOST = '''
<node>
  <network>
    <name>default</name>
    <bridge name='virbr0'/>
  </network>
  <pool type='dir'>
    <name>default-pool</name>
    <target><path>/default-pool</path></target>
  </pool>
</node>
'''

BUILT = 'built without libvirt' not in run('--list').stdout


def library():
    """The path of libvirt.so.0."""
    ctypes.CDLL('libvirt.so.0')
    with open('/proc/self/maps') as f:
        return re.search(r'(/\S*libvirt\.so\.0\S*)', f.read()).group(1)


@unittest.skipUnless(BUILT, 'built without libvirt')
class Usage(unittest.TestCase):
    def assert_usage(self, line, *args):
        done = run(*args)
        self.assertEqual((done.returncode, done.stdout), (2, ''))
        self.assertEqual(done.stderr, 'tileload: ' + line + '\n')

    def test_the_verb_comes_first(self):
        line = 'tile: comes with a verb first: create, start, stop, destroy, list or template'
        self.assert_usage(line, 'tile')
        self.assert_usage(line, 'tile', '--tiles', '1')
        self.assert_usage('tile "crate": no such verb: the nearest is create', 'tile', 'crate')
        self.assert_usage('tile "lst": no such verb: the nearest is list', 'tile', 'lst')
        self.assert_usage('argument "1": not expected here: options begin with -- (see --help)',
                          'tile', 'create', '1')

    def test_options_of_other_verbs(self):
        for verb, option in ('create', '--wait'), ('start', '--pool=x'), ('stop', '--targets=x'), \
                ('destroy', '--disk-size=1G'), ('list', '--stop-timeout=1s'), \
                ('template', '--tiles=1'):
            self.assert_usage('%s: does not go with `tile %s`, but with another verb (see --help)' %
                              (option.split('=')[0], verb), 'tile', verb, option)
        self.assert_usage('--tils: unknown: the nearest valid one is --tiles',
                          'tile', 'start', '--tils', '1')
        self.assert_usage('--pol: unknown: the nearest valid one is --pool',
                          'tile', 'create', '--pol', 'x')

    def test_which_tiles(self):
        for verb in 'create', 'start', 'stop', 'destroy':
            self.assert_usage('--tiles: must be given: 3 is tile 3, 1-4 are tiles 1 to 4',
                              'tile', verb)
        for bad in '0', '2-1', 'all', '1,2':
            self.assert_usage('--tiles "%s": not a number of a tile: 3 is tile 3, 1-4 are tiles 1 '
                              'to 4' % bad, 'tile', 'start', '--tiles', bad)
        self.assert_usage('--tiles "1-255": the last possible tile is 254',
                          'tile', 'create', '--tiles', '1-255')

    def test_client_host(self):
        for bad in 'a b', '::1', '-x', 'x;y':
            self.assert_usage('--client-host "%s": not the name or the IPv4 address of a machine' %
                              bad, 'tile', 'list', '--client-host', bad)

    def test_run_refuses_what_would_do_nothing(self):
        for option, value in ('--connect', 'qemu:///session'), ('--type', 'qemu'), \
                ('--image', '/x'), ('--client-host', 'x'), ('--append', 'x'):
            self.assert_usage('%s "%s": goes with --launch libvirt only' % (option, value),
                              'run', option, value)

    def test_help_of_every_verb(self):
        whole = run('tile', '--help')
        self.assertEqual((whole.returncode, whole.stderr), (0, ''))
        for verb in VERBS:
            self.assertRegex(whole.stdout, r'(?m)^  %s ' % verb)
            self.assertEqual(run('tile', verb, '--help').stdout, whole.stdout)

    def test_template(self):
        done = run('tile', 'template')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'guest-image',
                            'domain.xml')
        with open(path) as f:
            self.assertEqual(done.stdout, f.read())


@unittest.skipUnless(BUILT, 'built without libvirt')
class WithoutLibvirt(unittest.TestCase):
    @unittest.skipUnless(CAN_MOUNT, 'cannot hide the library: needs root')
    def test_is_told(self):
        def hidden(*args):
            return subprocess.run(
                ['unshare', '-m', 'sh', '-c', 'mount --bind /dev/null "$1" && shift && exec "$@"',
                 'sh', library(), TILELOAD, *args],
                capture_output=True, text=True, stdin=subprocess.DEVNULL)
        with tempfile.TemporaryDirectory(prefix='tileload-e2e-') as directory:
            listed = hidden('--list')
            self.assertEqual(listed.returncode, 0, listed.stderr)
            self.assertRegex(listed.stdout, r'(?m)^  tile .*\(cannot run here: .*libvirt')
            self.assertRegex(listed.stdout, r'(?m)^  libvirt .*\(cannot run here: .*libvirt')
            for args in ['tile', 'list'], ['run', '--launch', 'libvirt', '--output',
                                           os.path.join(directory, 'results')]:
                done = hidden(*args)
                self.assertEqual(done.returncode, 77, done.stderr)
                self.assertRegex(done.stderr, r'^tileload: .*libvirt\.so\.0.*\n$')
            self.assertEqual(os.listdir(directory), [])
            self.assertEqual(hidden('tile', 'template').returncode, 0)
            self.assertEqual(hidden('tile', '--help').returncode, 0)


@unittest.skipUnless(BUILT, 'built without libvirt')
class Verbs(unittest.TestCase):
    def tile(self, *args, status=0):
        done = run('tile', *args, *PLAYED[:2])
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def test_create(self):
        done = run('tile', 'create', '--tiles', '2-3', *PLAYED)
        self.assertEqual((done.returncode, done.stdout), (0, ''), done.stderr)
        self.assertEqual(done.stderr, 'tile 2: 8 guests made on test:///default\n'
                                      'tile 3: 8 guests made on test:///default\n')

    def test_tiles_take_turns_on_hosts(self):
        with tempfile.NamedTemporaryFile('w', prefix='tileload-e2e-', suffix='.xml') as f:
            f.write(SECOND_HOST)
            f.flush()
            other = 'test://' + f.name
            done = run('tile', 'create', '--tiles', '1-3', *PLAYED, '--connect', other)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr.split('\n')[:3],
                         ['tile 1: 8 guests made on test:///default',
                          'tile 2: 8 guests made on ' + other,
                          'tile 3: 8 guests made on test:///default'])

    def test_create_says_what_is_missing(self):
        for option, value, words in \
                ('--pool', 'none-such', 'none-such'), \
                ('--template', '/none/such', 'No such file'), \
                ('--placement', '/none/such', 'No such file'), \
                ('--subnet', '10.77.0.0/33', '--subnet'), \
                ('--connect', 'nosuch:///x', 'nosuch:///x'):
            done = run('tile', 'create', '--tiles', '1', *PLAYED, option, value)
            self.assertEqual((done.returncode, done.stdout), (1, ''), option)
            # That alone, and no half of a tile.
            self.assertRegex(done.stderr, r'^tileload: .*\n$', option)
            self.assertIn(words, done.stderr, option)

    def test_what_is_not_there(self):
        self.assertEqual(self.tile('list').stdout, 'no guests of tileload here\n')
        self.assertEqual(self.tile('stop', '--tiles', '1').stderr, 'tile 1: is not there\n')
        self.assertEqual(self.tile('destroy', '--tiles', '1-2').stderr,
                         'tile 1: is not there\ntile 2: is not there\n')
        self.assertEqual(self.tile('start', '--tiles', '1-2', status=1).stderr,
                         'tileload: tile 1: is not there: make it by `tileload tile create`\n')
        with tempfile.TemporaryDirectory(prefix='tileload-e2e-') as directory:
            path = os.path.join(directory, 'targets.json')
            done = self.tile('list', '--targets', path, status=1)
            self.assertIn('there are no guests to measure', done.stderr)
            self.assertEqual(os.listdir(directory), [])


@unittest.skipUnless(BUILT, 'built without libvirt')
class Run(unittest.TestCase):
    """A tile whose domains are played and whose roles are real."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix='tileload-e2e-')
        self.addCleanup(self.temporary.cleanup)
        self.output = os.path.join(self.temporary.name, 'results')
        # Tile 1 of 127.A.B.0/23 with an even B: 127.A.B+1.G.
        a, b = map(int, address(self.id()).split('.')[1:3])
        self.base = '127.%d.%d' % (a, b & ~1)
        self.prefix = '127.%d.%d' % (a, (b & ~1) + 1)

    def role(self, guest, role, *options):
        started = Role(role, '--tile', 1, '--guest', guest, *options,
                       listen='%s.%d' % (self.prefix, guest), cwd=self.temporary.name)
        self.addCleanup(started.__exit__)
        return started

    def start_roles(self):
        at = self.prefix
        roles = {4: self.role(4, 'backend', '--serve', at + '.4:8080')}
        for web in 1, 2:
            roles[web] = self.role(web, 'webserver', '--serve', '%s.%d:8080' % (at, web), '--dirs',
                                   1, '--backend', 'http://%s.4:8080' % at)
        roles[3] = self.role(3, 'webclient', '--target', 'http://%s.2:8080' % at, '--dirs', 1,
                             '--mode', 'closed', '--think', '20ms')
        roles[5] = self.role(5, 'cpu', '--memory', '16M')
        roles[6] = self.role(6, 'disk', '--file', 'disk.dat', '--size', '16M')
        roles[8] = self.role(8, 'idle')
        return roles

    def launch(self, *args):
        return run('run', '--launch', 'libvirt', *PLAYED, '--subnet', self.base + '.0/23',
                   '--rate', 50, '--dirs', 1, '--warmup', '500ms', '--duration', '3s', '--output',
                   self.output, *args)

    def result(self):
        with open(os.path.join(self.output, 'run.json')) as f:
            result = json.load(f)
        schema.validate(result, 'run')
        return result

    def test_a_guest_that_is_late_does_not_end_the_run(self):
        """There is no database here: guest 7 never gets ready, and that is the only thing wrong."""
        self.start_roles()
        done = self.launch('--ready-timeout', '3s')
        self.assertEqual(done.returncode, 1)
        # No tile at all is whole: there is nothing to measure.
        self.assertRegex(done.stderr, r'\ntile 1 oltp is not ready after 3\.00 s: .*'
                                      r'\(domain tileload-t1-oltp\)\n')
        self.assertRegex(done.stderr, r'\ntileload: tile 1 oltp: is not ready after 3\.00 s: ')
        result = self.result()
        self.assertFalse(result['complete'])
        self.assertEqual(result['launch'], 'libvirt')

    def test_one_tile(self):
        self.start_roles()
        self.role(7, 'idle')  # a stand-in: it answers
        done = self.launch()
        # It works as a whole; only that guest 7 is no database is seen.
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn('note: test:///default: libvirt ', done.stderr)
        self.assertRegex(done.stderr, r'\ntile 1 is ready after ')
        result = self.result()
        self.assertTrue(result['complete'])
        guests = {g['name']: g for g in result['steps'][0]['tile_results'][0]['guests']}
        self.assertEqual(list(guests), GUESTS)
        for name, guest in guests.items():
            if name == 'oltp':
                self.assertRegex(guest['problem'], '^has its domain tileload-t1-oltp running; .*idle')
            else:
                self.assertIsNone(guest['problem'])
        self.assertGreater(guests['external']['work'], 100)
        self.assertEqual(result['manifest']['options']['connect'], 'test:///default')
        self.assertTrue(os.path.exists(os.path.join(self.output, 'logs', 'tile1-external.log')))

    def test_clients_elsewhere(self):
        self.start_roles()
        self.role(7, 'idle')
        # Not started: it is waited for, and the run ends without it.
        done = self.launch('--client-host', self.prefix + '.200', '--ready-timeout', '2s')
        self.assertEqual(done.returncode, 1)
        self.assertIn('\ntile 1: start its external client on %s.200:\n  tileload webclient '
                      '--listen 9477 --tile 1 --guest 0 ' % self.prefix, done.stderr)
        self.assertIn('--target http://%s.1:8080 ' % self.prefix, done.stderr)
        self.assertRegex(done.stderr, r'\ntileload: tile 1 external: not ready after 2\.00 s at '
                                      r'http://%s\.200:9477: ' % self.prefix)
        os.rename(self.output, self.output + '-1')
        # Started as told, but for where it listens.
        words = re.search(r'\n  tileload (webclient .*)\n', done.stderr).group(1).split()
        client = Role(*words[:1], *words[3:], listen=self.prefix + '.200')
        self.addCleanup(client.__exit__)
        done = self.launch('--client-host', self.prefix + '.200')
        guests = self.result()['steps'][0]['tile_results'][0]['guests']
        self.assertIsNone(guests[0]['problem'])
        self.assertGreater(guests[0]['work'], 100)


if __name__ == '__main__':
    main()
