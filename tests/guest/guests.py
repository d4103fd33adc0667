# SPDX-License-Identifier: Apache-2.0
"""Guests by QEMU alone, without libvirt: start, watch, ask and end them.

$TILELOAD_GUEST_IMAGE is the directory that guest-image/build made, $TILELOAD the binary outside.
Every test file ends with `guests.main()`, which puts it into a machine of its own (namespace.py).
No KVM anywhere: guests are slow, and the same everywhere.
"""

import concurrent.futures
import http.client as http_client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'e2e'))

import namespace  # noqa: E402
from harness import SLOWDOWN, TILELOAD, http  # noqa: E402

__all__ = ['ALL', 'Guest', 'IMAGE', 'NAMES', 'ROLES', 'ROOT', 'SLOWDOWN', 'SMALL', 'TILELOAD',
           'figure', 'logs', 'main', 'run', 'scratch', 'start', 'tail', 'together', 'until']

IMAGE = os.path.abspath(os.environ.get('TILELOAD_GUEST_IMAGE') or
                        os.path.join(ROOT, 'build-guest-image'))

# Slower tests, too (./quickstart test --all).
ALL = os.environ.get('TILELOAD_GUEST_ALL') == '1'

NAMES = ['', 'web1', 'web2', 'client', 'backend', 'cpu', 'disk', 'oltp', 'idle']
ROLES = ['', 'webserver', 'webserver', 'webclient', 'backend', 'cpu', 'disk', 'oltp', 'idle']

# Guests that have little to prepare, so that they are ready soon: what is tested is not the load.
SMALL = {
    'webserver': 'tileload.dirs=1',
    'webclient': 'tileload.dirs=1 tileload.users=2 tileload.think=20ms',
    'cpu': 'tileload.memory=32M',
    'disk': 'tileload.size=32M',
    'oltp': 'tileload.table-size=1000',
}

# Eight guests on two cores without KVM need a minute or two to boot, one ten seconds; much longer
# where the machine has other work, too.
BOOT_SECONDS = 600
TAIL_LINES = 40


def ending(text, lines=TAIL_LINES):
    return '\n'.join(text.rstrip('\n').split('\n')[-lines:])


def tail(path, lines=TAIL_LINES):
    try:
        with open(path, errors='replace') as f:
            return ending(f.read().replace('\r', ''), lines)
    except OSError as e:
        return str(e)


def until(what, condition, timeout, guest=None, words=lambda: ''):
    """Waits until condition() is true, and returns what it returned. Fails with `what`, words() and
    the end of the guest's console, at once if the guest ends meanwhile."""
    deadline = time.monotonic() + timeout * SLOWDOWN
    while True:
        ended = guest and guest.ended()
        found = condition()
        if found:
            return found
        if ended:
            raise AssertionError('%s ended before: %s\n%s' % (guest, what, guest.report()))
        if time.monotonic() > deadline:
            raise AssertionError('not in %d s: %s\n%s%s' % (
                timeout * SLOWDOWN, what, words(), guest.report() if guest else ''))
        time.sleep(0.1)


def logs():
    """Where consoles are kept: $TILELOAD_GUEST_LOGS, or a directory of this process's own."""
    if not os.environ.get('TILELOAD_GUEST_LOGS'):
        os.environ['TILELOAD_GUEST_LOGS'] = tempfile.mkdtemp(prefix='tileload-guest-logs-')
        print('consoles: ' + os.environ['TILELOAD_GUEST_LOGS'], file=sys.stderr)
    os.makedirs(os.environ['TILELOAD_GUEST_LOGS'], exist_ok=True)
    return os.environ['TILELOAD_GUEST_LOGS']


def scratch(test=None):
    """A directory for a test, with its class for all of them, or for the file's; on a disk. Paths
    of sockets fit in."""
    path = tempfile.mkdtemp(prefix='tileload-guest-', dir=os.environ.get('TMPDIR', '/var/tmp'))
    clean_up(test, shutil.rmtree, path)
    return path


def clean_up(test, *call):
    if test is None:
        unittest.addModuleCleanup(*call)
    elif isinstance(test, type):
        test.addClassCleanup(*call)
    else:
        test.addCleanup(*call)


def figure(line):
    """Something measured by the way, which the stage prints."""
    print(line, flush=True)
    with open(os.path.join(logs(), 'figures'), 'a') as f:
        f.write(line + '\n')


def run(*argv, timeout=60, check=True, **kwargs):
    """Runs a command to its end: a CompletedProcess with text."""
    ended = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, capture_output=True,
                           text=True, errors='replace', timeout=timeout * SLOWDOWN, **kwargs)
    if check and ended.returncode:
        raise AssertionError('%s ended with %d\n%s%s' % (
            ' '.join(map(str, argv)), ended.returncode, ended.stdout, ended.stderr))
    return ended


class Qmp:
    """QEMU's monitor."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30 * SLOWDOWN)
        self.socket.connect(path)
        self.file = self.socket.makefile('rw')
        self.file.readline()
        self.call('qmp_capabilities')

    def call(self, command, **arguments):
        self.file.write(json.dumps({'execute': command, 'arguments': arguments}) + '\n')
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if 'error' in answer:
                raise AssertionError('%s: %s' % (command, answer['error']))
            if 'return' in answer:
                return answer['return']

    def close(self):
        self.file.close()
        self.socket.close()


class Guest:
    """One guest of a tile: the addresses, disks and command line that libvirt would give it.

    words: what its kernel command line says beyond that; in place of the role's keys with role=,
    which is the role or, with a = in it, the word that is to name it.
    data: a disk image to begin with. A guest that is started again finds what it wrote.
    small: with little to prepare (SMALL); else with its role's defaults.
    """

    def __init__(self, test, number, tile=1, role=None, words=None, image=IMAGE, label='',
                 data=None, small=True, qemu=()):
        self.number, self.tile, self.image = number, tile, image
        self.name = 't%d-%s' % (tile, NAMES[number])
        self.address = '10.77.%d.%d' % (tile, number)
        self.role = role or ROLES[number]
        own = [] if role else role_words(number, tile, small)
        self.words = [w for w in [*own, words or ''] if w]
        self.qemu = list(qemu)
        self.directory = scratch(test)
        self.data = data or os.path.join(self.directory, 'data')
        self.swap = os.path.join(self.directory, 'swap')
        for path in self.data, self.swap:
            if not os.path.exists(path):
                with open(path, 'wb') as f:
                    f.truncate(1 << 30)
        owner = test if isinstance(test, type) else type(test)
        self.console = os.path.join(logs(), '-'.join(filter(None, (
            owner.__name__, self.name, label or getattr(test, '_testMethodName', ''))))) + '.console'
        if os.path.exists(self.console):
            os.unlink(self.console)
        self.process = self.qmp = None
        clean_up(test, self.kill)

    def __str__(self):
        return self.name

    def cmdline(self):
        return ' '.join([
            'console=ttyS0 panic=1 quiet no_timer_check net.ifnames=0',
            'ip=%s::%s:255.255.0.0:%s:eth0:off' % (self.address, namespace.GATEWAY, self.name),
            self.role if '=' in self.role else 'tileload.role=' + self.role,
            'tileload.tile=%d' % self.tile,
            'tileload.guest=%d' % self.number, *self.words])

    def argv(self):
        def disk(name, path, flags=''):
            return ['-drive', 'if=none,id=%s,file=%s,format=raw%s' % (name, path, flags),
                    '-device', 'virtio-blk-pci,drive=%s,serial=%s' % (name, name)]
        return [
            'qemu-system-x86_64', '-name', self.name, '-nodefaults', '-no-user-config',
            '-display', 'none', '-no-reboot', '-machine', 'q35,hpet=off', '-accel', 'tcg,tb-size=128',
            '-cpu', 'qemu64', '-smp', '1', '-m', '512M' if self.role == 'idle' else '1G',
            '-kernel', os.path.join(self.image, 'vmlinuz'),
            '-initrd', os.path.join(self.image, 'initrd'), '-append', self.cmdline(),
            *disk('usr', os.path.join(self.image, 'usr.erofs'), ',readonly=on'),
            *disk('data', self.data), *disk('swap', self.swap),
            '-device', 'virtio-rng-pci',
            '-netdev', 'tap,id=net,ifname=%s,script=no,downscript=no,vhost=off' % self.tap(),
            '-device', 'virtio-net-pci,netdev=net,mac=52:54:00:4d:%02x:%02x,romfile=' % (
                self.tile, self.number),
            '-chardev', 'socket,id=console,path=%s,server=on,wait=off,logfile=%s,logappend=on' % (
                self.path('console'), self.console),
            '-serial', 'chardev:console',
            '-qmp', 'unix:%s,server=on,wait=off' % self.path('qmp'), *self.qemu]

    def path(self, name):
        return os.path.join(self.directory, name)

    def tap(self):
        name = 'tap-%d-%d' % (self.tile, self.number)
        if not os.path.exists('/sys/class/net/' + name):
            run('ip', 'tuntap', 'add', name, 'mode', 'tap')
            run('ip', 'link', 'set', name, 'master', namespace.BRIDGE, 'up')
        return name

    def start(self):
        assert self.process is None or self.ended()
        self.log = open(self.path('qemu.log'), 'a')
        self.began = time.monotonic()
        self.process = subprocess.Popen(self.argv(), stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=subprocess.STDOUT)
        self.log.close()
        return self

    def wait_ready(self, timeout=BOOT_SECONDS):
        """Until its role is ready; self.boot_seconds is how long that took."""
        self.wait_health(200, 'ready', timeout)
        self.boot_seconds = time.monotonic() - self.began
        return self

    def wait_health(self, status, text, timeout=BOOT_SECONDS):
        """Until /healthz answers with this status and a text that begins so; returns the text."""
        seen = ['nothing']

        def healthy():
            seen[0] = '%s %s' % self.health()
            return seen[0].startswith('%d %s' % (status, text)) and seen[0]
        found = until('%s: /healthz %d %s' % (self, status, text), healthy, timeout, self,
                      lambda: 'the last answer: %s\n' % seen[0])
        return found.split(' ', 1)[1]

    def health(self):
        """(status, text); (0, why) if there is no answer."""
        try:
            status, _, body = self.http('/healthz', timeout=2)
            return status, body.decode().rstrip('\n')
        except (OSError, http_client.HTTPException) as e:
            return 0, str(e)

    def http(self, path, port=9477, timeout=30):
        """(status, headers, body)"""
        return http(self.address, port, path, timeout=timeout)

    def stats(self, status=200):
        """/stats.json without histograms, which comes with this status."""
        found, _, body = self.http('/stats.json?brief=1')
        assert found == status, (found, body)
        return json.loads(body)

    def counters(self, kind=None):
        return {name: c['value'] for name, c in self.stats()['counters'].items()
                if not kind or c['kind'] == kind}

    def wait_counter(self, name, at_least, timeout=120):
        return until('%s: %s of %d' % (self, name, at_least),
                     lambda: self.counters()[name] >= at_least, timeout, self,
                     lambda: '%s\n' % self.counters())

    def console_text(self):
        try:
            with open(self.console, errors='replace') as f:
                return f.read().replace('\r', '')
        except FileNotFoundError:
            return ''

    def wait_console(self, pattern, timeout=BOOT_SECONDS, behind=0):
        """Until the console (behind this many characters) has what the pattern finds; returns the
        match. What a guest says just before it ends counts."""
        return until('%s: "%s" on the console' % (self, pattern),
                     lambda: re.search(pattern, self.console_text()[behind:], re.M), timeout, self)

    def sysrq(self, key):
        """The kernel's emergency keys, by a break on the serial line. The guest's command line must
        have sysrq_always_enabled."""
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.path('console'))
            self.monitor('chardev-send-break', id='console')
            s.sendall(key.encode())
            s.settimeout(30 * SLOWDOWN)
            s.recv(1)  # it says something, whichever key it was: so it has been heard

    def monitor(self, command, **arguments):
        if not self.qmp:
            until('%s: its monitor' % self, lambda: os.path.exists(self.path('qmp')), 30, self)
            self.qmp = Qmp(self.path('qmp'))
        return self.qmp.call(command, **arguments)

    def ended(self):
        return self.process is not None and self.process.poll() is not None

    def power_off(self, timeout=120):
        """As by its power button; returns the seconds that it took."""
        self.monitor('system_powerdown')
        return self.wait_end(timeout)

    def wait_end(self, timeout=BOOT_SECONDS):
        """Until QEMU has ended by itself; returns the seconds that it took."""
        began = time.monotonic()
        try:
            status = self.process.wait(timeout * SLOWDOWN)
        except subprocess.TimeoutExpired:
            raise AssertionError('%s is still there after %d s\n%s' % (
                self, timeout * SLOWDOWN, self.report())) from None
        assert status == 0, '%s: QEMU ended with %d\n%s' % (self, status, self.report())
        self.forget_monitor()
        return time.monotonic() - began

    def kill(self):
        """Pulls the power."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self.forget_monitor()

    def forget_monitor(self):
        if self.qmp:
            self.qmp.close()
            self.qmp = None

    def report(self):
        return '--- %s: %s\n%s\n--- console (%s)\n%s\n' % (
            self, self.cmdline(), tail(self.path('qemu.log')), self.console, tail(self.console))


def role_words(number, tile, small=True):
    words = [SMALL.get(ROLES[number], '')] if small else []
    if ROLES[number] == 'webserver':
        words.append('tileload.backend=http://10.77.%d.4' % tile)
    if ROLES[number] == 'webclient':
        words.append('tileload.target=http://10.77.%d.2' % tile)
    if ROLES[number] == 'oltp':
        words.append('tileload.socket=/run/tileload-database/mysqld.sock')
    return words


def together(work, guests):
    """work(guest) for all of them at the same time; the results in order. The first error ends them
    all, and is raised."""
    with concurrent.futures.ThreadPoolExecutor(len(guests)) as pool:
        futures = [pool.submit(work, g) for g in guests]
        done, _ = concurrent.futures.wait(futures,
                                          return_when=concurrent.futures.FIRST_EXCEPTION)
        errors = [f.exception() for f in done if f.exception()]
        if errors:
            for guest in guests:
                guest.kill()
            raise errors[0]
        return [f.result() for f in futures]


def start(guests):
    """Starts them all and waits until all are ready."""
    for guest in guests:
        guest.start()
    together(Guest.wait_ready, guests)
    return guests


def missing():
    reason = namespace.missing()
    if not reason and not os.path.exists(os.path.join(IMAGE, 'usr.erofs')):
        reason = 'no guest image in %s: make one by guest-image/build --output DIR and set ' \
            'TILELOAD_GUEST_IMAGE=DIR' % IMAGE
    return reason


def main():
    """In place of unittest.main()."""
    reason = missing()
    if reason:
        def skip():
            raise unittest.SkipTest(reason)
        sys.modules['__main__'].setUpModule = skip
    else:
        logs()
        namespace.enter()
    unittest.main()
