#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The right answers of cpu's operations, each computed in another way than the operation does.

Takes the repetitions out of the C sources beside it, computes, and compares with what the sources
expect: status 1 and the right lines when anything differs. Run it after changing a repetition.
"""

import os
import re
import sys
from decimal import Decimal, getcontext

getcontext().prec = 60
MASK = 2**64 - 1
HERE = os.path.dirname(os.path.abspath(__file__))

PI = Decimal('3.14159265358979323846264338327950288419716939937510582097494459')
GAMMA = Decimal('0.577215664901532860606512090082402431042159335939923598805767235')


def sources():
    text = ''
    for name in ('integer.c', 'floating.c'):
        with open(os.path.join(HERE, name)) as f:
            text += f.read()
    return text


def number(text):
    """A C constant: exact, as an int where it is one."""
    text = re.sub(r'UINT64_C\((.*)\)', r'\1', text)
    if re.fullmatch(r'-?0x[0-9a-f.]+p[+-]?\d+', text):
        value = float.fromhex(text)
        return int(value) if value == int(value) else Decimal(value)
    return int(text, 0) if re.fullmatch(r'-?(0x[0-9a-fA-F]+|\d+)', text) else Decimal(text)


def constants(text):
    found = {}
    for name, value in re.findall(r'^#define (\w+) +(\S+)', text, re.M):
        try:
            found[name] = number(value)
        except ArithmeticError:
            found[name] = value.strip('"')
    return found


def expected(text, constant):
    """{operation: {member: value}} from the `op_NAME_answer` definitions."""
    found = {}
    for name, body in re.findall(r'struct expected op_(\w+)_answer = \{(.*?)\};', text, re.S):
        members = re.findall(r'\.(\w+) = ([^,}]+)', body)
        found[name] = {m: constant[v.strip()] if v.strip() in constant else number(v.strip())
                       for m, v in members}
    return found


def mix(x):
    """One step of splitmix64."""
    x = (x + 0x9e3779b97f4a7c15) & MASK
    x = ((x ^ (x >> 30)) * 0xbf58476d1ce4e5b9) & MASK
    x = ((x ^ (x >> 27)) * 0x94d049bb133111eb) & MASK
    return x ^ (x >> 31)


def fibonacci(n):
    """F(n), F(n + 1) modulo 2^64, from F(n / 2) and its neighbour."""
    if n == 0:
        return 0, 1
    a, b = fibonacci(n // 2)
    c, d = a * (2 * b - a) & MASK, (a * a + b * b) & MASK
    return (d, (c + d) & MASK) if n % 2 else (c, d)


def count_primes(limit):
    """By trial division by smaller primes, which is not a sieve."""
    primes = []
    for n in range(2, limit):
        root = n**0.5 + 1
        for p in primes:
            if p > root:
                primes.append(n)
                break
            if n % p == 0:
                break
        else:
            primes.append(n)
    return len(primes)


def search(size, word):
    text = ''.join(chr(ord('a') + mix(i) % 5) for i in range(size))
    places = [i for i in range(size) if text.startswith(word, i)]
    return len(places) + (places[0] << 20)


def crc32c(data):
    """As RFC 3720 puts it: a division of polynomials, most significant bit first."""
    def mirror(value, bits):
        return int(format(value, '0%db' % bits)[::-1], 2)
    crc = 0xffffffff
    for byte in data:
        crc ^= mirror(byte, 8) << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x11edc6f41 if crc & 0x80000000 else 0)
    return mirror(crc ^ 0xffffffff, 32)


def queens(n):
    """By whole permutations instead of bits: rows of one column each, diagonals apart."""
    def place(rows):
        column = len(rows)
        if column == n:
            return 1
        return sum(place(rows + [r]) for r in range(n)
                   if all(r != q and abs(r - q) != column - c for c, q in enumerate(rows)))
    return place([])


def cube_root(n):
    """From the integer root of n 10^150, found by halving."""
    scaled, low, high = n * 10**150, 0, 10**52
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= scaled else (low, middle - 1)
    return Decimal(low).scaleb(-50)


def harmonic(n):
    """Euler and Maclaurin: ln n + gamma + 1/2n - sum of B(2k) / (2k n^2k)."""
    n = Decimal(n)
    return (n.ln() + GAMMA + 1 / (2 * n) - 1 / (12 * n**2) + 1 / (120 * n**4) - 1 / (252 * n**6) +
            1 / (240 * n**8))


def matrix(side):
    a = [[(3 * i + 7 * k) % 101 for k in range(side)] for i in range(side)]
    columns = [[(5 * i + 11 * k) % 103 for i in range(side)] for k in range(side)]
    return sum(sum(x * y for x, y in zip(a[i], columns[k])) * (i + 2 * k + 1)
               for i in range(side) for k in range(side))


def sine(x):
    """Taylor's series, after taking whole turns off."""
    x = x.remainder_near(2 * PI)
    term, total, n = x, x, 1
    while abs(term) > Decimal(10)**-55:
        term *= -x * x / ((n + 1) * (n + 2))
        total += term
        n += 2
    return total


def cosine(x):
    return sine(x + PI / 2)


def trigonometry(n):
    """Lagrange: the sum of sin k is sin(n/2) sin((n+1)/2) / sin(1/2); of cos k, with a cosine."""
    half = Decimal(1) / 2
    sines = sine(n * half) * sine((n + 1) * half) / sine(half)
    cosines = sine(n * half) * cosine((n + 1) * half) / sine(half)
    return sines - 3 * cosines


def answers(c):
    """{operation: {member: value}} by our own reckoning."""
    ordered = sorted(mix(i) for i in range(c['SORT_NUMBERS']))
    base = 1 + c['REAL_STEP']
    real = {
        'real_add': c['REAL_STEP'] * (c['REAL_ADD_STEPS'] * (c['REAL_ADD_STEPS'] - 1) // 2),
        'real_multiply': (c['REAL_MULTIPLY_STEPS'] * base.ln()).exp(),
        'real_divide': (-c['REAL_DIVIDE_STEPS'] * base.ln()).exp(),
        'newton': sum(cube_root(n) for n in range(1, c['NEWTON_ROOTS'] + 1)),
        'series': harmonic(c['SERIES_TERMS']),
        'matrix': matrix(c['MATRIX_SIDE']),
        'trigonometry': trigonometry(c['TRIGONOMETRY_ANGLES']),
    }
    integer = {
        'integer_add': fibonacci(c['ADD_STEPS'])[0],
        'integer_multiply': pow(c['MULTIPLY_BASE'], c['MULTIPLY_STEPS'], 2**64),
        'integer_divide': pow(c['DIVIDE_BASE'], c['DIVIDE_STEPS'], c['DIVIDE_PRIME']),
        'sieve': count_primes(c['SIEVE_LIMIT']),
        'search': search(c['SEARCH_SIZE'], c['SEARCH_WORD']),
        'checksum': crc32c(mix(i) & 0xff for i in range(c['CHECKSUM_SIZE'])),
        'sort': sum((i + 1) * n for i, n in enumerate(ordered)) & MASK,
        'queens': queens(c['QUEENS']),
        'trigonometry': c['TRIGONOMETRY_ANGLES'],
    }
    return integer, real


def main():
    text = sources()
    constant = constants(text)
    have = expected(text, constant)
    integer, real = answers(constant)
    wrong = 0
    for name, value in integer.items():
        if have[name].get('integer') != value:
            wrong += 1
            print('op_%s_answer: .integer = UINT64_C(0x%x) (%d)' % (name, value, value))
    for name, value in real.items():
        # A C constant of 17 digits is the nearest double; exact answers must be met exactly.
        given = Decimal(float(have[name].get('real', 0)))
        if abs(given - value) > abs(value) * Decimal(2)**-53:
            wrong += 1
            print('op_%s_answer: .real = %r' % (name, float(value)))
    if wrong:
        return 1
    print('%d answers are right' % (len(integer) + len(real)))
    return 0


if __name__ == '__main__':
    sys.exit(main())
