# SPDX-License-Identifier: Apache-2.0
"""host-check, and the script that it prints, on trees that stand for hosts, and on this one.

A tree is tests/golden/host-check/NAME.tree, one file a line:

    # tiles 32                      what to check it for; other comments are for the reader
    /proc/sys/vm/swappiness = 60    a file, with a newline; \\t and the like as in Python
    /proc/meminfo <<                a file of all lines up to one that is a dot
    /sys/block/sda -> ../x          a link
    /run/systemd/system/            a directory

NAME.txt is what is said of it. With TILELOAD_GOLDEN_UPDATE=1 these files, and study.sh, are written
anew: look at the difference before you commit it.
"""

import glob
import json
import os
import re
import shutil
import stat
import subprocess
import tempfile
import unittest

from harness import SLOWDOWN, TILELOAD, main, run

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'golden', 'host-check')
NAMES = sorted(os.path.basename(path)[:-len('.tree')]
               for path in glob.glob(os.path.join(GOLDEN, '*.tree')))
STATUSES = {'good': 0, 'study': 3, 'container': 3, 'strange': 3}
LEVELS = ('ok', 'missing', 'advice', 'warning')

# Of the host with strange files: one of three values cannot stand in a script.
UNMENDABLE = {'cpu-governor'}

# A line of the script that makes a change.
CHANGE = r' {8}(value|choice|conf|running) [^$]'

# Spoils settings, has them mended, and has that undone; prints them each time. Of the script only
# the lines that are about them are left.
REAL = r"""
files='tcp_sack tcp_window_scaling tcp_rmem ip_local_port_range'
cd /proc/sys/net/ipv4
for setting in 'tcp_sack 0' 'tcp_window_scaling 0' 'tcp_rmem 4096 16777216 16777216' \
               'ip_local_port_range 1024 65535'; do
        echo "${setting#* }" >"${setting%% *}" || exit 77
done
cat $files
"$0" host-check --fix-script >"$1/all" 2>/dev/null || test $? = 3
pattern=$(echo $files | tr ' ' '|')
awk -v ours="ipv4/($pattern)'" '!/^        (value|choice|conf|running) [^$]/ || $0 ~ ours' \
        "$1/all" >"$1/ours"
for verb in apply undo; do
        sh "$1/ours" $verb >/dev/null
        echo --
        cat $files
done
"""

SHELLS = [shell for shell in (['sh'], ['bash', '--posix'], ['busybox', 'sh'])
          if shutil.which(shell[0])]


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as f:
        f.write(content)


def unescape(text):
    return text.encode().decode('unicode_escape').encode('latin-1')


def plant(name, root):
    """Makes the tree's files below root; returns its number of tiles."""
    tiles = None
    with open(os.path.join(GOLDEN, name + '.tree')) as f:
        lines = iter(f.read().split('\n'))
    for line in lines:
        if line.startswith('#') or not line:
            found = re.fullmatch('# tiles (.*)', line)
            tiles = found.group(1) if found else tiles
        elif line.endswith(' <<'):
            block = []
            while (inner := next(lines)) != '.':
                block.append(inner + '\n')
            write(root + line[:-len(' <<')], ''.join(block).encode())
        elif ' -> ' in line:
            path, target = line.split(' -> ')
            os.makedirs(os.path.dirname(root + path), exist_ok=True)
            os.symlink(target, root + path)
        elif line.endswith('/'):
            os.makedirs(root + line, exist_ok=True)
        else:
            path, value = line.split(' =', 1)
            write(root + path, unescape(value[1:] + '\\n') if value else b'')
    return tiles


def snapshot(root):
    """Everything below root: {path: (mode, content or target, time of the last change)}."""
    found = {}
    for directory, directories, files in os.walk(root):
        for name in directories + files:
            path = os.path.join(directory, name)
            info = os.lstat(path)
            content = None
            if stat.S_ISLNK(info.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(info.st_mode):
                with open(path, 'rb') as f:
                    content = f.read()
            found[path[len(root):]] = (info.st_mode, content, info.st_mtime_ns)
    return found


def contents(root):
    return {path: found[:2] for path, found in snapshot(root).items()}


class Tree(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix='tileload-host-check-')
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.root = os.path.join(self.directory, 'root')
        os.mkdir(self.root)

    def check(self, *args, root=None):
        return run('host-check', '--root', root or self.root, *args)

    def unprivileged(self, *args):
        """As a user who may not do much. The binary may be where only root can enter."""
        argv = [shutil.copy(TILELOAD, self.directory), 'host-check', *args]
        if os.geteuid() == 0:
            os.chmod(self.directory, 0o755)
            argv = ['setpriv', '--reuid', '65534', '--clear-groups', *argv]
        return subprocess.run(argv, capture_output=True, text=True, cwd='/', timeout=60 * SLOWDOWN)

    def findings(self, *args):
        """By (name, subject)."""
        done = self.check('--format', 'json', *args)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        return {(item['name'], item['subject']): item for item in json.loads(done.stdout)['items']}

    def golden(self, name, text):
        path = os.path.join(GOLDEN, name)
        if os.environ.get('TILELOAD_GOLDEN_UPDATE'):
            with open(path, 'w') as f:
                f.write(text)
        with open(path) as f:
            self.assertEqual(text, f.read())


class Hosts(Tree):
    def test_text(self):
        self.assertEqual(set(NAMES), set(STATUSES))
        for name in NAMES:
            with self.subTest(name):
                root = os.path.join(self.directory, name)
                tiles = plant(name, root)
                before = snapshot(root)
                # One of them with all that is known of each item.
                arguments = ['--tiles', tiles] + (['--all'] if name == 'good' else [])
                done = self.check(*arguments, root=root)
                self.golden(name + '.txt', done.stdout)
                self.assertEqual(done.returncode, STATUSES[name], done.stderr)
                self.assertEqual(snapshot(root), before)

    def test_json_says_the_same(self):
        for name in NAMES:
            with self.subTest(name):
                root = os.path.join(self.directory, name)
                tiles = plant(name, root)
                text = self.check('--tiles', tiles, root=root).stdout
                done = self.check('--tiles', tiles, '--format', 'json', root=root)
                report = json.loads(done.stdout)
                self.assertEqual(done.returncode, STATUSES[name])
                self.assertEqual(report['schema'], 'tileload-host-check-1')
                self.assertEqual((report['tiles'], report['root']), (int(tiles), root))
                counts = dict.fromkeys(LEVELS, 0)
                for item in report['items']:
                    counts[item['level']] += 1
                    for key in ('why', 'risk', 'source'):
                        self.assertTrue(item[key], item)
                    title = ' '.join(filter(None, [item['name'], item['subject']]))
                    self.assertRegex(text, r'(?m)^  %-8s %s +%s' % (
                        item['level'], re.escape(title), re.escape(item['present'] or '?')))
                    if item['level'] in ('ok', 'missing'):
                        self.assertEqual(item['changes'], [], item)
                self.assertEqual(report['counts'], counts)
                self.assertEqual(done.returncode, 3 if counts['advice'] + counts['warning'] else 0)

    def test_every_item_is_documented(self):
        plant('container', self.root)
        items = {name for name, _ in self.findings()}
        with open(os.path.join(GOLDEN, '..', '..', '..', 'docs', 'host-tuning.md')) as f:
            documented = set(re.findall(r'`([^`\s]+)`', f.read()))
        self.assertEqual(items - documented, set())
        self.assertGreater(len(items), 60)

    def test_every_item_is_seen_good_and_bad(self):
        """So that each rule's both ways are in a golden file; but for what is never wrong."""
        seen = {}
        for name in ('good', 'study', 'container'):
            root = os.path.join(self.directory, name)
            tiles = plant(name, root)
            report = json.loads(self.check('--tiles', tiles, '--format', 'json', root=root).stdout)
            for item in report['items']:
                seen.setdefault(item['name'], set()).add(
                    'bad' if item['level'] in ('advice', 'warning') else item['level'])
        either = {'cpu-boost', 'kernel.numa_balancing', 'kvm-nested', 'irqbalance',
                  'libvirt.max_requests'}
        for name, ways in seen.items():
            with self.subTest(name):
                self.assertIn('ok', ways)
                self.assertEqual('bad' in ways, name not in either)

    def test_more_tiles_need_more(self):
        tiles = plant('good', self.root)
        before = self.findings('--tiles', tiles)
        after = self.findings('--tiles', '254')
        worse = {name for name, _ in after
                 if after[name, _]['level'] != before.get((name, _), after[name, _])['level']}
        self.assertEqual(worse, {'memory', 'fs.aio-max-nr', 'net.ipv4.neigh.default.gc_thresh1',
                                 'net.ipv4.neigh.default.gc_thresh2'})

    def test_without_kvm_tiles_are_processes(self):
        tiles = plant('good', self.root)
        os.unlink(self.root + '/dev/kvm')
        item = self.findings('--tiles', tiles)['memory', None]
        self.assertIn('as processes', item['note'])

    def test_swappiness_is_nothing_without_swap(self):
        plant('study', self.root)
        self.assertEqual(self.findings()['vm.swappiness', None]['level'], 'advice')
        with open(self.root + '/proc/meminfo', 'w') as f:
            f.write('MemTotal: 1000000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n')
        self.assertEqual(self.findings()['vm.swappiness', None]['level'], 'ok')

    def test_memory_that_is_there_and_taken(self):
        tiles = plant('good', self.root)
        path = self.root + '/proc/meminfo'
        with open(path) as f:
            meminfo = f.read()
        self.assertEqual(self.findings('--tiles', tiles)['memory', None]['level'], 'ok')
        write(path, re.sub('(MemAvailable: *).*', r'\g<1>1000000 kB', meminfo).encode())
        item = self.findings('--tiles', tiles)['memory', None]
        self.assertEqual(item['level'], 'advice')
        self.assertIn('something has taken memory', item['note'])

    def test_sockets_of_a_guest_mean_nothing(self):
        plant('study', self.root)
        self.assertEqual(self.findings()['memory-interleave', None]['level'], 'warning')
        write(self.root + '/proc/cpuinfo', b'flags : hypervisor\n')
        self.assertEqual(self.findings()['memory-interleave', None]['level'], 'ok')

    def test_disks_of_a_guest_do_not_turn(self):
        plant('study', self.root)
        self.assertEqual(self.findings()['io-scheduler', 'sde']['level'], 'advice')
        write(self.root + '/proc/cpuinfo', b'flags : hypervisor\n')
        self.assertEqual(self.findings()['io-scheduler', 'sde']['level'], 'ok')

    def test_paths_have_no_scheduler_of_their_own(self):
        plant('study', self.root)
        schedulers = {subject for name, subject in self.findings() if name == 'io-scheduler'}
        self.assertIn('dm-0', schedulers)
        self.assertFalse({'sda', 'sdb'} & schedulers)

    def test_mitigations_in_part(self):
        plant('good', self.root)
        for words, level in (('', 'ok'), ('mitigations=auto', 'ok'),
                             ('mitigations=auto,nosmt', 'ok'), ('mitigations=off', 'advice'),
                             ('mitigations=auto,no_guest_host,no_guest_guest', 'advice'),
                             ('mitigations=auto;no_user_kernel', 'advice'),
                             ('mitigations=auto,nosmt;no_cross_thread', 'advice'),
                             ('mitigations=off mitigations=auto', 'ok'), ('mitigations=', 'ok')):
            with self.subTest(words):
                write(self.root + '/proc/cmdline', b'quiet %s\n' % words.encode())
                self.assertEqual(self.findings()['mitigations', None]['level'], level)

    def test_what_may_not_be_read_is_missing(self):
        plant('study', self.root)
        os.chmod(self.root + '/etc/libvirt/qemu.conf', 0)
        done = self.unprivileged('--root', self.root, '--format', 'json')
        items = {(item['name'], item['subject']): item for item in json.loads(done.stdout)['items']}
        item = items['qemu.max_files', 'qemu.conf']
        self.assertEqual(item['level'], 'missing')
        self.assertIn('try as root', item['note'])

    def test_links_stay_in_the_tree(self):
        plant('study', self.root)
        path = self.root + '/etc/libvirt/libvirtd.conf'
        write(self.root + '/elsewhere/libvirtd.conf', b'max_clients = 4711\n')
        write(self.directory + '/elsewhere/libvirtd.conf', b'max_clients = 666\n')
        for target in ('/elsewhere/libvirtd.conf',
                       '../../../../../../../../../../elsewhere/libvirtd.conf'):
            with self.subTest(target):
                os.unlink(path)
                os.symlink(target, path)
                item = self.findings()['libvirt.max_clients', 'libvirtd.conf']
                self.assertEqual(item['present'], '4711')

    def test_a_pipe_does_not_hold_it_up(self):
        plant('study', self.root)
        path = self.root + '/proc/sys/net/ipv4/tcp_sack'
        os.unlink(path)
        os.mkfifo(path)
        self.assertEqual(self.findings()['net.ipv4.tcp_sack', None]['level'], 'missing')


class Script(Tree):
    def script(self, tiles):
        done = self.check('--tiles', tiles, '--fix-script')
        path = os.path.join(self.directory, 'fix')
        with open(path, 'w') as f:
            f.write(done.stdout)
        return path

    def script_of(self, tiles, pattern):
        """The script with those changes only whose lines match."""
        path = self.script(tiles)
        with open(path) as f:
            lines = f.readlines()
        with open(path, 'w') as f:
            f.writelines(line for line in lines if not re.match(CHANGE, line) or
                         re.match(pattern, line.strip()))
        return path

    def sh(self, path, *verbs, shell=('sh',), root=None):
        """Runs the script on the tree, with a systemctl of ours that must not be called."""
        tools = os.path.join(self.directory, 'tools')
        if not os.path.exists(tools):
            write(os.path.join(tools, 'systemctl'), b'#!/bin/sh\necho "$@" >>"$CALLS"\n')
            os.chmod(os.path.join(tools, 'systemctl'), 0o755)
        self.calls = os.path.join(self.directory, 'calls')
        environment = dict(os.environ, PATH='%s:%s' % (tools, os.environ['PATH']),
                           CALLS=self.calls, ROOT=self.root if root is None else root)
        return subprocess.run([*shell, path, *verbs], capture_output=True, text=True,
                              env=environment, cwd=self.directory, timeout=60 * SLOWDOWN)

    def test_golden(self):
        with open(self.script(plant('study', self.root))) as f:
            self.golden('study.sh', f.read())

    def test_shellcheck(self):
        if not shutil.which('shellcheck'):
            self.skipTest('no shellcheck')
        for name in NAMES:
            with self.subTest(name):
                self.root = os.path.join(self.directory, name)
                path = self.script(plant(name, self.root))
                done = subprocess.run(['shellcheck', path], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stdout), (0, ''))

    def test_apply_and_undo(self):
        for name in NAMES:
            for shell in SHELLS if name == 'study' else SHELLS[:1]:
                with self.subTest(name, shell=shell[0]):
                    self.root = os.path.join(self.directory, name + shell[0])
                    self.apply_and_undo(name, plant(name, self.root), shell)

    def apply_and_undo(self, name, tiles, shell):
        path = self.script(tiles)
        before = contents(self.root)
        found = self.findings('--tiles', tiles)
        applied = self.sh(path, 'apply', shell=shell)
        self.assertEqual((applied.returncode, applied.stderr), (0, ''))
        after = self.findings('--tiles', tiles)
        for key, item in found.items():
            changes = [change for change in item['changes'] if change['kind'] != 'units']
            for change in changes:
                self.assertChanged(change)
            if not changes:
                self.assertEqual(after[key]['level'], item['level'], item)
            elif not (name == 'strange' and key[0] in UNMENDABLE):
                # A finding that is gone was one about what is not so any more.
                self.assertEqual(after.get(key, {'level': 'ok'})['level'], 'ok', item)
        again = self.sh(path, 'apply', shell=shell)
        self.assertEqual((again.returncode, again.stderr), (0, ''))
        undone = self.sh(path, 'undo', shell=shell)
        self.assertEqual((undone.returncode, undone.stderr), (0, ''))
        self.assertEqual(contents(self.root), before)
        again = self.sh(path, 'undo', shell=shell)
        self.assertEqual((again.returncode, again.stderr), (0, ''))
        self.assertEqual(contents(self.root), before)
        self.assertFalse(os.path.exists(os.path.join(self.directory, 'pwned')))
        self.assertFalse(os.path.exists(self.calls))

    def assertChanged(self, change):
        with open(self.root + change['path']) as f:
            text = f.read()
        if change['kind'] == 'value':
            self.assertEqual(text, change['wanted'] + '\n')
        elif change['kind'] == 'choice':
            self.assertEqual(re.findall(r'\[(.*?)\]', text), [change['wanted']])
        else:
            self.assertRegex(text, r'(?m)^%s = %s ' % (change['key'], change['wanted']))

    def test_nothing_without_a_verb(self):
        path = self.script(plant('study', self.root))
        before = snapshot(self.root)
        for verbs in ([], ['remove'], ['']):
            done = self.sh(path, *verbs)
            self.assertEqual((done.returncode, done.stdout), (2, ''))
            self.assertIn('Usage: sh', done.stderr)
        self.assertEqual(snapshot(self.root), before)

    def test_what_somebody_else_has_changed_is_left_alone(self):
        path = self.script(plant('study', self.root))
        sack = self.root + '/proc/sys/net/ipv4/tcp_window_scaling'
        scheduler = self.root + '/sys/block/nvme0n1/queue/scheduler'
        conf = self.root + '/etc/libvirt/libvirtd.conf'
        gone = self.root + '/proc/sys/net/ipv4/tcp_sack'
        write(sack, b'2\n')
        write(scheduler, b'none mq-deadline [kyber] bfq\n')
        write(conf, b'max_clients = 21\n')
        os.unlink(gone)
        for verb in ('apply', 'undo'):
            done = self.sh(path, verb)
            self.assertEqual(done.returncode, 1)
            self.assertIn("/tcp_window_scaling: left alone: it is '2' by now\n", done.stderr)
            self.assertIn("/nvme0n1/queue/scheduler: left alone: it is 'kyber' by now\n",
                          done.stderr)
            self.assertIn("/libvirtd.conf (max_clients): left alone: it is '21' by now\n",
                          done.stderr)
            self.assertIn('/tcp_sack: left alone: it cannot be read\n', done.stderr)
            for unchanged, content in ((sack, b'2\n'),
                                       (scheduler, b'none mq-deadline [kyber] bfq\n')):
                with open(unchanged, 'rb') as f:
                    self.assertEqual(f.read(), content)
            self.assertFalse(os.path.exists(gone))

    def test_libvirt_files(self):
        """Byte for byte, whatever is in them."""
        plant('study', self.root)
        conf = self.root + '/etc/libvirt/libvirtd.conf'
        for content in (b'', b'\n', b'max_clients = 1', b'max_clients = 1\n',
                        b'#max_clients = 1\n\tmax_clients\t=\t1\n',
                        b'max_clients = 1\nmax_clients = 1\n', b'x = "max_clients = 1"',
                        b'max_clients = 1 # why\n\n\n', b"a = 'b\\n/&$HOME'\nmax_clients=1\n",
                        b'max_clients = 1\r\nb = 2\r\n', b'max_clients=1\n# \xc3\xa9\xff\n',
                        b'max_clients_of_mine = 3\nmax_clients = 1\n'):
            with self.subTest(content):
                write(conf, content)
                os.chmod(conf, 0o640)
                before = contents(self.root)
                path = self.script_of('32', 'conf .*max_clients')
                self.assertEqual(self.sh(path, 'apply').returncode, 0)
                item = self.findings('--tiles', '32')['libvirt.max_clients', 'libvirtd.conf']
                self.assertEqual(item['level'], 'ok')
                if b'\nmax_clients =' in b'\n' + content:
                    self.assertNotEqual(contents(self.root)['/etc/libvirt/libvirtd.conf'],
                                        before['/etc/libvirt/libvirtd.conf'])
                self.assertEqual(self.sh(path, 'undo').returncode, 0)
                self.assertEqual(contents(self.root), before)

    def test_services(self):
        """Without ROOT they are stopped and started, the way that the units depend on each other;
        the files of this host are not in the script then."""
        plant('study', self.root)
        path = self.script_of('32', 'running')
        for verb, act in (('apply', 'stop'), ('undo', 'start')):
            done = self.sh(path, verb, root='')
            self.assertEqual((done.returncode, done.stderr), (0, ''))
            with open(self.calls) as f:
                calls = f.read().splitlines()
            os.unlink(self.calls)
            self.assertEqual(calls, [act + ' avahi-daemon.socket avahi-daemon.service',
                                     act + ' cups.socket cups.service',
                                     act + ' ksm.service ksmtuned.service',
                                     act + ' apt-daily.timer', act + ' fstrim.timer'])

    def test_settings_are_compared_while_services_run(self):
        """Some set what is a setting here when they are started or stopped."""
        path = self.script(plant('study', self.root))
        for verb, order in (('apply', ['ksm/run', 'ksm.service']),
                            ('undo', ['ksm.service', 'ksm/run'])):
            done = self.sh(path, verb).stdout
            self.assertEqual(re.findall(r'ksm/run|ksm\.service', done), order)

    def test_a_full_disk(self):
        """What was in libvirt's file is in it still."""
        plant('study', self.root)
        conf = self.root + '/etc/libvirt/libvirtd.conf'
        page = os.sysconf('SC_PAGESIZE')
        content = b'max_clients = 1\n'.ljust(page - 1, b'#') + b'\n'
        write(conf, content)
        path = self.script_of('32', 'conf .*max_clients')
        small = '''
            mount -t tmpfs -o size=%d none "$0/etc/libvirt" || exit 77
            cat "$2" >"$0/etc/libvirt/libvirtd.conf"
            sh "$1" apply || status=$?
            cmp "$2" "$0/etc/libvirt/libvirtd.conf" && exit "$status"
            ''' % page
        before = os.path.join(self.directory, 'before')
        write(before, content)
        done = subprocess.run(['unshare', '--mount', 'sh', '-c', small, self.root, path, before],
                              capture_output=True, text=True, cwd='/',
                              env=dict(os.environ, ROOT=self.root), timeout=60 * SLOWDOWN)
        if done.returncode == 77 or 'unshare' in done.stderr:
            self.skipTest(done.stderr)
        self.assertIn('/libvirtd.conf: left alone: it cannot be written\n', done.stderr)
        self.assertEqual((done.returncode, done.stdout), (1, ''))

    def test_files_that_may_not_be_written(self):
        path = self.script(plant('study', self.root))
        for directory, directories, files in os.walk(self.root):
            for name in files:
                if not os.path.islink(os.path.join(directory, name)):
                    os.chmod(os.path.join(directory, name), 0o444)
        before = snapshot(self.root)
        os.chmod(self.directory, 0o755)
        shell = ['sh']
        if os.geteuid() == 0:
            shell = ['setpriv', '--reuid', '65534', '--clear-groups', 'sh']
        done = self.sh(path, 'apply', shell=shell)
        self.assertEqual(done.returncode, 1)
        self.assertIn('/tcp_sack: left alone: it cannot be written\n', done.stderr)
        self.assertIn('/scheduler: left alone: it cannot be written\n', done.stderr)
        self.assertIn('/libvirtd.conf: left alone: it cannot be written\n', done.stderr)
        self.assertEqual(snapshot(self.root), before)

    def test_a_real_kernel(self):
        """Settings of a network namespace, which are nobody else's."""
        done = subprocess.run(['unshare', '--net', 'sh', '-euc', REAL, TILELOAD, self.directory],
                              capture_output=True, text=True, cwd='/', timeout=60 * SLOWDOWN)
        if done.returncode == 77:
            self.skipTest('settings may not be changed here: ' + done.stderr)
        if 'unshare' in done.stderr:
            self.skipTest(done.stderr)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        values = [[line.split() for line in block.strip().split('\n')]
                  for block in done.stdout.split('--\n')]
        spoilt, applied, undone = values
        self.assertEqual(applied, [['1'], ['1'], ['4096', '131072', '16777216'],
                                   ['32768', '60999']])
        self.assertEqual(undone, spoilt)

    def test_a_host_without_fault(self):
        path = self.script(plant('good', self.root))
        before = snapshot(self.root)
        done = self.sh(path, 'apply')
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, '', ''))
        self.assertEqual(snapshot(self.root), before)


class Command(Tree):
    def test_usage(self):
        for args, what in ((['--tiles', '0'], '--tiles'), (['--tiles', '255'], '--tiles'),
                           (['--tiles', '1-4'], '--tiles'), (['--format', 'xml'], '--format'),
                           (['--fix-script', '--format', 'json'], '--fix-script'),
                           (['--root', ''], '--root'), (['--rout', '/'], '--rout'),
                           (['now'], 'now')):
            with self.subTest(args):
                done = run('host-check', *args)
                self.assertEqual((done.returncode, done.stdout), (2, ''))
                self.assertIn(what, done.stderr)
                self.assertEqual(done.stderr.count('\n'), 1)

    def test_roots_that_are_none(self):
        with open(self.directory + '/file', 'w'):
            pass
        for root, reason in ((self.directory + '/nowhere', 'No such file or directory'),
                             (self.directory + '/file', 'Not a directory'),
                             (self.root, 'neither proc/sys nor sys/devices')):
            with self.subTest(root):
                done = self.check(root=root)
                self.assertEqual((done.returncode, done.stdout), (1, ''))
                self.assertIn('--root "%s": ' % root, done.stderr)
                self.assertIn(reason, done.stderr)

    def test_output_that_cannot_be_written(self):
        plant('study', self.root)
        for args in ([], ['--format', 'json'], ['--fix-script']):
            with self.subTest(args), open('/dev/full', 'w') as full:
                done = subprocess.run([TILELOAD, 'host-check', '--root', self.root, *args],
                                      stdout=full, stderr=subprocess.PIPE, text=True)
                self.assertEqual(done.returncode, 1)
                self.assertIn('standard output', done.stderr)

    def test_this_host(self):
        """Whatever it is: everything is looked at, and nothing is changed."""
        before = self.settings()
        done = run('host-check', '--tiles', '4', '--format', 'json')
        report = json.loads(done.stdout)
        found = report['counts']['warning'] + report['counts']['advice']
        self.assertEqual(done.returncode, 3 if found else 0)
        self.assertEqual(report['root'], '/')
        by_name = {item['name']: item for item in report['items']}
        self.assertIn(by_name['memory']['level'], ('ok', 'warning'))
        self.assertIn(by_name['open-files']['level'], ('ok', 'warning'))
        with open('/proc/sys/net/ipv4/tcp_sack') as f:
            self.assertEqual(by_name['net.ipv4.tcp_sack']['present'], f.read().strip())
        self.assertEqual(self.settings(), before)
        plant('container', self.root)
        self.assertEqual(set(by_name), {name for name, _ in self.findings()})

    def test_this_host_without_privileges(self):
        done = self.unprivileged('--fix-script')
        self.assertIn(done.returncode, (0, 3), done.stderr)
        self.assertIn('settings() {', done.stdout)

    @staticmethod
    def settings():
        found = {}
        for path in ('net/ipv4/tcp_sack', 'net/core/somaxconn', 'vm/swappiness', 'kernel/pid_max'):
            with open('/proc/sys/' + path) as f:
                found[path] = f.read()
        return found


if __name__ == '__main__':
    main()
