# SPDX-License-Identifier: Apache-2.0
"""Running other programs, and failing in one line."""

import os
import subprocess
import sys


class Failure(Exception):
    """What went wrong, where, and what to do: one line for the user."""


def say(text):
    print(f"guest-image/build: {text}", file=sys.stderr, flush=True)


def environment():
    """The same for everybody: no compiler flags, language or time zone of the user's."""
    kept = {name: os.environ[name]
            for name in ("SOURCE_DATE_EPOCH", "TMPDIR", "http_proxy", "https_proxy", "no_proxy")
            if name in os.environ}
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "HOME": "/nonexistent", **kept}


def run(argv, step, cwd=None, extra=None):
    """Runs a program and returns what it printed. If it fails, its last lines are shown."""
    done = subprocess.run(argv, cwd=cwd, env={**environment(), **(extra or {})}, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    if done.returncode != 0:
        for line in (done.stdout + done.stderr).splitlines()[-30:]:
            print(f"  {line}", file=sys.stderr)
        raise Failure(f"{step} failed: `{os.path.basename(argv[0])}` ended with status "
                      f"{done.returncode}; its last words are above")
    return done.stdout


def lines(path):
    """The lines of a list, without comments and empty ones."""
    with open(path, encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip() and not line.startswith("#")]
