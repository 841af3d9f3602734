"""The initramfs of a guest: the agent, and the modules it needs to see the host's files."""

import hashlib
import lzma
import os
import shutil
import stat
import subprocess

import places
from places import Failure

MODULES = ["virtio_pci", "virtio_console", "9pnet_virtio", "9p", "overlay"]


def agent():
    """Path of the agent's executable, compiled when its source has changed."""
    source = os.path.join(places.source(), "agent.cpp")
    with open(source, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()[:16]
    path = os.path.join(places.cache(), f"agent-{digest}")
    if not os.path.exists(path):
        compiler = os.environ.get("CXX") or "g++"
        if not shutil.which(compiler):
            raise Failure(f"the compiler {compiler} is missing (scripts/install-deps installs it)")
        result = subprocess.run([compiler, "-std=c++20", "-O2", "-static", "-Wall", "-Wextra",
                                 source, "-o", f"{path}.{os.getpid()}"],
                                capture_output=True, text=True, check=False)
        if result.returncode:
            raise Failure(f"compiling the guest agent failed:\n{result.stderr}")
        os.rename(f"{path}.{os.getpid()}", path)
    return path


def needed_modules(kernel):
    """Paths of MODULES with what they depend on, dependencies first."""
    with open(os.path.join(kernel.modules, "modules.builtin")) as file:
        builtin = {module_name(line.strip()) for line in file}
    path_of, needs = {}, {}
    with open(os.path.join(kernel.modules, "modules.dep")) as file:
        for line in file:
            path, dependencies = line.strip().split(":")
            path_of[module_name(path)] = path
            needs[path] = dependencies.split()
    order = []
    for name in MODULES:
        if name in builtin:
            continue
        if name not in path_of:
            raise Failure(f"kernel {kernel.release} has no module {name}")
        path = path_of[name]
        for each in [*reversed(needs[path]), path]:  # modules.dep lists the nearest first
            if each not in order:
                order.append(each)
    return order


def module_name(path):
    return os.path.basename(path).split(".")[0].replace("-", "_")


def module_bytes(path):
    with open(path, "rb") as file:
        data = file.read()
    if path.endswith(".xz"):
        return lzma.decompress(data)
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True).stdout
    if path.endswith(".gz"):
        import gzip
        return gzip.decompress(data)
    return data


class Cpio:
    """An archive in the form the kernel unpacks ("newc")."""

    def __init__(self):
        self.data = bytearray()
        self.inode = 0

    def add(self, name, mode, content=b"", device=(0, 0)):
        self.inode += 1
        fields = [self.inode, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name) + 1, 0]
        self.data += b"070701" + b"".join(b"%08X" % field for field in fields)
        self.data += name.encode() + b"\0"
        self.pad()
        self.data += content
        self.pad()

    def pad(self):
        self.data += b"\0" * (-len(self.data) % 4)

    def finish(self):
        self.add("TRAILER!!!", 0)
        return bytes(self.data)


def initramfs(kernel):
    executable = agent()
    path = os.path.join(kernel.path, f"initramfs-{os.path.basename(executable)}")
    if os.path.exists(path):
        return path
    archive = Cpio()
    for directory in ("dev", "proc", "sys", "run", "modules"):
        archive.add(directory, stat.S_IFDIR | 0o755)
    archive.add("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
    with open(executable, "rb") as file:
        archive.add("init", stat.S_IFREG | 0o755, file.read())
    names = []
    for module in needed_modules(kernel):
        names.append(f"{module_name(module)}.ko\n")
        archive.add(f"modules/{module_name(module)}.ko", stat.S_IFREG | 0o644,
                    module_bytes(os.path.join(kernel.modules, module)))
    archive.add("modules/order", stat.S_IFREG | 0o644, "".join(names).encode())
    with open(f"{path}.{os.getpid()}", "wb") as file:
        file.write(archive.finish())
    os.rename(f"{path}.{os.getpid()}", path)
    return path
