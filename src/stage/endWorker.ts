import type { Worker } from "node:worker_threads";

/**
 * Tells a worker to close and waits until it is gone; one that breaks on the way is gone too.
 *
 * Not `terminate`: to end a thread within ONNX Runtime's native code ends the whole process.
 */
export function endWorker(worker: Worker): Promise<void> {
  if (worker.threadId < 0) return Promise.resolve();
  return new Promise((resolve) => {
    // Not `once` of node:events, which rejects where the worker breaks first.
    worker.once("exit", () => resolve());
    worker.postMessage({ type: "close" });
  });
}
