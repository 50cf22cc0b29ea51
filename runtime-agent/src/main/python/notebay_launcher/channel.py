"""One socket of a kernel, and the agent's connection that carries its bytes."""

import json
import selectors
import signal
import socket
import sys
from collections import deque

from . import zmtp

WINDOW = 64 * 1024 * 1024
READ = 256 * 1024
MESSAGE_MAX = 256 * 1024 * 1024


class Channel:
    """
    Holds the kernel's bytes from `base` to `end` in chunks; bytes before `base` are acknowledged and gone. What the
    agent acknowledges before we have it (the rest of a message too large for it) is thrown away as it comes.
    """

    def __init__(self, loop, kernel, name):
        self.loop, self.kernel, self.name = loop, kernel, name
        self.kernel_socket, self.open, self.greeting = None, False, b""
        self.to_kernel = bytearray()
        self.early = b""
        self.base = self.end = self.acked = self.unwanted = 0
        self.chunks = deque()
        self.draining = self.final = False
        self.agent, self.agent_in, self.agent_out = None, bytearray(), b""
        self.agreed = False
        self.received = 0  # messages for the kernel that came whole
        self.index = self.inside = 0  # next to send: chunk, byte in it

    # The kernel's side.

    def connect(self):
        if self.kernel_socket is None:
            connection = socket.socket(socket.AF_UNIX)
            connection.setblocking(False)
            try:
                connection.connect(self.kernel.process.path(self.name))
            except OSError:
                connection.close()
                return False
            self.kernel_socket = connection
            self.to_kernel += zmtp.GREETING
            self.update_kernel()
        return self.open

    def write(self, data):
        self.to_kernel += data
        self.update_kernel()

    def update_kernel(self):
        if self.kernel_socket is None:
            return
        events = selectors.EVENT_READ if self.may_read() else 0
        if self.to_kernel:
            events |= selectors.EVENT_WRITE
        if events:
            self.loop.watch(self.kernel_socket, events, self.kernel_event)
        else:
            self.loop.unwatch(self.kernel_socket)

    def may_read(self):
        return self.end - max(self.base, self.acked) < WINDOW

    def kernel_event(self):
        try:
            if self.to_kernel:
                del self.to_kernel[: self.kernel_socket.send(self.to_kernel[:READ])]
        except BlockingIOError:
            pass
        except OSError:
            self.to_kernel.clear()  # its end is told by its process
        self.read_kernel()
        self.update_agent()

    def read_kernel(self):
        if self.kernel_socket is not None and self.may_read():
            try:
                data = self.kernel_socket.recv(READ)
            except BlockingIOError:
                if self.draining:
                    self.finish()
                    return
            except OSError:
                self.finish()
                return
            else:
                if not data:
                    self.finish()
                    return
                try:
                    self.take(data)
                except ValueError as error:
                    print(f"notebay_launcher: kernel {self.kernel.process.pid}: {error}", file=sys.stderr)
                    self.kernel.kill(signal.SIGKILL)
                    self.finish()
                    return
        self.update_kernel()

    def take(self, data):
        if not self.open:
            known = len(self.greeting)
            self.greeting += data
            if known < len(zmtp.GREETING) <= len(self.greeting):
                self.to_kernel += zmtp.ready(self.name)
            length = zmtp.end_of_handshake(self.greeting)
            if not length:
                return
            self.open, data, self.greeting = True, self.greeting[length:], b""
        if not self.kernel.ready:
            self.early += data
            position = 0
            for parts, end in zmtp.messages(self.early):
                position = end
                self.kernel.heard(self.name, parts)
            data, self.early = self.early[position:], b""
            if not self.kernel.ready:
                self.early, data = data, b""
        self.keep(data)

    def keep(self, data):
        if self.end < self.unwanted:
            skipped = min(len(data), self.unwanted - self.end)
            self.end += skipped
            self.base, data = self.end, data[skipped:]
        if data:
            self.end += len(data)
            self.chunks.append(data)
            self.trim()

    def drain(self):
        """The process is gone: what the socket still holds is all there will be."""
        self.draining = True
        if self.kernel_socket is None:
            self.finish()
        while not self.final and self.may_read():
            self.read_kernel()
        self.update_agent()

    def finish(self):
        if self.kernel_socket is not None:
            self.loop.unwatch(self.kernel_socket)
            self.kernel_socket.close()
            self.kernel_socket = None
        if self.kernel.exit is None:
            return  # a kernel that closed a socket, but lives
        if not self.final:
            self.final = True
            self.loop.channel_final(self.kernel)

    # The agent's side.

    @property
    def acknowledged(self):
        return self.acked >= self.end

    def offer(self, link):
        if self.agent is not None:
            return
        connection = socket.socket(socket.AF_UNIX)
        connection.setblocking(False)
        try:
            connection.connect(link)
        except OSError:
            connection.close()
            self.loop.after(0.05, self.offer_again)
            return
        self.agent, self.agreed, self.agent_in = connection, False, bytearray()
        first = {
            "type": "channel",
            "kernel": self.kernel.id,
            "generation": self.kernel.generation,
            "channel": self.name,
            "received": self.received,
        }
        self.agent_out = json.dumps(first).encode() + b"\n"
        self.update_agent()

    def offer_again(self):
        self.loop.offer_channels(self.kernel)

    def drop_agent(self):
        """What it had said is still done: it does not say it again."""
        if self.agent is None:
            return
        connection, self.agent = self.agent, None
        self.loop.unwatch(connection)
        with connection:
            try:
                while self.agreed and (data := connection.recv(READ)):
                    self.agent_in += data
                    self.read_records()
            except (OSError, ValueError):
                pass  # that was all
        self.agreed = False

    def lost_agent(self, pause=0.05):
        self.drop_agent()
        self.loop.after(pause, self.offer_again)

    def update_agent(self):
        if self.agent is None:
            return
        writing = selectors.EVENT_WRITE if self.agent_out or self.to_send() else 0
        reading = selectors.EVENT_READ if len(self.to_kernel) < WINDOW else 0
        if writing or reading:
            self.loop.watch(self.agent, writing | reading, self.agent_event)
        else:
            self.loop.unwatch(self.agent)

    def to_send(self):
        return self.agreed and self.index < len(self.chunks)

    def agent_event(self):
        try:
            if len(self.to_kernel) < WINDOW:
                self.read_agent()
            self.write_agent()
        except BlockingIOError:
            pass
        except OSError:
            self.lost_agent()
            return
        except (ValueError, KeyError, TypeError) as error:
            print(f"notebay_launcher: agent, {self.name}: {error!r}", file=sys.stderr)
            self.lost_agent(1)
            return
        self.update_agent()
        self.update_kernel()

    def read_agent(self):
        try:
            data = self.agent.recv(READ)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionResetError
        self.agent_in += data
        if not self.agreed:
            line, newline, rest = self.agent_in.partition(b"\n")
            if not newline:
                return
            self.resume(json.loads(line)["offset"])
            self.agent_in = rest
        self.read_records()

    def read_records(self):
        position, data = 0, self.agent_in
        while len(data) > position:
            kind = data[position : position + 1]
            if kind == b"A" and len(data) >= position + 9:
                self.acknowledge(int.from_bytes(data[position + 1 : position + 9], "big"))
                position += 9
            elif kind == b"M" and len(data) >= position + 5:
                length = int.from_bytes(data[position + 1 : position + 5], "big")
                if length > MESSAGE_MAX:
                    raise ValueError("message too large")
                if len(data) < position + 5 + length:
                    break
                self.received += 1
                self.write(data[position + 5 : position + 5 + length])
                position += 5 + length
            elif kind not in (b"A", b"M"):
                raise ValueError("unknown record")
            else:
                break
        del data[:position]

    def resume(self, offset):
        """From `offset` on; what is before it, also what we have not read yet, is not wanted."""
        if offset < self.base:
            raise ValueError(f"the agent wants what it acknowledged already: from {offset}, we have it from {self.base}")
        self.acknowledge(offset)
        if self.chunks and self.base < offset:
            self.chunks[0] = self.chunks[0][offset - self.base :]
            self.base = offset
        self.unwanted = offset
        self.index = self.inside = 0
        self.agreed = True

    def acknowledge(self, offset):
        self.acked = max(self.acked, offset)
        self.trim()
        if self.draining and not self.final:
            self.drain()
        if self.final and self.acknowledged:
            self.loop.forget_finished()

    def trim(self):
        """Forgets what is acknowledged; but the agent counts every byte, so what it is owed is sent first."""
        while self.chunks and self.base + len(self.chunks[0]) <= self.acked and (self.index or not self.agreed):
            self.base += len(self.chunks.popleft())
            self.index -= 1 if self.index else 0

    def write_agent(self):
        if self.agent is None:
            return
        if self.agent_out:
            self.agent_out = self.agent_out[self.agent.send(self.agent_out) :]
        while self.to_send():
            chunk = self.chunks[self.index]
            self.inside += self.agent.send(memoryview(chunk)[self.inside :])
            if self.inside == len(chunk):
                self.index, self.inside = self.index + 1, 0
        self.trim()
