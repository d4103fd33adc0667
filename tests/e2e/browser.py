# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium that shows one page, spoken to by its DevTools protocol over two pipes."""

import base64
import fcntl
import json
import os
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

from harness import SLOWDOWN

CHROMIUM = shutil.which('chromium')


# The protocol is on descriptors 3 and 4.
START = """import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execvp(sys.argv[3], sys.argv[3:])"""


def pipe():
    """Both ends above the numbers that the browser wants."""
    ends = os.pipe()
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in ends]
    for fd in ends:
        os.close(fd)
    return high


class Browser:
    """Width and height are those of the window, in CSS pixels, one of which is one pixel."""

    def __init__(self, width=1280, height=900):
        self.directory = tempfile.TemporaryDirectory(prefix='tileload-browser-',
                                                     ignore_cleanup_errors=True)
        self.number, self.buffer = 0, b''
        self.events, self.session = [], None
        to_browser, self.write_fd = pipe()
        self.read_fd, from_browser = pipe()
        argv = [CHROMIUM, '--headless', '--disable-gpu', '--disable-dev-shm-usage',
                '--no-first-run', '--disable-extensions', '--disable-background-networking',
                '--hide-scrollbars', '--force-device-scale-factor=1', '--remote-debugging-pipe',
                '--window-size=%d,%d' % (width, height), '--user-data-dir=' + self.directory.name]
        if os.geteuid() == 0:
            argv.append('--no-sandbox')  # it refuses root with one
        self.process = subprocess.Popen(
            [sys.executable, '-c', START, str(to_browser), str(from_browser), *argv],
            pass_fds=[to_browser, from_browser], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=dict(os.environ, HOME=self.directory.name), start_new_session=True)
        os.close(to_browser)
        os.close(from_browser)
        try:
            self.attach(width, height)
        except BaseException:
            self.close()
            raise

    def attach(self, width, height):
        target = self.call('Target.createTarget', url='about:blank')
        self.session = self.call('Target.attachToTarget', targetId=target['targetId'],
                                 flatten=True)['sessionId']
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def receive(self, deadline):
        while b'\0' not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.read_fd], [], [], left)[0]:
                raise AssertionError('the browser does not answer')
            data = os.read(self.read_fd, 1 << 20)
            if not data:
                raise AssertionError('the browser has ended')
            self.buffer += data
        message, self.buffer = self.buffer.split(b'\0', 1)
        return json.loads(message)

    def call(self, method, timeout=60, **parameters):
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': parameters}
        if self.session:
            message['sessionId'] = self.session
        data = json.dumps(message).encode() + b'\0'
        while data:
            data = data[os.write(self.write_fd, data):]
        deadline = time.monotonic() + timeout * SLOWDOWN
        while True:
            answer = self.receive(deadline)
            if answer.get('id') == self.number:
                if 'error' in answer:
                    raise AssertionError('%s: %s' % (method, answer['error']))
                return answer['result']
            self.events.append(answer)

    def open(self, path):
        """Shows a file; returns the addresses of everything that it asked for."""
        self.call('Page.enable')
        self.call('Network.enable')
        self.events.clear()
        self.call('Page.navigate', url='file://' + os.path.abspath(path))
        asked, deadline = [], time.monotonic() + 60 * SLOWDOWN
        while True:
            event = self.events.pop(0) if self.events else self.receive(deadline)
            if event.get('method') == 'Network.requestWillBeSent':
                asked.append(event['params']['request']['url'])
            if event.get('method') == 'Page.loadEventFired':
                return asked

    def evaluate(self, expression):
        result = self.call('Runtime.evaluate', expression=expression, returnByValue=True)
        if 'exceptionDetails' in result:
            raise AssertionError('%s: %s' % (expression, result['exceptionDetails']))
        return result['result'].get('value')

    def screenshot(self, clip=None):
        """PNG of the window, or of (x, y, width, height) of the page."""
        parameters = {'format': 'png', 'captureBeyondViewport': clip is not None}
        if clip:
            parameters['clip'] = dict(zip(('x', 'y', 'width', 'height'), clip), scale=1)
        return base64.b64decode(self.call('Page.captureScreenshot', **parameters)['data'])

    def screenshot_of(self, selector):
        """PNG of the first element that a CSS selector finds."""
        return self.screenshot(self.evaluate(
            '(r => [r.x + scrollX, r.y + scrollY, r.width, r.height])'
            '(document.querySelector(%s).getBoundingClientRect())' % json.dumps(selector)))

    def pdf(self):
        return base64.b64decode(self.call('Page.printToPDF', preferCSSPageSize=True)['data'])

    def close(self):
        os.close(self.write_fd)
        try:
            self.process.wait(10 * SLOWDOWN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.read_fd)
        self.directory.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def pixels(png):
    """A PNG of 8 bits a channel: (width, height, {(red, green, blue): count})."""
    at, width, height, channels, data = 8, 0, 0, 0, b''
    while at < len(png):
        length, kind = struct.unpack_from('>I4s', png, at)
        chunk = png[at + 8:at + 8 + length]
        at += 12 + length
        if kind == b'IHDR':
            width, height, depth, colour = struct.unpack_from('>IIBB', chunk)
            assert depth == 8 and colour in (2, 6), (depth, colour)
            channels = 3 if colour == 2 else 4
        elif kind == b'IDAT':
            data += chunk
    return width, height, count_colours(zlib.decompress(data), width, height, channels)


def count_colours(data, width, height, channels):
    """Takes back the filter of each line, as the PNG specification (9.2) defines them."""
    counts, size = {}, width * channels
    above = bytearray(size)
    for y in range(height):
        kind, line = data[y * (size + 1)], bytearray(data[y * (size + 1) + 1:(y + 1) * (size + 1)])
        for i in range(size) if kind else ():
            a = line[i - channels] if i >= channels else 0
            b = above[i]
            if kind == 1:
                line[i] = (line[i] + a) & 255
            elif kind == 2:
                line[i] = (line[i] + b) & 255
            elif kind == 3:
                line[i] = (line[i] + (a + b) // 2) & 255
            else:
                c = above[i - channels] if i >= channels else 0
                p = a + b - c
                near = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))
                line[i] = (line[i] + near[2]) & 255
        for x in range(0, size, channels):
            key = (line[x], line[x + 1], line[x + 2])
            counts[key] = counts.get(key, 0) + 1
        above = line
    return counts
