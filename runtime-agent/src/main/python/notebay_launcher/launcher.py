"""The launcher's one thread: kernels' processes and sockets on one side, the agent on the other."""

import heapq
import itertools
import json
import os
import selectors
import signal
import socket
import sys
import time

from . import zmtp
from .channel import Channel
from .spawn import CHANNELS, spawn

LINE_MAX = 64 * 1024
RETRY = 0.01
POLL = 0.005
NUDGE_AGAIN = 0.5
GRACE = 1.0
LOG_TAIL = 4096
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


class Kernel:
    """One process: not yet asked for (id is None), or the agent's kernel `id` in its generation."""

    def __init__(self, loop, process):
        self.loop, self.process = loop, process
        self.id, self.generation = None, 0
        self.ready = False
        self.exit = None  # (code, signal, peak bytes) once it is over
        self.log = b""
        self.code = "None"  # executed before it is handed out, so that the first request finds it warm
        self.nudge = None
        self.nudges = itertools.count(1)
        self.answered = set()
        self.channels = {name: Channel(loop, self, name) for name in CHANNELS}
        loop.watch(process.log, selectors.EVENT_READ, self.read_log)
        self.connect()

    def connect(self):
        """ipykernel binds its sockets one after the other while it starts."""
        if self.exit is not None:
            return
        if all([channel.connect() for channel in self.channels.values()]):
            self.send_nudge()
        else:
            self.loop.after(POLL, self.connect)

    def send_nudge(self):
        """Only the echo on IOPub shows that the kernel has seen our subscription."""
        if self.exit is None and not self.ready:
            self.nudge = f"notebay-launcher-{next(self.nudges)}"
            self.answered = set()
            self.channels["shell"].write(zmtp.execute_request(self.process.key, self.nudge, self.code))

    def heard(self, channel, parts):
        """A message that came before the kernel was ready: the agent never sees it."""
        message = b"".join(parts[:7])
        if f'"{self.nudge}"'.encode() not in message:
            return
        if channel == "shell":
            self.answered.add("shell")
            self.loop.after(NUDGE_AGAIN, self.nudge_again, self.nudge)
        elif b'"execution_state": "idle"' in message or b'"execution_state":"idle"' in message:
            self.answered.add("iopub")
        if self.answered == {"shell", "iopub"}:
            self.ready = True
            self.loop.offer_channels(self)

    def nudge_again(self, nudge):
        if nudge == self.nudge:
            self.send_nudge()

    def start_in(self, directory):
        self.code = f"__import__('os').chdir({directory!r})"
        self.ready = False
        if all(channel.open for channel in self.channels.values()):
            self.send_nudge()

    def read_log(self):
        try:
            data = os.read(self.process.log, 65536)
        except OSError:
            data = b""
        if data:
            self.log = (self.log + data)[-LOG_TAIL:]
        else:
            self.close_log()

    def close_log(self):
        if self.process.log is not None:
            self.loop.unwatch(self.process.log)
            os.close(self.process.log)
            self.process.log = None

    def kill(self, number):
        if self.exit is None:
            try:
                os.killpg(self.process.pid, number)
            except OSError:
                pass  # it is about to be reaped, and will then say how it ended

    def ended(self, code, number, peak):
        self.exit = (code, number, peak)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # what it left behind
        except OSError:
            pass
        if self.process.log is not None:
            os.set_blocking(self.process.log, False)
            self.read_log()
            self.close_log()
        self.process.remove_files()
        for channel in self.channels.values():
            channel.drain()

    @property
    def over(self):
        return self.exit is not None and all(channel.final for channel in self.channels.values())

    def describe(self):
        return {
            "id": self.id,
            "generation": self.generation,
            "pid": self.process.pid,
            "key": self.process.key,
            "alive": self.exit is None,
        }


class Launcher:
    def __init__(self, options, spare):
        self.options = options
        self.selector = selectors.DefaultSelector()
        self.timers, self.timer_numbers = [], itertools.count()
        self.kernels = {}  # (id, generation) -> Kernel
        self.spare = Kernel(self, spare) if spare else None
        self.control, self.control_in, self.control_out = None, b"", b""
        self.events, self.event_numbers = {}, itertools.count(1)
        self.ending = False

    # The loop.

    def run(self):
        wake_read, wake_write = os.pipe()
        for end in (wake_read, wake_write):
            os.set_blocking(end, False)
        for number in SIGNALS:
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        self.watch(wake_read, selectors.EVENT_READ, lambda: self.signalled(os.read(wake_read, 512)))
        self.listen()
        self.connect()
        self.reap()
        while not self.ending or self.alive():
            timeout = max(0, self.timers[0][0] - time.monotonic()) if self.timers else None
            for key, events in self.selector.select(timeout):
                if key.fd in self.selector.get_map() and self.selector.get_key(key.fd).data is key.data:
                    key.data()
            now = time.monotonic()
            while self.timers and self.timers[0][0] <= now:
                _, _, action, arguments = heapq.heappop(self.timers)
                action(*arguments)
        return 0

    def watch(self, file, events, action):
        if file_number(file) in self.selector.get_map():
            self.selector.modify(file, events, action)
        else:
            self.selector.register(file, events, action)

    def unwatch(self, file):
        if file_number(file) in self.selector.get_map():
            self.selector.unregister(file)

    def after(self, seconds, action, *arguments):
        heapq.heappush(self.timers, (time.monotonic() + seconds, next(self.timer_numbers), action, arguments))

    def signalled(self, numbers):
        if any(number in numbers for number in (signal.SIGTERM, signal.SIGINT)):
            self.end()
        self.reap()

    def reap(self):
        """Of every child, also of those that kernels left to us."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
            code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
            for kernel in self.everyone():
                if kernel.process.pid == pid and kernel.exit is None:
                    kernel.ended(code, number, usage.ru_maxrss * 1024)
                    if kernel is self.spare:
                        print(f"notebay_launcher: spare kernel ended: {kernel.log!r}", file=sys.stderr)
                        self.spare = None

    def everyone(self):
        return [*self.kernels.values(), *([self.spare] if self.spare else [])]

    def alive(self):
        return any(kernel.exit is None for kernel in self.everyone())

    def end(self):
        if not self.ending:
            self.ending = True
            self.signal_all(signal.SIGTERM)
            self.after(GRACE, self.signal_all, signal.SIGKILL)

    def signal_all(self, number):
        for kernel in self.everyone():
            kernel.kill(number)

    # The agent.

    def connect(self):
        connection = connect_to(self.options.link)
        if connection is None:
            self.after(RETRY, self.connect)
            return
        self.control, self.control_in, self.control_out = connection, b"", b""
        self.say(
            {
                "type": "control",
                "protocol": 1,
                "pid": os.getpid(),
                "kernels": [kernel.describe() for kernel in self.kernels.values()],
            }
        )
        for event in self.events.values():
            self.say(event)
        for kernel in self.kernels.values():
            self.offer_channels(kernel)

    def disconnect(self):
        if self.control is None:
            return
        self.unwatch(self.control)
        self.control.close()
        self.control = None
        for kernel in self.kernels.values():
            for channel in kernel.channels.values():
                channel.drop_agent()
        self.after(RETRY, self.connect)

    def say(self, message):
        if self.control is not None:
            self.control_out += json.dumps(message).encode() + b"\n"
            self.talk()

    def talk(self):
        control = self.control
        try:
            if self.control_out:
                self.control_out = self.control_out[control.send(self.control_out) :]
        except BlockingIOError:
            pass
        except OSError:
            self.disconnect()
            return
        writing = selectors.EVENT_WRITE if self.control_out else 0
        self.watch(control, selectors.EVENT_READ | writing, self.listen_and_talk)

    def listen_and_talk(self):
        control = self.control
        try:
            data = control.recv(65536)
        except BlockingIOError:
            self.talk()
            return
        except OSError:
            data = b""
        if not data:
            self.disconnect()
            return
        *lines, self.control_in = (self.control_in + data).split(b"\n")
        if len(self.control_in) > LINE_MAX:
            self.disconnect()
            return
        for line in lines:
            if self.control is control:
                try:
                    self.handle(json.loads(line))
                except (ValueError, KeyError, AttributeError) as error:
                    print(f"notebay_launcher: the agent said {line[:200]!r}: {error}", file=sys.stderr)
                    self.disconnect()
        if self.control is control:
            self.talk()

    def handle(self, request):
        operation = request.get("op")
        if operation == "ack":
            self.events.pop(request["event"], None)
            self.forget_finished()
            return
        try:
            if operation == "start":
                result = self.start(request)
            elif operation == "list":
                result = {"kernels": [kernel.describe() for kernel in self.kernels.values()]}
            elif operation == "exit":
                self.end()
                result = {}
            elif operation in ("interrupt", "signal", "kill"):
                kernel = self.kernels.get((request["kernel"], request["generation"]))
                if kernel is None:
                    raise ValueError("no such kernel")
                if operation == "kill":
                    kernel.kill(signal.SIGKILL)
                elif operation == "signal":
                    kernel.kill(signal.Signals(request["signal"]))
                elif kernel.ready:  # before, nothing runs that could be interrupted
                    kernel.kill(signal.SIGINT)
                result = {}
            else:
                raise ValueError(f"unknown op {operation}")
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.say({"id": request.get("id"), "ok": False, "error": str(error)})
        else:
            self.say({"id": request.get("id"), "ok": True, **result})

    def start(self, request):
        name = (str(request["kernel"]), int(request["generation"]))
        kernel = self.kernels.get(name)
        if kernel is None:
            directory = os.path.join(self.options.cwd, request.get("directory") or "")
            if not os.path.isdir(directory):
                raise ValueError(f"no such directory: {directory}")
            kernel, self.spare = self.spare or Kernel(self, spawn(self.options)), None
            kernel.id, kernel.generation = name
            self.kernels[name] = kernel
            if directory.rstrip("/") != self.options.cwd.rstrip("/"):
                kernel.start_in(directory)
            if kernel.ready:
                self.offer_channels(kernel)
        return {"pid": kernel.process.pid, "key": kernel.process.key}

    def offer_channels(self, kernel):
        if self.control is not None and kernel.id is not None and (kernel.ready or kernel.exit is not None):
            for channel in kernel.channels.values():
                channel.offer(self.options.link)

    def channel_final(self, kernel):
        """All is known now of what a kernel that ended has said on one channel."""
        if not kernel.over or kernel.id is None:
            return
        code, number, peak = kernel.exit
        self.event(
            {
                "event": "exited",
                "kernel": kernel.id,
                "generation": kernel.generation,
                "exit_code": code,
                "signal": number,
                "rss_peak_bytes": peak,
                "log": kernel.log.decode(errors="replace"),
                "ends": {name: channel.end for name, channel in kernel.channels.items()},
            }
        )

    def event(self, event):
        event["number"] = next(self.event_numbers)
        self.events[event["number"]] = event
        self.say(event)

    def forget_finished(self):
        """A kernel is over when its end and all it said are known to the agent."""
        for name, kernel in list(self.kernels.items()):
            reported = any(name == (event.get("kernel"), event.get("generation")) for event in self.events.values())
            if kernel.over and not reported and all(channel.acknowledged for channel in kernel.channels.values()):
                for channel in kernel.channels.values():
                    channel.drop_agent()
                del self.kernels[name]

    # Kernels' own wishes.

    def listen(self):
        path = self.options.runtime_socket
        if os.path.exists(path):
            os.unlink(path)
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen(8)
        server.setblocking(False)
        self.watch(server, selectors.EVENT_READ, lambda: self.accept(server))

    def accept(self, server):
        try:
            connection, _ = server.accept()
        except BlockingIOError:
            return
        with connection:
            connection.settimeout(0.1)  # it is our own package that connects, and it sends at once
            try:
                wish = connection.recv(64)
                if wish == b"unassign\n":
                    self.event({"event": "unassign"})
                    connection.sendall(b"ok\n")
            except OSError as error:
                print(f"notebay_launcher: runtime socket: {error}", file=sys.stderr)


def file_number(file):
    return file if isinstance(file, int) else file.fileno()


def connect_to(path):
    """A connected socket that never blocks, or None if nobody listens now."""
    connection = socket.socket(socket.AF_UNIX)
    connection.setblocking(False)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        return None
    return connection
