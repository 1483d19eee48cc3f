#!/usr/bin/env python3
"""Publishes a sound as the stream desk/audio, as docs/wire.md says: a WAV file (16 kHz, mono,
16 bits) or, without one, a tone of 440 Hz. Needs pyzmq and msgpack.

    publisher.py tcp://127.0.0.1:5560 [FILE.wav]
"""
import itertools, math, struct, sys, time, wave
import msgpack, zmq

RATE, BLOCK = 16_000, 160  # samples per second; per frame of 10 ms
EPOCH = time.time_ns() // 1_000_000  # another one at each start


def blocks(path):
    if path is None:
        for first in itertools.count(0, BLOCK):
            tone = (math.sin(2 * math.pi * 440 * n / RATE) for n in range(first, first + BLOCK))
            yield struct.pack(f"<{BLOCK}h", *(round(8_000 * value) for value in tone))
    with wave.open(path) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE, 1, 2)
        while len(block := sound.readframes(BLOCK)) == 2 * BLOCK:
            yield block


def send(socket, kind, payload=b"", **fields):
    header = {"v": 1, "kind": kind, "stream": "audio", "epoch": EPOCH, **fields}
    socket.send_multipart([b"desk/audio/", msgpack.packb(header), payload])


with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
    socket.connect(sys.argv[1])
    end = time.time_ns() // 1_000
    for sequence, block in enumerate(blocks(sys.argv[2] if len(sys.argv) > 2 else None)):
        start, end = end, end + 10_000  # microseconds since the Unix epoch
        time.sleep(max(0, end / 1e6 - time.time()))
        send(socket, "data", block, sequence=sequence, times=[start], dtype="i16", shape=[BLOCK])
    send(socket, "bye", until=end)
