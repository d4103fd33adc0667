# SPDX-License-Identifier: Apache-2.0
"""Debian's packages, unpacked: nothing of them is installed, no script of theirs runs."""

import os

from run import Failure, lines, run, say

# For each of the packages' archives a line "P NAME VERSION", then one for each path in it. Run by mmdebstrap while the archives are still there.
LIST = """
set -e
for archive in "$1"/var/cache/apt/archives/*.deb; do
        dpkg-deb --show --showformat 'P ${Package} ${Version}\\n' "$archive"
        dpkg-deb --fsys-tarfile "$archive" | tar --list --quoting-style=literal
done >"$1/packages-list"
"""

MERGED = ("bin", "sbin", "lib", "lib64")  # in the guest these are in /usr


def in_guest(path):
    """bin/mount of a package is usr/bin/mount in the guest."""
    return "usr/" + path if path.split("/", 1)[0] in MERGED else path


class Packages:
    """files: path in the guest -> path on this machine. package_of: the same -> package."""

    def __init__(self, work, sources, root):
        self.path = os.path.join(work, "debian")
        names = lines(os.path.join(root, "guest-image", "packages.txt"))
        say(f"unpacking Debian packages ({len(names)} and what they depend on)")
        run(["mmdebstrap", "--mode=root", "--variant=extract", "--format=directory",
             # The work directory is root's alone, and apt's own user could not go there.
             '--aptopt=APT::Sandbox::User "root"', '--aptopt=Acquire::Retries "3"',
             f"--extract-hook={LIST}", f"--include={','.join(names)}",
             "bookworm", self.path, sources], "fetching Debian packages")
        self.versions = {}
        self.package_of = {}
        self.read_list()
        self.files = {}
        self.read_files()
        self.kernel_version = self.find_kernel()
        os.makedirs(os.path.join(self.path, "proc"), exist_ok=True)

    def read_list(self):
        name = None
        with open(os.path.join(self.path, "packages-list"), encoding="utf-8") as file:
            for line in file.read().splitlines():
                if line.startswith("P "):
                    _, name, version = line.split(" ")
                    self.versions[name] = version
                elif not line.endswith("/"):
                    self.package_of[in_guest(line.removeprefix("./"))] = name

    def read_files(self):
        for directory, directories, names in os.walk(self.path):
            for name in directories + names:
                full = os.path.join(directory, name)
                if os.path.islink(full) or not os.path.isdir(full):
                    self.files[in_guest(os.path.relpath(full, self.path))] = full

    def find_kernel(self):
        versions = os.listdir(os.path.join(self.path, "lib", "modules"))
        if len(versions) != 1:
            raise Failure(f"packages.txt: one kernel is wanted, there are {len(versions)}")
        return versions[0]

    def kernel(self):
        return os.path.join(self.path, "boot", f"vmlinuz-{self.kernel_version}")

    def module(self, name):
        """The path on this machine of a kernel module; None if it is built into the kernel."""
        directory = os.path.join(self.path, "lib", "modules", self.kernel_version)
        wanted = name.replace("-", "_") + ".ko"
        for path, full in self.files.items():
            if path.startswith("usr/lib/modules/") and \
                    os.path.basename(path).replace("-", "_") == wanted:
                return full
        with open(os.path.join(directory, "modules.builtin"), encoding="utf-8") as file:
            if any(os.path.basename(line.strip()).replace("-", "_") == wanted for line in file):
                return None
        raise Failure(f"kernel {self.kernel_version} has no module {name}: see modules.txt")

    def chroot(self, argv, step):
        """Runs one of the packages' programs in their own tree, with /proc as long as it runs."""
        return run(["unshare", "--mount", "--propagation=private", "sh", "-ec",
                    'mount --bind /proc "$1/proc"; exec chroot "$@"', "sh", self.path, *argv], step)
