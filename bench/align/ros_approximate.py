"""Peer: ROS's Python ApproximateTimeSynchronizer (Debian's python3-message-filters).

Reads one JSON object a line from stdin: {"queue": q, "slop": seconds, "streams": n,
"frames": [[stream, stamp in us], ...]}, feeds the frames in that order, and prints
{"frames": n, "seconds": CPU seconds, "sets": n, "gap": longest time
between two sets in seconds of origin time, "worst": seconds of the slowest single add}.
"""

import json
import sys
import time

import rospy
from message_filters import ApproximateTimeSynchronizer, SimpleFilter

# The synchroniser asks for the time; without a node nobody has set it up.
rospy.rostime.set_rostime_initialized(True)


class Header:
    def __init__(self, stamp):
        self.stamp = stamp


class Message:
    def __init__(self, stamp):
        self.header = Header(stamp)


def run(job):
    filters = [SimpleFilter() for _ in range(job["streams"])]
    synchronizer = ApproximateTimeSynchronizer(filters, job["queue"], job["slop"])
    stamps = []

    def count(*messages):
        stamps.append(max(message.header.stamp.to_sec() for message in messages))

    synchronizer.registerCallback(count)
    messages = [
        (filters[stream], Message(rospy.Time(us // 1000000, us % 1000000 * 1000)))
        for stream, us in job["frames"]
    ]
    worst = 0.0
    began = time.process_time()
    before = time.perf_counter()
    for source, message in messages:
        source.signalMessage(message)
        now = time.perf_counter()
        worst = max(worst, now - before)
        before = now
    gap = max((b - a for a, b in zip(stamps, stamps[1:])), default=0)
    return {
        "gap": gap,
        "frames": len(messages), 
        "seconds": time.process_time() - began,
        "sets": len(stamps),
        "worst": worst,
    }


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
