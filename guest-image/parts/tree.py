# SPDX-License-Identifier: Apache-2.0
"""The guest's files: chosen ones of Debian's packages, tileload, and those of guest-image/tree."""

import fnmatch
import os
import shutil

import elf
from debian import MERGED, in_guest
from run import Failure, lines, run, say

LIBRARIES = ("usr/lib/x86_64-linux-gnu", "usr/lib")  # where the dynamic linker looks by itself


class Tree:
    """path: a directory with usr/ and, until it has settled, etc/. packages: whose files it has."""

    def __init__(self, packages, root):
        self.debian = packages
        self.root = root
        self.path = os.path.join(packages.path, "image")  # within reach of the packages' programs
        self.packages = {packages.package_of[in_guest(os.path.relpath(packages.kernel(),
                                                                      packages.path))]}

    def install(self, built):
        say("putting the guest's files together")
        for pattern in lines(os.path.join(self.root, "guest-image", "files.txt")):
            matching = sorted(fnmatch.filter(self.debian.files, pattern))
            if not matching:
                raise Failure(f'files.txt: "{pattern}" is in none of the packages of packages.txt')
            for path in matching:
                self.take(path)
        for overlay in (built.installed, os.path.join(built.source, "guest-image", "tree")):
            lay_over(overlay, self.path)
        self.take_needed()
        self.take_copyrights()

    def full(self, path):
        return os.path.join(self.path, path)

    def take(self, path):
        """A file of a package; if it is a link, what it leads to as well."""
        source, target = self.debian.files[path], self.full(path)
        if os.path.lexists(target):
            return
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)
        if path in self.debian.package_of:
            self.packages.add(self.debian.package_of[path])
        if os.path.islink(source):
            leads_to = self.link_target(path)
            if leads_to in self.debian.files:
                self.take(leads_to)

    def link_target(self, path):
        """What a link of the image leads to, as a path in the guest."""
        target = os.readlink(self.full(path))
        return in_guest(os.path.normpath(os.path.join("/", os.path.dirname(path), target))[1:])

    # ---- what programs need ----

    def take_needed(self):
        """Takes the libraries that programs are linked with, and theirs."""
        for path in list(self.walk()):
            if not os.path.islink(self.full(path)):
                self.check_script(path)
                self.take_needed_by(path)

    def take_needed_by(self, path):
        """In the dynamic linker's order: what a program has loaded by name serves its libraries."""
        loaded, waiting = set(), [path]
        while waiting:
            path = waiting.pop(0)
            needing = elf.read(self.full(path))
            if not needing:
                return
            if needing.interpreter:
                self.take_library(path, needing.interpreter, in_guest(needing.interpreter[1:]))
            for name in needing.needed:
                if name not in loaded:
                    loaded.add(name)
                    waiting.append(self.take_library(path, name,
                                                     self.find_library(path, needing, name)))

    def take_library(self, path, name, library):
        """Returns the path of the file itself, behind links."""
        if library not in self.debian.files:
            raise Failure(f"/{path} needs {name}, which is in none of the packages of "
                          "packages.txt: add the one that has it")
        self.take(library)
        while os.path.islink(self.full(library)):
            library = self.link_target(library)
        return library

    def find_library(self, path, needing, name):
        origin = "/" + os.path.dirname(path)
        places = [in_guest(os.path.normpath(place.replace("$ORIGIN", origin)).lstrip("/"))
                  for place in needing.runpath] + list(LIBRARIES)
        paths = (f"{place}/{name}" for place in places)
        return next((path for path in paths if path in self.debian.files), None)

    def check_script(self, path):
        with open(self.full(path), "rb") as file:
            first = file.readline(256)
        if not first.startswith(b"#!"):
            return
        interpreter = in_guest(first[2:].split()[0].decode().lstrip("/"))
        if not os.path.exists(self.full(interpreter)):
            raise Failure(f"/{path} is a script for /{interpreter}, which the guest does not have")

    def take_copyrights(self):
        for name in sorted(self.packages):
            directory = f"usr/share/doc/{name}"
            if directory in self.debian.files:  # a link to that of another package of its source
                self.take(directory)
                directory = self.link_target(directory)
            if f"{directory}/copyright" not in self.debian.files:
                raise Failure(f"package {name} has no /{directory}/copyright")
            self.take(f"{directory}/copyright")

    # ---- the last touches ----

    def settle(self):
        """Users, enabled units; then /etc becomes what a guest's /etc is copied from."""
        self.debian.chroot(["systemd-sysusers", "--root=/image"], "making users")
        self.debian.chroot(["systemctl", "--root=/image", "preset-all"], "enabling units")
        for name in os.listdir(self.full("etc")):
            if name.endswith("-") or name.startswith("."):  # copies of what was there before, locks
                os.unlink(self.full(f"etc/{name}"))
        self.try_programs()
        self.check_links()
        os.makedirs(self.full("usr/share/factory"))
        os.rename(self.full("etc"), self.full("usr/share/factory/etc"))
        os.makedirs(self.full("usr/bin"), exist_ok=True)

    def try_programs(self):
        """Every library's every symbol, as the guest's own dynamic linker finds them."""
        for name in MERGED:
            os.symlink(f"usr/{name}", self.full(name))
        for program in ("/usr/bin/tileload", "/usr/sbin/mariadbd", "/usr/lib/systemd/systemd"):
            run(["chroot", self.path, program, "--version"], f"trying {program} of the image",
                extra={"LD_BIND_NOW": "1"})
        for name in MERGED:
            os.unlink(self.full(name))

    def check_links(self):
        for path in self.walk():
            if os.path.islink(self.full(path)):
                target = self.link_target(path)
                if not os.path.lexists(self.full(target)) and \
                        not target.startswith(("proc/", "run/")):
                    raise Failure(f"/{path} leads to /{target}, which the guest does not have")

    def walk(self):
        return walk(self.path)


def walk(path):
    """The paths of all files and links below a directory, in order."""
    for directory, directories, names in os.walk(path):
        directories.sort()
        for name in sorted(directories + names):
            full = os.path.join(directory, name)
            if os.path.islink(full) or not os.path.isdir(full):
                yield os.path.relpath(full, path)


def lay_over(overlay, path):
    """Copies what is in a directory over what is in another: over links, and not through them. Of
    modes only who may execute counts, as for git: the rest is the umask of who has the sources."""
    for name in walk(overlay):
        source, target = os.path.join(overlay, name), os.path.join(path, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.lexists(target):
            os.unlink(target)
        shutil.copy2(source, target, follow_symlinks=False)
        if not os.path.islink(target):
            os.chmod(target, 0o755 if os.stat(target).st_mode & 0o100 else 0o644)
