#!/usr/bin/env python3
"""Publishes the rows of an array (.npy, .npy.gz) as docs/wire.md says, with nothing but Python's own library: ZeroMQ's
wire protocol (ZMTP 3.0, https://rfc.zeromq.org/spec/23, without encryption) and msgpack are spoken by hand.

    bare.py tcp://127.0.0.1:5560 desk/imu ROWS.npy RATE [START]

RATE is rows a second; START, in microseconds since 1970, is when the first row was taken (now unless given).
"""
import ast, gzip, math, socket, struct, sys, time

DTYPES = {"|u1": "u8", "|i1": "i8", "<u2": "u16", "<i2": "i16", "<i4": "i32", "<f4": "f32", "<f8": "f64"}


def pack(value):
    """msgpack, as far as headers need it."""
    if isinstance(value, int):
        return b"\xcf" + struct.pack(">Q", value)
    if isinstance(value, str):
        return b"\xd9" + bytes([len(value)]) + value.encode()
    if isinstance(value, list):
        return b"\xdc" + struct.pack(">H", len(value)) + b"".join(map(pack, value))
    pairs = b"".join(pack(key) + pack(entry) for key, entry in value.items())
    return b"\xde" + struct.pack(">H", len(value)) + pairs


class Push:
    """A PUSH socket."""

    def __init__(self, address):
        host, port = address.removeprefix("tcp://").rsplit(":", 1)
        self.line = socket.create_connection((host, int(port)))
        self.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Greeting: signature, version 3.0, mechanism NULL, filler; then READY, which says what we are.
        self.line.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32))
        ready = b"\x05READY\x0bSocket-Type" + struct.pack(">I", 4) + b"PUSH"
        self.line.sendall(b"\x04" + bytes([len(ready)]) + ready)
        self.take(64)
        flags, size = self.take(2)
        if flags != 4 or not self.take(size).startswith(b"\x05READY"):
            raise SystemExit("expected a pipeline's inlet, got something else")

    def take(self, size):
        got = b""
        while len(got) < size:
            piece = self.line.recv(size - len(got))
            if not piece:
                raise SystemExit("expected a pipeline's inlet, it hung up: does it encrypt?")
            got += piece
        return got

    def send(self, *parts):
        for index, part in enumerate(parts):
            more = index < len(parts) - 1
            self.line.sendall(struct.pack(">BQ", 2 | more, len(part)) + part)


def rows(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack_from("<H", data, 8)
    about = ast.literal_eval(data[10 : 10 + length].decode())
    count, *shape = about["shape"]
    size = (len(data) - 10 - length) // count
    start = 10 + length
    return DTYPES[about["descr"]], shape, [data[start + i * size :][:size] for i in range(count)]


address, name, path, rate, *when = sys.argv[1:]
dtype, shape, frames = rows(path)
stream = name.split("/")[1]
start = int(when[0]) if when else time.time_ns() // 1000
about = {"v": 1, "stream": stream, "epoch": time.time_ns() // 1_000_000}  # another one at each start
push = Push(address)
for sequence, frame in enumerate(frames):
    at = start + math.floor(sequence * 1e6 / float(rate) + 0.5)
    time.sleep(max(0, at / 1e6 - time.time()))
    said = {"kind": "data", "sequence": sequence, "times": [at], "dtype": dtype, "shape": shape}
    push.send(f"{name}/".encode(), pack({**about, **said}), frame)
push.send(f"{name}/".encode(), pack({**about, "kind": "bye", "until": at + 1}), b"")
