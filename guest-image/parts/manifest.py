# SPDX-License-Identifier: Apache-2.0
"""manifest.json: what the image was made of and by, every file in it, the outputs' hashes."""

import hashlib
import json
import os
import stat

from run import run

# Packages of this machine whose work is in the image's bytes.
MAKERS = ("binutils", "cryptsetup-bin", "erofs-utils", "gcc-12", "libc6-dev", "meson", "zstd")


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def entry(tree, path):
    full = tree.full(path)
    status = os.lstat(full)
    described = {"path": "/" + path, "mode": f"{stat.S_IMODE(status.st_mode):04o}"}
    if stat.S_ISLNK(status.st_mode):
        return {**described, "target": os.readlink(full)}
    return {**described, "size": status.st_size, "sha256": sha256(full)}


def makers():
    printed = run(["dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\\n"],
                  "dpkg-query")
    versions = dict(line.split(" ")[:2] for line in printed.splitlines()
                    if line.endswith(" installed"))
    return {name: versions[name] for name in MAKERS if name in versions}


def write(work, packages, built, tree, initrd, outputs):
    content = {
        "tileload": {"version": built.version, "git": built.git},
        "kernel": packages.kernel_version,
        "source_date_epoch": int(os.environ["SOURCE_DATE_EPOCH"]),
        "packages": {name: packages.versions[name] for name in sorted(tree.packages)},
        "built_with": makers(),
        "outputs": {name: {"size": os.path.getsize(path), "sha256": sha256(path)}
                    for name, path in sorted(outputs.items())},
        "initrd": [{"path": "/" + path, "mode": f"{mode:04o}", "size": len(content),
                    "sha256": hashlib.sha256(content).hexdigest()}
                   for path, mode, content in initrd.files],
        "files": [entry(tree, path) for path in sorted(tree.walk())],
    }
    path = os.path.join(work, "manifest.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.write("\n")
    return path
