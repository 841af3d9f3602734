"""Where things are kept: nothing in the source tree."""

import fcntl
import os
import tempfile


class Failure(Exception):
    """Something the user must know; printed as it is, exit status 125."""


def cache():
    """Kernels, the agent, initramfs images: kept until somebody deletes them."""
    path = os.environ.get("TRACER_GUEST_CACHE")
    if not path:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        path = os.path.join(base, "tracer", "guests")
    os.makedirs(path, exist_ok=True)
    return os.path.abspath(path)


def guests():
    """One directory per guest. Short, as the path of a Unix socket may have 107 bytes only."""
    path = os.environ.get("TRACER_GUEST_STATE")
    if not path:
        path = os.path.join(tempfile.gettempdir(), f"tracer-guests-{os.getuid()}")
    os.makedirs(path, mode=0o700, exist_ok=True)
    if os.stat(path).st_uid != os.getuid():
        raise Failure(f"{path} belongs to another user; set TRACER_GUEST_STATE")
    return path


def source():
    return os.path.dirname(os.path.realpath(__file__))


class Lock:
    """A lock file, held by one process; the kernel releases it when the process dies."""

    def __init__(self, path, wait=True):
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            os.close(self.fd)
            raise

    def release(self):
        os.close(self.fd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()
