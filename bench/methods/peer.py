"""What the PyTorch peers of the methods share: their number of threads, their requests, the clock.

Imported before torch is: the first argument says how many threads it may take.

One JSON request a line on stdin, one JSON answer a line on stdout:
{"op": "train", "net": name, "batch": n, "runs": n, ...} -> {"ms": [milliseconds per step]}
"""
import json
import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = sys.argv[1]

try:
    import torch
except ImportError as error:
    print(json.dumps({"error": f"{error}; on Debian: apt-get install python3-torch libopenblas0"}))
    sys.exit(0)


def gelu(x):
    """The logistic form, as ours."""
    return x * torch.sigmoid(1.702 * x)


def serve(open_step):
    """Answers requests until stdin ends; `open_step(request)` makes the step that is timed."""
    torch.set_num_threads(int(sys.argv[1]))
    print(json.dumps({"version": torch.__version__}), flush=True)
    steps = {}
    for line in sys.stdin:
        request = json.loads(line)
        key = (request["net"], request["batch"])
        if key not in steps:
            steps[key] = open_step(request)
        times = []
        for _ in range(request["runs"]):
            started = time.perf_counter()
            steps[key]()
            times.append((time.perf_counter() - started) * 1000)
        print(json.dumps({"ms": times}), flush=True)
