// The guest's half of tests/vm: process 1 of the guest, linked statically, the only program in
// the initramfs. It loads the modules that the host's files need, mounts what a Linux program
// expects, and then runs one command after the other for the host.
//
// Every command sees the host's root as it is at that moment. The host's root is exported over
// 9p, and 9p is fast only when the guest may cache what it read; but a cache knows nothing of
// files the host has written since. So there are two views of the host:
//   - /usr is mounted once, and cached as long as the guest lives: programs and libraries of the
//     distribution, which do not change during a test run;
//   - all the rest is mounted anew for each command, in a mount namespace of the command's own.
// Both lie under an overlay whose upper layer is a tmpfs, so a command can write wherever it
// likes, and what it wrote is gone when it ends. The kernel's own modules are a further lower
// layer. What should outlive a command goes to /run (kept in the guest) or /run/share (seen by
// the host).
//
// Each command has a cgroup of its own, so that nothing it started survives it.
//
// The protocol, on the virtio port "tracer.agent", in both directions: a frame is one byte of
// type, four bytes of length (little endian), and the payload.
//   from the host:  R run (see parse_request), I input, E end of input, S signal (one byte),
//                   K kill
//   to the host:    H ready (kernel release), O output, R error output, X exit status (one byte)

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using std::string;

constexpr const char* host_mount_options =
    "trans=virtio,version=9p2000.L,msize=512000,cache=loose";
constexpr const char* share_mount_options =
    "trans=virtio,version=9p2000.L,msize=512000,cache=none";
constexpr int64_t grace_ms = 1000;  // for output still on its way when the command has ended
constexpr int64_t kill_ms = 5000;   // for killed processes to be gone

[[noreturn]] void die(const string& what) {
  // The end of process 1 is a kernel panic; this line on the console says why it came.
  fprintf(stderr, "agent: %s: %s\n", what.c_str(), strerror(errno));
  fflush(stderr);
  _exit(1);
}

int64_t now_ms() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

string read_file(const string& path) {
  string text;
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  char buffer[4096];
  for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, n);
  close(fd);
  return text;
}

bool write_file(const string& path, std::string_view text) {
  int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  return written;
}

// ---- boot -------------------------------------------------------------------------------------

void mount_or_die(const char* source, const string& target, const char* type,
                  unsigned long flags = 0, const char* options = nullptr) {
  mkdir(target.c_str(), 0755);
  if (mount(source, target.c_str(), type, flags, options) != 0)
    die(string("mounting ") + type + " on " + target);
}

void load_modules() {
  // One file name a line, dependencies first.
  string order = read_file("/modules/order");
  for (size_t at = 0, end; (end = order.find('\n', at)) != string::npos; at = end + 1) {
    string path = "/modules/" + order.substr(at, end - at);
    int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) die("opening " + path);
    if (syscall(SYS_finit_module, fd, "", 0) != 0 && errno != EEXIST) die("loading " + path);
    close(fd);
  }
}

void mount_kernel_file_systems() {
  mount_or_die("proc", "/proc", "proc");
  mount_or_die("sysfs", "/sys", "sysfs");
  if (mount("devtmpfs", "/dev", "devtmpfs", 0, nullptr) != 0 && errno != EBUSY)
    die("mounting /dev");
  mount_or_die("devpts", "/dev/pts", "devpts", 0, "gid=5,mode=620,ptmxmode=666");
  mount_or_die("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
  symlink("/proc/self/fd", "/dev/fd");
  symlink("/proc/self/fd/0", "/dev/stdin");
  symlink("/proc/self/fd/1", "/dev/stdout");
  symlink("/proc/self/fd/2", "/dev/stderr");
  mount_or_die("tmpfs", "/run", "tmpfs", 0, "mode=755");
  mount_or_die("debugfs", "/sys/kernel/debug", "debugfs");
  mount_or_die("tracefs", "/sys/kernel/tracing", "tracefs");
  mount_or_die("bpf", "/sys/fs/bpf", "bpf", 0, "mode=700");
  mount_or_die("cgroup2", "/sys/fs/cgroup", "cgroup2");
}

void mount_host_files() {
  mkdir("/host", 0755);
  mount_or_die("usr", "/host/usr", "9p", MS_RDONLY, host_mount_options);
  mount_or_die("kernel", "/host/kernel", "9p", MS_RDONLY, host_mount_options);
  mount_or_die("share", "/run/share", "9p", 0, share_mount_options);
  for (const char* name : {"/host/root", "/host/scratch", "/host/new"}) mkdir(name, 0755);
}

void bring_up_loopback() {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) != 0) die("bringing up loopback");
  close(fd);
}

// Device nodes come when the driver has talked to the host, so each uevent is a reason to look
// again.
int open_port() {
  int events = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = 1;
  if (events < 0 || bind(events, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    die("listening for uevents");
  int64_t deadline = now_ms() + 20000;
  while (now_ms() < deadline) {
    if (DIR* ports = opendir("/sys/class/virtio-ports")) {
      while (dirent* entry = readdir(ports)) {
        string name = entry->d_name;
        if (read_file("/sys/class/virtio-ports/" + name + "/name") != "tracer.agent\n") continue;
        int fd = open(("/dev/" + name).c_str(), O_RDWR | O_CLOEXEC);
        if (fd < 0) continue;
        closedir(ports);
        close(events);
        return fd;
      }
      closedir(ports);
    }
    pollfd waiting{events, POLLIN, 0};
    char message[4096];
    if (poll(&waiting, 1, 1000) > 0) (void)!read(events, message, sizeof message);
  }
  errno = ENODEV;
  die("finding the port tracer.agent");
}

// ---- protocol ---------------------------------------------------------------------------------

int port = -1;

void send_frame(char type, const void* data, uint32_t size) {
  string frame(1, type);
  for (int shift = 0; shift < 32; shift += 8) frame += static_cast<char>(size >> shift);
  frame.append(static_cast<const char*>(data), size);
  for (size_t sent = 0; sent < frame.size();) {
    ssize_t n = write(port, frame.data() + sent, frame.size() - sent);
    if (n < 0 && errno != EINTR && errno != EAGAIN) die("writing to the host");
    if (n > 0) sent += n;
  }
}

// What the host has sent and nobody has used yet.
string received;

bool take_frame(char& type, string& payload) {
  if (received.size() < 5) return false;
  uint32_t size = 0;
  for (int i = 0; i < 4; ++i)
    size |= static_cast<uint32_t>(static_cast<unsigned char>(received[1 + i])) << (8 * i);
  if (received.size() < 5 + size) return false;
  type = received[0];
  payload = received.substr(5, size);
  received.erase(0, 5 + size);
  return true;
}

void receive() {
  char buffer[65536];
  ssize_t n = read(port, buffer, sizeof buffer);
  if (n > 0) return (void)received.append(buffer, n);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
  die("the host has gone away");
}

// ---- one command ------------------------------------------------------------------------------

struct Request {
  bool input = false;     // the host will send input; otherwise it is /dev/null
  bool terminal = false;  // run it on a terminal of its own
  unsigned short rows = 24, columns = 80;
  string directory;
  std::vector<string> environment;
  std::vector<string> arguments;
};

// Strings that end with NUL: flags ("i", "t"), rows, columns, directory, number of environment
// entries, the entries, the arguments.
Request parse_request(const string& payload) {
  std::vector<string> fields;
  for (size_t at = 0, end; (end = payload.find('\0', at)) != string::npos; at = end + 1)
    fields.push_back(payload.substr(at, end - at));
  Request request;
  if (fields.size() < 6) return request;
  request.input = fields[0].find('i') != string::npos;
  request.terminal = fields[0].find('t') != string::npos;
  request.rows = static_cast<unsigned short>(atoi(fields[1].c_str()));
  request.columns = static_cast<unsigned short>(atoi(fields[2].c_str()));
  request.directory = fields[3];
  size_t entries = strtoul(fields[4].c_str(), nullptr, 10);
  for (size_t i = 5; i < fields.size(); ++i)
    (i < 5 + entries ? request.environment : request.arguments).push_back(fields[i]);
  return request;
}

[[noreturn]] void child_die(const string& what) {
  dprintf(2, "guest: %s: %s\n", what.c_str(), strerror(errno));
  _exit(125);
}

void child_mount(const char* source, const char* target, const char* type, unsigned long flags,
                 const char* options) {
  if (mount(source, target, type, flags, options) != 0)
    child_die(string("mounting ") + target);
}

// A 9p export can be mounted only once at a time, and the mount of the command before this one
// may still be on its way out. So there are several exports of the same root.
void mount_host_root() {
  for (const char* tag : {"root0", "root1", "root2"})
    if (mount(tag, "/host/root", "9p", MS_RDONLY, host_mount_options) == 0)
      return;
    else if (errno != EBUSY)
      break;
  child_die("mounting the host's root");
}

void enter_new_root() {
  if (unshare(CLONE_NEWNS) != 0) child_die("leaving the mount namespace");
  child_mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  mount_host_root();
  child_mount("tmpfs", "/host/scratch", "tmpfs", 0, "mode=755,size=75%");
  for (const char* name : {"/host/scratch/upper", "/host/scratch/work", "/host/scratch/upper-usr",
                           "/host/scratch/work-usr"})
    mkdir(name, 0755);
  child_mount("overlay", "/host/new", "overlay", 0,
              "lowerdir=/host/kernel:/host/root,upperdir=/host/scratch/upper,"
              "workdir=/host/scratch/work");
  child_mount("overlay", "/host/new/usr", "overlay", 0,
              "lowerdir=/host/kernel/usr:/host/usr,upperdir=/host/scratch/upper-usr,"
              "workdir=/host/scratch/work-usr");
  for (const char* name : {"/proc", "/sys", "/dev", "/run"}) {
    string target = string("/host/new") + name;
    mkdir(target.c_str(), 0755);
    child_mount(name, target.c_str(), nullptr, MS_BIND | MS_REC, nullptr);
  }
  if (chdir("/host/new") != 0) child_die("entering the new root");
  child_mount(".", "/", nullptr, MS_MOVE, nullptr);
  if (chroot(".") != 0 || chdir("/") != 0) child_die("changing the root");
}

[[noreturn]] void run_child(const Request& request, int in, int out, int err) {
  setsid();
  if (request.terminal) ioctl(in, TIOCSCTTY, 0);
  dup2(in, 0);
  dup2(out, 1);
  dup2(err, 2);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  enter_new_root();
  if (chdir(request.directory.c_str()) != 0)
    child_die("the directory " + request.directory + " is not there");
  clearenv();
  for (const string& entry : request.environment) putenv(strdup(entry.c_str()));
  std::vector<char*> arguments;
  for (const string& argument : request.arguments) arguments.push_back(strdup(argument.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  int missing = errno == ENOENT;
  dprintf(2, "guest: %s: %s\n", arguments[0], strerror(errno));
  _exit(missing ? 127 : 126);
}

// The command that runs now.
struct Command {
  string cgroup;
  pid_t pid = -1;
  int in = -1, out = -1, err = -1;  // our ends; in and out are the same terminal when there is one
  bool terminal = false;
  string input;  // not yet taken by the command
  bool input_ended = false;
  bool ended = false;  // the first process has ended; its status is known
  uint8_t status = 0;
  int64_t kill_at = 0, give_up_at = 0;  // set when it has ended
};

void close_fd(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

void open_streams(const Request& request, int child[3], Command& command) {
  if (request.terminal) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || unlockpt(master) != 0) die("opening a terminal");
    int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0) die("opening the terminal's other end");
    winsize size{request.rows, request.columns, 0, 0};
    ioctl(slave, TIOCSWINSZ, &size);
    child[0] = child[1] = child[2] = slave;
    command.in = command.out = master;
    command.terminal = true;
    return;
  }
  int in[2], out[2], err[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0)
    die("making pipes");
  fcntl(in[1], F_SETFL, O_NONBLOCK);
  child[0] = in[0], child[1] = out[1], child[2] = err[1];
  command.in = in[1], command.out = out[0], command.err = err[0];
  if (request.input) return;
  close(in[0]);
  close_fd(command.in);
  child[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

// A process that is born in its cgroup need not be moved there, which takes the kernel 20 ms.
pid_t fork_into(const string& cgroup) {
  int directory = open(cgroup.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  clone_args arguments{};
  arguments.flags = CLONE_INTO_CGROUP;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<uint64_t>(directory);
  pid_t pid = static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof arguments));
  if (pid != 0) close(directory);
  return pid;
}

Command start(const Request& request) {
  static int number = 0;
  Command command;
  command.cgroup = "/sys/fs/cgroup/command-" + std::to_string(++number);
  if (mkdir(command.cgroup.c_str(), 0755) != 0) die("making " + command.cgroup);
  int child[3];
  open_streams(request, child, command);
  command.pid = fork_into(command.cgroup);
  if (command.pid < 0) die("fork");
  if (command.pid == 0) run_child(request, child[0], child[1], child[2]);
  for (int i = 0; i < (command.terminal ? 1 : 3); ++i) close(child[i]);
  return command;
}

void kill_all(const Command& command) { write_file(command.cgroup + "/cgroup.kill", "1"); }

bool populated(const Command& command) {
  return read_file(command.cgroup + "/cgroup.events").find("populated 1") != string::npos;
}

void relay(int& fd, char type) {
  char buffer[65536];
  ssize_t n = read(fd, buffer, sizeof buffer);
  if (n > 0)
    send_frame(type, buffer, static_cast<uint32_t>(n));
  else if (n == 0 || (errno != EINTR && errno != EAGAIN))
    close_fd(fd);
}

void feed_input(Command& command) {
  if (!command.input.empty()) {
    ssize_t n = write(command.in, command.input.data(), command.input.size());
    if (n > 0) command.input.erase(0, n);
    if (n < 0 && errno != EAGAIN && errno != EINTR) command.input.clear(), command.input_ended = true;
  }
  if (command.input.empty() && command.input_ended && !command.terminal) close_fd(command.in);
}

// Everything that has died is ours to collect: process 1 inherits all orphans.
void reap(Command* command) {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (!command || pid != command->pid) continue;
    command->ended = true;
    command->status =
        static_cast<uint8_t>(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    command->kill_at = now_ms() + grace_ms;
    command->give_up_at = command->kill_at + kill_ms;
  }
}

void obey(Command& command, char type, const string& payload) {
  if (type == 'I' && command.in >= 0) command.input += payload;
  if (type == 'E') command.input_ended = true;
  if (type == 'S' && !command.ended && payload.size() == 1) kill(-command.pid, payload[0]);
  if (type == 'K') {
    kill_all(command);
    if (command.ended) command.kill_at = now_ms();
  }
}

// True when the command is over: its first process has ended, its output has been read to the
// end, and no process of it is left.
bool finished(Command& command) {
  if (!command.ended) return false;
  bool output_over = (command.out < 0 || command.terminal) && command.err < 0;
  if (output_over || now_ms() >= command.kill_at) kill_all(command);
  if (now_ms() >= command.give_up_at) return true;
  return output_over && !populated(command);
}

void run(const Request& request, int signals) {
  Command command = start(request);
  while (!finished(command)) {
    bool writable = command.in >= 0 && (!command.input.empty() || command.input_ended);
    pollfd waiting[] = {
        {port, POLLIN, 0},
        {signals, POLLIN, 0},
        {command.out, POLLIN, 0},
        {command.err, POLLIN, 0},
        {writable && !command.terminal ? command.in : -1, POLLOUT, 0},
    };
    poll(waiting, 5, command.ended ? 5 : -1);
    if (waiting[2].revents) relay(command.out, 'O');
    if (waiting[3].revents) relay(command.err, 'R');
    if (waiting[0].revents) receive();
    char type;
    string payload;
    while (take_frame(type, payload)) obey(command, type, payload);
    if (command.in >= 0 && (waiting[4].revents || command.terminal)) feed_input(command);
    if (waiting[1].revents) {
      signalfd_siginfo ignored;
      (void)!read(signals, &ignored, sizeof ignored);
      reap(&command);
    }
  }
  if (command.terminal) {  // what is still in the terminal's buffer
    fcntl(command.out, F_SETFL, O_NONBLOCK);
    char buffer[4096];
    for (ssize_t n; (n = read(command.out, buffer, sizeof buffer)) > 0;) send_frame('O', buffer, n);
    command.in = -1;
  }
  close_fd(command.in);
  close_fd(command.out);
  close_fd(command.err);
  reap(nullptr);
  rmdir(command.cgroup.c_str());
  send_frame('X', &command.status, 1);
}

}  // namespace

int main() {
  if (getpid() != 1) {
    fprintf(stderr, "agent: this is the first process of a test guest, and of nothing else\n");
    return 2;
  }
  umask(022);
  mount_kernel_file_systems();
  load_modules();
  mount_host_files();
  bring_up_loopback();
  sethostname("guest", 5);
  rlimit files{1024, 524288};
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, nullptr);
  int signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  port = open_port();
  utsname name;
  uname(&name);
  send_frame('H', name.release, static_cast<uint32_t>(strlen(name.release)));
  for (;;) {
    char type;
    string payload;
    while (take_frame(type, payload))
      if (type == 'R') run(parse_request(payload), signals);
    pollfd waiting[] = {{port, POLLIN, 0}, {signals, POLLIN, 0}};
    poll(waiting, 2, -1);
    if (waiting[1].revents) {
      signalfd_siginfo ignored;
      (void)!read(signals, &ignored, sizeof ignored);
      reap(nullptr);
    }
    if (waiting[0].revents) receive();
  }
}
