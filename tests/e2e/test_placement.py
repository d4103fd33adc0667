# SPDX-License-Identifier: Apache-2.0
"""run --launch process --placement: what the kernel says of each process, on whatever machine this
is."""

import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import unittest

from harness import TILELOAD, main
from test_resume import Again
from test_run import GUESTS, SMALL, Run

SHORT = [*SMALL, '--warmup', '0', '--duration', '4s']

# What a container without CAP_SYS_NICE does to set_mempolicy(2), by a seccomp filter on itself.
NO_MEMPOLICY = '''
import ctypes, os, struct, sys
def statement(code, jt, jf, k):
    return struct.pack('HBBI', code, jt, jf, k)
program = (statement(0x20, 0, 0, 0)             # the number of the system call
           + statement(0x15, 0, 1, 238)         # set_mempolicy?
           + statement(0x06, 0, 0, 0x50001)     # EPERM
           + statement(0x06, 0, 0, 0x7fff0000)) # allow
buffer = ctypes.create_string_buffer(program)
class Program(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('filter', ctypes.c_void_p)]
filter = Program(len(program) // 8, ctypes.addressof(buffer))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(filter), 0, 0):
    sys.exit('no seccomp: ' + os.strerror(ctypes.get_errno()))
os.execv(sys.argv[1], sys.argv[1:])
'''


def numbers(text):
    """{0, 1, 2, 5} of "0-2,5"."""
    found = set()
    for part in filter(None, text.split(',')):
        first, _, last = part.partition('-')
        found.update(range(int(first), int(last or first) + 1))
    return found


def status(pid, key):
    with open('/proc/%s/status' % pid) as f:
        return numbers(re.search(r'(?m)^%s:\s*(.*)$' % key, f.read()).group(1))


def policies(pid):
    """The memory policies of a process's areas: {'bind:0', 'default'}."""
    with open('/proc/%d/numa_maps' % pid) as f:
        return {line.split()[1] for line in f}


# Exits 0 if this machine lets us bind memory; the number of set_mempolicy(2) depends on it.
SET_MEMPOLICY = {'x86_64': 238, 'aarch64': 237}.get(platform.machine())
TRY = """
import ctypes, sys
nodes = (ctypes.c_ulong * 2)(1 << int(sys.argv[2]))
sys.exit(ctypes.CDLL(None).syscall(int(sys.argv[1]), 2, nodes, 65) != 0)
"""

ALLOWED = status('self', 'Cpus_allowed_list')
NODES = status('self', 'Mems_allowed_list')
NODE = min(NODES)
BINDS = SET_MEMPOLICY and subprocess.run(
    [sys.executable, '-c', TRY, str(SET_MEMPOLICY), str(NODE)]).returncode == 0


class Placement(unittest.TestCase):
    def placement_file(self, text):
        f = tempfile.NamedTemporaryFile('w', prefix='tileload-placement-')
        self.addCleanup(f.close)
        f.write(text)
        f.flush()
        return f.name

    def processes(self, run):
        """{guest: [pid]} of tile 1, guest 7's database server among its own."""
        found = {guest: [] for guest in GUESTS}
        for pid, line in run.left().items():
            listen = re.search(r'--listen 127\.1\.(\d)\.1:', line)
            if listen:
                found[GUESTS[int(listen.group(1)) % 9]].append(pid)
            elif 'mariadbd' in line:
                found['oltp'].append(pid)
        self.assertEqual([g for g in GUESTS if not found[g]], [])
        self.assertEqual(len(found['oltp']), 2)
        return found

    def assert_processes(self, run, guests):
        """Every process of each guest is where run.json says; the others are not restrained."""
        for guest, pids in self.processes(run).items():
            place = guests.get('t1-' + guest)
            for pid in pids:
                who = '%s %d' % (guest, pid)
                wanted = numbers(place['cpus']) if place else ALLOWED
                for task in os.listdir('/proc/%d/task' % pid):
                    self.assertEqual(status('%d/task/%s' % (pid, task), 'Cpus_allowed_list'),
                                     wanted, who)
                if place and BINDS:
                    self.assertLessEqual(policies(pid), {'bind:' + place['nodes'], 'default'}, who)
                    self.assertIn('bind:' + place['nodes'], policies(pid), who)

    def measure(self, *args, look=None, **kwargs):
        """The results of a run, which look() sees while it runs."""
        run = Run(self, *SHORT, *args, **kwargs)
        run.wait_line(' s] 1 tile: ')
        if look:
            # Its guests live on, however long looking takes.
            run.process.send_signal(signal.SIGSTOP)
            try:
                look(run)
            finally:
                run.process.send_signal(signal.SIGCONT)
        self.assertIn(run.finish(), (0, 1), run.stderr)  # the verdict is not the point
        result = run.result()
        self.assertTrue(result['complete'], run.stderr)
        return result

    def assert_note(self, result, words):
        self.assertTrue(any(words in note for note in result['notes']), result['notes'])

    def test_nothing_is_placed_by_default(self):
        result = self.measure(look=lambda run: self.assert_processes(run, {}))
        self.assertIsNone(result['placement'])

    def test_modes(self):
        for mode in 'auto', 'spread', 'pack':
            with self.subTest(mode):
                seen = {}

                def look(run):
                    for guest, pids in self.processes(run).items():
                        for pid in pids:
                            seen[guest, pid] = (status(pid, 'Cpus_allowed_list'), policies(pid))
                result = self.measure('--placement', mode, look=look)
                placement = result['placement']
                self.assertEqual((placement['mode'], placement['path']), (mode, None))
                self.assert_note(result, 'placed by ' + mode)
                self.assertEqual(list(placement['guests']), ['t1-' + g for g in GUESTS[1:]])
                for (guest, pid), (cpus, policy) in seen.items():
                    place = placement['guests'].get('t1-' + guest)
                    if not place:
                        self.assertEqual((guest, cpus), ('external', ALLOWED))
                        self.assertNotIn('bind', ' '.join(policy))
                        continue
                    self.assertEqual(cpus, numbers(place['cpus']), guest)
                    self.assertLessEqual(cpus, ALLOWED)
                    self.assertIn(int(place['nodes']), NODES)
                    if BINDS:
                        self.assertIn('bind:' + place['nodes'], policy, guest)
                if mode != 'spread':  # the tile is whole
                    self.assertEqual(len({p['nodes'] for p in placement['guests'].values()}), 1)

    def test_file(self):
        """Two guests, with the database server, on the last CPU only; the external client by name."""
        last, first = max(ALLOWED), min(ALLOWED)
        path = self.placement_file('# two of them\n'
                                   't1-cpu : %d : %d\n'
                                   'tileload-t*-oltp  %d  %d\n'
                                   '*-external %d %d\n' % (NODE, last, NODE, last, NODE, first))
        guests = {'t1-external': {'nodes': str(NODE), 'cpus': str(first)},
                  't1-cpu': {'nodes': str(NODE), 'cpus': str(last)},
                  't1-oltp': {'nodes': str(NODE), 'cpus': str(last)}}
        result = self.measure('--placement', path,
                              look=lambda run: self.assert_processes(run, guests))
        placement = result['placement']
        self.assertEqual((placement['mode'], placement['path']), ('file', path))
        self.assertEqual(placement['guests'], guests)
        if BINDS is not None:
            self.assertEqual(placement['memory_bound'], BINDS)
        self.assertEqual(result['manifest']['options']['placement'], path)

    def test_a_file_named_as_a_mode(self):
        with tempfile.TemporaryDirectory(prefix='tileload-e2e-') as directory:
            with open(os.path.join(directory, 'auto'), 'w') as f:
                f.write('t1-idle %d\n' % NODE)
            script = 'cd "$0" && exec "$@"'
            result = self.measure('--placement', './auto', prefix=['sh', '-c', script, directory])
        self.assertEqual(result['placement']['mode'], 'file')
        self.assertEqual(list(result['placement']['guests']), ['t1-idle'])

    def test_lines_for_nobody_are_noted(self):
        """In a file as another system's editor leaves it."""
        path = self.placement_file('web1 {0}\r\n# comment\r\n\r\nt1-idle {0}\r\nt?-idle {0}\r\n'
                                   .format(NODE))
        result = self.measure('--placement', path)
        self.assertEqual(list(result['placement']['guests']), ['t1-idle'])
        self.assertIn('placement file %s: line 1 is for no guest of tile 1; line 5 is only for '
                      'guests that earlier lines place' % path, result['notes'])

    @unittest.skipUnless(len(ALLOWED) > 1, 'one CPU: there is nowhere else to go')
    def test_goes_on_only_as_it_was(self):
        """Windows of one run belong to one placement."""
        class Elsewhere(Again):
            def command(self, args):
                return ['taskset', '-c', str(max(ALLOWED)), *super().command(args)]

        run = Run(self, *SHORT, '--repeat', '2', '--placement', 'auto')
        run.wait_line('window 2 of 2')
        run.process.terminate()
        run.finish()
        before = run.result()
        other = Elsewhere(self, run)
        self.assertEqual(other.finish(), 1)
        self.assertIn('--placement "auto": would have t1-web1 elsewhere than in the windows that are '
                      'there already: start a new run', other.last_line())
        self.assertEqual(other.left(), {})
        self.assertEqual(other.result()['placement'], before['placement'])
        again = Again(self, run)
        self.assertEqual(again.finish(), 0, again.stderr)
        result = again.result()
        self.assertEqual(result['placement'], before['placement'])
        self.assertEqual([s['repeat'] for s in result['steps']], [1, 2])

    def test_compared_with_unplaced(self):
        """Where guests ran is a circumstance: named first, and no reason to refuse."""
        runs = []
        for args in [], ['--placement', 'auto']:
            runs.append(Run(self, *SHORT, *args))
            self.assertEqual(runs[-1].finish(), 0, runs[-1].stderr)
        done = subprocess.run([TILELOAD, 'compare', *(run.output for run in runs)],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn('NOT the same workload', done.stdout)
        self.assertRegex(done.stdout, r'placement\.mode: \(nothing\), then "?auto')

    def test_what_may_not_be_used_is_not_used(self):
        last = max(ALLOWED)
        prefix = ['taskset', '-c', str(last)]
        result = self.measure('--placement', 'auto', prefix=prefix)
        self.assertEqual({p['cpus'] for p in result['placement']['guests'].values()}, {str(last)})
        if len(ALLOWED) > 1:
            path = self.placement_file('t9-* %d %d\n' % (NODE, min(ALLOWED)))
            run = Run(self, *SHORT, '--tiles', '1-9', '--placement', path, prefix=prefix)
            self.assertEqual(run.finish(), 1)
            self.assertRegex(run.last_line(), r'placement file "%s": line 1: this machine: CPU %d '
                             r'may not be used \(taskset, cpuset\), but only %d$' %
                             (path, min(ALLOWED), last))

    def test_refused_before_anything_is_started(self):
        for value, line in (
                (self.placement_file('t1-* 99\n'), 'line 1: this machine has no node 99; its nodes'),
                (self.placement_file('\nt* %d 8191\n' % NODE),
                 'line 2: this machine has no CPU 8191, or it is offline'),
                (self.placement_file('t1-web1\n'), 'line 1: "t1-web1" has no nodes'),
                ('sprad', '--placement "sprad": neither auto, spread nor pack, nor a file that is'),
                ('/none/such', '--placement "/none/such": No such file or directory')):
            run = Run(self, *SHORT, '--placement', value)
            self.assertEqual(run.finish(), 1)
            self.assertIn(line, run.last_line())
            self.assertEqual(run.left(), {})
            self.assertFalse(os.path.exists(run.output))
        run = Run(self, *SHORT, '--placement', '')
        self.assertEqual(run.finish(), 2)

    @unittest.skipUnless(SET_MEMPOLICY == 238, 'the filter has the number of x86_64')
    def test_without_memory_policy(self):
        """CPUs are seen to all the same, and the results say so."""
        prefix = [sys.executable, '-c', NO_MEMPOLICY]
        seen = []

        def look(run):
            for pids in self.processes(run).values():
                seen.extend(p for pid in pids for p in policies(pid) if 'bind' in p)
        result = self.measure('--placement', 'auto', prefix=prefix, look=look)
        self.assertIs(result['placement']['memory_bound'], False)
        self.assert_note(result, 'their memory comes from any node')
        self.assertEqual(seen, [])


if __name__ == '__main__':
    main()
