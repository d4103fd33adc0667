# SPDX-License-Identifier: Apache-2.0
"""webclient against the real web server, and against servers that do everything wrong."""

import collections
import json
import os
import re
import signal
import socket
import socketserver
import struct
import threading
import time
import unittest

import harness
from harness import Role, address

# By process, so that two builds can be tested at the same time.
NAME = 'webclient-%d' % os.getpid()
CLIENT = address(NAME, 3)
SERVER = address(NAME, 1)
BACKEND = address(NAME, 4)
FAKE = address(NAME, 9)

ERRORS = ['connect_errors', 'timeout_errors', 'transport_errors', 'status_errors', 'wrong_lengths',
          'wrong_bodies']


def file_size(path):
    """What a file of the set has in bytes: i * 0.1 KB * 10^c."""
    found = re.fullmatch(r'/dir\d{5}/class(\d)_(\d)', path)
    return int(found[2]) * 1024 * 10 ** int(found[1]) // 10


class Fake:
    """A web server whose answers are the test's: answer(socket, path, number) sends what it likes;
    True keeps the connection. Its start and end are the with statement's."""

    def __init__(self, answer, host=FAKE):
        self.answer = answer
        self.host = host
        self.lock = threading.Lock()
        self.paths = []
        self.now = self.most = 0
        self.ended = threading.Event()

    def handle(self, connection):
        connection.settimeout(60)
        data = b''
        while True:
            while b'\r\n\r\n' not in data:
                piece = connection.recv(65536)
                if not piece:
                    return
                data += piece
            head, data = data.split(b'\r\n\r\n', 1)
            path = head.split(b' ')[1].decode()
            with self.lock:
                self.paths.append(path)
                number = len(self.paths)
                self.now += 1
                self.most = max(self.most, self.now)
            try:
                keep = self.answer(connection, path, number)
            finally:
                with self.lock:
                    self.now -= 1
            if not keep:
                return

    def wait_paths(self, n, timeout=30):
        deadline = time.monotonic() + timeout * harness.SLOWDOWN
        while len(self.paths) < n:
            if time.monotonic() > deadline:
                raise AssertionError('%d requests, not %d' % (len(self.paths), n))
            time.sleep(0.01)
        with self.lock:
            return self.paths[:n]

    def __enter__(self):
        fake = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                try:
                    fake.handle(self.request)
                except OSError:
                    pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False
            allow_reuse_address = True
            request_queue_size = 1000

        self.server = Server((self.host, 8080), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.ended.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def reply(connection, body_size, announced=None, status='200 OK'):
    connection.sendall(b'HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n' % (
        status.encode(), body_size if announced is None else announced) + bytes(body_size))
    return True


def right(connection, path, number):
    """Right as far as status and length go: enough where no body is looked at."""
    return reply(connection, file_size(path) if path.startswith('/dir') else 0)


def client(*args, host=FAKE, **kwargs):
    return Role('webclient', '--target', 'http://%s:8080' % host, *args, listen=CLIENT, **kwargs)


def values(stats):
    return {name: counter['value'] for name, counter in stats['counters'].items()}


def end(role):
    """Ends a client that has --final-stats -; its last counters."""
    status = role.stop()
    assert status == 0, (status, role.stderr())
    return values(json.loads(role.stdout()))


def cpu_ns(stats):
    return stats['process']['user_ns'] + stats['process']['system_ns']


def lower_ns(index):
    """A histogram bucket's lower edge: 64 buckets to the power of two."""
    shift = 0 if index < 128 else index // 64 - 1
    return (index - shift * 64) << shift


def window(start, end_, name='request', raw=False):
    """What a latency recorded between two stats: sorted (ns, count)."""
    counts = collections.Counter()
    for stats, sign in ((start, -1), (end_, 1)):
        latency = next(x for x in stats['latencies'] if x['name'] == name)
        buckets = latency['raw_histogram' if raw else 'histogram']['buckets']
        for index, count in zip(buckets[::2], buckets[1::2]):
            counts[lower_ns(index)] += sign * count
    assert min(counts.values(), default=0) >= 0
    return sorted((ns, n) for ns, n in counts.items() if n)


def above(histogram, ns):
    return sum(n for lower, n in histogram if lower >= ns)


def quantile(histogram, q):
    left = q * sum(n for _, n in histogram)
    for ns, n in histogram:
        left -= n
        if left <= 0:
            return ns
    return histogram[-1][0]


class Usage(unittest.TestCase):
    def check(self, *args, says):
        done = harness.run('webclient', *args)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(says, done.stderr)
        self.assertEqual(done.stderr.count('\n'), 1, done.stderr)

    def test_no_target(self):
        self.check(says='--target')

    def test_bad_targets(self):
        for target in ('127.0.0.1:8080', 'ftp://127.0.0.1', 'http://127.0.0.1:99999', 'http://a b',
                       'http://127.0.0.1/path', 'http://127.0.0.1?query', 'http://me@127.0.0.1',
                       'http://127.0.0.1#part', 'http://', ''):
            with self.subTest(target):
                self.check('--target', target, says='--target')

    def test_bad_values(self):
        for option in ('--users=0', '--max-in-flight=0', '--dirs=0', '--dirs=100000',
                       '--dynamic=101%', '--verify=-1', '--timeout=0', '--zipf-alpha=nan'):
            with self.subTest(option):
                self.check('--target', 'http://127.0.0.1', option, says=option.split('=')[0])


class WrongServers(unittest.TestCase):
    """Each way to fail is counted in its own kind, and in no other."""

    def check(self, answer, kind, *args, least=6):
        with Fake(answer) as fake:
            with client('--users', 2, '--dynamic', 0, '--verify', 0, '--retry-wait', '5ms',
                        '--final-stats', '-', *args) as role:
                role.wait_counter(kind, least)
                counters = end(role)
        wrong = {k: counters[k] for k in ERRORS + ['requests'] if counters[k] and k != kind}
        self.assertEqual(wrong, {})
        # What was sent has ended, but for what the two users had under way.
        self.assertLessEqual(counters['offered'] - counters[kind], 2)
        self.assertGreaterEqual(counters['offered'], counters[kind])
        self.assertEqual(counters['bodies_verified'], 0)
        return counters, fake

    def test_status(self):
        for status in ('500 Oops', '404 Not Found', '302 Found', '204 No Content', '206 Partial'):
            with self.subTest(status):
                self.check(lambda c, path, n: reply(c, 0 if status < '205' else file_size(path),
                                                    status=status), 'status_errors')

    def test_too_short(self):
        self.check(lambda c, path, n: reply(c, file_size(path) - 1), 'wrong_lengths')

    def test_empty(self):
        self.check(lambda c, path, n: reply(c, 0), 'wrong_lengths')

    def test_too_long(self):
        self.check(lambda c, path, n: reply(c, file_size(path) + 1), 'wrong_lengths')

    def test_endless(self):
        """A body without end is left as soon as it is too long, not at the timeout."""
        def answer(connection, path, number):
            connection.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
            while True:
                connection.sendall(b'1000\r\n' + bytes(0x1000) + b'\r\n')
        self.check(answer, 'wrong_lengths', '--timeout', '60s')

    def test_wrong_page_length(self):
        self.check(lambda c, path, n: reply(c, 10), 'wrong_lengths', '--dynamic', '100%')

    def test_wrong_body(self):
        self.check(right, 'wrong_bodies', '--verify', '100%')

    def test_body_not_looked_at(self):
        """The same answers with --verify 0: nobody can know."""
        self.check(right, 'requests')

    def test_closes_at_once(self):
        self.check(lambda c, path, n: False, 'transport_errors')

    def test_closes_halfway(self):
        def answer(connection, path, number):
            reply(connection, file_size(path) // 2, file_size(path))
            return False
        self.check(answer, 'transport_errors')

    def test_resets(self):
        def answer(connection, path, number):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            return False
        self.check(answer, 'transport_errors')

    def test_no_http(self):
        def answer(connection, path, number):
            connection.sendall(b'220 mail ready\r\n')
            return False
        self.check(answer, 'transport_errors')

    def test_never_answers(self):
        def answer(connection, path, number):
            connection.recv(1)
        self.check(answer, 'timeout_errors', '--timeout', '200ms', least=4)

    def test_stalls_halfway(self):
        def answer(connection, path, number):
            reply(connection, file_size(path) // 2, file_size(path))
            connection.recv(1)
        counters, _ = self.check(answer, 'timeout_errors', '--timeout', '200ms', least=4)
        self.assertGreater(counters['bytes'], 0)

    def test_never_accepts(self):
        """Nobody accepts and the queue is full: connecting is part of the timeout."""
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((FAKE, 8080))
            listener.listen(0)
            with client('--users', 4, '--timeout', '200ms', '--final-stats', '-') as role:
                role.wait_counter('timeout_errors', 8)
                counters = end(role)
        self.assertEqual([k for k in ERRORS if counters[k]], ['timeout_errors'])

    def test_each_in_exactly_one_kind(self):
        """One user, all kinds by turns: the client's counts are the server's."""
        given = collections.Counter()

        def answer(connection, path, number):
            size = file_size(path)
            kind = ['requests', 'status_errors', 'wrong_lengths', 'transport_errors'][number % 4]
            given[kind] += 1
            if kind == 'requests':
                return reply(connection, size)
            if kind == 'status_errors':
                return reply(connection, size, status='503 Busy')
            if kind == 'wrong_lengths':
                return reply(connection, size + 1)
            reply(connection, size - 1, size)
            return False

        with Fake(answer) as fake:
            with client('--users', 1, '--dynamic', 0, '--verify', 0, '--retry-wait', '1ms',
                        '--final-stats', '-') as role:
                fake.wait_paths(200)
                counters = end(role)
        for kind in given:
            self.assertIn(given[kind] - counters[kind], (0, 1), kind)
        self.assertLessEqual(sum(given.values()) - sum(counters[kind] for kind in given), 1)
        self.assertEqual(counters['static_requests'], counters['requests'])
        self.assertEqual(counters['late'] <= counters['offered'], True)

    def test_kept_connection_closed(self):
        """A server may close a connection that nothing happens on: that is no error, and waiting
        costs nothing."""
        def answer(connection, path, number):
            right(connection, path, number)
            return False
        with Fake(answer):
            with client('--users', 20, '--think', '1s', '--dynamic', 0, '--verify', 0) as role:
                role.wait_counter('requests', 5)
                start = role.stats()
                time.sleep(1)
                stop = role.stats()
                counters = values(stop)
        self.assertEqual([k for k in ERRORS if counters[k]], [])
        # Each answer took a connection.
        self.assertGreaterEqual(counters['connections'], counters['requests'])
        # Some 20 requests in a second: milliseconds. A loop that spins on a closed connection
        # would take the whole second.
        self.assertLess(cpu_ns(stop) - cpu_ns(start), 0.3e9 * harness.SLOWDOWN)

    def test_kept_connection_dies(self):
        """The second request of each connection finds it closed: it is sent again over a new one,
        as often as it takes, and that is no error."""
        seen = {}

        def answer(connection, path, number):
            with seen_lock:
                seen[connection] = seen.get(connection, 0) + 1
                if seen[connection] == 2:
                    return False
            return right(connection, path, number)

        seen_lock = threading.Lock()
        with Fake(answer):
            with client('--users', 1, '--dynamic', 0, '--verify', 0, '--final-stats', '-') as role:
                role.wait_counter('requests', 100)
                counters = end(role)
        self.assertEqual([k for k in ERRORS if counters[k]], [])
        self.assertAlmostEqual(counters['resent'], counters['requests'], delta=2)
        self.assertAlmostEqual(counters['connections'], counters['requests'], delta=2)

    def test_stop_while_server_hangs(self):
        def answer(connection, path, number):
            connection.recv(1)
        for mode in (['--users', 8], ['--mode', 'open', '--rate', 100]):
            with self.subTest(mode), Fake(answer), client(*mode, '--final-stats', '-') as role:
                role.wait_counter('in_flight', 8)
                # Past libcurl's own timers for connecting, so that nothing but the stop wakes it.
                time.sleep(0.4)
                start = time.monotonic()
                counters = end(role)
                self.assertLess(time.monotonic() - start, 1 * harness.SLOWDOWN)
                # Abandoned, not failed.
                self.assertEqual([k for k in ERRORS if counters[k]], [])
                self.assertEqual(counters['in_flight'], 0)


class Pace(unittest.TestCase):
    def test_users_in_flight(self):
        def answer(connection, path, number):
            time.sleep(0.005)
            return right(connection, path, number)
        with Fake(answer) as fake:
            with client('--users', 4, '--dynamic', 0, '--verify', 0, '--final-stats', '-') as role:
                role.wait_counter('requests', 200)
                stats = role.stats()
                counters = end(role)
        self.assertEqual(fake.most, 4)
        self.assertEqual(values(stats)['users'], 4)
        self.assertLessEqual(values(stats)['in_flight'], 4)
        # One connection each, kept.
        self.assertEqual(counters['connections'], 4)
        self.assertLessEqual(len(fake.paths) - counters['requests'], 4)

    def test_think_time(self):
        with Fake(right), client('--users', 10, '--think', '200ms', '--dynamic', 0,
                                 '--verify', 0) as role:
            start = role.stats(brief=True)
            time.sleep(2)
            stop = role.stats(brief=True)
        seconds = (stop['clock_ns'] - start['clock_ns']) / 1e9
        sent = values(stop)['offered'] - values(start)['offered']
        # 50/s, so 100 in all with a deviation of 10: 5 deviations below. Above there is nothing
        # that could add to it but chance.
        self.assertGreater(sent, 50 * seconds / harness.SLOWDOWN - 50)
        self.assertLess(sent, 50 * seconds + 50)

    def test_same_seed_same_requests(self):
        """Whatever the timing: a server twice as slow, an open loop."""
        def slow(connection, path, number):
            time.sleep(0.004)
            return right(connection, path, number)

        def record(answer, *args, n=60):
            with Fake(answer) as fake, client(*args) as role:
                paths = fake.wait_paths(n)
                role.stop()
                return paths

        paths = record(right, '--users', 1, '--seed', 5)
        self.assertEqual(record(slow, '--users', 1, '--seed', 5), paths)
        self.assertEqual(record(right, '--users', 1, '--seed', 5, '--verify', '100%'), paths)
        # Requests under way at the same time may overtake each other on their way to the server.
        opened = record(right, '--mode', 'open', '--rate', 400, '--seed', 5, n=200)
        self.assertEqual(collections.Counter(paths) - collections.Counter(opened), {})
        other = record(right, '--users', 1, '--seed', 6, n=200)
        missing = collections.Counter(paths) - collections.Counter(other)
        self.assertGreater(sum(missing.values()), 15)
        self.assertTrue(any(p.startswith('/dynamic?') for p in paths))

    def test_users_have_their_own_requests(self):
        """Of several users the first asks what it asks when it is alone, in the same order."""
        def record(n_users, n_paths):
            with Fake(right) as fake, client('--users', n_users, '--seed', 5) as role:
                paths = fake.wait_paths(n_paths)
                role.stop()
                return paths

        alone, together = record(1, 300), record(3, 300)
        rest = iter(together)
        self.assertTrue(all(path in rest for path in alone[:10]), (alone[:10], together))
        # And the others ask something else.
        missing = collections.Counter(alone) - collections.Counter(together)
        self.assertGreater(sum(missing.values()), 20)

    def test_max_in_flight(self):
        def answer(connection, path, number):
            connection.recv(1)
        with Fake(answer) as fake:
            with client('--mode', 'open', '--rate', 500, '--max-in-flight', 1,
                        '--final-stats', '-') as role:
                role.wait_counter('offered', 100)
                self.assertEqual(role.counter('in_flight'), 1)
                counters = end(role)
        self.assertEqual(len(fake.paths), 1)
        self.assertEqual(counters['dropped'], counters['offered'] - 1)
        self.assertEqual([k for k in ERRORS if counters[k]], [])

    def test_refused_then_there(self):
        """Without a server: errors, few of them. Then the server comes, and they end."""
        with client('--users', 2, '--dynamic', 0, '--verify', 0, '--retry-wait', '50ms') as role:
            role.wait_counter('connect_errors', 6)
            stats = role.stats()
            self.assertLess(values(stats)['connect_errors'], 2 * stats['uptime_ns'] / 50e6 + 3)
            self.assertEqual([k for k in ERRORS if values(stats)[k]], ['connect_errors'])
            with Fake(right):
                role.wait_counter('requests', 20)
                errors = role.counter('connect_errors')
                role.wait_counter('requests', role.counter('requests') + 20)
                self.assertEqual(role.counter('connect_errors'), errors)

    def test_unreachable(self):
        """An address that cannot even be tried: the failure comes at once, without any event."""
        with Role('webclient', '--target', 'http://255.255.255.255', '--users', 2, '--retry-wait',
                  '10ms', '--final-stats', '-', listen=CLIENT) as role:
            role.wait_counter('connect_errors', 10)
            counters = end(role)
        self.assertEqual([k for k in ERRORS if counters[k]], ['connect_errors'])

    def test_refused_open_loop(self):
        """The schedule alone decides: every request due is tried."""
        with client('--mode', 'open', '--rate', 200) as role:
            role.wait_counter('connect_errors', 100)
            deadline = time.monotonic() + 10 * harness.SLOWDOWN
            while role.counter('in_flight') > 5:
                self.assertLess(time.monotonic(), deadline)
            counters = values(role.stats())
        self.assertEqual([k for k in ERRORS if counters[k]], ['connect_errors'])
        self.assertGreaterEqual(counters['connect_errors'], 100)
        self.assertEqual(counters['dropped'], 0)


class RealServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = Role('backend', '--serve', BACKEND + ':8080', listen=BACKEND)
        cls.addClassCleanup(cls.backend.__exit__)
        cls.server = Role('webserver', '--serve', SERVER + ':8080', '--dirs', 2, '--backend',
                          'http://%s:8080' % BACKEND, listen=SERVER)
        cls.addClassCleanup(cls.server.__exit__)

    def client(self, *args, **kwargs):
        return client('--dirs', 2, *args, host=SERVER, **kwargs)

    def assert_no_errors(self, counters):
        self.assertEqual({k: counters[k] for k in ERRORS + ['dropped'] if counters[k]}, {})

    def test_every_answer_is_right(self):
        with self.client('--users', 8, '--verify', '100%', '--final-stats', '-') as role:
            role.wait_counter('requests', 1000)
            stats = role.stats()
            counters = end(role)
        self.assert_no_errors(counters)
        self.assertEqual(counters['bodies_verified'], counters['requests'])
        self.assertEqual(counters['static_requests'] + counters['dynamic_requests'],
                         counters['requests'])
        share = counters['dynamic_requests'] / counters['requests']
        self.assertAlmostEqual(share, 0.3, delta=0.08)
        self.assertEqual(counters['connections'], 8)
        # What is under way at the end is neither work nor an error.
        self.assertLessEqual(counters['offered'] - counters['requests'], 8)
        # About 14.7 KB a file.
        self.assertGreater(counters['bytes'] / counters['requests'], 3000)
        names = [latency['name'] for latency in stats['latencies']]
        self.assertEqual(names, ['request', 'static', 'dynamic'])
        count = {latency['name']: latency['count'] for latency in stats['latencies']}
        self.assertAlmostEqual(count['request'], count['static'] + count['dynamic'], delta=1)

    def test_verified_share(self):
        for share, low, high in (('0', 0, 0), ('10%', 0.05, 0.15)):
            with self.subTest(share), self.client('--verify', share, '--final-stats', '-') as role:
                role.wait_counter('requests', 1000)
                counters = end(role)
                self.assertGreaterEqual(counters['bodies_verified'] / counters['requests'], low)
                self.assertLessEqual(counters['bodies_verified'] / counters['requests'], high)

    def test_one_bit(self):
        """One bit of each body turned on the way: seen in every answer that is looked at."""
        def answer(connection, path, number):
            status, headers, body = harness.http(SERVER, 8080, path)
            body = bytearray(body)
            body[number % len(body)] ^= 1 << number % 8
            connection.sendall(b'HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n' % (
                status, len(body)) + body)
            return True
        with Fake(answer), client('--dirs', 2, '--users', 2, '--verify', '100%',
                                  '--final-stats', '-') as role:
            role.wait_counter('wrong_bodies', 60)
            counters = end(role)
        self.assertEqual({k: v for k, v in counters.items() if v and k in ERRORS + ['requests']},
                         {'wrong_bodies': counters['wrong_bodies']})

    def test_more_dirs_than_there_are(self):
        with client('--dirs', 8, '--zipf-alpha', 0, '--dynamic', 0, '--final-stats', '-',
                    host=SERVER) as role:
            role.wait_counter('status_errors', 100)
            counters = end(role)
        self.assertEqual([k for k in ERRORS if counters[k]], ['status_errors'])
        self.assertAlmostEqual(counters['requests'] / counters['offered'], 0.25, delta=0.15)

    def test_environment_and_cmdline(self):
        """Options from a kernel command line; a proxy in the environment is none of ours."""
        with Role('webclient', listen=CLIENT,
                  cmdline='quiet tileload.target=http://%s tileload.users=3 tileload.dirs=2' %
                  SERVER,
                  env={'http_proxy': 'http://%s:1' % FAKE}) as role:
            role.wait_counter('requests', 20)
            counters = values(role.stats())
        self.assert_no_errors(counters)
        self.assertEqual(counters['users'], 3)

    def test_open_loop_rate(self):
        with self.client('--mode', 'open', '--rate', 200, '--arrival', 'uniform') as role:
            role.wait_counter('requests', 1)
            start = role.stats(brief=True)
            time.sleep(3)
            stop = role.stats(brief=True)
        seconds = (stop['clock_ns'] - start['clock_ns']) / 1e9
        offered = values(stop)['offered'] - values(start)['offered']
        achieved = values(stop)['requests'] - values(start)['requests']
        # A moment's lag of a busy machine at either end of the window, in requests.
        lag = 20 * harness.SLOWDOWN
        self.assertAlmostEqual(offered, 200 * seconds, delta=lag)
        self.assertAlmostEqual(achieved, offered, delta=lag)
        self.assert_no_errors(values(stop))

    def test_sent_when_due(self):
        """Waiting is exact: a request goes out when it is due, not at the next millisecond. A client
        that rounds is late each time; a busy machine only hides for a while that one does not."""
        with self.client('--mode', 'open', '--rate', 100, '--arrival', 'uniform') as role:
            role.wait_counter('requests', 1)
            for _ in range(5):
                late, at_most = self.lateness(role)
                self.assertGreaterEqual(late, 0)
                if late < at_most:
                    return
        self.assertLess(late, at_most)

    def lateness(self, role):
        """How late the lower quartile is sent, and what this machine does to anybody's sleep
        meanwhile, in ns."""
        overslept = []
        start = role.stats()
        while len(overslept) < 100:
            began = time.monotonic()
            time.sleep(0.01)
            overslept.append((time.monotonic() - began - 0.01) * 1e9)
        stop = role.stats()
        late = quantile(window(start, stop), 0.25) - quantile(window(start, stop, raw=True), 0.25)
        return late, 0.2e6 * harness.SLOWDOWN + 2 * sorted(overslept)[75]

    def stall(self, role, victim):
        """Stops a process for 1 s: stats around it, and how many seconds it really was."""
        role.wait_counter('requests', 20)
        start = role.stats()
        victim.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        try:
            # Not a deadline but the thing to be measured.
            time.sleep(1)
        finally:
            seconds = time.monotonic() - began
            victim.send_signal(signal.SIGCONT)
        role.wait_counter('requests', values(start)['requests'] + 260)
        return start, role.stats(), seconds

    def assert_stall(self, histogram, seconds):
        """Requests due evenly, 200 a second, over the time that nobody answered: theirs run evenly
        from all of it down to 0. None of them may be missing; a busy machine adds slow ones, so
        that the bounds above are wide."""
        self.assertGreater(histogram[-1][0], 0.97e9 * seconds)
        self.assertLess(histogram[-1][0], 1e9 * seconds + 2e9 * harness.SLOWDOWN)
        self.assertGreater(quantile(histogram, 0.99), 0.9e9 * seconds)
        for share in (0.25, 0.5, 0.75):
            due = 200 * seconds * (1 - share)
            found = above(histogram, share * seconds * 1e9)
            self.assertGreater(found, due - 6)
            self.assertLess(found, due + 120 * harness.SLOWDOWN)

    def test_server_stalls(self):
        with self.client('--mode', 'open', '--rate', 200, '--arrival', 'uniform') as role:
            start, stop, seconds = self.stall(role, self.server.process)
        self.assert_stall(window(start, stop), seconds)
        self.assert_no_errors(values(stop))

    def test_client_stalls(self):
        """The client's own stall: what fell due meanwhile is sent late, all of it, and timed from
        when it was due. From when it was sent, nothing is to be seen: coordinated omission."""
        with self.client('--mode', 'open', '--rate', 200, '--arrival', 'uniform') as role:
            start, stop, seconds = self.stall(role, role.process)
        self.assert_stall(window(start, stop), seconds)
        # But for what was under way when it stopped. (From due to done, there are 100.)
        self.assertLess(above(window(start, stop, raw=True), 0.5e9 * seconds), 20)
        self.assertGreater(values(stop)['late'] - values(start)['late'], 200 * seconds - 6)
        self.assert_no_errors(values(stop))

    def test_stall_in_closed_loop(self):
        """For comparison, what a closed loop makes of it: as many slow answers as users."""
        with self.client('--users', 4) as role:
            start, stop, seconds = self.stall(role, self.server.process)
        slow = above(window(start, stop), 0.9e9 * seconds)
        self.assertTrue(1 <= slow <= 4, slow)


if __name__ == '__main__':
    harness.main()
