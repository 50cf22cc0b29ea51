"""Keeps one runtime of Notebay together on one machine: its agent, its sandbox, its network.

    python3 -I -S notebay_supervisor.py RUNTIME_DIRECTORY

Only the standard library. What to run is in RUNTIME_DIRECTORY/agent/launch.json, written by the
scheduler before it starts this program detached; this program decides nothing but when to end.

1. Take the lock RUNTIME_DIRECTORY/lock (flock), or exit 0: somebody else runs this runtime. Refuse
   to run an attempt for a second time.
2. Write supervisor.json, make the control groups, start the agent and the sandbox side by side,
   and give the sandbox its network as soon as its namespace is there.
3. Restart an agent that dies unexpectedly, ever more slowly; kernels go on meanwhile.
4. End when the agent ends with status 0, when the sandbox dies, when the agent keeps dying, or on
   SIGTERM: agent politely, then everything by SIGKILL. Write exit.json. The lock goes last.

Always holds: while a process of the runtime is alive, the lock is taken. The agent, the network
process and bubblewrap's init inherit it (bubblewrap never hands it to the code in the sandbox), and
all of them die with this process, even when it is killed by SIGKILL.

Once anything runs, no file that cannot be written ends it: a full disk costs words, not sessions.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import resource
import select
import signal
import socket
import stat
import struct
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
NS_GET_USERNS = 0xB701
SIOCGIFFLAGS = 0x8913
IFF_UP = 1
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000

OUTPUT_LIMIT = 256 * 1024  # of what the sandbox prints; the rest is read and dropped
LOCK_TRIES = 30  # somebody who only looks holds the lock for microseconds

libc = ctypes.CDLL(None, use_errno=True)


def log(message):
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    try:
        os.write(2, f"{stamp} {message}\n".encode(errors="replace"))
    except OSError:
        pass  # the disk is full: there is nobody left to tell


def check(result, what):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def start_ticks(pid):
    """When the process started, which with its pid names it for ever; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def write_atomically(path, value):
    temporary = f"{path}.{os.getpid()}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(value, file)
        os.rename(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


def open_log(path):
    """A log to append to; nowhere, where it cannot be made."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as failure:
        log(f"log not opened path={path} error={failure.strerror}")
        return os.open(os.devnull, os.O_WRONLY)


def random_uuid():
    value = bytearray(os.urandom(16))
    value[6] = value[6] & 0x0F | 0x40
    value[8] = value[8] & 0x3F | 0x80
    text = value.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def take_lock(path):
    """The lock's descriptor, or None if it is taken."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            time.sleep(0.01)
    os.close(descriptor)
    return None


def die_with(parent):
    """Lets the calling process, a child of parent, be killed when that dies."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(127)


def spawn(argv, env, stdout, keep=(), before=lambda: None):
    """Starts a process that dies with this one and inherits the descriptors in keep."""
    parent = os.getpid()
    pid = os.fork()
    if pid != 0:
        return pid
    try:
        die_with(parent)
        before()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(stdout, 1)
        os.dup2(stdout, 2)
        for descriptor in keep:
            os.set_inheritable(descriptor, True)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.execve(argv[0], argv, env)
    except BaseException as failure:  # a forked child must never run its parent's code
        os.write(2, f"cannot start {argv[0]}: {failure}\n".encode(errors="replace"))
    finally:
        os._exit(127)


class ControlGroups:
    """The control groups of the sandbox, in as many hierarchies as the machine lets us."""

    def __init__(self, groups):
        self.groups = groups
        self.made = []
        self.problems = []

    def make(self):
        for group in self.groups:
            path = group["path"]
            try:
                os.makedirs(path, exist_ok=True)
            except OSError as failure:
                self.problems.append(f"no control group {path}: {failure.strerror}")
                continue
            self.made.append(path)
            for name, value in group["files"].items():
                try:
                    with open(f"{path}/{name}", "w", encoding="ascii") as file:
                        file.write(value)
                except OSError as failure:
                    if name not in group["optional"]:
                        self.problems.append(f"{path}/{name} not set: {failure.strerror}")

    def enter(self):
        """Puts the calling process in; for a child before it executes its program."""
        for path in self.made:
            try:
                with open(f"{path}/cgroup.procs", "w", encoding="ascii") as file:
                    file.write("0")
            except OSError as failure:
                log(f"control group not entered path={path} error={failure.strerror}")

    def kill(self):
        """Sends SIGKILL to all that is in, and says whether anything was."""
        found = False
        for path in self.made:
            try:
                with open(f"{path}/cgroup.procs", encoding="ascii") as file:
                    pids = [int(line) for line in file]
            except OSError:
                continue
            for pid in pids:
                found = True
                kill(pid, signal.SIGKILL)
        return found

    def remove(self):
        deadline = time.monotonic() + 3
        for path in self.made:
            while True:
                try:
                    os.rmdir(path)
                    break
                except FileNotFoundError:
                    break
                except OSError as failure:
                    if time.monotonic() > deadline:
                        log(f"control group not removed path={path} error={failure.strerror}")
                        break
                    self.kill()
                    select.select([], [], [], 0.01)


def kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Network:
    """A way out of the sandbox's network namespace, by slirp4netns.

    Before it is opened, addresses that the sandbox must not reach become unreachable by routes in
    its own namespace, which nothing in the sandbox has the privilege to change.
    """

    def __init__(self, plan, sandbox_pid):
        self.plan = plan
        self.namespace = os.open(f"/proc/{sandbox_pid}/ns/net", os.O_RDONLY)
        # The user namespace that owns it; bubblewrap may have put the process into a deeper one.
        self.owner = None if os.geteuid() == 0 else fcntl.ioctl(self.namespace, NS_GET_USERNS)

    def block(self):
        """Starts the process that makes the unreachable routes; its status says whether it did."""
        parent = os.getpid()
        pid = os.fork()
        if pid != 0:
            return pid
        code = 1
        try:
            die_with(parent)
            if self.owner is not None:
                check(libc.setns(self.owner, CLONE_NEWUSER), "setns user")
            check(libc.setns(self.namespace, CLONE_NEWNET), "setns net")
            await_loopback()
            add_unreachable_routes(self.plan["blocked"])
            code = 0
        except BaseException as failure:
            log(f"addresses not blocked error={failure}")
        finally:
            os._exit(code)

    def start(self, stdout, lock):
        keep = [self.namespace, lock]
        argv = [self.plan["slirp4netns"], "--configure", "--mtu=65520", "--disable-host-loopback"]
        if self.owner is not None:
            keep.append(self.owner)
            argv.append(f"--userns-path=/proc/self/fd/{self.owner}")
        argv += ["--netns-type=path", f"/proc/self/fd/{self.namespace}", "tap0"]
        return spawn(argv, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, stdout, keep)


def await_loopback():
    """Waits until bubblewrap has brought the loopback device up: it fails if others configure the
    namespace at the same time."""
    deadline = time.monotonic() + 10
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as some:
        request = struct.pack("16sH22x", b"lo", 0)
        while not struct.unpack_from("=H", fcntl.ioctl(some, SIOCGIFFLAGS, request), 16)[0] & IFF_UP:
            if time.monotonic() > deadline:
                raise TimeoutError("the loopback device does not come up")
            select.select([], [], [], 0.001)


def add_unreachable_routes(networks):
    """Adds an IPv4 route of type unreachable for each "a.b.c.d/n", by rtnetlink."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        for sequence, network in enumerate(networks, start=1):
            address, _, length = network.partition("/")
            # struct rtmsg: family, dst_len, src_len, tos, table main, protocol static, scope, type
            route = struct.pack(
                "=BBBBBBBBI", socket.AF_INET, int(length), 0, 0, 254, 4, 0, 7, 0
            ) + struct.pack("=HH4s", 8, 1, socket.inet_aton(address))
            # RTM_NEWROUTE with REQUEST | ACK | CREATE | REPLACE
            header = struct.pack("=IHHII", 16 + len(route), 24, 0x505, sequence, 0)
            netlink.send(header + route)
            answer = netlink.recv(65536)
            code = -struct.unpack_from("=i", answer, 16)[0]
            if code != 0:
                raise OSError(code, f"unreachable {network}: {os.strerror(code)}")


# What bubblewrap's --dev takes from the machine.
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


def without_variables(argv):
    """bubblewrap's command line without the session's variables, which everybody on this machine could read there, and
    the descriptor from which it reads them instead. They are not its own environment: it runs outside of the sandbox."""
    end = argv.index("--")
    first = argv.index("--setenv") if "--setenv" in argv[:end] else end
    variables = os.memfd_create("variables")
    os.write(variables, "".join(word + "\0" for word in argv[first:end]).encode())
    os.lseek(variables, 0, os.SEEK_SET)
    return argv[:first] + ["--args", str(variables)] + argv[end:], variables


def with_own_devices(argv, directory):
    """The bubblewrap command with device files of the runtime's own, made in directory.

    Where this is root, the sandbox's user owns the machine's device files and could change their modes for everybody.
    Anybody else neither owns them nor can make others, and gets the command as it was.
    """
    if os.geteuid() != 0:
        return argv
    try:
        os.makedirs(directory, 0o700, exist_ok=True)
        own, position = [], 0
        while position < len(argv):
            word = argv[position]
            own.append(word)
            if word == "--":
                return own + argv[position + 1:]
            if word == "--dev":
                mounted = argv[position + 1]
                own.append(mounted)
                for name in DEVICES:
                    own += ["--dev-bind", own_device(f"/dev/{name}", directory), f"{mounted}/{name}"]
                position += 1
            elif word == "--dev-bind":
                own += [own_device(argv[position + 1], directory), argv[position + 2]]
                position += 2
            position += 1
        return own
    except OSError as failure:
        log(f"condition: the sandbox shares this machine's device files: {failure}")
        return argv


def own_device(path, directory):
    """Another file for the same device, relative names resolved, usable by everybody."""
    original = os.stat(path)
    if not stat.S_ISCHR(original.st_mode):
        return path
    own = os.path.abspath(os.path.join(directory, path.strip("/").replace("/", "-")))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(own)
    os.mknod(own, stat.S_IFCHR | 0o600, original.st_rdev)
    os.chmod(own, stat.S_IMODE(original.st_mode) | 0o666)
    if path != "/dev/tty":
        # Fails where the file system does not allow devices.
        os.close(os.open(own, os.O_RDONLY | os.O_NONBLOCK))
    return own


class BackOff:
    """When to start again what died: soon at first, then more slowly, and not for ever."""

    def __init__(self, settings):
        self.first = settings["first_seconds"]
        self.most = settings["most_seconds"]
        self.limit = settings["limit"]
        self.window = settings["window_seconds"]
        self.deaths = []

    def after_death(self, now):
        """Seconds to wait, or None when it died too often."""
        self.deaths = [death for death in self.deaths if now - death < self.window] + [now]
        if len(self.deaths) > self.limit:
            return None
        return min(self.first * 2 ** (len(self.deaths) - 1), self.most)


class Supervisor:
    def __init__(self, directory, lock, plan):
        self.directory = directory
        self.lock = lock
        self.plan = plan
        self.groups = ControlGroups(plan["cgroups"])
        self.processes = {}  # name -> pid of our children; "init" is bubblewrap's child
        self.restart_at = {}  # name -> monotonic time
        self.back_off = {name: BackOff(plan["restart"]) for name in ("agent", "network")}
        self.network = None
        self.end = None  # (reason, message, exit code)
        self.kill_at = None
        self.wake, wake_writer = os.pipe()
        os.set_blocking(self.wake, False)
        os.set_blocking(wake_writer, False)
        signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
        self.terminate = False
        signal.signal(signal.SIGTERM, self.on_terminate)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in (signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        self.info = None
        self.info_text = b""
        self.output = None
        self.output_left = OUTPUT_LIMIT
        self.last_words = b""

    def on_terminate(self, number, frame):
        self.terminate = True

    # Starting

    def run(self):
        self.write_supervisor_file()
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.start_agent()
        self.groups.make()
        for problem in self.groups.problems + self.plan["conditions"]:
            log(f"condition: {problem}")
        self.start_sandbox()
        while self.processes or self.end is None:
            self.wait()
            self.look()
        self.finish()

    def write_supervisor_file(self):
        uid = random_uuid()
        me = os.getpid()
        write_atomically(
            "supervisor.json", {"pid": me, "start_ticks": start_ticks(me), "runtime_uid": uid}
        )

    def record(self):
        """Writes down who is who, so that they can be found should this process be killed."""
        processes = {
            name: {"pid": pid, "start_ticks": start_ticks(pid)} for name, pid in self.processes.items()
        }
        try:
            write_atomically("processes.json", processes)
        except OSError as failure:
            # Control groups and the lock find them as well, only more slowly.
            log(f"processes not written down error={failure.strerror}")

    def start_agent(self):
        agent = self.plan["agent"]
        output = open_log("agent/agent.log")
        self.processes["agent"] = spawn(agent["argv"], agent["env"], output, [self.lock])
        os.close(output)
        log(f"agent started pid={self.processes['agent']}")
        self.record()

    def start_sandbox(self):
        sandbox = self.plan["sandbox"]
        argv = list(sandbox["argv"])
        keep = []
        self.output, output = os.pipe()
        os.set_blocking(self.output, False)
        info = None
        if sandbox["bubblewrap"]:
            self.info, info = os.pipe()
            os.set_blocking(self.info, False)
            keep += [info, self.lock]
            added = ["--info-fd", str(info), "--sync-fd", str(self.lock)]
            if sandbox.get("seccomp"):
                filter_file = os.open(sandbox["seccomp"], os.O_RDONLY)
                keep.append(filter_file)
                added += ["--seccomp", str(filter_file)]
            argv[1:1] = added
            argv = with_own_devices(argv, "dev")
            argv, variables = without_variables(argv)
            keep.append(variables)
        else:
            keep.append(self.lock)
        self.processes["sandbox"] = spawn(argv, sandbox["env"], output, keep, self.confine)
        os.close(output)
        if info is not None:
            os.close(info)
            os.close(variables)
        log(f"sandbox started pid={self.processes['sandbox']}")
        self.record()

    def confine(self):
        self.groups.enter()
        for name, value in self.plan["rlimits"].items():
            limit = getattr(resource, f"RLIMIT_{name.upper()}")
            _, hard = resource.getrlimit(limit)
            if hard != resource.RLIM_INFINITY:
                value = min(value, hard)
            resource.setrlimit(limit, (value, value))

    def open_network(self):
        plan = self.plan["network"]
        if plan is None:
            return
        try:
            self.network = Network(plan, self.processes["init"])
        except OSError as failure:
            log(f"condition: no network: {failure}")
            return
        self.processes["blocker"] = self.network.block()

    def start_network(self):
        self.processes["network"] = self.network.start(2, self.lock)
        self.record()

    # Watching

    def wait(self):
        timers = list(self.restart_at.values())
        if self.kill_at is not None:
            timers.append(self.kill_at)
        timeout = None
        if timers:
            timeout = max(0, min(timers) - time.monotonic()) * 1000 + 1
        poll = select.poll()
        for descriptor in (self.wake, self.info, self.output):
            if descriptor is not None:
                poll.register(descriptor, select.POLLIN)
        poll.poll(timeout)

    def look(self):
        read_available(self.wake)
        self.read_info()
        self.read_output()
        self.reap()
        if self.terminate:
            self.terminate = False
            self.begin_end("RUNTIME_LOST", "the runtime was ended by force", 0)
        now = time.monotonic()
        for name in [name for name, at in self.restart_at.items() if at <= now]:
            del self.restart_at[name]
            if self.end is None:
                self.start_agent() if name == "agent" else self.start_network()
        if self.kill_at is not None and (self.kill_at <= now or "agent" not in self.processes):
            self.kill_all()

    def read_info(self):
        if self.info is None:
            return
        text, ended = read_available(self.info)
        self.info_text += text
        if not ended:
            return
        os.close(self.info)
        self.info = None
        if self.info_text and "sandbox" in self.processes:
            self.processes["init"] = json.loads(self.info_text)["child-pid"]
            self.record()
            if self.end is None:
                self.open_network()

    def read_output(self):
        if self.output is None:
            return
        text, ended = read_available(self.output)
        self.last_words = (self.last_words + text)[-2000:]
        if text and self.output_left > 0:
            descriptor = open_log("sandbox.log")
            try:
                os.write(descriptor, text[: self.output_left])
            except OSError as failure:
                log(f"output of the sandbox dropped bytes={len(text)} error={failure.strerror}")
            finally:
                os.close(descriptor)
            self.output_left -= len(text)
        if ended:
            os.close(self.output)
            self.output = None

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            for name in [name for name, known in self.processes.items() if known == pid]:
                del self.processes[name]
                self.on_death(name, os.waitstatus_to_exitcode(status))
        # bubblewrap's init is not our child, unless bubblewrap itself was killed.
        if "init" in self.processes and start_ticks(self.processes["init"]) is None:
            del self.processes["init"]

    def on_death(self, name, code):
        how = f"exit status {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
        if name != "blocker":
            log(f"process ended name={name} how={how}")
        if self.end is not None or name == "init":
            return
        if name == "blocker":
            if code == 0:
                self.start_network()
            else:
                log("condition: no network: addresses could not be blocked")
            return
        if name == "sandbox":
            self.read_output()
            words = self.last_words.decode(errors="replace").strip()
            self.begin_end("RUNTIME_LOST", f"the sandbox ended: {how}" + (f": {words}" if words else ""), code)
        elif name == "agent" and code == 0:
            reason, message = self.agents_reason()
            self.begin_end(reason, message, 0)
        else:
            delay = self.back_off[name].after_death(time.monotonic())
            if delay is not None:
                self.restart_at[name] = time.monotonic() + delay
            elif name == "agent":
                self.begin_end("RUNTIME_LOST", f"the agent died too often, the last time: {how}", code)
            else:
                log("condition: no network: slirp4netns died too often")

    def agents_reason(self):
        """Why the agent ended itself, from the file that it may have left."""
        try:
            with open("agent/end.json", encoding="utf-8") as file:
                end = json.load(file)
            return str(end["reason"]), str(end["message"])
        except (OSError, ValueError, KeyError, TypeError):
            return "USER_REQUEST", "the agent ended the runtime"

    # Ending

    def begin_end(self, reason, message, code):
        if self.end is not None:
            return
        log(f"ending reason={reason} message={message}")
        self.end = (reason, message, code)
        self.restart_at.clear()
        self.kill_at = time.monotonic() + self.plan["grace_seconds"]
        if "agent" in self.processes:
            kill(self.processes["agent"], signal.SIGTERM)

    def kill_all(self):
        self.kill_at = time.monotonic() + 0.2 if self.processes else None
        for pid in self.processes.values():
            kill(pid, signal.SIGKILL)
        self.groups.kill()

    def finish(self):
        """Nothing that we know of runs any more: see to it that really nothing does."""
        while self.groups.kill() or self.kill_descendants():
            select.select([], [], [], 0.005)
        self.groups.remove()
        reason, message, code = self.end
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        end = {"reason": reason, "message": message[:4000], "exit_code": code, "time": stamp}
        try:
            write_atomically("exit.json", end)
        except OSError as failure:
            # Whoever finds the lock free and no word here sees that the runtime is lost.
            log(f"end not written down reason={reason} error={failure.strerror}")
        log("ended")

    def kill_descendants(self):
        """Kills what was left by a sandbox that is none: as their reaper we inherit orphans."""
        try:
            while os.waitpid(-1, os.WNOHANG)[0] != 0:
                pass
        except ChildProcessError:
            return False
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            for pid in file.read().split():
                kill(int(pid), signal.SIGKILL)
        return True


def read_available(descriptor):
    """What can be read now without waiting, and whether the other end is closed."""
    text = b""
    while len(text) < 1 << 20:
        try:
            part = os.read(descriptor, 65536)
        except BlockingIOError:
            return text, False
        if not part:
            return text, True
        text += part
    return text, False


def main():
    os.closerange(3, 1 << 20)
    directory = os.path.realpath(sys.argv[1])
    if os.getpid() != os.getsid(0):
        os.setsid()
    os.umask(0o077)
    os.chdir(directory)
    lock = take_lock("lock")
    if lock is None:
        return 0
    here = os.stat(".")
    try:
        there = os.stat(directory)
    except FileNotFoundError:
        there = None
    if there is None or (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino):
        return 0  # removed while we started
    if os.path.exists("exit.json") or os.path.exists("supervisor.json"):
        return 0  # this attempt has been; it never is for a second time
    with open("agent/launch.json", encoding="utf-8") as file:
        plan = json.load(file)
    Supervisor(directory, lock, plan).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
