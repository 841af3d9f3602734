"""The keeper of a guest: the process that owns QEMU, from the boot to the end.

It listens on the guest's Unix socket, gives the guest one command at a time, and ends when it is
told to, when nobody has used the guest for some time, or when the process that wanted the guest
is gone. QEMU cannot outlive it: the kernel kills QEMU when the keeper dies.

A client sends one request and then belongs to it; requests wait in the order they came:
  R run: the time limit in seconds and a NUL, then what the agent gets
  I, E, S: passed on to the agent         Q: end the guest
and gets
  O, R output, error output    X exit status    T the time limit was reached
  F the guest has failed: text for the user
A client that hangs up has its command killed.
"""

import collections
import ctypes
import os
import re
import resource
import selectors
import signal
import socket
import subprocess
import time

import image
import places
import wire

PR_SET_PDEATHSIG = 1
ANSWER_LIMIT = 20  # seconds a guest has to kill a command when it is told to
BUFFER_LIMIT = 1 << 22
CONSOLE_LINES = 60


def accelerator():
    # QEMU before 8.1 may run code that another virtual CPU has just changed: a guest that attaches
    # kprobes while it is busy panics with "Oops: int3" within a second. With all virtual CPUs in
    # one thread it does not, but attaching to a busy guest then takes twenty times as long.
    version = subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, text=True,
                             check=False).stdout
    match = re.search(r"version (\d+)\.(\d+)", version)
    sound = match and (int(match[1]), int(match[2])) >= (8, 1)
    return f"tcg,thread={'multi' if sound else 'single'}"


def qemu_command(kernel, directory, options, agent_fd):
    command = [
        "qemu-system-x86_64", "-accel", accelerator(), "-cpu", "max",
        "-smp", str(options.cpus), "-m", options.memory, "-no-reboot", "-nodefaults",
        "-no-user-config", "-display", "none", "-nic", "none",
        "-kernel", kernel.image, "-initrd", image.initramfs(kernel),
        "-append", "console=ttyS0 loglevel=5 panic=-1 mitigations=off random.trust_cpu=on "
                   # Detaching many probes waits for grace periods, which are long under emulation.
                   "rcupdate.rcu_expedited=1 "
                   + options.append,
        "-chardev", f"file,id=console,path={directory}/console.log", "-serial", "chardev:console",
        "-device", "virtio-serial-pci", "-chardev", f"socket,id=agent,fd={agent_fd}",
        "-device", "virtserialport,chardev=agent,name=tracer.agent",
    ]
    exports = [("usr", "/usr", "on"), ("kernel", kernel.files, "on"),
               ("share", f"{directory}/share", "off")]
    exports += [(f"root{i}", "/", "on") for i in range(3)]
    for tag, path, readonly in exports:
        path = path.replace(",", ",,")
        command += ["-fsdev", f"local,id={tag},path={path},security_model=none,"
                              f"multidevs=remap,readonly={readonly}",
                    "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]
    return command


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setpgid(0, 0)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Stream:
    """A socket that never blocks: what it cannot take now is kept."""

    def __init__(self, connection):
        self.socket = connection
        self.socket.setblocking(False)
        self.reader = wire.Reader()
        self.unsent = bytearray()

    def send(self, kind, payload=b""):
        self.unsent += wire.frame(kind, payload)
        self.flush()

    def flush(self):
        try:
            while self.unsent:
                del self.unsent[:self.socket.send(self.unsent)]
        except BlockingIOError:
            pass
        except OSError:
            self.unsent.clear()  # reading will tell that it is gone

    def receive(self):
        """Frames, or None at the end."""
        try:
            data = self.socket.recv(1 << 18)
        except BlockingIOError:
            return []
        except OSError:
            return None
        return list(self.reader.feed(data)) if data else None


class Client(Stream):
    def __init__(self, connection):
        super().__init__(connection)
        self.request = None  # what the agent gets
        self.limit = 0.0
        self.gone = False
        self.early = []  # input and signals that came before the command's turn


class Keeper:
    def __init__(self, kernel, directory, options):
        self.directory = directory
        self.options = options
        self.clients = {}
        self.waiting = collections.deque()
        self.active = None
        self.deadline = None  # of the active command, or of the answer to a kill
        self.killing = None   # why: "limit" or "gone"
        self.idle_since = time.monotonic()
        self.ready = False
        self.ended = None
        ours, theirs = socket.socketpair()
        command = qemu_command(kernel, directory, options, theirs.fileno())
        with open(f"{directory}/qemu.log", "wb") as log:
            self.qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                         pass_fds=[theirs.fileno()], preexec_fn=die_with_parent)
        theirs.close()
        self.guest = Stream(ours)
        self.selector = selectors.DefaultSelector()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f"{directory}/socket")
        self.listener.listen(64)
        self.listener.setblocking(False)
        self.watch(self.listener, self.accept)
        self.watch(os.pidfd_open(self.qemu.pid), self.qemu_ended)
        self.watch_owner(options.owner)

    def watch(self, what, call, events=selectors.EVENT_READ):
        self.selector.register(what, events, call)

    def watch_owner(self, owner):
        if not owner:
            return
        try:
            self.watch(os.pidfd_open(owner), lambda _: self.end("its owner is gone"))
        except ProcessLookupError:
            self.end("its owner is gone")

    # ---- life ----

    def boot(self):
        """Returns None when the guest is ready, else what went wrong."""
        self.deadline = time.monotonic() + self.options.boot_limit
        while not self.ready and self.ended is None:
            self.turn()
        self.idle_since = time.monotonic()
        return self.ended

    def serve(self):
        while self.ended is None:
            self.turn()

    def turn(self):
        self.update_events()
        for key, events in self.selector.select(self.wait_time()):
            if self.ended is None:
                key.data(events)
        self.check_time()

    def update_events(self):
        """Reads from each side only while the other takes what was read."""
        client_full = (self.active and not self.active.gone and not self.killing
                       and len(self.active.unsent) > BUFFER_LIMIT)
        self.set_events(self.guest, not client_full, self.guest_event)
        for client in list(self.clients.values()):
            busy = client is self.active and len(self.guest.unsent) > BUFFER_LIMIT
            self.set_events(client, not busy, lambda e, c=client: self.client_event(c, e))

    def set_events(self, stream, reading, call):
        events = (selectors.EVENT_READ if reading else 0) | \
                 (selectors.EVENT_WRITE if stream.unsent else 0)
        key = self.selector.get_map().get(stream.socket)
        if key and not events:
            self.selector.unregister(stream.socket)
        elif key and key.events != events:
            self.selector.modify(stream.socket, events, key.data)
        elif not key and events:
            self.selector.register(stream.socket, events, call)

    def wait_time(self):
        times = [self.deadline] if self.deadline else []
        if self.ready and not self.active:
            times.append(self.idle_since + self.options.idle)
        return max(0.0, min(times) - time.monotonic()) if times else None

    def check_time(self):
        now = time.monotonic()
        if self.ended is not None:
            return
        if self.deadline and now >= self.deadline:
            if not self.ready:
                self.fail(f"the guest did not boot within {self.options.boot_limit:g} s")
            elif self.killing:
                self.fail("the guest hangs: it did not end a command when it was told to")
            else:
                self.kill("limit")
        elif self.ready and not self.active and now >= self.idle_since + self.options.idle:
            self.end(f"nobody used it for {self.options.idle:g} s")

    def end(self, reason):
        self.ended = self.ended or reason
        self.qemu.kill()
        self.qemu.wait()

    def qemu_ended(self, _):
        # What the guest had sent before is still to be read.
        while (frames := self.guest.receive()):
            for kind, payload in frames:
                self.guest_frame(kind, payload)
        panicked = "Kernel panic" in self.console()
        self.fail("the guest panicked" if panicked else
                  f"QEMU ended unexpectedly (status {self.qemu.wait()})")

    def fail(self, reason):
        text = f"{reason}\n--- the end of the guest's console ({self.directory}/console.log):\n"
        lines = [line for line in self.console().splitlines() if line.strip()]
        text += "".join(f"| {line}\n" for line in lines[-CONSOLE_LINES:])
        with open(f"{self.directory}/qemu.log", errors="replace") as log:
            text += "".join(f"| qemu: {line}" for line in log.readlines()[-5:])
        self.end(reason)
        with open(f"{self.directory}/failed", "w") as file:
            file.write(text)
        self.failure = text
        for client in self.clients.values():
            if client.request is not None and not client.gone:
                client.socket.settimeout(5)
                try:
                    client.socket.sendall(bytes(client.unsent) + wire.frame(b"F", text.encode()))
                except OSError:
                    pass

    def console(self):
        with open(f"{self.directory}/console.log", errors="replace") as file:
            return file.read().replace("\r", "")

    # ---- clients ----

    def accept(self, _):
        connection, _ = self.listener.accept()
        self.clients[connection.fileno()] = Client(connection)

    def client_event(self, client, events):
        if events & selectors.EVENT_WRITE:
            client.flush()
        if not events & selectors.EVENT_READ:
            return
        frames = client.receive()
        if frames is None:
            self.drop(client)
            return
        for kind, payload in frames:
            if kind == b"Q":
                self.end("it was told to")
            elif kind == b"R" and client.request is None:
                limit, client.request = payload.split(b"\0", 1)
                client.limit = float(limit)
                self.waiting.append(client)
                self.next_command()
            elif kind in (b"I", b"E", b"S"):
                if client is self.active and not self.killing:
                    self.guest.send(kind, payload)
                elif client is not self.active:
                    client.early.append((kind, payload))

    def drop(self, client):
        client.gone = True
        if client.socket in self.selector.get_map():
            self.selector.unregister(client.socket)
        self.clients.pop(client.socket.fileno(), None)
        client.socket.close()
        if client is self.active:
            self.kill("gone")
        elif client in self.waiting:
            self.waiting.remove(client)

    # ---- commands ----

    def next_command(self):
        if self.active or not self.waiting:
            return
        self.active = self.waiting.popleft()
        self.killing = None
        self.deadline = time.monotonic() + self.active.limit
        self.guest.send(b"R", self.active.request)
        for kind, payload in self.active.early:
            self.guest.send(kind, payload)

    def kill(self, why):
        if not self.killing:
            self.guest.send(b"K")
            self.deadline = time.monotonic() + ANSWER_LIMIT
        self.killing = why

    def guest_event(self, events):
        if events & selectors.EVENT_WRITE:
            self.guest.flush()
        if events & selectors.EVENT_READ:
            for kind, payload in self.guest.receive() or []:
                self.guest_frame(kind, payload)

    def guest_frame(self, kind, payload):
        if kind == b"H":
            self.ready = True
            self.idle_since = time.monotonic()
            self.deadline = None
            return
        client = self.active
        if client and not client.gone:
            if kind == b"X" and self.killing == "limit":
                client.send(b"T")
            elif not self.killing or kind == b"X" or len(client.unsent) < BUFFER_LIMIT:
                client.send(kind, payload)
        if kind == b"X":
            self.active = self.deadline = self.killing = None
            self.idle_since = time.monotonic()
            self.next_command()


def start(kernel, directory, options):
    """Leaves a keeper behind in the background; returns None when the guest is ready, else the
    reason why it is not."""
    image.initramfs(kernel)  # so that its failures are told here
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            if os.fork() == 0:
                os.close(ours)
                in_background(kernel, directory, options, theirs)
        finally:
            os._exit(0)
    os.close(theirs)
    os.waitpid(child, 0)
    with os.fdopen(ours, encoding="utf-8", errors="replace") as answer:
        text = answer.read()
    return None if text == "ready" else text or f"the keeper died; see {directory}/keeper.log"


def in_background(kernel, directory, options, answer):
    log = os.open(f"{directory}/keeper.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.chdir("/")
    keeper = None
    try:
        lock = places.Lock(f"{directory}/lock", wait=False)
        signal.signal(signal.SIGTERM, lambda *_: keeper and keeper.end("a signal ended it"))
        keeper = Keeper(kernel, directory, options)
        failure = keeper.boot()
        if failure:
            os.write(answer, getattr(keeper, "failure", failure).encode())
        else:
            with open(f"{directory}/ready", "w") as file:
                file.write(f"{kernel.release}\n{os.getpid()}\n{keeper.qemu.pid}\n")
            os.write(answer, b"ready")
            os.close(answer)
            keeper.serve()
        print(f"ended: {keeper.ended}", flush=True)
        os.unlink(f"{directory}/socket")
        lock.release()
    except BaseException:
        import traceback
        traceback.print_exc()
        if keeper:
            keeper.qemu.kill()
    os._exit(0)
