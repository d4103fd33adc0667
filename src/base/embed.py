#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a text file as a C array with a NUL at its end.

    embed.py NAME INPUT OUTPUT
"""

import sys


def main():
    name, source, target = sys.argv[1:]
    with open(source, 'rb') as f:
        data = f.read()
    if b'\0' in data:
        sys.exit(f'{source}: has a NUL')
    lines = [f'extern const char {name}[];', f'const char {name}[] = {{']
    data += b'\0'
    for i in range(0, len(data), 16):
        # Characters above 127 would not fit into a char that is signed.
        lines.append('\t' + ' '.join(f"'\\x{byte:02x}'," for byte in data[i:i + 16]))
    lines.append('};')
    with open(target, 'w', encoding='ascii') as f:
        f.write('\n'.join(lines) + '\n')


main()
