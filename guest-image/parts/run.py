# SPDX-License-Identifier: Apache-2.0
"""Running other programs, and failing in one line."""

import os
import signal
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
    with subprocess.Popen(argv, cwd=cwd, env={**environment(), **(extra or {})}, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, start_new_session=True) as child:
        try:
            printed, _ = child.communicate()
        except BaseException:  # we are to end: so are it and its children
            os.killpg(child.pid, signal.SIGTERM)
            try:
                child.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
            raise
    if child.returncode != 0:
        for line in printed.splitlines()[-30:]:
            print(f"  {line}", file=sys.stderr)
        raise Failure(f"{step} failed: `{os.path.basename(argv[0])}` ended with status "
                      f"{child.returncode}; its last words are above")
    return printed


def lines(path):
    """The lines of a list, without comments and empty ones."""
    with open(path, encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip() and not line.startswith("#")]
