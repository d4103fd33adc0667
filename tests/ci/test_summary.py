# SPDX-License-Identifier: Apache-2.0
"""What the summary makes of each thing that a test program may do: a count that flatters would hide
every other failure."""

import unittest

import summary

UNITTEST = '''\
test_error (__main__.T.test_error) ... ERROR
test_fail (__main__.T.test_fail)
A docstring. ... FAIL
test_ok (__main__.T.test_ok) ... ok
test_skip (__main__.T.test_skip) ... skipped 'no such tool'
test_said (__main__.T.test_said)
A docstring. ... skipped 'nor this'

======================================================================
ERROR: test_error (__main__.T.test_error)
----------------------------------------------------------------------
ZeroDivisionError: division by zero

======================================================================
FAIL: test_fail (__main__.T.test_fail)
----------------------------------------------------------------------
AssertionError: 0 != 1

----------------------------------------------------------------------
Ran 5 tests in 0.001s

FAILED (failures=1, errors=1, skipped=2)
'''

CMOCKA_OUT = '''\
[==========] Running 3 test(s).
[ RUN      ] one
[       OK ] one
[ RUN      ] two
[  FAILED  ] two
[ RUN      ] three
[  SKIPPED ] three
[==========] 3 test(s) run.
'''

CMOCKA_ERR = '''\
[  ERROR   ] --- 0x1 != 0x2
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] two
'''


def cases(result, stdout='', stderr='', returncode=1):
    return summary.cases_of({'name': 'x:unit / prog', 'result': result, 'stdout': stdout,
                             'stderr': stderr, 'returncode': returncode})


class Summary(unittest.TestCase):
    def check(self, found, passed, failed, skipped):
        self.assertEqual(summary.count(found), (passed, failed, skipped), found)

    def test_unittest_counts_cases(self):
        found = cases('FAIL', stderr=UNITTEST)
        self.check(found, 1, 2, 2)
        self.assertEqual([c.name for c in found if c.outcome == 'failed'],
                         ['prog test_error (__main__.T.test_error)',
                          'prog test_fail (__main__.T.test_fail)'])
        self.assertEqual([(c.name, c.detail) for c in found if c.outcome == 'skipped'],
                         [('prog test_skip', "'no such tool'"), ('prog test_said', "'nor this'")])

    def test_output_is_kept_once(self):
        found = cases('FAIL', stderr=UNITTEST)
        self.assertEqual([bool(c.detail) for c in found if c.outcome == 'failed'], [True, False])

    def test_unittest_all_passed(self):
        self.check(cases('OK', stderr='Ran 3 tests in 1.0s\n\nOK\n'), 3, 0, 0)

    def test_failure_outside_a_case(self):
        text = '=' * 70 + '\nERROR: setUpClass (__main__.U)\n\nRan 0 tests in 0.0s\n'
        self.check(cases('FAIL', stderr=text), 0, 1, 0)

    def test_cmocka_counts_cases(self):
        found = cases('FAIL', CMOCKA_OUT, CMOCKA_ERR)
        self.check(found, 1, 1, 1)
        self.assertIn('0x1 != 0x2', [c for c in found if c.outcome == 'failed'][0].detail)

    def test_cmocka_names_what_failed_to_tear_down(self):
        found = cases('FAIL', '[ RUN      ] one\n', '[  ERROR   ] --- 0x1 != 0x2\n'
                      '[   LINE   ] --- ../x.c:1: error: Failure!Test teardown failed\n'
                      '[  ERROR   ] one\n')
        self.check(found, 0, 1, 0)
        self.assertEqual(found[0].name, 'prog one')

    def test_empty_file_is_a_failure(self):
        self.check(cases('OK', stderr='Ran 0 tests in 0.0s\n\nOK\n', returncode=0), 0, 1, 0)

    def test_crash_after_passes(self):
        found = cases('FAIL', '[ RUN      ] one\n[       OK ] one\n[ RUN      ] two\n',
                      returncode=-11)
        self.check(found, 1, 1, 0)
        self.assertIn('-11', found[-1].name)

    def test_timeout(self):
        self.check(cases('TIMEOUT', stderr='test_a (__main__.T.test_a) ... '), 0, 1, 0)

    def test_clean_report_but_bad_exit(self):
        self.check(cases('FAIL', stderr='Ran 3 tests in 1.0s\n\nOK\n'), 3, 1, 0)

    def test_plain_programs(self):
        self.check(cases('OK', returncode=0), 1, 0, 0)
        self.check(cases('SKIP', stderr='no KVM\n', returncode=77), 0, 0, 1)
        self.check(cases('ERROR'), 0, 1, 0)

    def test_skip_with_cases_is_not_lost(self):
        self.check(cases('SKIP', CMOCKA_OUT.replace('FAILED', 'OK'), returncode=77), 2, 0, 1)

    def test_closing_line(self):
        self.assertEqual(summary.closing_line(cases('FAIL', stderr=UNITTEST)),
                         '1 passed, 2 failed, 2 skipped')


if __name__ == '__main__':
    unittest.main()
