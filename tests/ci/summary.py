# SPDX-License-Identifier: Apache-2.0
"""Counts test cases, not test programs: one `meson test` entry is a whole unittest or cmocka file.

A program's word is not taken for more than it is worth: whatever it printed, one that meson calls
failed (a crash, a timeout, an exit status) has at least one failure here.
"""

import collections
import json
import re

# detail: the output of a failure, the reason of a skip.
Case = collections.namedtuple('Case', 'name outcome detail')

PASSED, FAILED, SKIPPED = 'passed', 'failed', 'skipped'

RAN = re.compile(r'^Ran (\d+) tests? in ', re.M)
UNITTEST_FAILED = re.compile(r'^=+\n(?:FAIL|ERROR): (.*)$', re.M)
UNITTEST_SKIPPED = re.compile(r'^(\w+) \(.*\)(?:\n.*)? \.\.\. skipped (.*)$', re.M)
GOOD_LINE = re.compile(r'^(.* \.\.\. ok|\[ RUN      \] .*|\[       OK \] .*)\n', re.M)
CMOCKA_CASE = re.compile(r'^\[ *(OK|FAILED|SKIPPED) *\] (?!\d+ test\(s\))(\S+)$', re.M)
# A case whose set-up or tear-down failed: named on stderr only.
CMOCKA_ERROR = re.compile(r'^\[ +ERROR +\] (\w+)$', re.M)


def unittest_cases(text):
    failed = UNITTEST_FAILED.findall(text)
    skipped = UNITTEST_SKIPPED.findall(text)
    # An error outside a case (setUpClass) or a second subtest of one makes more failures than cases.
    passed = max(0, sum(map(int, RAN.findall(text))) - len(failed) - len(skipped))
    return ([Case('', PASSED, '')] * passed + [Case(name, FAILED, '') for name in failed] +
            [Case(name, SKIPPED, reason) for name, reason in skipped])


def cmocka_cases(stdout, stderr):
    outcomes = {'OK': PASSED, 'FAILED': FAILED, 'SKIPPED': SKIPPED}
    return ([Case(name, outcomes[word], '') for word, name in CMOCKA_CASE.findall(stdout)] +
            [Case(name, FAILED, '') for name in CMOCKA_ERROR.findall(stderr)])


def cases_of(entry):
    """The cases of one line of meson's testlog.json."""
    name = entry['name'].split(' / ')[-1]
    stdout, stderr = entry.get('stdout', ''), entry.get('stderr', '')
    good = entry['result'] in ('OK', 'EXPECTEDFAIL')

    cases = unittest_cases(stderr) or cmocka_cases(stdout, stderr)
    if not cases and entry['result'] == 'SKIP':
        return [Case(name, SKIPPED, (stderr or stdout).strip())]
    if RAN.search(stderr) and not cases:
        return [Case(name + ' (holds no test)', FAILED, stderr)]
    if not cases and good:
        return [Case(name, PASSED, '')]

    output = ''.join(text if text.endswith('\n') else text + '\n'
                     for text in (stdout, stderr) if text)
    output = GOOD_LINE.sub('', output)
    cases = [case._replace(name=' '.join(filter(None, (name, case.name)))) for case in cases]
    failures = [i for i, case in enumerate(cases) if case.outcome == FAILED]
    if failures:
        cases[failures[0]] = cases[failures[0]]._replace(detail=output)
    elif not good and entry['result'] != 'SKIP':
        cases.append(Case('%s (%s, exit status %s)' %
                          (name, entry['result'].lower(), entry['returncode']), FAILED, output))
    return cases


def read_testlog(path):
    with open(path) as f:
        return [case for line in f for case in cases_of(json.loads(line))]


def count(cases):
    """(passed, failed, skipped)"""
    found = collections.Counter(case.outcome for case in cases)
    return found[PASSED], found[FAILED], found[SKIPPED]


def closing_line(cases):
    return '%d passed, %d failed, %d skipped' % count(cases)
