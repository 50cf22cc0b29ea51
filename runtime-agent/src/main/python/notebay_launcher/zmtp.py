"""As much of ZMTP 3.0 (NULL mechanism, client side) and of Jupyter's messages as a launcher needs."""

import hashlib
import hmac
import json
import time

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
MORE, LONG, COMMAND = 1, 2, 4
SUBSCRIBE_ALL = b"\x00\x01\x01"
IDENTITY = b"notebay"
TYPES = {"shell": b"DEALER", "control": b"DEALER", "stdin": b"DEALER", "iopub": b"SUB"}


def ready(channel):
    """What we send once the peer's greeting is there (libzmq 4.3.4 hangs up on a PUB that hears it earlier)."""
    properties = property_("Socket-Type", TYPES[channel])
    if channel != "iopub":
        properties += property_("Identity", IDENTITY)
    body = b"\x05READY" + properties
    return bytes([COMMAND, len(body)]) + body + (SUBSCRIBE_ALL if channel == "iopub" else b"")


def property_(name, value):
    return bytes([len(name)]) + name.encode() + len(value).to_bytes(4, "big") + value


def end_of_handshake(data):
    """How long the peer's greeting and READY are, 0 while they are not complete; ValueError if it is no ZMTP 3."""
    if len(data) >= 11 and (data[0] != 0xFF or data[9] != 0x7F or data[10] < 3):
        raise ValueError("not a ZMTP 3 peer")
    if len(data) < len(GREETING):
        return 0
    frame = next(frames(data, len(GREETING)), None)
    if frame is None:
        return 0
    flags, begin, end = frame
    if not flags & COMMAND or data[begin : begin + 6] != b"\x05READY":
        raise ValueError("the peer did not say READY")
    return end


def frames(data, position=0):
    """(flags, begin, end) of each complete frame."""
    while len(data) >= position + 2:
        flags = data[position]
        begin = position + (9 if flags & LONG else 2)
        if len(data) < begin:
            return
        end = begin + int.from_bytes(data[position + 1 : begin], "big")
        if len(data) < end:
            return
        yield flags, begin, end
        position = end


def messages(data):
    """The complete messages at the start of data, as (parts, end)."""
    parts = []
    for flags, begin, end in frames(data):
        if not flags & COMMAND:
            parts.append(bytes(data[begin:end]))
        if not flags & MORE:
            yield parts, end
            parts = []


def execute_request(key, message_id, code):
    """A silent request that leaves no trace: no history, no execution count."""
    header = {
        "msg_id": message_id,
        "session": "notebay-launcher",
        "username": "notebay",
        "date": time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime()),
        "msg_type": "execute_request",
        "version": "5.3",
    }
    content = {
        "code": code,
        "silent": True,
        "store_history": False,
        "user_expressions": {},
        "allow_stdin": False,
        "stop_on_error": False,
    }
    parts = [json.dumps(part).encode() for part in (header, {}, {}, content)]
    signature = hmac.new(key.encode(), b"".join(parts), hashlib.sha256).hexdigest().encode()
    return multipart([b"<IDS|MSG>", signature, *parts])


def multipart(parts):
    result = bytearray()
    for number, part in enumerate(parts):
        more = MORE if number < len(parts) - 1 else 0
        if len(part) > 255:
            result += bytes([more | LONG]) + len(part).to_bytes(8, "big") + part
        else:
            result += bytes([more, len(part)]) + part
    return bytes(result)
