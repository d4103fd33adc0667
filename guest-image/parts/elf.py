# SPDX-License-Identifier: Apache-2.0
"""As much of the ELF format as it takes to know which files a program needs."""

import struct

PT_DYNAMIC, PT_LOAD, PT_INTERP = 2, 1, 3
DT_NEEDED, DT_STRTAB, DT_RPATH, DT_RUNPATH = 1, 5, 15, 29


class Elf:
    """needed: names of libraries. runpath: directories. interpreter: path, or None."""

    def __init__(self, data):
        self.data = data
        self.needed, self.runpath, self.interpreter = [], [], None
        offset, = struct.unpack_from("<Q", data, 32)
        size, count = struct.unpack_from("<HH", data, 54)
        self.segments = [struct.unpack_from("<IIQQQQ", data, offset + i * size)
                         for i in range(count)]
        for kind, _, start, _, _, length in self.segments:
            if kind == PT_INTERP:
                self.interpreter = data[start:start + length].rstrip(b"\0").decode()
            elif kind == PT_DYNAMIC:
                self.read_dynamic(start, length)

    def read_dynamic(self, start, length):
        entries = [struct.unpack_from("<QQ", self.data, at)
                   for at in range(start, start + length, 16)]
        strings = next(self.offset(value) for tag, value in entries if tag == DT_STRTAB)
        for tag, value in entries:
            if tag == DT_NEEDED:
                self.needed.append(self.string(strings + value))
            elif tag in (DT_RPATH, DT_RUNPATH):
                self.runpath += self.string(strings + value).split(":")

    def offset(self, address):
        """Where in the file the byte is that is loaded at an address."""
        return next(start + address - virtual
                    for kind, _, start, virtual, _, length in self.segments
                    if kind == PT_LOAD and virtual <= address < virtual + length)

    def string(self, at):
        return self.data[at:self.data.index(b"\0", at)].decode()


def read(path):
    """The Elf of a file; None for another kind of file."""
    with open(path, "rb") as file:
        if file.read(6) != b"\x7fELF\x02\x01":
            return None
        file.seek(0)
        return Elf(file.read())


def module_depends(path):
    """The kernel modules that a module depends on, by the "depends=" in its .modinfo."""
    with open(path, "rb") as file:
        data = file.read()
    at = data.index(b"\0depends=") + len(b"\0depends=")
    return [name for name in data[at:data.index(b"\0", at)].decode().split(",") if name]
