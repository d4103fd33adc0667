# SPDX-License-Identifier: Apache-2.0
"""cpu: the mix is exact, the CPU is busy, the working set is walked, and it ends at once."""

import json
import os
import re
import signal
import tempfile
import time
import unittest

from harness import SLOWDOWN, Role, address, main, run

LISTEN = address('cpu')
MIB = 1 << 20
DOCS = os.path.join(os.path.dirname(__file__), '..', '..', 'docs', 'cpu.md')


def weights():
    """{operation: weight}, as the documentation promises."""
    with open(DOCS) as f:
        return {name: int(weight) for name, weight in
                re.findall(r'^\| (\w+) \| \w+ \| (\d+) \|', f.read(), re.M)}


def values(stats):
    return {name: counter['value'] for name, counter in stats['counters'].items()}


def operations(counted):
    """{operation: count} of the operations' own counters."""
    prefix = 'operations_'
    return {name[len(prefix):]: n for name, n in counted.items() if name.startswith(prefix)}


def finished(*args):
    """Runs the role to its end: its last stats.json."""
    result = run('cpu', '--listen', LISTEN + ':9477', '--final-stats', '-', *args)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


class Mix(unittest.TestCase):
    def check(self, counted, weight):
        rounds = counted['rounds']
        self.assertGreaterEqual(rounds, 1)
        for name, n in operations(counted).items():
            with self.subTest(operation=name):
                self.assertGreaterEqual(n, rounds * weight.get(name, 0))
                self.assertLessEqual(n, (rounds + 1) * weight.get(name, 0))
        self.assertEqual(sum(operations(counted).values()), counted['operations'])
        self.assertEqual(counted['wrong_results'], 0)
        self.assertEqual(counted['system_call_errors'], 0)

    def test_every_operation_as_often_as_its_weight(self):
        weight = weights()
        self.assertGreaterEqual(len(weight), 14)
        self.assertEqual(sum(weight.values()), 100)
        stats = finished('--memory', '8M', '--duration', '%gs' % SLOWDOWN)
        counted = values(stats)
        self.assertEqual(set(operations(counted)), set(weight))
        self.check(counted, weight)
        self.assertEqual(counted['offered'], counted['operations'])
        self.assertEqual(stats['latencies'][0]['name'], 'operation')
        self.assertEqual(stats['latencies'][0]['count'], counted['operations'])

    def test_only_some_operations(self):
        weight = {n: w for n, w in weights().items() if n in ('sort', 'pipe')}
        counted = values(finished('--memory', '8M', '--duration', '300ms', '--operations',
                                  'sort,pipe'))
        self.check(counted, weight)
        self.assertEqual(counted['walked_bytes'], 0)

    def test_one_family(self):
        with Role('cpu', '--memory', '8M', '--operations', 'memory', listen=LISTEN) as role:
            role.wait_counter('walked_passes', 1)
            counted = values(role.stats())
        self.assertEqual({n for n, count in operations(counted).items() if count},
                         {'chase', 'copy', 'triad', 'pages'})


class Work(unittest.TestCase):
    def test_busy_with_its_whole_working_set(self):
        with Role('cpu', '--memory', '64M', listen=LISTEN) as role:
            begin = role.stats(brief=True)
            role.wait_counter('walked_passes', 2)
            while True:
                end = role.stats(brief=True)
                wall_ns = end['clock_ns'] - begin['clock_ns']
                if wall_ns >= 1e9:
                    break
                time.sleep(0.05)
            self.assertGreaterEqual(end['process']['rss_bytes'], 64 * MIB)
            self.assertGreaterEqual(values(end)['memory_bytes'], 64 * MIB)
            self.assertLess(values(end)['memory_bytes'], 65 * MIB)
            self.assertGreaterEqual(values(end)['walked_bytes'],
                                    values(end)['walked_passes'] * 64 * MIB)
            # Queued time counts: it wanted the CPU that others had. What is missing is that of
            # the processes forked and waited for.
            wanted_ns = sum(end['process'][k] - begin['process'][k]
                            for k in ('user_ns', 'system_ns', 'queued_ns'))
            self.assertGreater(wanted_ns / wall_ns, 0.85)
            self.assertEqual(values(end)['wrong_results'], 0)
            self.assertEqual(values(end)['system_call_errors'], 0)
            started = time.monotonic()
            self.assertEqual(role.stop(), 0)
            self.assertLess(time.monotonic() - started, SLOWDOWN)

    def test_threads_share_the_memory(self):
        with Role('cpu', '--memory', '32M', '--threads', '3', listen=LISTEN) as role:
            role.wait_counter('rounds', 3)
            counted = values(role.stats())
            self.assertGreaterEqual(counted['memory_bytes'], 32 * MIB)
            self.assertLess(counted['memory_bytes'], 33 * MIB)
            self.assertEqual(counted['wrong_results'], 0)
            self.assertEqual(counted['system_call_errors'], 0)
            self.assertEqual(role.stop(), 0)

    def test_open_loop_holds_its_rate(self):
        rate = 200 / SLOWDOWN  # what a sanitizer build can do, too
        with Role('cpu', '--memory', '8M', '--mode', 'open', '--rate', rate, '--arrival',
                  'uniform', listen=LISTEN) as role:
            role.wait_counter('operations', 1)
            begin = role.stats(brief=True)
            role.wait_counter('operations', values(begin)['operations'] + int(1.5 * rate))
            end = role.stats(brief=True)
            done = values(end)['operations'] - values(begin)['operations']
            self.assertAlmostEqual(done / (end['clock_ns'] - begin['clock_ns']) * 1e9, rate,
                                   delta=rate / 10)
            self.assertAlmostEqual(values(end)['offered'], values(end)['operations'], delta=1)
            self.assertEqual(role.stop(), 0)

    def test_failing_system_calls_are_counted_and_the_mix_goes_on(self):
        directory = tempfile.mkdtemp(prefix='tileload-e2e-')
        self.addCleanup(lambda: os.path.isdir(directory) and os.rmdir(directory))
        with Role('cpu', '--memory', '8M', '--directory', directory, listen=LISTEN) as role:
            role.wait_counter('operations_file', 1)
            # Files live there for a moment only: the directory can go in between.
            while True:
                try:
                    os.rmdir(directory)
                    break
                except OSError:
                    pass
            failed = role.wait_counter('system_call_errors', 3)
            role.wait_counter('rounds', role.counter('rounds') + 2)
            counted = values(role.stats())
            self.assertGreaterEqual(counted['system_call_errors'], failed + 3)
            self.assertEqual(counted['wrong_results'], 0)
            self.assertEqual(role.stop(), 0)

    def test_leaves_nothing_in_its_directory(self):
        with tempfile.TemporaryDirectory(prefix='tileload-e2e-') as directory:
            with Role('cpu', '--memory', '8M', '--operations', 'file', '--directory', directory,
                      listen=LISTEN) as role:
                role.wait_counter('operations_file', 3)
                self.assertEqual(role.stop(), 0)
            self.assertEqual(os.listdir(directory), [])


class Stop(unittest.TestCase):
    def test_while_a_large_working_set_is_filled(self):
        with open('/proc/meminfo') as f:
            available = int(re.search(r'MemAvailable: +(\d+)', f.read())[1]) * 1024
        with Role('cpu', '--memory', min(4096 * MIB, available // 2), listen=LISTEN,
                  ready=False) as role:
            role.wait_for('STATUS=cpu starting')
            role.wait_counter('memory_bytes', 4 * MIB)
            self.assertEqual(role.stats(brief=True)['state'], 'starting')
            started = time.monotonic()
            self.assertEqual(role.stop(signal.SIGTERM), 0)
            self.assertLess(time.monotonic() - started, SLOWDOWN)
            self.assertFalse(any('READY=1' in m for m in role.messages))


class BadOptions(unittest.TestCase):
    def refused(self, status, *args):
        result = run('cpu', '--listen', LISTEN + ':9477', *args)
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertEqual(result.stderr.count('\n'), 1, result.stderr)
        return result.stderr

    def test_each_gets_one_clear_line(self):
        self.assertRegex(self.refused(2, '--operations', 'sorrt'),
                         r'--operations "sorrt": unknown: the nearest valid one is sort')
        self.assertRegex(self.refused(2, '--operations', ''), '--operations: must not be empty')
        self.assertRegex(self.refused(2, '--memory', '10K'), '--memory "10K": out of range: 1M')
        self.assertRegex(self.refused(2, '--memory', 'much'), '--memory "much": not a size')
        self.assertRegex(self.refused(2, '--memory', '1000T'),
                         r'--memory "1000.*": only .* are available')
        self.assertRegex(self.refused(2, '--hugepages', 'maybe'), 'not one of default|yes|no')
        self.assertRegex(self.refused(1, '--memory', '2M', '--directory', '/nowhere/at/all'),
                         r'--directory "/nowhere/at/all": No such file or directory')

    def test_a_directory_that_is_not_used_need_not_exist(self):
        finished('--memory', '2M', '--duration', '50ms', '--directory', '/nowhere',
                 '--operations', 'integer')


if __name__ == '__main__':
    main()
