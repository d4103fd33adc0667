# SPDX-License-Identifier: Apache-2.0
"""oltp against a private MariaDB server, whose own counters must agree with the role's."""

import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import harness

MARIADBD = shutil.which('mariadbd', path=os.environ.get('PATH', '') + ':/usr/sbin:/sbin')
CLIENT = shutil.which('mariadb')


class Database:
    """A server of this test's own: empty data directory, no privileges to check."""

    def __init__(self, *options):
        options = options or ('--skip-networking',)
        self.directory = tempfile.mkdtemp(prefix='tileload-db-')
        self.data = os.path.join(self.directory, 'data')
        self.socket = os.path.join(self.directory, 'socket')
        self.options = options
        self.process = None
        os.mkdir(self.data)
        self.user = {}
        if os.geteuid() == 0:  # as root it refuses to run
            nobody = pwd.getpwnam('nobody')
            self.user = {'user': nobody.pw_uid, 'group': nobody.pw_gid, 'extra_groups': []}
            for path in self.directory, self.data:
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self):
        ready = os.path.join(self.directory, 'notify')
        if os.path.exists(ready):
            os.unlink(ready)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, \
                open(os.path.join(self.directory, 'log'), 'a') as log:
            notify.bind(ready)
            os.chmod(ready, 0o777)
            self.process = subprocess.Popen(
                [MARIADBD, '--no-defaults', '--skip-name-resolve', '--skip-grant-tables',
                 '--use-stat-tables=never', '--performance-schema=OFF',
                 '--innodb-log-file-size=8M', '--innodb-buffer-pool-size=32M',
                 '--innodb-flush-log-at-trx-commit=0', '--aria-pagecache-buffer-size=1M',
                 '--innodb-buffer-pool-dump-at-shutdown=OFF', '--datadir=' + self.data,
                 '--socket=' + self.socket, '--pid-file=' + os.path.join(self.data, 'pid'),
                 *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.data,
                env=dict(os.environ, NOTIFY_SOCKET=ready), **self.user)
            self.wait_ready(notify, time.monotonic() + 60 * harness.SLOWDOWN)

    def wait_ready(self, notify, deadline):
        notify.settimeout(0.2)
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if b'READY=1' in notify.recv(4096).split(b'\n'):
                    return
            except socket.timeout:
                pass
        with open(os.path.join(self.directory, 'log')) as log:
            raise AssertionError('the database server did not start:\n' + log.read())

    def end(self, sig=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(sig)
            self.process.wait(60 * harness.SLOWDOWN)

    def close(self):
        self.end(signal.SIGKILL)
        shutil.rmtree(self.directory, ignore_errors=True)

    def sql(self, text):
        """Rows as lists of strings."""
        done = subprocess.run([CLIENT, '--no-defaults', '--socket=' + self.socket, '-N', '-B',
                               '-e', text], capture_output=True, text=True, check=True,
                              timeout=60 * harness.SLOWDOWN)
        return [line.split('\t') for line in done.stdout.splitlines()]

    def number(self, text):
        return int(self.sql(text)[0][0])

    def status(self):
        """The server's own counters, those of the asking connection taken out as far as it goes."""
        return {name: int(value) for name, value in self.sql('SHOW GLOBAL STATUS')
                if re.fullmatch('Com_.*|Innodb_rows_.*', name)}


@unittest.skipUnless(MARIADBD and CLIENT, 'no MariaDB server installed')
class Oltp(unittest.TestCase):
    listen = harness.address('oltp')

    @classmethod
    def setUpClass(cls):
        cls.db = Database('--skip-networking=OFF', '--bind-address=' + cls.listen, '--port=3307')

    @classmethod
    def tearDownClass(cls):
        cls.db.close()

    def setUp(self):
        self.database = self._testMethodName

    def options(self, **more):
        options = {'socket': self.db.socket, 'database': self.database}
        options.update(more)
        return ['--%s=%s' % (k.replace('_', '-'), v) for k, v in options.items()]

    def role(self, ready=True, **more):
        return harness.Role('oltp', *self.options(**more), listen=self.listen, ready=ready)

    def verb(self, verb, **more):
        return harness.run('oltp', verb, *self.options(**more))

    def prepare(self, **more):
        done = self.verb('prepare', **more)
        self.assertEqual((done.returncode, done.stderr), (0, ''))

    def run_for(self, **more):
        """A whole run to its end: its final counters by name."""
        done = harness.run('oltp', *self.options(final_stats='-', **more),
                           '--listen', self.listen + ':9477')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        return self.final(done.stdout)

    def final(self, text):
        return {name: c['value'] for name, c in json.loads(text)['counters'].items()}

    def assertNoFailures(self, counters):
        for name in ('connection_errors', 'timeouts', 'query_errors', 'retries_exhausted',
                     'wrong_counts', 'wrong_rows'):
            self.assertEqual(counters[name], 0, (name, counters))

    # ---- prepare and cleanup ----

    def test_prepare_makes_the_tables_of_sysbench(self):
        self.prepare(tables=2, table_size=3001)
        for n in 1, 2:
            table = '%s.sbtest%d' % (self.database, n)
            self.assertEqual(self.db.sql('SELECT COUNT(*), MIN(id), MAX(id), MIN(k) >= 1, '
                                         'MAX(k) <= 3001 FROM ' + table),
                             [['3001', '1', '3001', '1', '1']])
            self.assertEqual(
                [row[:5] for row in self.db.sql('SHOW COLUMNS FROM ' + table)],
                [['id', 'int(11)', 'NO', 'PRI', 'NULL'], ['k', 'int(11)', 'NO', 'MUL', '0'],
                 ['c', 'char(120)', 'NO', '', ''], ['pad', 'char(60)', 'NO', '', '']])
            self.assertEqual([[row[2], row[4]] for row in self.db.sql('SHOW INDEX FROM ' + table)],
                             [['PRIMARY', 'id'], ['k_%d' % n, 'k']])
            bad = ("c NOT REGEXP '^([0-9]{11}-){9}[0-9]{11}$' OR "
                   "pad NOT REGEXP '^([0-9]{11}-){4}[0-9]{11}$'")
            self.assertEqual(self.db.sql('SELECT SUM(%s), COUNT(DISTINCT c), COUNT(DISTINCT pad), '
                                         'COUNT(DISTINCT k) > 1500 FROM %s' % (bad, table)),
                             [['0', '3001', '3001', '1']])

    def test_prepare_leaves_right_tables(self):
        self.prepare(tables=2, table_size=500)
        self.run_for(tables=2, table_size=500, duration='0.2s')
        before = self.db.status()
        self.prepare(tables=2, table_size=500)
        after = self.db.status()
        for command in 'insert', 'create_table', 'drop_table', 'alter_table', 'create_index':
            self.assertEqual(after['Com_' + command], before['Com_' + command], command)

    def assertRepaired(self, harm, size=500, **more):
        """After harm (SQL) to a good table, prepare makes it good again."""
        self.prepare(table_size=size)
        self.db.sql('USE %s; %s' % (self.database, harm))
        inserts = self.db.status()['Com_insert']
        self.prepare(table_size=size, **more)
        self.assertGreater(self.db.status()['Com_insert'], inserts, harm)
        self.assertEqual(self.db.sql('SELECT COUNT(*), MIN(id), MAX(id) FROM %s.sbtest1' %
                                     self.database), [[str(size), '1', str(size)]])

    def test_prepare_repairs(self):
        self.assertRepaired('DELETE FROM sbtest1 WHERE id = 77')
        self.assertRepaired('INSERT INTO sbtest1 (id) VALUES (501)')
        self.assertRepaired('UPDATE sbtest1 SET id = 0 WHERE id = 1')
        self.assertRepaired("UPDATE sbtest1 SET c = REPEAT('1', 119) WHERE id = 250")
        self.assertRepaired('DROP INDEX k_1 ON sbtest1')
        self.assertRepaired('ALTER TABLE sbtest1 DROP COLUMN pad')
        self.assertRepaired('ALTER TABLE sbtest1 MODIFY c CHAR(119) NOT NULL')

    def test_prepare_follows_another_size(self):
        self.prepare(table_size=500)
        self.prepare(table_size=400)
        self.assertEqual(self.db.number('SELECT MAX(id) FROM %s.sbtest1' % self.database), 400)

    def begin_prepare(self, size):
        """A prepare of a big table, caught with some rows in."""
        role = self.role(ready=False, table_size=size)
        table = '%s.sbtest1' % self.database
        deadline = time.monotonic() + 30 * harness.SLOWDOWN
        while time.monotonic() < deadline:
            try:
                if self.db.number('SELECT COUNT(*) FROM ' + table) > 0:
                    return role
            except subprocess.CalledProcessError:
                pass
        role.__exit__()
        self.fail('prepare made no rows')

    def test_prepare_killed_is_repaired(self):
        with self.begin_prepare(100000) as role:
            role.kill()
        # The server still completes the statement that was under way: as many rows as there are
        # after that are not all, or the comment says that the table is not done.
        comment = self.db.sql("SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE "
                              "TABLE_SCHEMA = '%s'" % self.database)
        self.assertEqual(comment, [['tileload: being filled']])
        counters = self.run_for(table_size=2000, duration='0.2s')
        self.assertNoFailures(counters)
        self.assertEqual(self.db.number('SELECT COUNT(*) FROM %s.sbtest1' % self.database), 2000)

    def test_prepare_stops_at_once(self):
        with self.begin_prepare(10000000) as role:
            began = time.monotonic()
            self.assertEqual(role.stop(), 0)
            self.assertLess(time.monotonic() - began, 1 * harness.SLOWDOWN)

    def test_two_prepare_together(self):
        roles = [subprocess.Popen(['tileload', 'oltp', 'prepare', *self.options(table_size=20000)],
                                  executable=harness.TILELOAD) for _ in range(2)]
        self.assertEqual([role.wait(60 * harness.SLOWDOWN) for role in roles], [0, 0])
        self.assertEqual(self.db.number('SELECT COUNT(*) FROM %s.sbtest1' % self.database), 20000)

    def test_tables_of_others_are_left_alone(self):
        self.db.sql('CREATE DATABASE {0}; CREATE TABLE {0}.sbtest1 (id INT); '
                    'INSERT INTO {0}.sbtest1 VALUES (7)'.format(self.database))
        done = self.verb('prepare', table_size=10)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r'\A[^\n]*"sbtest1"[^\n]*--database\n\Z')
        self.assertEqual(self.verb('cleanup').returncode, 0)
        self.assertEqual(self.db.number('SELECT id FROM %s.sbtest1' % self.database), 7)

    def test_cleanup(self):
        self.prepare(tables=3, table_size=10)
        done = self.verb('cleanup')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertEqual(self.db.sql('SHOW TABLES FROM ' + self.database), [])
        self.assertEqual(self.verb('cleanup').returncode, 0)
        self.assertEqual(self.verb('cleanup', database='never_made').returncode, 0)

    # ---- work ----

    def counted(self, **more):
        """A run's counters, and what the server says was done in it."""
        self.prepare(**{k: v for k, v in more.items() if k in ('tables', 'table_size')})
        before = self.db.status()
        counters = self.run_for(prepare='no', duration='0.3s', **more)
        after = self.db.status()
        return counters, {name: after[name] - before[name] for name in after}

    def test_counts_agree_with_the_server(self):
        for kind, reads, writes, others, rows in (
                ('read-write', 14, 4, 2, 311), ('read-only', 14, 0, 2, 311),
                ('write-only', 0, 4, 2, 0), ('point-select', 1, 0, 0, 1)):
            with self.subTest(kind):
                ours, server = self.counted(transaction=kind, tables=3, table_size=1000)
                self.assertNoFailures(ours)
                n = ours['transactions']
                self.assertGreater(n, 10)
                self.assertEqual([ours['reads'], ours['writes'], ours['others']],
                                 [n * reads, n * writes, n * others])
                self.assertEqual(ours['queries'], n * (reads + writes + others))
                # Ranges that begin among the last 99 rows are shorter: 5 % of them on average.
                if rows > 1:
                    self.assertLess(ours['rows_read'], n * rows)
                    self.assertGreater(ours['rows_read'], n * rows * 0.85)
                else:
                    self.assertEqual(ours['rows_read'], n * rows)
                self.assertEqual(server['Com_stmt_execute'], ours['reads'] + ours['writes'])
                self.assertEqual(server['Com_commit'], n if others else 0)
                self.assertEqual(server['Com_begin'], n if others else 0)
                self.assertEqual(server['Com_rollback'], 0)
                self.assertEqual(server['Com_stmt_reset'], 0)
                self.assertEqual(server['Com_stmt_prepare'],
                                 3 * ((5 if reads == 14 else reads) + writes))

    def test_the_same_work_as_sysbench(self):
        """Row operations in the server, of one transaction: from sysbench's definition."""
        ours, server = self.counted(table_size=10000)
        n = ours['transactions']
        self.assertEqual([server['Com_' + c] for c in ('select', 'update', 'delete', 'insert')],
                         [14 * n, 2 * n, n, n])

    def test_the_same_seed_again(self):
        """What the second run writes is not what the first one left: every row still changes."""
        for _ in range(2):
            counters = self.run_for(table_size=10000, transaction='write-only', seed=5,
                                    duration='0.2s')
            self.assertNoFailures(counters)
            self.assertGreater(counters['transactions'], 40)

    def test_short_tables_and_ranges(self):
        for size, span in (1, 100), (10, 3), (99, 100), (50, 1):
            with self.subTest(size=size, span=span):
                counters = self.run_for(table_size=size, range_size=span, duration='0.1s')
                self.assertNoFailures(counters)
                self.assertGreater(counters['transactions'], 0)

    def test_distributions(self):
        for name in 'special', 'gaussian', 'pareto':
            with self.subTest(name):
                counters = self.run_for(table_size=1000, distribution=name, duration='0.1s')
                self.assertNoFailures(counters)
                self.assertGreater(counters['transactions'], 0)

    def test_deadlocks_are_retried(self):
        self.prepare(table_size=10)
        before = self.db.status()
        with self.role(threads=4, table_size=10, final_stats='-') as role:
            role.wait_counter('deadlocks', 3)
            self.assertEqual(role.stop(), 0)
            counters = self.final(role.stdout())
            stats = json.loads(role.stdout())
        self.assertNoFailures(counters)
        self.assertGreater(counters['transactions'], counters['deadlocks'] // 10)
        after = self.db.status()
        self.assertEqual(after['Com_rollback'] - before['Com_rollback'], counters['deadlocks'])
        # A retry repeats what was sent: more was answered than the transactions needed.
        self.assertGreater(counters['queries'], counters['transactions'] * 20)
        # A retried transaction is one operation and one latency.
        count = sum(stats['latencies'][0]['histogram']['buckets'][1::2])
        self.assertEqual(count, counters['transactions'])
        self.assertEqual(self.db.sql('SELECT COUNT(*), MIN(id), MAX(id) FROM %s.sbtest1' %
                                     self.database), [['10', '1', '10']])

    def test_conflicts_are_retried(self):
        """With MariaDB's snapshot isolation (its default from 11.6 on)."""
        if not self.db.sql("SHOW VARIABLES LIKE 'innodb_snapshot_isolation'"):
            self.skipTest('this server has no innodb_snapshot_isolation')
        self.db.sql('SET GLOBAL innodb_snapshot_isolation = ON')
        try:
            with self.role(threads=4, table_size=10, final_stats='-') as role:
                role.wait_counter('conflicts', 3)
                self.assertEqual(role.stop(), 0)
                self.assertNoFailures(self.final(role.stdout()))
        finally:
            self.db.sql('SET GLOBAL innodb_snapshot_isolation = DEFAULT')

    def test_by_tcp(self):
        done = harness.run('oltp', '--host', self.listen, '--port', 3307, '--database',
                           self.database, '--table-size', 100, '--duration', '0.1s',
                           '--final-stats', '-', '--listen', self.listen + ':9477')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        counters = self.final(done.stdout)
        self.assertNoFailures(counters)
        self.assertGreater(counters['transactions'], 0)

    def test_lock_wait_is_ended_by_the_server(self):
        """Someone else holds a row: the wait ends in a retry, not in a lost connection."""
        self.prepare(table_size=1)
        holder = subprocess.Popen([CLIENT, '--no-defaults', '--socket=' + self.db.socket, '-n',
                                   self.database], stdin=subprocess.PIPE, text=True)
        try:
            holder.stdin.write('BEGIN; UPDATE sbtest1 SET k = k + 1; SET @held = SLEEP(60);\n')
            holder.stdin.flush()
            with self.role(table_size=1, prepare='no', query_timeout='2s') as role:
                role.wait_counter('lock_timeouts', 1)
                self.assertNoFailures(self.final(role.get('/stats.json')[2]))
                holder.kill()
                holder.wait()
                for row in self.db.sql("SELECT ID FROM information_schema.PROCESSLIST WHERE "
                                       "INFO LIKE 'SET @held%'"):
                    self.db.sql('KILL ' + row[0])
                done = role.counter('transactions')
                role.wait_counter('transactions', done + 10)
                self.assertEqual(role.stop(), 0)
        finally:
            holder.kill()
            holder.communicate()

    def test_open_loop(self):
        counters = self.run_for(table_size=1000, mode='open', rate=100, arrival='uniform',
                                duration='1s')
        self.assertNoFailures(counters)
        self.assertAlmostEqual(counters['offered'], 100, delta=10)
        self.assertAlmostEqual(counters['transactions'], 100, delta=20)

    # ---- what goes wrong ----

    def test_rows_missing_are_wrong(self):
        self.prepare(table_size=1000)
        with self.role(table_size=1000, prepare='no') as role:
            role.wait_counter('transactions', 5)
            self.assertEqual(role.counter('wrong_counts'), 0)
            self.db.sql('DELETE FROM %s.sbtest1 WHERE id %% 2 = 0' % self.database)
            role.wait_counter('wrong_counts', 5)
            self.assertEqual(role.stop(), 0)
        # It never mended what it found broken.
        self.assertEqual(self.db.number('SELECT COUNT(*) FROM %s.sbtest1' % self.database), 500)

    def test_swapped_rows_are_wrong(self):
        """Each row is there and unharmed, but not where it belongs: no count tells that."""
        self.prepare(table_size=1000)
        self.db.sql('USE %s; UPDATE sbtest1 a JOIN sbtest1 b ON a.id = 1001 - b.id '
                    'SET a.c = b.c' % self.database)
        counters = self.run_for(table_size=1000, prepare='no', transaction='point-select',
                                duration='0.2s')
        self.assertEqual(counters['wrong_counts'], 0)
        self.assertGreater(counters['wrong_rows'], 10)

    def test_errors_of_the_server_are_counted(self):
        self.prepare(table_size=100)
        with self.role(table_size=100, prepare='no') as role:
            role.wait_counter('transactions', 5)
            self.db.sql('RENAME TABLE {0}.sbtest1 TO {0}.away'.format(
                self.database))
            role.wait_counter('query_errors', 5)
            self.db.sql('RENAME TABLE {0}.away TO {0}.sbtest1'.format(self.database))
            done = role.counter('transactions')
            role.wait_counter('transactions', done + 5)
            self.assertEqual(role.counter('connection_errors'), 0)
            self.assertEqual(role.stop(), 0)

    def test_killed_connections_are_made_again(self):
        self.prepare(table_size=1000)
        with self.role(table_size=1000, prepare='no', threads=2) as role:
            role.wait_counter('transactions', 5)
            ids = self.db.sql("SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '%s'" %
                              self.database)
            self.assertEqual(len(ids), 2)
            self.db.sql(';'.join('KILL ' + row[0] for row in ids))
            role.wait_counter('reconnects', 2)
            self.assertEqual(role.counter('connection_errors'), 2)
            done = role.counter('transactions')
            role.wait_counter('transactions', done + 10)
            self.assertEqual(role.counter('connections'), 2)
            self.assertEqual(role.stop(), 0)

    def test_sigterm(self):
        for threads in 1, 4:
            with self.role(table_size=1000, threads=threads) as role:
                role.wait_counter('transactions', 5)
                began = time.monotonic()
                self.assertEqual(role.stop(), 0)
                self.assertLess(time.monotonic() - began, 1 * harness.SLOWDOWN)

    def test_no_server(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, 'none')
            began = time.monotonic()
            done = harness.run('oltp', '--socket', path, '--listen', self.listen + ':9477')
            self.assertLess(time.monotonic() - began, 5 * harness.SLOWDOWN)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, r'\Atileload: --socket "%s": [^\n]+\n\Z' % path)
            done = harness.run('oltp', '--host', self.listen, '--port', '3999', '--listen',
                               self.listen + ':9477')
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, r'\Atileload: --host "%s": [^\n]+\n\Z' % self.listen)

    def test_not_prepared(self):
        done = harness.run('oltp', *self.options(prepare='no'), '--listen', self.listen + ':9477')
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r'\Atileload: --database "%s": [^\n]*prepare[^\n]*\n\Z' %
                         self.database)
        self.prepare(table_size=10)
        done = harness.run('oltp', *self.options(prepare='no', tables=2), '--listen',
                           self.listen + ':9477')
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r'\Atileload: table "sbtest2": [^\n]*prepare[^\n]*\n\Z')

    def test_bad_options(self):
        for words, named in (
                (['--socket', '/' + 'x' * 108], '--socket'),
                (['--socket', '/a', '--host', 'b'], '--host'),
                (['--database', 'a`b'], '--database'),
                (['--database', ''], '--database'),
                (['--table-size', '0'], '--table-size'),
                (['--query-timeout', '10ms'], '--query-timeout')):
            done = harness.run('oltp', *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertRegex(done.stderr, r'\A[^\n]*%s[^\n]*\n\Z' % named)

    def test_password_is_not_shown(self):
        with self.role(table_size=10, password='hunter2') as role:
            self.assertNotIn(b'hunter2', role.get('/stats.json')[2])
            self.assertNotIn(b'hunter2', role.get('/metrics')[2])


@unittest.skipUnless(MARIADBD and CLIENT, 'no MariaDB server installed')
class OltpServerGone(unittest.TestCase):
    """Each test has a server of its own, as it ends it."""
    listen = harness.address('oltp', 2)

    def setUp(self):
        self.db = Database()
        self.addCleanup(self.db.close)

    def role(self, *more):
        return harness.Role('oltp', '--socket', self.db.socket, '--table-size', 1000, *more,
                            listen=self.listen)

    def test_server_killed_and_started_again(self):
        with self.role('--threads', 2) as role:
            # A data directory that was never checkpointed does not start again after a kill.
            self.db.sql('SET GLOBAL innodb_log_checkpoint_now = 1')
            role.wait_counter('transactions', 10)
            self.db.end(signal.SIGKILL)
            began = time.monotonic()
            role.wait_counter('connection_errors', 14)
            self.assertGreater(time.monotonic() - began, 0.6)  # it does not spin
            stats = role.stats()['counters']
            self.assertEqual(stats['reconnects']['value'], 0)
            self.assertEqual(stats['connections']['value'], 0)
            self.db.start()
            role.wait_counter('reconnects', 2)
            done = role.counter('transactions')
            role.wait_counter('transactions', done + 10)
            stats = role.stats()['counters']
            self.assertEqual(stats['wrong_counts']['value'] + stats['wrong_rows']['value'], 0)
            self.assertEqual(stats['connections']['value'], 2)
            self.assertEqual(role.stop(), 0)

    def test_stop_while_the_server_is_gone(self):
        with self.role() as role:
            self.db.end(signal.SIGKILL)
            role.wait_counter('connection_errors', 5)
            began = time.monotonic()
            self.assertEqual(role.stop(), 0)
            self.assertLess(time.monotonic() - began, 1 * harness.SLOWDOWN)

    def test_open_loop_goes_on_failing_at_its_rate(self):
        with self.role('--mode', 'open', '--rate', 200, '--arrival', 'uniform') as role:
            self.db.end(signal.SIGKILL)
            first = role.wait_counter('connection_errors', 1)
            began = time.monotonic()
            last = role.wait_counter('connection_errors', first + 200)
            # 200 of them fall due in a second: none waits for the server.
            self.assertGreater(time.monotonic() - began, 0.8)
            self.assertLess(time.monotonic() - began, 3 * harness.SLOWDOWN)
            stats = role.stats()['counters']
            self.assertLessEqual(abs(stats['offered']['value'] - stats['transactions']['value'] -
                                     stats['connection_errors']['value']), 1)

    def hang(self, role):
        """Until the role waits for a server that does not answer."""
        self.db.process.send_signal(signal.SIGSTOP)
        seen = -1
        while role.counter('queries') != seen:
            seen = role.counter('queries')
            time.sleep(0.2)

    def test_stop_while_the_server_hangs(self):
        with self.role('--threads', 2, '--final-stats', '-') as role:
            role.wait_counter('transactions', 10)
            self.hang(role)
            began = time.monotonic()
            self.assertEqual(role.stop(), 0)
            self.assertLess(time.monotonic() - began, 1.1 * harness.SLOWDOWN)
            self.assertEqual(role.stderr(), '')
            self.assertGreaterEqual(json.loads(role.stdout())['counters']['queries']['value'], 200)

    def test_server_that_hangs(self):
        with self.role('--query-timeout', '1s', '--connect-timeout', '1s') as role:
            role.wait_counter('transactions', 10)
            self.hang(role)
            role.wait_counter('timeouts', 1)
            role.wait_counter('connection_errors', 1)  # nor can a new connection be made
            stats = role.stats()
            self.assertEqual(stats['counters']['timeouts']['value'], 1)
            # What failed has no latency.
            self.assertEqual(sum(stats['latencies'][0]['histogram']['buckets'][1::2]),
                             stats['counters']['transactions']['value'])
            self.assertEqual(role.stop(), 0)

    def test_server_that_hangs_and_comes_back(self):
        with self.role('--query-timeout', '1s', '--connect-timeout', '1s') as role:
            role.wait_counter('transactions', 10)
            self.db.process.send_signal(signal.SIGSTOP)
            role.wait_counter('timeouts', 1)
            self.db.process.send_signal(signal.SIGCONT)
            role.wait_counter('reconnects', 1)
            done = role.counter('transactions')
            role.wait_counter('transactions', done + 10)
            self.assertEqual(role.counter('wrong_counts') + role.counter('wrong_rows'), 0)

    def test_verb_stops_with_a_server_that_hangs(self):
        self.db.process.send_signal(signal.SIGSTOP)
        process = subprocess.Popen(['tileload', 'oltp', 'prepare', '--socket', self.db.socket],
                                   executable=harness.TILELOAD, stderr=subprocess.PIPE, text=True)
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        _, stderr = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 1)
        self.assertRegex(stderr, r'\Atileload: oltp: [^\n]*\n\Z')
        self.assertLess(time.monotonic() - began, 1.2 * harness.SLOWDOWN)


if __name__ == '__main__':
    harness.main()
