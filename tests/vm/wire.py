"""Frames: one byte of type, four bytes of length (little endian), the payload.

The same frames go between the client and the keeper and between the keeper and the agent; what
the types mean stands in agent.cpp and keeper.py.
"""

import struct

HEADER = struct.Struct("<cI")


def frame(kind, payload=b""):
    return HEADER.pack(kind, len(payload)) + payload


class Reader:
    """Cuts a stream of bytes into frames."""

    def __init__(self):
        self.buffer = bytearray()

    def feed(self, data):
        self.buffer += data
        while len(self.buffer) >= HEADER.size:
            kind, size = HEADER.unpack_from(self.buffer)
            end = HEADER.size + size
            if len(self.buffer) < end:
                return
            payload = bytes(self.buffer[HEADER.size:end])
            del self.buffer[:end]
            yield kind, payload


def pack_strings(strings):
    return b"".join(s.encode("utf-8", "surrogateescape") + b"\0" for s in strings)
