# SPDX-License-Identifier: Apache-2.0
"""A machine of the tests' own within this one: its network, mounts and process numbers, so that what
they start meets nothing of this machine's, and nothing of it is left, whatever happens.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys

GATEWAY = '10.77.0.1'
BRIDGE = 'tileload'

# libvirt's places, and D-Bus, by which it would ask this machine's systemd for slices.
PRIVATE = ['/etc/libvirt', '/run/libvirt', '/var/lib/libvirt', '/var/log/libvirt',
           '/var/cache/libvirt', '/run/dbus']

PLACE = 'TILELOAD_GUEST_NAMESPACE'  # in the environment: how far inside this process is

UNSHARE = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']

PR_SET_PDEATHSIG = 1


def missing():
    """Why guests cannot be run here; None if they can."""
    if os.environ.get(PLACE) == 'inside':
        return None
    if os.geteuid() != 0:
        return 'guests need root, for a network of their own'
    for tool in 'qemu-system-x86_64', 'unshare', 'ip':
        if not shutil.which(tool):
            return 'no %s (see packages/test.txt)' % tool
    if not os.access('/dev/net/tun', os.R_OK | os.W_OK):
        return 'no /dev/net/tun, which guests need for their network'
    tried = subprocess.run([*UNSHARE, 'mount', '-t', 'sysfs', 'sysfs', '/sys'],
                           capture_output=True, text=True)
    if tried.returncode:
        return 'no namespaces to be had: ' + tried.stderr.strip().replace('\n', '; ')
    return None


def enter():
    """Runs this very command again within, and ends with its status; returns only there."""
    place = os.environ.get(PLACE)
    if place == 'inside':
        return
    os.environ[PLACE] = 'inside' if place else 'init'
    sys.exit(init() if place else outside())


def outside():
    made = [path for path in PRIVATE if make_directory(path)]
    try:
        return wait(subprocess.Popen([*UNSHARE, sys.executable, *sys.argv], preexec_fn=die_along))
    finally:
        for path in made:
            with contextlib.suppress(OSError):
                os.rmdir(path)


def die_along():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def make_directory(path):
    try:
        os.mkdir(path)
        return True
    except FileExistsError:
        return False


def wait(process):
    """Ctrl-C reaches the tests as well: they end, and this after them."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            pass


def init():
    """As process 1: makes this machine, starts the tests, and buries whoever is orphaned."""
    for path in PRIVATE:
        run('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', path)
    # Its view of the network is that of whoever mounts it; control groups are not there then.
    run('mount', '-t', 'sysfs', 'sysfs', '/sys')
    run('ip', 'link', 'set', 'lo', 'up')
    run('ip', 'link', 'add', BRIDGE, 'address', '52:54:00:4d:00:01', 'type', 'bridge',
        'forward_delay', '0')
    run('ip', 'address', 'add', GATEWAY + '/16', 'dev', BRIDGE)
    run('ip', 'link', 'set', BRIDGE, 'up')
    tests = os.posix_spawn(sys.executable, [sys.executable, *sys.argv], os.environ)
    while True:
        try:
            pid, status = os.wait()
        except KeyboardInterrupt:
            continue
        if pid == tests:
            return abs(os.waitstatus_to_exitcode(status))


def run(*argv):
    ended = subprocess.run(argv, capture_output=True, text=True)
    if ended.returncode:
        raise OSError('%s: %s' % (' '.join(argv), ended.stderr.strip()))
