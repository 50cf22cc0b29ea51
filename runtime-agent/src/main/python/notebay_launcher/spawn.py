"""Options, and the start of a kernel's process. Imports next to nothing: a session's start waits for this."""

import os
import sys

CHANNELS = {"shell": 1, "iopub": 2, "stdin": 3, "control": 4}
HEARTBEAT = 5
DEFAULT_SIGNALS = (2, 13, 15, 17, 25)  # INT, PIPE, TERM, CHLD, XFSZ: what Python changed goes back to default
PATH_MAX = 60


class Options:
    """The command line."""

    def __init__(self, arguments):
        values = {"--link": None, "--scratch": None, "--cwd": None, "--python": sys.executable, "--volume": "", "--umask": ""}
        self.spare = True
        rest = list(arguments)
        while rest:
            name = rest.pop(0)
            if name == "--no-spare":
                self.spare = False
            elif name in values and rest:
                values[name] = rest.pop(0)
            else:
                sys.exit(f"notebay_launcher: {name} (expected: one of {', '.join(values)}, each with a value, or --no-spare)")
        missing = [name for name, value in values.items() if value is None]
        if missing:
            sys.exit(f"notebay_launcher: missing {', '.join(missing)}")
        self.link = values["--link"]
        self.scratch = os.path.abspath(values["--scratch"])
        self.cwd = os.path.abspath(values["--cwd"])
        self.python = values["--python"]
        self.volume = values["--volume"]
        if len(os.fsencode(self.scratch)) > PATH_MAX:
            sys.exit(f"notebay_launcher: --scratch {self.scratch} (expected: at most {PATH_MAX} bytes)")
        if values["--umask"]:
            os.umask(int(values["--umask"], 8))
        os.makedirs(self.scratch, mode=0o700, exist_ok=True)

    @property
    def runtime_socket(self):
        return os.path.join(self.scratch, "runtime.sock")

    def environment(self):
        here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        result = dict(os.environ)
        others = result.get("PYTHONPATH")
        result["PYTHONPATH"] = here + os.pathsep + others if others else here
        result["NOTEBAY_RUNTIME_SOCKET"] = self.runtime_socket
        result["JPY_PARENT_PID"] = str(os.getpid())
        if self.volume:
            result["NOTEBAY_VOLUME"] = self.volume
        return result


class Process:
    """A kernel's process: its key, the start of its sockets' paths, and the pipe of its own stdout and stderr."""

    def __init__(self, pid, key, base, log):
        self.pid, self.key, self.base, self.log = pid, key, base, log

    def path(self, channel):
        return f"{self.base}-{CHANNELS[channel]}"

    def remove_files(self):
        directory = os.path.dirname(self.base)
        try:
            for name in os.listdir(directory):
                os.unlink(os.path.join(directory, name))
            os.rmdir(directory)
        except OSError:
            pass  # a notebook may have been there; it is its own sandbox's scratch


def spawn(options):
    directory = os.path.join(options.scratch, os.urandom(4).hex())
    os.mkdir(directory, 0o700)
    base, key = os.path.join(directory, "k"), os.urandom(32).hex()
    connection = os.path.join(directory, "connection.json")
    ports = "".join(f', "{name}_port": {port}' for name, port in CHANNELS.items())
    with open(os.open(connection, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(
            f'{{"transport": "ipc", "ip": {quoted(base)}, "key": "{key}", "signature_scheme": "hmac-sha256", '
            f'"kernel_name": "python3", "hb_port": {HEARTBEAT}{ports}}}'
        )
    read, write = os.pipe()
    try:
        pid = os.posix_spawn(
            options.python,
            [options.python, os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernel.py"), connection, options.cwd],
            options.environment(),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, write, 1),
                (os.POSIX_SPAWN_DUP2, write, 2),
            ],
            setsid=True,
            setsigdef=DEFAULT_SIGNALS,
        )
    except OSError:
        os.close(read)
        raise
    finally:
        os.close(write)
    return Process(pid, key, base, read)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
