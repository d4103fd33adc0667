# SPDX-License-Identifier: Apache-2.0
"""A libvirtd of the tests' own, with a pool and a network as docs tell an admin to make them.

It needs libvirt-daemon and libvirt-daemon-driver-qemu, and none of the packages that would leave a
service running: their configuration files are written here, to places that only this process sees.
"""

import functools
import os
import shutil
import signal
import subprocess
import unittest

import guests
import namespace

URI = 'qemu:///system'

# No user libvirt-qemu, AppArmor profile or machined here; this machine's control groups are not
# touched.
QEMU_CONF = '''
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = []
namespaces = []
'''

LIBVIRTD_CONF = '''
unix_sock_group = "root"
auth_unix_rw = "none"
log_level = 3
log_outputs = "3:stderr"
'''


def missing():
    """Why there can be none here; None if it can."""
    for tool in 'libvirtd', 'virtlogd', 'virsh':
        if not shutil.which(tool, path=os.environ['PATH'] + ':/usr/sbin'):
            return 'no %s (see packages/test.txt)' % tool
    return None


class Libvirtd:
    """One for all tests of a file: one at a time is all that there can be."""

    def __init__(self):
        self.directory = guests.scratch()
        self.pool = os.path.join(self.directory, 'pool')
        self.processes = []
        unittest.addModuleCleanup(self.close)
        os.makedirs('/var/lib/libvirt/dnsmasq', exist_ok=True)
        for name, text in ('qemu.conf', QEMU_CONF), ('libvirtd.conf', LIBVIRTD_CONF), \
                ('virtlogd.conf', ''):
            with open('/etc/libvirt/' + name, 'w') as f:
                f.write(text)
        self.spawn('virtlogd', '/run/libvirt/virtlogd-sock')
        self.spawn('libvirtd', '/run/libvirt/libvirt-sock')
        # Its first answer takes it ten seconds: it asks QEMU what it can do.
        self.virsh('capabilities', timeout=120)
        self.define('pool', self.sample('pool.xml').replace(
            '/var/lib/libvirt/images/tileload-guests', self.pool))
        self.virsh('pool-build', 'tileload')
        self.virsh('pool-start', 'tileload')
        # It comes with a bridge of its own, which has the address of ours.
        guests.run('ip', 'link', 'delete', namespace.BRIDGE)
        self.define('net', self.sample('network.xml'))
        self.virsh('net-start', 'tileload')

    @classmethod
    @functools.cache
    def get(cls):
        return cls()

    @staticmethod
    def sample(name):
        """What we tell an admin to define."""
        with open(os.path.join(guests.ROOT, 'guest-image', name)) as f:
            return f.read()

    def spawn(self, name, socket):
        log = os.path.join(guests.logs(), name + '.log')
        # The system's bus would be this machine's.
        environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS='unix:path=/run/dbus/none',
                           PATH=os.environ['PATH'] + ':/usr/sbin')
        with open(log, 'w') as f:
            process = subprocess.Popen([name, '-f', '/etc/libvirt/%s.conf' % name,
                                        '-p', '/run/libvirt/%s.pid' % name],
                                       stdin=subprocess.DEVNULL, stdout=f, stderr=f,
                                       env=environment)
        self.processes.append(process)
        guests.until('%s listens' % name,
                     lambda: process.poll() is not None or os.path.exists(socket), 60,
                     words=lambda: guests.tail(log))
        assert process.poll() is None, '%s ended:\n%s' % (name, guests.tail(log))

    def virsh(self, *args, check=True, timeout=60):
        """What it prints, without the empty lines at the end."""
        return guests.run('virsh', '-q', '-c', URI, *args, check=check,
                          timeout=timeout).stdout.rstrip('\n')

    def define(self, kind, xml):
        """kind: net, pool or nothing for a domain."""
        path = os.path.join(self.directory, 'define.xml')
        with open(path, 'w') as f:
            f.write(xml)
        self.virsh('-'.join(filter(None, (kind, 'define'))), path)

    def domains(self, *args):
        """Names; all of them, or with ['--state-running'] only some."""
        return sorted(self.virsh('list', '--name', *(args or ['--all'])).split())

    def volumes(self):
        self.virsh('pool-refresh', 'tileload')
        return sorted(line.split()[0]
                      for line in self.virsh('vol-list', 'tileload').splitlines() if line.strip())

    def qemus(self):
        """Living QEMU processes of this libvirtd: {domain: pid}."""
        found = {}
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                with open('/proc/%s/cmdline' % pid, 'rb') as f:
                    words = f.read().decode(errors='replace').split('\0')
            except OSError:
                continue
            if 'qemu-system' in words[0] and '-name' in words:
                name = words[words.index('-name') + 1]
                found[name.removeprefix('guest=').split(',')[0]] = int(pid)
        return found

    def close(self):
        for pid in self.qemus().values():
            os.kill(pid, signal.SIGKILL)
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(30 * guests.SLOWDOWN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
