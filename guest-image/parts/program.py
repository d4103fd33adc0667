# SPDX-License-Identifier: Apache-2.0
"""tileload itself, built for the guest, and the guest's own small programs."""

import os
import shutil
import subprocess

from run import Failure, environment, run, say


def git(root, *arguments):
    """What git says about the sources; None without git's files."""
    done = subprocess.run(["git", "-c", "safe.directory=*", "-C", root, *arguments],
                          env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    return done.stdout if done.returncode == 0 else None


def is_there(path):
    """A file, or a link, which may well lead to what only a guest has."""
    return os.path.islink(path) or os.path.isfile(path)


def source_files(root):
    """What belongs to the sources: what git knows of or would take, or else all but build*/."""
    if os.path.exists(os.path.join(root, ".git")):
        listed = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        if listed is None:
            raise Failure(f"git cannot list the files of {root}: see `git status` there")
        return sorted(name.decode() for name in listed.split(b"\0") if name and is_there(
            os.path.join(root, name.decode())))
    return sorted(os.path.relpath(os.path.join(directory, name), root)
                  for directory, _, names in os.walk(root) for name in names
                  if not os.path.relpath(directory, root).startswith("build"))


class Program:
    """installed: a directory with what goes into the guest. init: the initrd's only program."""

    def __init__(self, work, root):
        self.source = os.path.join(work, "source")
        self.build = os.path.join(self.source, "build")
        self.installed = os.path.join(work, "installed")
        described = git(root, "describe", "--always", "--dirty", "--tags", "--abbrev=12")
        self.git = described.decode().strip() if described else None
        say(f"building tileload ({self.git or 'no git'})")
        # A copy, always at the same place seen from its build directory, whatever the sources' own
        # path: names of files get into programs.
        for name in source_files(root):
            target = os.path.join(self.source, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(os.path.join(root, name), target, follow_symlinks=False)
        self.compile()
        self.version = run([os.path.join(self.installed, "usr/bin/tileload"), "--version"],
                           "tileload --version").strip()

    def compile(self):
        flags = f"-ffile-prefix-map={self.source}=."
        run(["meson", "setup", self.build, self.source, "--prefix=/usr", "--wrap-mode=nodownload",
             # As fast as what users build and measure with `run --launch process`: -O2.
             "-Doptimization=2", "-Ddebug=false", f"-Dc_args={flags}", "-Dtests=false",
             "-Dlibvirt=disabled"],
            "meson")
        run(["ninja", "-C", self.build, "all", "guest-image/guest-init",
             "guest-image/power-button"], "compiling tileload")
        run(["meson", "install", "-C", self.build, "--no-rebuild", "--strip",
             "--destdir", self.installed], "installing tileload")
        os.makedirs(os.path.join(self.installed, "usr/lib/tileload"))
        shutil.copy(self.stripped("power-button"),
                    os.path.join(self.installed, "usr/lib/tileload/power-button"))
        self.init = self.stripped("guest-init")

    def stripped(self, name):
        """One of guest-image's own programs."""
        built = os.path.join(self.build, "guest-image", name)
        run(["strip", "--strip-all", built], f"stripping {name}")
        return built
