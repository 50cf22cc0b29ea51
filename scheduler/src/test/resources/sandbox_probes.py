"""What code in a session tries, run in place of the launcher; prints one line for each probe.

A probe of the wall holds when what it tries fails; a probe of the room when what it does works.
"""

import ctypes
import errno
import json
import os
import socket
import struct
import subprocess
import time

TARGETS = json.load(open("/opt/notebay/python/targets.json"))
libc = ctypes.CDLL(None, use_errno=True)
WALL = []
ROOM = []


def wall(probe):
    """What the probe returns, if anything, is what it got through the wall."""
    WALL.append(probe)
    return probe


def room(probe):
    """Must not raise, nor return anything."""
    ROOM.append(probe)
    return probe


def call(name, *arguments):
    """A C call: what it returned where it succeeded."""
    if getattr(libc, name)(*arguments) >= 0:
        return f"{name} succeeded"
    return None


def system_call(number, *arguments):
    libc.syscall.restype = ctypes.c_long
    if libc.syscall(ctypes.c_long(number), *arguments) >= 0:
        return f"system call {number} succeeded"
    return None


def connect(host, port):
    with socket.create_connection((host, port), timeout=2):
        return f"connected to {host}:{port}"


for name, path in TARGETS["secrets"].items():

    def read_secret(path=path):
        return open(path).read()

    read_secret.__name__ = f"read_{name}"
    wall(read_secret)

for name, path in TARGETS["directories"].items():

    def list_directory(path=path):
        return os.listdir(path)

    list_directory.__name__ = f"list_{name}"
    wall(list_directory)


@wall
def read_agent_directory_through_init():
    found = []
    for way in ("/proc/1/root", "/proc/1/cwd", "/proc/self/root"):
        for path in TARGETS["secrets"].values():
            if os.path.exists(way + path):
                found.append(way + path)
    return found


@wall
def see_processes_of_the_machine():
    lines = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            lines.append(open(f"/proc/{pid}/cmdline").read().replace("\0", " "))
        except OSError:
            pass
    return [line for line in lines if "java" in line or "supervisor" in line or "sleep" in line]


@wall
def signal_a_process_of_the_machine():
    os.kill(TARGETS["pid"], 0)
    return "it exists" if "java" in open(f"/proc/{TARGETS['pid']}/cmdline").read() else None


@wall
def read_environment_of_init():
    return [v for v in open("/proc/1/environ").read().split("\0") if v and not v.startswith("PATH=")]


@wall
def find_secrets_in_the_environment():
    known = {
        "PATH", "LANG", "LC_ALL", "LC_CTYPE", "SHELL", "HOME", "USER", "LOGNAME", "PWD",
        "PIP_BREAK_SYSTEM_PACKAGES", "NOTEBAY_VOLUME", "CUDA_VISIBLE_DEVICES",
        "NOTEBAY_DECLARED_ACCELERATOR",
    }
    return set(os.environ) - known


@wall
def find_open_files_of_others():
    return [
        os.readlink(f"/proc/self/fd/{fd}")
        for fd in os.listdir("/proc/self/fd")
        if int(fd) > 2 and os.path.exists(f"/proc/self/fd/{fd}")
        and not os.readlink(f"/proc/self/fd/{fd}").startswith("/proc/")
    ]


@wall
def connect_to_loopback_of_the_machine():
    return connect("127.0.0.1", TARGETS["port"])


@wall
def connect_to_loopback_through_the_gateway():
    return connect("10.0.2.2", TARGETS["port"])


@wall
def connect_to_addresses_of_the_machine():
    for address in TARGETS["addresses"]:
        try:
            return connect(address, TARGETS["port"])
        except OSError as failure:
            if failure.errno not in (errno.EHOSTUNREACH, errno.ENETUNREACH):
                return f"{address}: {failure}"


@wall
def ask_the_cloud_for_metadata():
    try:
        return connect("169.254.169.254", 80)
    except OSError as failure:
        # It must be the wall that refuses, not merely nobody who answers.
        return None if failure.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH) else str(failure)


@wall
def connect_to_an_abstract_socket():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("\0" + TARGETS["abstract"])
        return "connected"


@wall
def open_a_raw_socket():
    return str(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))


@wall
def open_a_packet_socket():
    return str(socket.socket(socket.AF_PACKET, socket.SOCK_RAW))


@wall
def remove_the_unreachable_route():
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        route = struct.pack("=BBBBBBBBI", 2, 16, 0, 0, 254, 4, 0, 7, 0)
        route += struct.pack("=HH4s", 8, 1, socket.inet_aton("169.254.0.0"))
        netlink.send(struct.pack("=IHHII", 16 + len(route), 25, 5, 1, 0) + route)
        code = struct.unpack_from("=i", netlink.recv(65536), 16)[0]
        return "removed" if code == 0 else None


for directory in ("/usr", "/usr/bin", "/usr/lib", "/opt/notebay/python", "/run/notebay/link"):

    def write_file(directory=directory):
        open(directory + "/planted", "w").close()
        return "written"

    write_file.__name__ = "write_" + directory.strip("/").replace("/", "_")
    wall(write_file)

for file in ("/etc/passwd", "/etc/resolv.conf", "/etc/ld.so.cache", "/usr/bin/env"):

    def change_file(file=file):
        open(file, "r+b").close()
        return "opened for writing"

    change_file.__name__ = "change_" + file.strip("/").replace("/", "_").replace(".", "_")
    wall(change_file)

for file in (
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/hostname",
    "/proc/sys/vm/drop_caches",
    "/proc/sys/fs/file-max",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sysrq-trigger",
    "/proc/irq/default_smp_affinity",
    "/sys/devices/system/cpu/cpu0/power/control",
    "/sys/devices/system/node/node0/compact",
):

    def change_kernel(file=file):
        open(file, "w").close()
        return "opened for writing"

    change_kernel.__name__ = "change" + file.replace("/", "_").replace("-", "_")
    wall(change_kernel)

for file in (
    "/etc/shadow", "/etc/ssh", "/etc/ssl/private", "/etc/machine-id", "/var/log", "/var/lib",
    "/run/docker.sock", "/run/dbus", "/sys/fs/cgroup", "/sys/kernel", "/sys/firmware", "/dev/mem",
    "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/fuse", "/dev/kvm", "/dev/net/tun", "/boot", "/srv",
    "/root", "/media",
):

    def see_file(file=file):
        return os.path.exists(file)

    see_file.__name__ = "see" + file.replace("/", "_").replace(".", "_").replace("-", "_")
    wall(see_file)


@wall
def read_kernel_memory():
    return open("/proc/kcore", "rb").read(16)


@wall
def have_capabilities():
    lines = [line for line in open("/proc/self/status") if line.startswith("Cap")]
    return [line for line in lines if int(line.split()[1], 16)]


@wall
def gain_privileges():
    return [line for line in open("/proc/self/status") if line == "NoNewPrivs:\t0\n"]


@wall
def go_unfiltered():
    return [line for line in open("/proc/self/status") if line.startswith("Seccomp:\t0")]


@wall
def become_root():
    os.setuid(0)
    return os.getuid()


@wall
def mount_a_file_system():
    return call("mount", b"none", b"/tmp", b"tmpfs", 0, None)


@wall
def make_usr_writable():
    return call("mount", None, b"/usr", None, 32 | 4096, None)


@wall
def unmount_the_link():
    return call("umount2", b"/run/notebay/link", 2)


@wall
def mount_with_mounts_own_program():
    done = subprocess.run(["/usr/bin/mount", "-t", "tmpfs", "none", "/tmp"], capture_output=True)
    return "mounted" if done.returncode == 0 else None


@wall
def make_a_user_namespace():
    return call("unshare", 0x10000000)


@wall
def make_a_user_namespace_by_clone():
    return system_call(56, ctypes.c_long(0x10000000 | 17), None, None, None, None)


@wall
def enter_another_namespace():
    return call("setns", os.open("/proc/1/ns/net", os.O_RDONLY), 0)


@wall
def change_root():
    os.chroot("/tmp")
    return "changed"


@wall
def rename_the_machine():
    socket.sethostname("mine")
    return "renamed"


@wall
def make_a_device():
    os.mknod("/tmp/sda", 0o660 | 0o060000, os.makedev(8, 0))
    return "made"


@wall
def change_the_machines_null():
    os.chmod("/dev/null", 0o666)  # its own may be changed
    return os.stat("/dev/null").st_ino == TARGETS["null"]


@wall
def read_the_kernels_log():
    return call("klogctl", 3, ctypes.create_string_buffer(1000), 1000)


@wall
def use_a_key_ring():
    return system_call(250, 0, ctypes.c_long(-4), 1)


@wall
def load_bpf():
    return system_call(321, 0, ctypes.create_string_buffer(128), 128)


@wall
def use_io_uring():
    return system_call(425, 1, ctypes.create_string_buffer(256))


@wall
def have_a_terminal():
    return open("/dev/tty")


@wall
def lift_a_limit():
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20))
    except ValueError:
        return None
    return "lifted"


@wall
def read_what_the_kernel_hides():
    names = ("keys", "kallsyms", "kcore", "slabinfo", "vmallocinfo", "timer_list", "interrupts")
    found = []
    for name in names:
        try:
            with open(f"/proc/{name}", "rb") as file:
                if file.read(16):
                    found.append(name)
        except OSError:
            pass
    return found


@wall
def change_the_kernel_through_my_own_proc():
    """Anything else in /proc that can be opened for writing and is not about my own processes."""
    found = []
    for directory, directories, files in os.walk("/proc"):
        directories[:] = [
            d for d in directories
            if not (directory == "/proc" and (d.isdigit() or d in ("self", "thread-self")))
        ]
        for file in files:
            path = os.path.join(directory, file)
            try:
                os.close(os.open(path, os.O_WRONLY))
            except OSError:
                continue
            if os.lstat(path).st_rdev == 0 and path != "/proc/keys":
                found.append(path)
    return [path for path in found if not os.path.samestat(os.stat(path), os.stat("/dev/null"))]


@room
def is_a_user_with_a_name():
    assert (os.getuid(), os.getgid()) == (1000, 1000)
    assert subprocess.check_output(["id", "-un"]) == b"notebay\n"
    assert os.path.expanduser("~") == "/home/notebay" == os.environ["HOME"]
    assert socket.gethostname() == "notebay"


@room
def starts_in_content():
    assert os.getcwd() == "/content"


for directory in ("/content", "/tmp", "/var/tmp", "/home/notebay", "/mnt/volume", "/dev/shm"):

    def can_write(directory=directory):
        with open(directory + "/mine", "w") as file:
            file.write("x")
        assert open(directory + "/mine").read() == "x"

    can_write.__name__ = "writes_" + directory.strip("/").replace("/", "_")
    room(can_write)


@room
def has_the_volumes_files():
    assert open("/mnt/volume/here").read() == "from before"


@room
def has_a_shell():
    assert subprocess.check_output("echo ä | tr a b; ls / >/dev/null", shell=True) == "ä\n".encode()


@room
def has_loopback_of_its_own():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname(), timeout=2):
            pass
    assert socket.gethostbyname("localhost") == "127.0.0.1"


@room
def has_processes_and_threads():
    import multiprocessing

    with multiprocessing.Pool(2) as pool:
        assert pool.map(abs, [-1, -2]) == [1, 2]


@room
def has_certificates_and_time():
    import ssl

    assert ssl.create_default_context().cert_store_stats()["x509"] > 0 or not os.path.exists("/etc/ssl/certs/ca-certificates.crt")
    assert os.path.exists("/etc/localtime") or True


@room
def gets_a_network():
    deadline = time.monotonic() + 10
    while "tap0" not in open("/proc/net/route").read():
        assert time.monotonic() < deadline, "no tap0"
        time.sleep(0.01)


@room
def knows_how_many_processors():
    assert os.cpu_count() >= 1


def main():
    gets_a_network_first = next(probe for probe in ROOM if probe.__name__ == "gets_a_network")
    if TARGETS["network"]:
        gets_a_network_first()
    else:
        ROOM.remove(gets_a_network_first)
    for probe in WALL:
        try:
            got = probe()
        except OSError:
            got = None
        except Exception as failure:
            got = f"probe is broken: {failure!r}"
        print(f"wall {probe.__name__} {'HELD' if not got else 'BROKEN ' + repr(got)[:200]}", flush=True)
    for probe in ROOM:
        try:
            probe()
            print(f"room {probe.__name__} HELD", flush=True)
        except Exception as failure:
            print(f"room {probe.__name__} BROKEN {failure!r}", flush=True)
    print("done", flush=True)
    time.sleep(1000)


if __name__ == "__main__":
    main()
