# SPDX-License-Identifier: Apache-2.0
"""What the build needs of the machine, looked for before anything is begun."""

import glob
import os
import re
import shutil

from run import Failure

# Program: the Debian package that has it.
TOOLS = {
    "chroot": "coreutils",
    "dpkg-deb": "dpkg",
    "gcc": "gcc",
    "meson": "meson",
    "mkfs.erofs": "erofs-utils",
    "mmdebstrap": "mmdebstrap",
    "ninja": "ninja-build",
    "pkg-config": "pkg-config",
    "strip": "binutils",
    "zstd": "zstd",
}
WORK_MB = 900
OUTPUT_MB = 200


def check_root():
    if os.geteuid() != 0:
        raise Failure("must be root, to unpack Debian's packages: run it with sudo")


def check_tools(root, verity):
    tools = dict(TOOLS)
    if verity:
        tools["veritysetup"] = "cryptsetup-bin"
    if os.path.exists(os.path.join(root, ".git")):
        tools["git"] = "git"
    path = os.pathsep.join(["/usr/sbin", "/usr/bin", "/sbin", "/bin"])
    missing = sorted({package for tool, package in tools.items()
                      if not shutil.which(tool, path=path)})
    if not glob.glob("/usr/lib/*/libc.a"):
        missing.append("libc6-dev")
    if missing:
        raise Failure(f"missing tools: apt-get install {' '.join(missing)}")


def check_space(directory, needed_mb):
    free_mb = shutil.disk_usage(directory).free // 1_000_000
    if free_mb < needed_mb:
        raise Failure(f"{directory} has {free_mb} MB left, and {needed_mb} MB are needed: make "
                      "room, or choose another directory (TMPDIR for the work, --output for the image)")


def find_sources(given):
    """The file with this machine's own package sources."""
    if given:
        if not os.path.isfile(given):
            raise Failure(f'--sources "{given}": no such file')
        return os.path.abspath(given)
    for path in ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"):
        if os.path.isfile(path) and "bookworm" in open(path, encoding="utf-8").read():
            return path
    raise Failure("no sources of Debian 12 (bookworm) in /etc/apt: name a file with --sources")


def check_time_stamp():
    """What all time stamps are to be; the initrd's have room for 32 bits."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "0")
    if not re.fullmatch("[0-9]{1,10}", given) or int(given) >= 1 << 32:
        raise Failure(f'SOURCE_DATE_EPOCH "{given}": not a number of seconds since 1970, from 0 '
                      "to 4294967295")
    os.environ["SOURCE_DATE_EPOCH"] = str(int(given))  # some take a 0 in front for octal


def check(work, output, root, options):
    """Returns the sources' file."""
    check_time_stamp()
    check_tools(root, options.verity)
    check_space(work, WORK_MB)
    check_space(output, OUTPUT_MB)
    return find_sources(options.sources)
