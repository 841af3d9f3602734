"""The kernels guests run: the distribution's own packages, unpacked into the cache.

A kernel is named by the start of its version: `6.12`, `6.1`. What is in the cache is used as it
is; `vm fetch` asks apt for the newest. In the cache, kernels/RELEASE holds `vmlinuz` and `files`,
a small tree (modules, configuration) that guests see on top of the host's root.
"""

import glob
import lzma
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

import places
from places import Failure

# Debian names the generic kernel linux-image-RELEASE-amd64, Ubuntu linux-image-RELEASE-generic.
# Others (cloud, rt, -unsigned, -dbg) lack modules that guests need, or are of no use here.
GENERIC = re.compile(r"linux-image-(\d+\.\d+[^-]*(?:-\d+)?-(?:amd64|generic))$")


def version_key(release):
    return [int(number) for number in re.findall(r"\d+", release)]


def short_name(release):
    return re.match(r"\d+\.\d+", release).group()


class Kernel:
    def __init__(self, path):
        self.path = path
        self.release = os.path.basename(path)
        self.name = short_name(self.release)
        self.image = os.path.join(path, "vmlinuz")
        self.files = os.path.join(path, "files")
        self.modules = os.path.join(self.files, "usr/lib/modules", self.release)


def cached():
    """Newest first."""
    found = [path for path in glob.glob(os.path.join(places.cache(), "kernels", "*"))
             if os.path.exists(os.path.join(path, "complete"))]
    return [Kernel(path) for path in sorted(found, key=lambda p: version_key(os.path.basename(p)),
                                            reverse=True)]


def offered():
    """Releases that apt could download, newest first."""
    if not shutil.which("apt-cache"):
        return []
    names = subprocess.run(["apt-cache", "pkgnames", "linux-image-"], capture_output=True,
                           text=True, check=False).stdout.split()
    releases = {match.group(1) for name in names if (match := GENERIC.match(name))}
    return sorted(releases, key=version_key, reverse=True)


def matches(release, name):
    return release == name or short_name(release) == name


def find(name, quiet=False):
    for kernel in cached():
        if matches(kernel.release, name):
            return kernel
    return fetch(name, quiet)


def fetch(name, quiet=False):
    """The newest kernel of that name; downloaded unless it is in the cache already."""
    reason = ""
    # With old package lists apt may not know the kernel, or name one that its archives have
    # dropped since; root can help that.
    for refreshed in (False, True):
        if refreshed and not refresh_lists():
            break
        releases = offered()
        wanted = [release for release in releases if matches(release, name)][:3]
        if not wanted:
            reason = nothing_offered(name, releases)
            continue
        with places.Lock(os.path.join(places.cache(), "lock")):
            for kernel in cached():
                if kernel.release == wanted[0]:
                    return kernel
            for release in wanted:
                try:
                    return download(release, quiet)
                except subprocess.CalledProcessError as error:
                    reason = (f"no kernel {name}: `{' '.join(error.cmd)}` failed:\n"
                              f"{error.stderr.strip()}")
    raise Failure(reason)


def refresh_lists():
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    return subprocess.run(["apt-get", "-q", "update"], capture_output=True,
                          check=False).returncode == 0


def nothing_offered(name, releases):
    if not shutil.which("apt-get"):
        return (f"no kernel {name} in {places.cache()}, and this machine has no apt to fetch it "
                "with (see README.md for making one by hand)")
    if not releases:
        return (f"no kernel {name}: apt knows no kernel packages at all; run `apt-get update` "
                "as root first")
    names = sorted({short_name(release) for release in releases}, key=version_key)
    return (f"no kernel {name}: the apt sources of this machine offer {', '.join(names)} only; "
            "scripts/install-deps adds the backports suite where there is one")


def download(release, quiet):
    if not quiet:
        print(f"vm: fetching linux-image-{release}", file=sys.stderr, flush=True)
    packages = [f"linux-image-{release}"]
    if release.endswith("-generic"):  # Ubuntu keeps modules in packages of their own
        packages += [f"linux-modules-{release}", f"linux-modules-extra-{release}"]
    final = os.path.join(places.cache(), "kernels", release)
    os.makedirs(os.path.dirname(final), exist_ok=True)
    shutil.rmtree(final, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=places.cache(), prefix="fetch-") as work:
        os.chmod(work, 0o755)
        subprocess.run(["apt-get", "download", "-q", *packages], cwd=work, check=True,
                       capture_output=True, text=True)
        for package in glob.glob(os.path.join(work, "*.deb")):
            subprocess.run(["dpkg", "-x", package, os.path.join(work, "root")], check=True,
                           capture_output=True, text=True)
        arrange(release, os.path.join(work, "root"), os.path.join(work, "kernel"))
        os.rename(os.path.join(work, "kernel"), final)
    return Kernel(final)


def unpacked(image):
    """The ELF file inside a bzImage. QEMU can start it directly, which spares the guest one to
    two seconds of emulated decompression at each boot. (The kernel is then where it was linked:
    no KASLR.) An image that cannot be unpacked here is used as it is."""
    setup_sectors = image[0x1f1]
    offset, size = struct.unpack_from("<II", image, 0x248)
    payload = image[(setup_sectors + 1) * 512 + offset:][:size]
    kernel = b""
    if payload.startswith(b"\xfd7zXZ"):
        kernel = lzma.LZMADecompressor().decompress(payload)
    elif payload.startswith(b"\x28\xb5\x2f\xfd") and shutil.which("zstd"):
        # The last four bytes are the unpacked size, not part of the stream.
        kernel = subprocess.run(["zstd", "-dc"], input=payload[:-4], capture_output=True,
                                check=False).stdout
    return kernel if kernel.startswith(b"\x7fELF") else image


def arrange(release, root, target):
    """Moves what is needed of an unpacked package to its place in the cache."""
    boot = os.path.join(target, "files/boot")
    os.makedirs(boot)
    os.makedirs(os.path.join(target, "files/usr/lib/modules"))
    with open(f"{root}/boot/vmlinuz-{release}", "rb") as packed:
        kernel = unpacked(packed.read())
    with open(f"{target}/vmlinuz", "wb") as file:
        file.write(kernel)
    os.rename(f"{root}/boot/config-{release}", f"{boot}/config-{release}")
    for modules in (f"{root}/usr/lib/modules/{release}", f"{root}/lib/modules/{release}"):
        if os.path.isdir(modules):
            os.rename(modules, f"{target}/files/usr/lib/modules/{release}")
            break
    # depmod looks below lib/modules, which a merged /usr makes the same place.
    os.symlink("usr/lib", f"{target}/files/lib")
    depmod = shutil.which("depmod") or "/usr/sbin/depmod"
    subprocess.run([depmod, "-b", f"{target}/files", release], check=True, capture_output=True,
                   text=True)
    os.unlink(f"{target}/files/lib")
    with open(f"{target}/complete", "w"):
        pass
