# SPDX-License-Identifier: Apache-2.0
"""`tile` and `run --launch libvirt`: whole tiles under a libvirtd of the tests' own."""

import json
import os
import re
import shutil
import subprocess
import unittest

import guests
import libvirtd
import schema
from guests import IMAGE, NAMES, SLOWDOWN, TILELOAD

SMALL = ['--dirs', '1', '--users', '2', '--think', '20ms', '--cpu-memory', '32M',
         '--disk-size', '32M', '--oltp-rows', '1000']
# Without KVM two CPUs are far too few for eight guests: on a machine with other work, too, a guest may
# well not get to work for some seconds, which is the machine's fault. The average stays below 1 s.
PATIENT = ['--max-p95', '20s', '--max-p99', '30s', '--max-standstill', '30s']
CONNECT = ['--connect', libvirtd.URI]
GUESTS = [*CONNECT, '--type', 'qemu', '--image', IMAGE, *SMALL]
DOMAINS = sorted('tileload-t1-' + name for name in NAMES[1:])
VOLUMES = sorted(['tileload-t1-%s-data' % name for name in ('disk', 'oltp')] +
                 ['tileload-t1-%s-swap' % name for name in ('web1', 'web2', 'cpu', 'oltp')])


class Run:
    """A `tileload run --launch libvirt` that goes on while the test does things to its guests."""

    def __init__(self, test, *args):
        self.output = os.path.join(guests.logs(), test.id().split('.')[-1])
        shutil.rmtree(self.output, ignore_errors=True)
        self.lines = []
        self.process = subprocess.Popen(
            [TILELOAD, 'run', '--launch', 'libvirt', '--output', self.output, '--ready-timeout',
             '10m', *GUESTS, *args],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=dict(os.environ, TILELOAD_CMDLINE='/dev/null'))
        test.addCleanup(self.end)

    def wait_line(self, text):
        while True:
            line = self.process.stderr.readline()
            if not line:
                raise AssertionError('ended before "%s":\n%s' % (text, ''.join(self.lines)))
            self.lines.append(line)
            if text in line:
                return

    def finish(self, expected=0, timeout=900):
        """Until it ends with the status that is expected."""
        self.stdout, rest = self.process.communicate(timeout=timeout * SLOWDOWN)
        self.stderr = ''.join(self.lines) + rest
        status = self.process.returncode
        assert status == expected, 'ended with %d\n%s%s' % (status, self.stderr, self.stdout)

    def guests(self):
        """What the results say of the tile's guests, by name."""
        tile, = self.result()['steps'][0]['tile_results']
        return {guest['name']: guest for guest in tile['guests']}

    def log(self, name):
        with open(os.path.join(self.output, 'logs', name)) as f:
            return f.read()

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def result(self):
        with open(os.path.join(self.output, 'run.json')) as f:
            result = json.load(f)
        schema.validate(result, 'run')
        return result


class Libvirt(unittest.TestCase):
    TILES = '1'  # that are removed after each case

    @classmethod
    def setUpClass(cls):
        reason = libvirtd.missing()
        if reason:
            raise unittest.SkipTest(reason)
        cls.libvirt = libvirtd.Libvirtd.get()
        if cls.libvirt.volumes() == []:
            cls.libvirt.virsh('vol-create-as', 'tileload', 'foreign', '1M')  # somebody else's

    def setUp(self):
        self.addCleanup(self.tile, 'destroy', check=False)

    def tile(self, verb, *args, check=True, timeout=900):
        words = ['--tiles', self.TILES] if verb != 'list' else []
        return guests.run(TILELOAD, 'tile', verb, *words,
                          *(GUESTS if verb == 'create' else CONNECT), *args, check=check,
                          timeout=timeout)

    def assert_gone(self):
        self.assertEqual(self.libvirt.domains(), [])
        self.assertEqual(self.libvirt.volumes(), ['foreign'])
        self.assertEqual(self.libvirt.qemus(), {})
        self.assertEqual(os.listdir(self.libvirt.pool), ['foreign'])


class Tiles(Libvirt):
    def test_run(self):
        """One whole tile, measured."""
        run = Run(self, '--rate', '5', '--warmup', '5s', '--duration', '30s', *PATIENT)
        run.finish()
        self.assertRegex(run.stdout, r'^1 tile \(8 guests\) valid; ')
        result = run.result()
        self.assertTrue(result['complete'])
        self.assertEqual(result['launch'], 'libvirt')
        self.assertEqual(result['valid_tiles'], 1)
        self.assertEqual(list(run.guests()), ['external', *NAMES[1:]])
        for name, guest in run.guests().items():
            self.assertIsNone(guest['problem'], name)
            self.assertEqual(guest['errors'], {}, name)
            if name != 'idle':
                self.assertGreater(guest['work'], 0, name)
        self.assert_gone()
        guests.figure('a tile by libvirt: ready %s; %s' % (
            re.search(r'is ready (after .*)', run.stderr).group(1), run.stdout.split('\n')[0]))

    def test_verbs(self):
        self.tile('create')
        self.assertEqual(self.libvirt.domains(), DOMAINS)
        self.assertEqual(self.libvirt.volumes(), sorted([*VOLUMES, 'foreign']))
        before = self.look()
        for name in DOMAINS:
            path = os.path.join(self.libvirt.directory, 'domain.xml')
            with open(path, 'w') as f:
                f.write(self.libvirt.virsh('dumpxml', '--inactive', name))
            guests.run('virt-xml-validate', path, 'domain')
        self.tile('create')
        self.assertEqual(self.look(), before)
        self.assertEqual(self.listed(), {name: ('shut off', '-') for name in DOMAINS})

        self.tile('start', '--ready-timeout', '10m')
        self.assertEqual(self.listed(), {name: ('running', 'ready') for name in DOMAINS})
        self.assert_one_image()
        self.tile('stop', '--stop-timeout', '2m')
        self.assertEqual(self.listed(), {name: ('shut off', '-') for name in DOMAINS})
        self.assertEqual(self.libvirt.qemus(), {})

        self.tile('destroy')
        self.assert_gone()
        self.tile('destroy')

    def look(self):
        """What a second create must leave as it is."""
        domains = {name: self.libvirt.virsh('domuuid', name) for name in DOMAINS}
        volumes = {}
        for name in self.libvirt.volumes():
            status = os.stat(os.path.join(self.libvirt.pool, name))
            volumes[name] = status.st_ino, status.st_size, status.st_mtime_ns
        return domains, volumes

    def listed(self):
        lines = self.tile('list').stdout.splitlines()
        found = {}
        for line in lines[1:]:
            _, _, domain, state, _, role, uri = re.split(r'\s{2,}', line)
            self.assertEqual(uri, libvirtd.URI)
            found[domain] = state, role
        return found

    def assert_one_image(self):
        usr = os.stat(os.path.join(IMAGE, 'usr.erofs'))
        for name, pid in self.libvirt.qemus().items():
            files = [os.stat('/proc/%d/fd/%s' % (pid, fd)) for fd in os.listdir('/proc/%d/fd' % pid)]
            self.assertIn((usr.st_dev, usr.st_ino), [(s.st_dev, s.st_ino) for s in files], name)
        self.assertEqual(sorted(self.libvirt.qemus()), DOMAINS)


def numbers(pid, key):
    with open('/proc/%s/status' % pid) as f:
        return re.search(r'(?m)^%s:\s*(.*)$' % key, f.read()).group(1)


class Placed(Libvirt):
    def test_one_guest(self):
        """What libvirt makes of --placement: where all threads of a guest's QEMU may run, and where its
        memory comes from. What it booted is of no interest."""
        cpu = max(os.sched_getaffinity(0))
        node = numbers('self', 'Mems_allowed_list').split('-')[0].split(',')[0]
        path = os.path.join(guests.scratch(self), 'placement')
        with open(path, 'w') as f:
            f.write('t1-idle %s %d\nt1-idel 0\n' % (node, cpu))
        done = self.tile('create', '--placement', path)
        self.assertIn('note: placement file %s: line 2 is for no guest of tile 1' % path,
                      done.stderr)
        self.assertNotIn('cpuset', self.libvirt.virsh('dumpxml', 'tileload-t1-web1'))

        self.libvirt.virsh('start', 'tileload-t1-idle', timeout=120)
        pid = self.libvirt.qemus()['tileload-t1-idle']
        for task in os.listdir('/proc/%d/task' % pid):
            self.assertEqual(numbers('%d/task/%s' % (pid, task), 'Cpus_allowed_list'), str(cpu))
        with open('/proc/%d/numa_maps' % pid) as f:
            self.assertIn('bind:%s' % node, {line.split()[1] for line in f})
        for what in 'vcpupin', 'emulatorpin':
            self.assertRegex(self.libvirt.virsh(what, 'tileload-t1-idle'), r'(^|\s)%d$' % cpu)
        self.assertRegex(self.libvirt.virsh('numatune', 'tileload-t1-idle'),
                         r'numa_mode\s*: strict\nnuma_nodeset\s*: %s$' % node)
        xml = os.path.join(self.libvirt.directory, 'domain.xml')
        with open(xml, 'w') as f:
            f.write(self.libvirt.virsh('dumpxml', '--inactive', 'tileload-t1-idle'))
        guests.run('virt-xml-validate', xml, 'domain')
        self.libvirt.virsh('destroy', 'tileload-t1-idle')
        self.tile('destroy')
        self.assert_gone()


class Trouble(Libvirt):
    def test_guests_that_break_in_mid_run(self):
        """One is destroyed, another one's kernel panics, a third one loses its network; the others
        are measured on."""
        run = Run(self, '--rate', '5', '--warmup', '2s', '--duration', '20s', '--append',
                  'unknown_nmi_panic')
        run.wait_line(' s] 1 tile: ')
        self.libvirt.virsh('destroy', 'tileload-t1-web2')
        self.libvirt.virsh('inject-nmi', 'tileload-t1-cpu')
        self.libvirt.virsh('domif-setlink', 'tileload-t1-idle', '52:54:00:4d:01:08', 'down')
        run.finish(1)
        self.assertRegex(run.stderr, r'tile 1 web2 was powered off \(domain tileload-t1-web2\)\n'
                         r'    \| .*')
        self.assertRegex(run.stderr, r'tile 1 cpu panicked: not syncing: .*NMI.* \(domain '
                         r'tileload-t1-cpu\)\n    \| .*')
        self.assertRegex(run.stdout, r'^1 tile \(8 guests\) NOT valid; ')

        result, found = run.result(), run.guests()
        self.assertTrue(result['complete'])
        self.assertEqual(result['valid_tiles'], 0)
        self.assertIn('was powered off', found['web2']['problem'])
        self.assertIn('webserver (tile 1, guest 2): ready', found['web2']['console'])
        self.assertIn('panicked', found['cpu']['problem'])
        self.assertIn('Kernel panic - not syncing: NMI', run.log('tile1-cpu-console.log'))
        self.assertIn('did not answer', found['idle']['problem'])
        self.assertIn('idle (tile 1, guest 8): ready', found['idle']['console'])
        for name in 'external', 'web1', 'backend', 'disk', 'oltp':
            self.assertIsNone(found[name]['problem'], name)
            self.assertGreater(found[name]['work'], 0, name)
        self.assert_gone()

    def test_a_guest_that_does_not_boot(self):
        """Its /usr is missing. No tile can be whole then, so there is nothing to measure."""
        template = os.path.join(guests.scratch(self), 'template.xml')
        text = guests.run(TILELOAD, 'tile', 'template').stdout
        usr = "<disk type='file' device='disk'>"
        self.assertEqual(text.count(usr), 1)
        with open(template, 'w') as f:
            f.write(text.replace(usr, "<disk type='file' device='disk' tileload:guests='web1 web2 "
                                 "client backend disk oltp idle'>"))
        run = Run(self, '--duration', '5s', '--template', template)
        run.finish(1)
        self.assertRegex(run.stderr, r'tile 1 cpu .* before it was ready \(domain '
                         r'tileload-t1-cpu\)\n(    \| .*\n)*    \| tileload guest cannot start and '
                         r'turns itself off: disk with serial "usr"')
        self.assertRegex(run.stderr.rstrip('\n').split('\n')[-1], '^tileload: tile 1 cpu: ')
        result = run.result()
        self.assertFalse(result['complete'])
        self.assertIn('tile 1 cpu', result['incomplete_reason'])
        self.assert_gone()


if guests.ALL:
    class TwoTiles(Libvirt):
        TILES = '1-2'

        def test_one_of_two_tiles_breaks(self):
            """16 guests. A tile that is whole is measured, whatever became of the other one."""
            run = Run(self, '--tiles', '2', '--rate', '3', '--duration', '20s', '--ready-timeout',
                      '20m', *PATIENT)
            run.wait_line('starting 2 tiles')
            guests.until('a guest to destroy', lambda: 'tileload-t2-cpu' in self.libvirt.qemus(),
                         300, words=lambda: ''.join(run.lines))
            self.libvirt.virsh('destroy', 'tileload-t2-cpu')
            run.finish(1, 1800)
            self.assertRegex(run.stderr, r'tile 2 cpu was powered off before it was ready')
            first, second = run.result()['steps'][0]['tile_results']
            self.assertTrue(first['valid'], first)
            self.assertFalse(second['valid'])
            found = {guest['name']: guest for guest in second['guests']}
            self.assertIn('was powered off', found['cpu']['problem'])
            self.assertIsNone(found['disk']['problem'])
            self.assert_gone()

        def test_a_sweep(self):
            """The second step has the first one's guests, and eight more."""
            run = Run(self, '--tiles', '1-2', '--profile', 'small', '--rate', '3', '--duration', '20s',
                      '--ready-timeout', '20m', *PATIENT)
            run.wait_line('20 s] 1 tile')
            before = self.libvirt.qemus()
            run.wait_line('20 s] 2 tiles')
            after = self.libvirt.qemus()
            self.assertEqual((len(before), len(after)), (8, 16))
            self.assertEqual({**after, **before}, after)
            run.finish(0, 1800)
            result = run.result()
            self.assertTrue(result['complete'])
            self.assertEqual([step['tiles'] for step in result['steps']], [1, 2])
            self.assertIsNotNone(result['ended_by'])
            self.assertTrue(os.path.exists(os.path.join(run.output, 'report.html')))
            self.assert_gone()
            guests.figure('a sweep of two tiles by libvirt: ' + run.stdout.split('\n')[-3])


if __name__ == '__main__':
    guests.main()
