# SPDX-License-Identifier: Apache-2.0
"""The initrd: init, kernel modules, and a console to speak to, in cpio's newc format."""

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


class Initrd:
    """path: the compressed archive. files: [path, mode, content] of its regular files."""

    def __init__(self, packages, init, work, root):
        say("making the initrd")
        self.files = [("init", 0o755, read(init))]
        modules = in_order(packages, lines(os.path.join(root, "guest-image/modules.txt")))
        verity = [path for path in in_order(packages, lines(os.path.join(
            root, "guest-image/modules-verity.txt"))) if path not in modules]
        for path in modules + verity:
            self.files.append((f"modules/{os.path.basename(path)}", 0o644, read(path)))
        for name, paths in (("list", modules), ("verity.list", verity)):
            text = "".join(os.path.basename(path) + "\n" for path in paths)
            self.files.append((f"modules/{name}", 0o644, text.encode()))
        self.path = self.write(work)

    def write(self, work):
        plain, packed = os.path.join(work, "initrd.cpio"), os.path.join(work, "initrd")
        with open(plain, "wb") as file:
            archive = Archive(file)
            for name in ("dev", "modules", "proc", "root", "sys"):
                archive.add(name, stat.S_IFDIR | 0o755)
            archive.add("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
            for name, mode, content in self.files:
                archive.add(name, stat.S_IFREG | mode, content)
            archive.end()
        run(["zstd", "-q", "-19", "-T1", "--no-check", plain, "-o", packed],
            "compressing the initrd")
        return packed


def read(path):
    with open(path, "rb") as file:
        return file.read()
