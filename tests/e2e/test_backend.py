# SPDX-License-Identifier: Apache-2.0
"""backend: answers that follow from the query, service times that hold nobody else up."""

import http.client
import re
import resource
import signal
import socket
import threading
import time
import unittest

import harness
from harness import Role, address, http as fetch, run

PORT = 8080


class Backend(unittest.TestCase):
    def start(self, *args):
        self.host = address(self.id())
        role = Role('backend', '--serve', '%s:%d' % (self.host, PORT), *args, listen=self.host)
        self.addCleanup(role.__exit__)
        return role

    def ask(self, query, method='GET'):
        return fetch(self.host, PORT, '/besim?' + query, method=method)

    def test_answers(self):
        role = self.start()
        # Query, how many records, the form of each.
        cases = [
            ('1&1&5', (1, 1), r'[0-9a-f]{32}&[a-z ]+&\d{8}&\d+'),
            ('1&2&5', (2, 8), r'\d{9}&[a-z]+&\d+\.\d\d'),
            ('1&3&5', (2, 8), r'\d{9}&[a-z]+&\d+\.\d\d&\d+\.\d\d&\d+&\d+\.\d\d'),
            ('1&4&5&1001', (1, 1), r'\d{9}&\d+\.\d\d&\d{8}&[a-z ]+&[a-z ]+'),
            ('1&5&5', (5, 60), r'\d{9}&[a-z ]+&\d{8}&\d+\.\d\d'),
            ('1&6&5&6&name&street&city&state&12345&678', (1, 1), r'\d{9}&[a-z]+&\d{8}'),
            ('1&7&5&6&20260131&12.50', (1, 3), r'\d{9}&\d{9}&\d+\.\d\d&\d{8}&[a-z]+'),
            ('1&8&5&20260101&20260131', (0, 99), r'\d{9}&\d{8}&[a-z ]+&\d+\.\d\d&[a-z]+'),
            ('1&9&5', (1, 1), r'[a-z ]+&[a-z ]+&[a-z]+&[a-z]+&\d+&\d+&[a-z]+'),
            ('1&10&5&street&city&state&x&12345&678&a@b.c', (1, 1), r'\d{9}&[a-z]+&\d{8}'),
            ('2&2&5&lamp', (5, 50), r'\d{9}&[a-z ]+&\d+\.\d\d&\d+'),
            ('3&3&5&6', (10, 60), r'\d{9}&[a-z ]+&\d{8}&\d+'),
        ]
        for query, (least, most), form in cases:
            status, headers, body = self.ask(query)
            self.assertEqual(status, 200, query)
            lines = body.decode().split('\n')
            self.assertEqual(lines[0], '0')
            self.assertEqual(lines[-1], '')
            workload, command, number = query.split('&')[:3]
            self.assertEqual(lines[1], '&'.join([workload, command, number, str(len(lines) - 3)]))
            self.assertTrue(least <= len(lines) - 3 <= most, (query, len(lines)))
            for line in lines[2:-1]:
                self.assertRegex(line, '^%s$' % form, query)
            self.assertEqual(self.ask(query)[2], body) # stateless
        other = self.ask('1&3&6')[2]
        self.assertNotEqual(other.split(b'\n', 2)[2], self.ask('1&3&5')[2].split(b'\n', 2)[2])
        role.wait_counter('requests', 2 * len(cases) + 2)
        self.assertEqual(role.counter('client_errors'), 0)

    def test_head_404_405_400(self):
        role = self.start()
        body = self.ask('1&2&5')[2]
        status, headers, nothing = self.ask('1&2&5', 'HEAD')
        self.assertEqual((status, nothing), (200, b''))
        self.assertEqual(headers['Content-Length'], str(len(body)))
        for path in ('/', '/dynamic?1&1&5', '/besim/', '/besi'):
            self.assertEqual(fetch(self.host, PORT, path)[0], 404, path)
        for method in ('POST', 'PUT', 'DELETE'):
            status, headers, _ = fetch(self.host, PORT, '/besim?1&1&5', method=method, body=b'x')
            self.assertEqual(status, 405)
            self.assertEqual(headers['Allow'], 'GET, HEAD')
        bad = ['/besim', '/besim?', '/besim?1&99&5', '/besim?1&1', '/besim?1&1&x', '/besim?4&1&5',
               '/besim?1%261%265', '/besim?' + '1' * 256, '/besim?1&1&' + '1' * 2000]
        for path in bad:
            status, _, body = fetch(self.host, PORT, path)
            self.assertEqual(status, 400, path)
            self.assertRegex(body, rb'^1\n[a-z ]+\n$')
        self.assertEqual(role.wait_counter('bad_queries', len(bad)), len(bad))
        self.assertEqual(role.counter('client_errors'), len(bad) + 7)
        self.assertEqual(role.counter('requests'), 2)

    def test_keep_alive(self):
        role = self.start()
        connection = http.client.HTTPConnection(self.host, PORT, timeout=10 * harness.SLOWDOWN)
        for i in range(20):
            connection.request('GET', '/besim?1&2&%d' % i)
            response = connection.getresponse()
            self.assertEqual(response.status, 200)
            response.read()
        connection.close()
        self.assertEqual(role.wait_counter('requests', 20), 20)
        self.assertEqual(role.counter('connections'), 1)

    def parallel(self, n):
        """n queries at once on connections of their own; their times in seconds."""
        connections = [socket.create_connection((self.host, PORT), 20 * harness.SLOWDOWN)
                       for _ in range(n)]
        start = time.monotonic()
        times = []
        for i, s in enumerate(connections):
            s.sendall(b'GET /besim?1&2&%d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' % i)

        def read(i, s):
            got = b''
            while True:
                part = s.recv(65536)
                if not part:
                    break
                got += part
            if re.match(rb'HTTP/1.1 200 ', got) and b'\r\n\r\n0\n1&2&%d&' % i in got:
                times.append(time.monotonic() - start)
            s.close()
        threads = [threading.Thread(target=read, args=a) for a in enumerate(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(times), n, 'not all were answered rightly')
        return times

    def test_fixed_service_time(self):
        role = self.start('--service-time', '300ms', '--service-distribution', 'fixed')
        times = self.parallel(128)
        self.assertGreaterEqual(min(times), 0.3)
        # All at the same time, not one after the other.
        self.assertLess(max(times), 3 * harness.SLOWDOWN)
        role.wait_counter('requests', 128)
        self.assertEqual(role.counter('in_service'), 0)
        latency = role.stats()['latencies'][0]
        self.assertEqual(latency['count'], 128)
        self.assertGreaterEqual(latency['sum_ns'] / 128, 300e6)

    def test_exponential_service_time(self):
        role = self.start('--service-time', '200ms', '--service-distribution', 'exponential')
        times = self.parallel(256)
        role.wait_counter('requests', 256)
        latency = role.stats()['latencies'][0]
        self.assertEqual(latency['count'], 256)
        # The mean of 256 draws is within four standard errors, a quarter, of the true one; what the
        # machine adds to each is no more than what a deadline allows.
        mean = latency['sum_ns'] / 256 / 1e9
        self.assertGreater(mean, 0.15)
        self.assertLess(mean, 0.25 + 0.2 * harness.SLOWDOWN)
        # No fixed time: some are served late, and (28 of 100 draws are below a third of the mean)
        # the first long before the rest.
        self.assertGreater(max(times), 0.5)
        self.assertLess(min(times), max(times) / 2)

    def test_ends_while_serving(self):
        role = self.start('--service-time', '600s', '--service-distribution', 'fixed')
        waiting = []
        for i in range(200):
            s = socket.create_connection((self.host, PORT))
            s.sendall(b'GET /besim?1&1&%d HTTP/1.1\r\nHost: x\r\n\r\n' % i)
            waiting.append(s)
        role.wait_counter('in_service', 200)
        start = time.monotonic()
        self.assertEqual(role.stop(signal.SIGTERM), 0)
        self.assertLess(time.monotonic() - start, 1 * harness.SLOWDOWN)
        self.assertEqual(role.stderr(), '')
        for s in waiting:
            s.close()

    def test_port_in_use(self):
        self.start()
        result = run('backend', '--serve', '%s:%d' % (self.host, PORT), '--listen',
                     '%s:9478' % self.host)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.count('\n'), 1, result.stderr)
        self.assertIn('--serve', result.stderr)
        self.assertIn('in use', result.stderr)

    def test_open_file_limit(self):
        host = address(self.id())
        result = run('backend', '--serve', '%s:%d' % (host, PORT), '--listen', '%s:9477' % host,
                     '--max-connections', '100000')
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if limit > 100000:
            self.skipTest('the limit of open files is %d' % limit)
        self.assertEqual(result.returncode, 1)
        self.assertIn('--max-connections "100000"', result.stderr)
        self.assertEqual(result.stderr.count('\n'), 1, result.stderr)


if __name__ == '__main__':
    harness.main()
