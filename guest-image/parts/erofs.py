# SPDX-License-Identifier: Apache-2.0
"""The shared /usr as a compressed, read-only file system, and a tree of its blocks' hashes."""

import os
import re
import shutil

from run import Failure, run, say

UUID = "7b1c1f8e-5f0d-4c0e-9d7a-74696c65757e"  # of our choosing, always the same
VERITY_UUID = "7b1c1f8e-5f0d-4c0e-9d7a-766572697479"
# A salt keeps hashes computed for one file system from serving for another; ours is public anyhow.
SALT = "74696c656c6f6164"


def make(tree, work):
    say("compressing /usr")
    path = os.path.join(work, "usr.erofs")
    run(["mkfs.erofs", "--quiet", "-zlz4hc,12", "-C65536", "--all-root", "-x-1",
         f"-T{os.environ['SOURCE_DATE_EPOCH']}", f"-U{UUID}", path, os.path.join(tree, "usr")],
        "mkfs.erofs")
    return path


def add_hash_tree(path, work):
    """Appends cryptsetup's header and hash tree, and returns a file with the root hash."""
    say("hashing /usr")
    size = os.path.getsize(path)
    if size % 4096:
        raise Failure(f"usr.erofs has {size} bytes, which is not a whole number of blocks")
    # A copy holds the data, so that the tree can grow behind them.
    data = os.path.join(work, "usr.data")
    shutil.copyfile(path, data)
    printed = run(["veritysetup", "format", f"--uuid={VERITY_UUID}", f"--salt={SALT}",
                   "--hash=sha256", "--data-block-size=4096", "--hash-block-size=4096",
                   f"--data-blocks={size // 4096}", f"--hash-offset={size}", data, path],
                  "veritysetup")
    found = re.search(r"^Root hash:\s*([0-9a-f]{64})$", printed, re.MULTILINE)
    if not found:
        raise Failure("veritysetup printed no root hash")
    usrhash = os.path.join(work, "usrhash")
    with open(usrhash, "w", encoding="utf-8") as file:
        file.write(found.group(1) + "\n")
    return usrhash
