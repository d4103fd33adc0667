# SPDX-License-Identifier: Apache-2.0
"""What every end-to-end test needs: start the real binary, wait until it says READY, read it, end it.

Tests are unittest classes run by `python3 tests/e2e/test_X.py`; the binary is $TILELOAD. Every test
file takes loopback addresses of its own (address()), so that files never meet.
"""

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request
import zlib

TILELOAD = os.environ.get('TILELOAD') or os.path.join(
    os.path.dirname(__file__), '..', '..', 'build', 'src', 'tileload')

# A sanitizer build is up to ten times slower: deadlines (never results) are stretched by this.
SLOWDOWN = float(os.environ.get('TILELOAD_TEST_SLOWDOWN', '1'))

# Tests that mount something do so by `unshare -m`, in a mount namespace of their own. There is none
# without root, nor in a chroot whose root is not a mount point.
CAN_MOUNT = os.geteuid() == 0 and subprocess.run(
    ['unshare', '-m', 'true'], stderr=subprocess.DEVNULL).returncode == 0


def address(name, host=1):
    """A loopback address of the caller's own: 127.100-249.x.host from its name, and from the build,
    so that two builds can be tested at the same time."""
    h = zlib.crc32(('%s %s' % (os.path.abspath(TILELOAD), name)).encode())
    return '127.%d.%d.%d' % (100 + h % 150, (h >> 8) % 250, host)


def heed_hangup():
    """In a child: as a terminal would start it, even if these tests run under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Role:
    """A started role (or any personality that speaks the notify protocol)."""

    def __init__(self, *args, listen=None, cmdline='', env=None, argv0=None, cwd=None, ready=True,
                 timeout=30):
        self.directory = tempfile.TemporaryDirectory(prefix='tileload-e2e-')
        self.listen = listen
        self.messages = []
        path = os.path.join(self.directory.name, 'notify')
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(path)
        cmdline_path = os.path.join(self.directory.name, 'cmdline')
        with open(cmdline_path, 'w') as f:
            f.write(cmdline)
        environment = dict(os.environ, NOTIFY_SOCKET=path, TILELOAD_CMDLINE=cmdline_path)
        environment.update(env or {})
        argv = [argv0 or 'tileload'] + [str(a) for a in args]
        if listen:
            argv += ['--listen', '%s:9477' % listen]
        self.log = open(os.path.join(self.directory.name, 'log'), 'w+')
        self.out = open(os.path.join(self.directory.name, 'out'), 'w+')
        self.process = subprocess.Popen(argv, executable=TILELOAD, stdin=subprocess.DEVNULL,
                                        stdout=self.out, stderr=self.log, env=environment, cwd=cwd,
                                        preexec_fn=heed_hangup)
        if ready:
            try:
                self.wait_for('READY=1', timeout)
            except BaseException:
                self.__exit__()
                raise

    def wait_for(self, line, timeout=30):
        """Waits for a notify message that has this line; fails with the log if the role ends."""
        deadline = time.monotonic() + timeout * SLOWDOWN
        while True:
            if any(line in m.split('\n') for m in self.messages):
                return
            self.notify.settimeout(0.2)
            try:
                self.messages.append(self.notify.recv(4096).decode())
                continue
            except socket.timeout:
                pass
            if self.process.poll() is not None:
                status = self.process.returncode
                raise AssertionError('ended with %d before %s:\n%s' % (status, line, self.stderr()))
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError('no %s in %gs:\n%s' % (line, timeout, self.stderr()))

    def get(self, path, headers=None, method='GET', timeout=10):
        """(status, headers, body) from the control endpoint; never raises on a status."""
        return http(self.listen, 9477, path, headers, method, timeout)

    def stats(self, brief=False):
        status, _, body = self.get('/stats.json' + ('?brief=1' if brief else ''))
        assert status == 200, status
        return json.loads(body)

    def counter(self, name):
        return self.stats(brief=True)['counters'][name]['value']

    def wait_counter(self, name, at_least, timeout=30):
        """Until a counter has reached a value: how tests wait for work without guessing times."""
        deadline = time.monotonic() + timeout * SLOWDOWN
        while True:
            value = self.counter(name)
            if value >= at_least:
                return value
            if time.monotonic() > deadline:
                raise AssertionError('%s is %d, not %d, after %gs\n%s' %
                                     (name, value, at_least, timeout, self.stats()))
            time.sleep(0.05)

    def stop(self, sig=signal.SIGTERM, timeout=10):
        """Ends the role; returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            self.process.wait(timeout * SLOWDOWN)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError('did not end in %gs' % timeout)
        return self.process.returncode

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def stderr(self):
        with open(self.log.name) as f:
            return f.read()

    def stdout(self):
        with open(self.out.name) as f:
            return f.read()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.kill()
        self.notify.close()
        self.log.close()
        self.out.close()
        self.directory.cleanup()


def http(host, port, path, headers=None, method='GET', timeout=10, body=None):
    request = urllib.request.Request('http://%s:%d%s' % (host, port, path), method=method,
                                     headers=headers or {}, data=body)
    try:
        with urllib.request.urlopen(request, timeout=timeout * SLOWDOWN) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as e:
        with e:
            return e.code, e.headers, e.read()


def run(*args, cmdline='', env=None, argv0='tileload', timeout=60, cwd=None):
    """Runs the binary to its end: a CompletedProcess with text output."""
    with tempfile.NamedTemporaryFile('w', prefix='tileload-cmdline-') as f:
        f.write(cmdline)
        f.flush()
        environment = dict(os.environ, TILELOAD_CMDLINE=f.name)
        environment.pop('NOTIFY_SOCKET', None)
        environment.update(env or {})
        return subprocess.run([argv0] + [str(a) for a in args], executable=TILELOAD,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env=environment, timeout=timeout * SLOWDOWN, cwd=cwd)


def main():
    unittest.main()
