# SPDX-License-Identifier: Apache-2.0
"""The initrd: init, the kernel modules, and a console to speak to. An archive in cpio's newc format."""

import os
import stat

import elf
from run import lines, run, say


class Archive:
    """Entries in the order of their adding; nothing in them depends on where and when."""

    def __init__(self, file):
        self.file = file
        self.count = 0

    def add(self, name, mode, data=b"", device=(0, 0)):
        encoded = name.encode() + b"\0"
        self.count += 1
        fields = (self.count, mode, 0, 0, 2 if stat.S_ISDIR(mode) else 1,
                  int(os.environ["SOURCE_DATE_EPOCH"]), len(data), 0, 0, *device, len(encoded), 0)
        self.file.write(b"070701" + b"".join(b"%08X" % field for field in fields))
        self.padded(encoded, 110)
        self.padded(data, 0)

    def padded(self, data, before):
        self.file.write(data + b"\0" * (-(before + len(data)) % 4))

    def end(self):
        self.add("TRAILER!!!", 0)


def in_order(packages, names):
    """The files of kernel modules, each behind those that it depends on."""
    found = []

    def add(name):
        path = packages.module(name)
        if path and path not in found:
            for other in elf.module_depends(path):
                add(other)
            found.append(path)

    for name in names:
        add(name)
    return found


def make(packages, init, work, root):
    say("making the initrd")
    lists = os.path.join(root, "guest-image")
    modules = in_order(packages, lines(os.path.join(lists, "modules.txt")))
    verity = [path for path in in_order(packages, lines(os.path.join(lists, "modules-verity.txt")))
              if path not in modules]
    plain = os.path.join(work, "initrd.cpio")
    with open(plain, "wb") as file:
        archive = Archive(file)
        for name in ("dev", "modules", "proc", "root", "sys"):
            archive.add(name, stat.S_IFDIR | 0o755)
        archive.add("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
        archive.add("init", stat.S_IFREG | 0o755, read(init))
        for path in modules + verity:
            archive.add(f"modules/{os.path.basename(path)}", stat.S_IFREG | 0o644, read(path))
        for name, paths in (("list", modules), ("verity.list", verity)):
            text = "".join(os.path.basename(path) + "\n" for path in paths)
            archive.add(f"modules/{name}", stat.S_IFREG | 0o644, text.encode())
        archive.end()
    packed = os.path.join(work, "initrd")
    run(["zstd", "-q", "-19", "-T1", "--no-check", plain, "-o", packed], "compressing the initrd")
    return packed


def read(path):
    with open(path, "rb") as file:
        return file.read()
