"""What the agent said reaches the kernel, also if the agent is gone by then."""

import json
import socket
import types
import unittest

from notebay_launcher.channel import Channel


class Loop:
    def __init__(self):
        self.timers = []

    def watch(self, *_):
        pass

    def unwatch(self, _):
        pass

    def after(self, seconds, *_):
        self.timers.append(seconds)

    def offer_channels(self, _):
        pass


class ChannelTest(unittest.TestCase):
    def setUp(self):
        self.loop = Loop()
        self.channel = Channel(self.loop, types.SimpleNamespace(exit=None, ready=True), "shell")
        self.channel.agent, self.agent = socket.socketpair(socket.AF_UNIX)
        self.channel.agent.setblocking(False)
        self.addCleanup(self.agent.close)
        self.addCleanup(self.channel.drop_agent)

    def say(self, data):
        self.agent.sendall(data)

    def agree(self, offset):
        self.say(json.dumps({"offset": offset}).encode() + b"\n")
        self.channel.agent_event()

    def test_takes_whole_messages_of_an_agent_that_is_gone(self):
        self.agree(0)
        self.say(b"M" + (3).to_bytes(4, "big") + b"abc" + b"M" + (9).to_bytes(4, "big") + b"half")
        self.agent.close()
        self.channel.drop_agent()
        self.assertEqual(bytes(self.channel.to_kernel), b"abc")
        self.assertEqual(self.channel.received, 1)
        self.assertIsNone(self.channel.agent)

    def test_drops_an_agent_that_wants_what_it_acknowledged(self):
        self.channel.keep(b"0123456789")
        self.agree(0)
        self.assertEqual(self.agent.recv(100), b"0123456789")
        self.say(b"A" + (10).to_bytes(8, "big"))
        self.channel.agent_event()
        self.assertEqual(self.channel.base, 10)
        self.channel.drop_agent()
        self.channel.agent, self.agent = socket.socketpair(socket.AF_UNIX)
        self.channel.agent.setblocking(False)
        self.agree(4)
        self.assertIsNone(self.channel.agent)
        self.assertEqual(self.loop.timers, [1])


if __name__ == "__main__":
    unittest.main()
