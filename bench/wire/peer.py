"""Peer: pyzmq and msgpack, with ROS's Python ApproximateTimeSynchronizer or without.

python3 peer.py FRAMES STREAMS QUEUE: binds a PULL socket, prints its address, takes FRAMES frames in our
wire format (docs/wire.md), and prints {"seconds", "cpu", "sets"} from the first message to the last.
QUEUE 0 leaves the synchroniser out.
"""

import json
import sys
import time

import msgpack
import zmq

frames, streams, queue = (int(argument) for argument in sys.argv[1:4])
sets = [0]
filters = {}
if queue > 0:
    import rospy
    from message_filters import ApproximateTimeSynchronizer, SimpleFilter

    rospy.rostime.set_rostime_initialized(True)

    class Header:
        def __init__(self, stamp):
            self.stamp = stamp

    class Message:
        def __init__(self, stamp, data):
            self.header = Header(stamp)
            self.data = data

    filters = {"s%d" % i: SimpleFilter() for i in range(streams)}
    synchronizer = ApproximateTimeSynchronizer(list(filters.values()), queue, 0.00017)

    def count(*_):
        sets[0] += 1

    synchronizer.registerCallback(count)

context = zmq.Context()
socket = context.socket(zmq.PULL)
socket.setsockopt(zmq.RCVHWM, 1000)
port = socket.bind_to_random_port("tcp://127.0.0.1")
print("tcp://127.0.0.1:%d" % port, flush=True)

taken = 0
began = None
while taken < frames:
    message = socket.recv_multipart()
    if began is None:
        began, cpu = time.perf_counter(), time.process_time()
    if len(message) == 3:
        topic, header, payload = message
    else:
        (part,) = message
        start = part.index(b"/", part.index(b"/") + 1) + 5
        end = start + int.from_bytes(part[start - 4 : start], "little")
        header, payload = part[start:end], memoryview(part)[end:]
    fields = msgpack.unpackb(header)
    size = len(payload) // len(fields["times"])
    for i, us in enumerate(fields["times"]):
        taken += 1
        data = payload[i * size : (i + 1) * size]
        if queue > 0:
            stamp = rospy.Time(us // 1000000, us % 1000000 * 1000)
            filters[fields["stream"]].signalMessage(Message(stamp, data))
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - began,
            "cpu": time.process_time() - cpu,
            "sets": sets[0],
        }
    ),
    flush=True,
)
