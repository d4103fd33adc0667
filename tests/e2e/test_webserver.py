# SPDX-License-Identifier: Apache-2.0
"""webserver: files to the last byte, HTTP's corners, dynamic pages through a real backend."""

import email.utils
import http.client
import html
import os
import re
import select
import signal
import socket
import struct
import threading
import time
import unittest

import harness
from harness import Role, address, http as fetch, run

PORT = 8080
MASK = (1 << 64) - 1


def mix(x):
    """splitmix64's mix, independent of the C one."""
    x = (x + 0x9e3779b97f4a7c15) & MASK
    x = ((x ^ (x >> 30)) * 0xbf58476d1ce4e5b9) & MASK
    x = ((x ^ (x >> 27)) * 0x94d049bb133111eb) & MASK
    return x ^ (x >> 31)


def file_size(cls, number):
    """0.1-0.9, 1-9, 10-90, 100-900 KB, in whole bytes."""
    return number * 1024 * 10 ** cls // 10


def file_content(directory, cls, number):
    size = file_size(cls, number)
    key = mix(directory << 16 | cls << 8 | number)
    n = (size + 7) // 8
    words = [mix((key + i) & MASK) for i in range(n)]
    return struct.pack('<%dQ' % n, *words)[:size]


def path_of(directory, cls, number):
    return '/dir%05d/class%d_%d' % (directory, cls, number)


def exchange(host, data, timeout=10):
    """Sends raw bytes and reads until the server closes."""
    with socket.create_connection((host, PORT), timeout * harness.SLOWDOWN) as s:
        s.sendall(data)
        got = b''
        while True:
            part = s.recv(65536)
            if not part:
                return got
            got += part


class Server(unittest.TestCase):
    """One server without a backend, shared by the tests of a class that leave it as it was."""

    @classmethod
    def setUpClass(cls):
        cls.host = address('webserver-%s' % cls.__name__)
        cls.role = Role('webserver', '--serve', '%s:%d' % (cls.host, PORT), '--dirs', '2',
                        '--backend', 'none', listen=cls.host)

    @classmethod
    def tearDownClass(cls):
        cls.role.__exit__()

    def fetch(self, path, headers=None, method='GET', body=None):
        return fetch(self.host, PORT, path, headers, method, body=body)


class StaticFiles(Server):
    def test_every_file_to_the_last_byte(self):
        connection = http.client.HTTPConnection(self.host, PORT, timeout=20 * harness.SLOWDOWN)
        before = self.role.stats(brief=True)['counters']
        total = 0
        seen = set()
        # Of the largest class, one file a directory: Python needs a second for each megabyte.
        names = [(d, c, n) for d in range(2) for c in range(4) for n in range(1, 10)
                 if c < 3 or n == 1 + d]
        for directory, cls, number in names:
            connection.request('GET', path_of(directory, cls, number))
            response = connection.getresponse()
            body = response.read()
            self.assertEqual(response.status, 200)
            self.assertEqual(len(body), file_size(cls, number))
            if body != file_content(directory, cls, number):
                self.fail('%s is not what it should be' % path_of(directory, cls, number))
            self.assertEqual(int(response.headers['Content-Length']), len(body))
            total += len(body)
            seen.add(body[:64])
        connection.close()
        self.assertEqual(len(seen), len(names), 'two files are alike')
        self.role.wait_counter('static_files', before['static_files']['value'] + len(names))
        after = self.role.stats(brief=True)['counters']
        self.assertEqual(after['requests']['value'] - before['requests']['value'], len(names))
        self.assertEqual(after['response_bytes']['value'] - before['response_bytes']['value'],
                         total)

    def test_largest_file(self):
        status, _, body = self.fetch(path_of(1, 3, 9))
        self.assertEqual(status, 200)
        self.assertEqual(len(body), 921600)
        # From its middle on, which nothing before has a part in.
        key = mix(1 << 16 | 3 << 8 | 9)
        for word in (0, 57600, 115199):
            self.assertEqual(body[word * 8:word * 8 + 8], struct.pack('<Q', mix(key + word & MASK)))

    def test_same_after_a_restart(self):
        host = address('webserver-again')
        _, headers, body = self.fetch(path_of(1, 2, 3))
        with Role('webserver', '--serve', '%s:%d' % (host, PORT), '--dirs', '2',
                  '--backend', 'none', listen=host) as other:
            status, headers_again, again = fetch(host, PORT, path_of(1, 2, 3))
            self.assertEqual(other.stop(), 0)
        self.assertEqual(status, 200)
        self.assertEqual(body, again)
        for name in ('ETag', 'Last-Modified'):
            self.assertEqual(headers[name], headers_again[name])

    def test_head(self):
        for path in (path_of(0, 0, 1), path_of(1, 3, 9)):
            head = exchange(self.host, b'HEAD %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' %
                            path.encode())
            self.assertTrue(head.startswith(b'HTTP/1.1 200 OK\r\n'), head)
            self.assertTrue(head.endswith(b'\r\n\r\n'), head[-20:])
            get = exchange(self.host, b'GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' %
                           path.encode())
            headers = get[:get.index(b'\r\n\r\n') + 4]
            self.assertEqual(re.sub(rb'Date:[^\r]*', b'', head),
                             re.sub(rb'Date:[^\r]*', b'', headers))

    def test_not_found(self):
        before = self.role.counter('client_errors')
        paths = ['/', '/index.html', '/dir00002/class0_1', '/dir00000/class0_0',
                 '/dir00000/class4_1', '/dir0/class0_1', '/dir00000/class0_1/', '/dynamics',
                 '/dir00000/../dir00000/class0_1']
        for path in paths:
            self.assertEqual(self.fetch(path)[0], 404, path)
        self.role.wait_counter('client_errors', before + len(paths))

    def test_query_and_whole_url(self):
        body = self.fetch(path_of(0, 1, 1))[2]
        self.assertEqual(self.fetch(path_of(0, 1, 1) + '?a=b')[2], body)
        got = exchange(self.host, b'GET http://elsewhere:80%s HTTP/1.1\r\nHost: elsewhere\r\n'
                       b'Connection: close\r\n\r\n' % path_of(0, 1, 1).encode())
        self.assertTrue(got.endswith(body))

    def test_method_not_allowed(self):
        for method in ('POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'):
            for path in (path_of(0, 0, 1), '/dynamic?1&1&1'):
                body = b'x' * 100000 if method in ('POST', 'PUT') else None
                status, headers, _ = self.fetch(path, method=method, body=body)
                self.assertEqual(status, 405, (method, path))
                self.assertEqual(headers['Allow'], 'GET, HEAD')
        self.assertEqual(self.fetch('/nothing', method='POST', body=b'x')[0], 404)

    def test_bad_requests(self):
        before = self.role.counter('client_errors')
        bad = [b'GET /dynamic HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
               b'GET /dynamic? HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
               b'GET /dynamic?' + b'1' * 256 + b' HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
               b'GET /dynamic?1&1&<b> HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
               b'GET /dynamic?1&1&\xe4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
               b'GET /dynamic?1&1&5#x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
               b'GET /dir00000/class0_1 HTTP/1.1\r\nHost: x\r\nno header\r\n\r\n']
        for data in bad:
            self.assertRegex(exchange(self.host, data), rb'^HTTP/1\.1 400 ', data)
        self.role.wait_counter('client_errors', before + len(bad))
        self.assertRegex(exchange(self.host, b'GET /' + b'a' * 9000 + b' HTTP/1.1\r\n\r\n'),
                         rb'^HTTP/1\.1 4')
        # What no backend could have answered is no failure of the server's.
        self.assertEqual(self.role.counter('backend_missing'), 0)


class Conditional(Server):
    def setUp(self):
        self.path = path_of(0, 2, 1)
        _, self.headers, self.body = self.fetch(self.path)
        self.etag = self.headers['ETag']
        self.modified = self.headers['Last-Modified']

    def expect(self, status, headers, method='GET'):
        got, answer, body = self.fetch(self.path, headers, method)
        self.assertEqual(got, status, headers)
        self.assertEqual(answer['ETag'], self.etag)
        self.assertEqual(answer['Last-Modified'], self.modified)
        if status == 304 or method == 'HEAD':
            self.assertEqual(body, b'')
        else:
            self.assertEqual(body, self.body)

    def test_etag_is_strong_and_its_own(self):
        self.assertRegex(self.etag, r'^"[^"]+"$')
        tags = {self.fetch(path_of(d, c, n), method='HEAD')[1]['ETag']
                for d in range(2) for c in range(4) for n in range(1, 10)}
        self.assertEqual(len(tags), 72)

    def test_if_none_match(self):
        other = '"another"'
        for value in (self.etag, 'W/' + self.etag, '*', '%s, %s' % (other, self.etag),
                      '%s ,W/%s,%s' % (other, self.etag, other), ' %s ' % self.etag):
            self.expect(304, {'If-None-Match': value})
            self.expect(304, {'If-None-Match': value}, 'HEAD')
        for value in (other, self.etag.strip('"'), self.etag[:-2] + '"', '"x' + self.etag[1:]):
            self.expect(200, {'If-None-Match': value})

    def test_if_none_match_in_two_lines(self):
        got = exchange(self.host, ('GET %s HTTP/1.1\r\nHost: x\r\nIf-None-Match: "a"\r\n'
                                   'if-none-match: %s\r\nConnection: close\r\n\r\n' %
                                   (self.path, self.etag)).encode())
        self.assertRegex(got, rb'^HTTP/1\.1 304 ')

    def test_if_modified_since(self):
        at = email.utils.parsedate_to_datetime(self.modified).timestamp()
        for offset, status in ((0, 304), (1, 304), (86400 * 365, 304), (-1, 200), (-86400, 200)):
            date = email.utils.formatdate(at + offset, usegmt=True)
            self.expect(status, {'If-Modified-Since': date})
        old_form = time.strftime('%A, %d-%b-%y %H:%M:%S GMT', time.gmtime(at))
        self.expect(304, {'If-Modified-Since': old_form})
        self.expect(200, {'If-Modified-Since': 'yesterday'})

    def test_a_tag_outweighs_the_date(self):
        self.expect(200, {'If-None-Match': '"another"', 'If-Modified-Since': self.modified})
        self.expect(304, {'If-None-Match': self.etag,
                          'If-Modified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT'})

    def test_304_has_no_body_and_keeps_the_connection(self):
        with socket.create_connection((self.host, PORT), 10 * harness.SLOWDOWN) as s:
            request = ('GET %s HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n\r\n'
                       'GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' % self.path)
            s.sendall(request.encode())
            got = b''
            while True:
                part = s.recv(65536)
                if not part:
                    break
                got += part
        first, rest = got.split(b'\r\n\r\n', 1)
        self.assertRegex(first, rb'^HTTP/1\.1 304 ')
        self.assertRegex(rest, rb'^HTTP/1\.1 404 ')

    def test_not_modified_is_counted(self):
        before = self.role.stats(brief=True)['counters']
        self.expect(304, {'If-None-Match': '*'})
        self.role.wait_counter('not_modified', before['not_modified']['value'] + 1)
        after = self.role.stats(brief=True)['counters']
        self.assertEqual(after['requests']['value'], before['requests']['value'] + 1)
        self.assertEqual(after['response_bytes'], before['response_bytes'])


class Connections(Server):
    def test_keep_alive_is_one_connection(self):
        before = self.role.counter('connections')
        connection = http.client.HTTPConnection(self.host, PORT, timeout=10 * harness.SLOWDOWN)
        connection.connect()
        port = connection.sock.getsockname()[1]
        for n in range(1, 10):
            for method, path in (('GET', path_of(0, n % 4, n)), ('HEAD', path_of(1, 3, n)),
                                 ('GET', '/nothing'), ('POST', path_of(0, 0, n))):
                connection.request(method, path, body=b'x' * 10 if method == 'POST' else None)
                response = connection.getresponse()
                response.read()
                self.assertIn(response.status, (200, 404, 405))
                self.assertIsNotNone(connection.sock, 'closed after %s %s' % (method, path))
                self.assertEqual(connection.sock.getsockname()[1], port)
        connection.close()
        self.assertEqual(self.role.counter('connections') - before, 1)

    def simultaneous(self, n):
        """n connections that all ask in the same moment; all must be answered, and soon."""
        request = b'GET %s HTTP/1.1\r\nHost: x\r\n\r\n' % path_of(0, 1, 1).encode()
        connections = [socket.create_connection((self.host, PORT)) for _ in range(n)]
        poll = select.poll()
        got = {}
        try:
            self.role.wait_counter('connections_open', n)
            # The server is held still meanwhile, so that it finds all n events at once.
            self.role.process.send_signal(signal.SIGSTOP)
            for s in connections:
                s.sendall(request)
                s.setblocking(False)
                poll.register(s, select.POLLIN)
                got[s.fileno()] = [s, b'']
            self.role.process.send_signal(signal.SIGCONT)
            missing = set(got)
            deadline = time.monotonic() + 5 * harness.SLOWDOWN
            while missing and time.monotonic() < deadline:
                for fd, _ in poll.poll(100):
                    s, data = got[fd]
                    got[fd][1] = data = data + s.recv(65536)
                    if data.endswith(self.content):
                        missing.discard(fd)
            self.assertEqual(len(missing), 0, 'of %d, not answered: %d' % (n, len(missing)))
        finally:
            self.role.process.send_signal(signal.SIGCONT)
            for s in connections:
                s.close()

    def test_simultaneous_requests(self):
        self.content = file_content(0, 1, 1)
        before = self.role.counter('requests')
        sizes = (127, 128, 129, 256, 300)
        for n in sizes:
            deadline = time.monotonic() + 10 * harness.SLOWDOWN
            while self.role.counter('connections_open') and time.monotonic() < deadline:
                time.sleep(0.02)
            self.simultaneous(n)
        self.assertEqual(self.role.wait_counter('requests', before + sum(sizes)),
                         before + sum(sizes))


class Clients(unittest.TestCase):
    """Clients that go away, or stand still."""

    def test_all_their_connections_are_closed(self):
        host = address('webserver-clients')
        with Role('webserver', '--serve', '%s:%d' % (host, PORT), '--dirs', '1',
                  '--backend', 'none', '--idle-timeout', '1s', listen=host) as role:
            for _ in range(20): # gone before the answer
                with socket.create_connection((host, PORT)) as s:
                    s.sendall(b'GET %s HTTP/1.1\r\nHost: x\r\n\r\n' % path_of(0, 3, 9).encode())
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            for start in (b'', b'GET /dir000', b'GET / HTTP/1.1\r\nHo'): # gone before the request
                with socket.create_connection((host, PORT)) as s:
                    s.sendall(start)
            idle = [socket.create_connection((host, PORT)) for _ in range(3)]
            idle[1].sendall(b'GET /dir000')
            # Takes no byte of its answers, more of them than any buffer holds.
            idle[2].sendall(b'GET %s HTTP/1.1\r\nHost: x\r\n\r\n' %
                            path_of(0, 3, 9).encode() * 30)
            role.wait_counter('connections', 26)
            self.assertEqual(fetch(host, PORT, path_of(0, 0, 1))[0], 200)
            deadline = time.monotonic() + 10 * harness.SLOWDOWN
            while role.counter('connections_open') > 0 and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertEqual(role.counter('connections_open'), 0)
            self.assertGreaterEqual(role.counter('aborted'), 1)
            for s in idle:
                s.close()

    def test_more_clients_than_connections(self):
        host = address('webserver-full')
        with Role('webserver', '--serve', '%s:%d' % (host, PORT), '--dirs', '1',
                  '--backend', 'none', '--max-connections', '3', listen=host) as role:
            for _ in range(3):
                held = [socket.create_connection((host, PORT)) for _ in range(3)]
                role.wait_counter('connections_open', 3)
                late = socket.create_connection((host, PORT), 10 * harness.SLOWDOWN)
                late.sendall(b'GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' %
                             path_of(0, 0, 1).encode())
                self.assertEqual(select.select([late], [], [], 0.1)[0], [])
                held.pop().close()
                got = b''
                while (part := late.recv(65536)):
                    got += part
                self.assertTrue(got.endswith(file_content(0, 0, 1)), got[:100])
                late.close()
                for s in held:
                    s.close()
            role.wait_counter('requests', 3)
            self.assertEqual(role.counter('connections'), 12)


class Ends(unittest.TestCase):
    def start(self, name, *args, **more):
        host = address(name)
        return host, Role('webserver', '--serve', '%s:%d' % (host, PORT), '--dirs', '1', '--backend',
                          'none', *args, listen=host, **more)

    def assert_quick(self, role, sig=signal.SIGTERM):
        start = time.monotonic()
        self.assertEqual(role.stop(sig), 0, role.stderr())
        self.assertLess(time.monotonic() - start, 1 * harness.SLOWDOWN)
        self.assertEqual(role.stderr(), '')

    def test_with_open_connections(self):
        host, role = self.start('webserver-end')
        with role:
            idle = [socket.create_connection((host, PORT)) for _ in range(50)]
            half = socket.create_connection((host, PORT))
            half.sendall(b'GET /dir')
            full = socket.create_connection((host, PORT))
            full.sendall(b'GET %s HTTP/1.1\r\nHost: x\r\n\r\n' % path_of(0, 3, 9).encode() * 30)
            role.wait_counter('connections_open', 52)
            self.assert_quick(role)
            for s in idle + [half, full]:
                s.close()

    def test_while_the_backend_hangs(self):
        with socket.create_server((address('webserver-hang', 2), PORT), backlog=64) as hanging:
            host, role = self.start('webserver-hang', '--backend',
                                    'http://%s' % hanging.getsockname()[0],
                                    '--backend-connections', '2', '--backend-timeout', '1h')
            with role:
                waiting = []
                for i in range(5): # two calls under way, three that wait for their turn
                    s = socket.create_connection((host, PORT))
                    s.sendall(b'GET /dynamic?1&1&%d HTTP/1.1\r\nHost: x\r\n\r\n' % i)
                    waiting.append(s)
                accepted = []
                hanging.settimeout(10 * harness.SLOWDOWN)
                for _ in range(2):
                    accepted.append(hanging.accept()[0])
                    self.assertIn(b'GET /besim?1&1&', accepted[-1].recv(4096))
                role.wait_counter('connections_open', 5)
                self.assert_quick(role, signal.SIGINT)
                for s in waiting + accepted:
                    s.close()

    def test_port_in_use(self):
        host, role = self.start('webserver-busy')
        with role:
            result = run('webserver', '--serve', '%s:%d' % (host, PORT), '--listen',
                         '%s:9478' % host, '--dirs', '1', '--backend', 'none')
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout, '')
        self.assertEqual(result.stderr.count('\n'), 1, result.stderr)
        self.assertIn('--serve "%s:%d"' % (host, PORT), result.stderr)
        self.assertIn('in use', result.stderr)

    def test_more_directories_than_memory(self):
        host = address('webserver-memory')
        result = run('webserver', '--serve', '%s:%d' % (host, PORT), '--listen', '%s:9477' % host,
                     '--dirs', '99999', '--backend', 'none')
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.count('\n'), 1, result.stderr)
        self.assertIn('--dirs "99999"', result.stderr)
        self.assertIn('GiB', result.stderr)

    def test_bad_options(self):
        for option, value in (('--dirs', '0'), ('--dirs', '100000'), ('--backend', 'ftp://x'),
                              ('--backend', 'http://'), ('--backend', 'http://x/?q'),
                              ('--backend-timeout', '0'), ('--max-connections', '0')):
            result = run('webserver', option, value)
            self.assertEqual(result.returncode, 2, (option, value, result.stderr))
            self.assertEqual(result.stderr.count('\n'), 1, result.stderr)
            self.assertIn(option, result.stderr)

    def test_backend_must_be_given(self):
        result = run('webserver', '--dirs', '1')
        self.assertEqual((result.returncode, result.stdout), (2, ''))
        self.assertRegex(result.stderr, r'\Atileload: --backend: missing; [^\n]+\n\Z')


class Dynamic(unittest.TestCase):
    """A webserver before a real backend that can be killed and started."""

    def setUp(self):
        self.host = address(self.id(), 1)
        self.backend_host = address(self.id(), 2)
        self.roles = []

    def tearDown(self):
        for role in self.roles:
            role.__exit__()

    def backend(self, *args):
        role = Role('backend', '--serve', '%s:%d' % (self.backend_host, PORT), *args,
                    listen=self.backend_host)
        self.roles.append(role)
        return role

    def webserver(self, *args, backend=None):
        role = Role('webserver', '--serve', '%s:%d' % (self.host, PORT), '--dirs', '1',
                    '--backend', backend or 'http://%s' % self.backend_host, *args,
                    listen=self.host)
        self.roles.append(role)
        return role

    def get(self, query, method='GET'):
        return fetch(self.host, PORT, '/dynamic?' + query, method=method)

    def expected(self, query):
        """The page, made here from what the backend itself says."""
        status, _, reply = fetch(self.backend_host, PORT, '/besim?' + query)
        self.assertEqual(status, 200)
        rows = ['<tr>' + ''.join('<td>' + html.escape(f) for f in record.split('&')) + '</tr>\n'
                for record in reply.decode().splitlines()]
        return ('<!DOCTYPE html>\n<html>\n<head><title>%s</title></head>\n<body>\n<table>\n%s'
                '</table>\n</body>\n</html>\n' % (html.escape(query), ''.join(rows))).encode()

    def test_pages(self):
        backend, role = self.backend(), self.webserver()
        queries = ['1&1&5', '1&2&77', '1&4&8&1234', '1&7&1&2&20260101&5.10',
                   '1&8&3&20200101&20211231', '2&2&9&lamp', '2&4&1&2', '3&3&123456789&4',
                   '3&4&0&0', '2&2&9&a@b~c,d+e']
        sizes = set()
        for query in queries:
            status, headers, body = self.get(query)
            self.assertEqual(status, 200, query)
            self.assertTrue(headers['Content-Type'].startswith('text/html'))
            self.assertEqual(body, self.expected(query))
            sizes.add(len(body))
            status, head, nothing = self.get(query, 'HEAD')
            self.assertEqual((status, nothing), (200, b''))
            self.assertEqual(head['Content-Length'], str(len(body)))
        self.assertGreater(len(sizes), 3)
        self.assertEqual(role.wait_counter('dynamic_pages', 2 * len(queries)), 2 * len(queries))
        stats = role.stats()
        call = next(l for l in stats['latencies'] if l['name'] == 'backend_call')
        self.assertEqual(call['count'], 2 * len(queries))
        # One after the other, so the webserver's connection to the backend was kept: one more is
        # the test's own for each page that it expected.
        self.assertEqual(backend.counter('connections'), 1 + len(queries))

    def test_the_backend_judges_the_query(self):
        self.backend()
        role = self.webserver()
        for query in ('1&99&5', 'nonsense', '1&1', '1&1&%41'):
            self.assertEqual(self.get(query)[0], 400, query)
        role.wait_counter('client_errors', 4)
        counters = role.stats()['counters']
        for name in ('backend_errors', 'backend_wrong', 'backend_timeouts', 'backend_missing'):
            self.assertEqual(counters[name]['value'], 0)

    def test_backend_dies_and_comes_back(self):
        backend, role = self.backend(), self.webserver()
        good = self.get('1&2&77')
        self.assertEqual(good[0], 200)
        for round in (1, 2):
            backend.kill()
            self.assertEqual(self.get('1&2&77')[0], 502)
            self.assertEqual(self.get('1&2&77')[0], 502)
            self.assertEqual(fetch(self.host, PORT, path_of(0, 0, 1))[0], 200)
            self.assertEqual(role.counter('backend_errors'), 2 * round)
            backend = self.backend()
            status, _, body = self.get('1&2&77')
            self.assertEqual(status, 200)
            self.assertEqual(body, good[2])
        self.assertEqual(role.counter('backend_timeouts'), 0)
        self.assertEqual(role.counter('backend_wrong'), 0)
        self.assertEqual(role.counter('backend_errors'), 4)

    def test_slow_backend(self):
        self.backend('--service-time', '30s', '--service-distribution', 'fixed')
        role = self.webserver('--backend-timeout', '300ms', '--backend-connections', '2')
        statuses = []
        threads = [threading.Thread(target=lambda i=i: statuses.append(self.get('1&1&%d' % i)[0]))
                   for i in range(6)] # two are under way, four wait, all run out of time
        start = time.monotonic()
        for thread in threads:
            thread.start()
        self.assertEqual(fetch(self.host, PORT, path_of(0, 0, 1))[0], 200) # not held up
        for thread in threads:
            thread.join()
        self.assertGreaterEqual(time.monotonic() - start, 0.3)
        self.assertEqual(statuses, [504] * 6)
        self.assertEqual(role.counter('backend_timeouts'), 6)
        self.assertEqual(role.counter('backend_errors'), 0)

    def test_more_pages_than_connections(self):
        backend = self.backend('--service-time', '5ms')
        role = self.webserver('--backend-connections', '3')
        n = 130
        request = 'GET /dynamic?1&2&%d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
        connections = [socket.create_connection((self.host, PORT), 20 * harness.SLOWDOWN)
                       for _ in range(n)]
        for i, s in enumerate(connections):
            s.sendall((request % i).encode())
        for i, s in enumerate(connections):
            got = b''
            while True:
                part = s.recv(65536)
                if not part:
                    break
                got += part
            self.assertRegex(got, rb'^HTTP/1\.1 200 ')
            self.assertIn(b'<title>1&amp;2&amp;%d</title>' % i, got) # each its own page
            s.close()
        role.wait_counter('dynamic_pages', n)
        self.assertLessEqual(backend.counter('connections'), 3)
        latencies = {l['name']: l for l in role.stats()['latencies']}
        self.assertEqual(latencies['backend_call']['count'], n)
        # Who waited for a connection waited: from when the page was due it took longer.
        self.assertGreater(latencies['backend_call']['sum_ns'],
                           latencies['backend_call']['raw_sum_ns'] * 2)

    def serve_wrongly(self, answer, n):
        """A backend that sends these bytes and closes."""
        def serve(server):
            for _ in range(n):
                s = server.accept()[0]
                with s:
                    s.recv(4096)
                    s.sendall(answer)
        server = socket.create_server((self.backend_host, PORT))
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        return server, thread

    def test_wrong_replies(self):
        ok = b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s'
        role = self.webserver('--backend-timeout', '10s')
        wrong = [ok % (0, b''), b'HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n',
                 ok % (6, b'hello\n'), ok % (4, b'1\nx\n'), ok % (4, b'0\nab'),
                 ok % (9000, b'0\n' + b'x' * 8997 + b'\n'), b'SSH-2.0-x\r\n\r\n',
                 b'HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\n0\n',
                 b'HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n']
        for i, answer in enumerate(wrong):
            server, thread = self.serve_wrongly(answer, 1)
            self.assertEqual(self.get('1&1&1')[0], 502, answer)
            thread.join()
            server.close()
            self.assertEqual(role.counter('backend_wrong'), i + 1, answer)
        # Broken off, closed at once, failed: errors, but no wrong answers.
        failed = [ok % (10, b'0\nab'), b'', b'HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n']
        for i, answer in enumerate(failed):
            server, thread = self.serve_wrongly(answer, 1)
            self.assertEqual(self.get('1&1&1')[0], 502)
            thread.join()
            server.close()
            self.assertEqual(role.counter('backend_errors'), i + 1, answer)
        self.assertEqual(role.counter('backend_wrong'), len(wrong))

    def test_pipelined_requests_are_answered_in_order(self):
        self.backend('--service-time', '10ms')
        self.webserver()
        asked = ['/dynamic?1&2&%d' % i if i % 3 else path_of(0, 0, 1 + i) for i in range(8)]
        data = ''.join('GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n' %
                       (path, 'Connection: close\r\n' if path == asked[-1] else '')
                       for path in asked).encode()
        with socket.create_connection((self.host, PORT), 10 * harness.SLOWDOWN) as s:
            s.sendall(data)
            with s.makefile('rb') as f:
                for i, path in enumerate(asked):
                    self.assertRegex(f.readline(), rb'^HTTP/1\.1 200 ', path)
                    length = int(http.client.parse_headers(f)['Content-Length'])
                    body = f.read(length)
                    if i % 3:
                        self.assertIn(b'<title>1&amp;2&amp;%d</title>' % i, body)
                    else:
                        self.assertEqual(body, file_content(0, 0, 1 + i))
                self.assertEqual(f.read(), b'')

    def test_clients_that_do_not_wait(self):
        backend = self.backend('--service-time', '1s', '--service-distribution', 'fixed')
        role = self.webserver()
        clients = [socket.create_connection((self.host, PORT)) for _ in range(5)]
        for i, s in enumerate(clients):
            s.sendall(b'GET /dynamic?1&1&%d HTTP/1.1\r\nHost: x\r\n\r\n' % i)
        backend.wait_counter('in_service', 5)
        for s in clients:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            s.close()
        role.wait_counter('aborted', 5)
        self.assertEqual(self.get('1&1&7')[0], 200)

    def test_no_backend(self):
        with Role('webserver', '--serve', '%s:%d' % (self.host, PORT), '--dirs', '1',
                  '--backend', 'none', listen=self.host) as role:
            self.assertEqual(self.get('1&1&5')[0], 503)
            self.assertEqual(role.counter('backend_missing'), 1)
            self.assertEqual(self.get('')[0], 400)

    def test_backend_url_with_a_path(self):
        server, thread = self.serve_wrongly(b'', 0)
        thread.join()
        self.webserver(backend='http://%s:%d/base/' % (self.backend_host, PORT))
        seen = []

        def serve():
            s = server.accept()[0]
            with s:
                seen.append(s.recv(4096))
                s.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n0\na\n')
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        status, _, body = self.get('1&1&5')
        thread.join()
        server.close()
        self.assertEqual(status, 200)
        self.assertIn(b'<td>a', body)
        self.assertTrue(seen[0].startswith(b'GET /base/besim?1&1&5 HTTP/1.1\r\n'), seen)

    def test_environment_is_no_proxy(self):
        self.backend()
        os.environ['http_proxy'] = 'http://127.0.0.1:1'
        try:
            self.webserver()
        finally:
            del os.environ['http_proxy']
        self.assertEqual(self.get('1&1&5')[0], 200)


if __name__ == '__main__':
    harness.main()
