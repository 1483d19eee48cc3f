import type { Worker } from "node:worker_threads";

import { ModelError, spawnWorker } from "../../../src/training.ts";
import type { PreparedLine } from "./prepareLine.ts";
import type { PrepareReply, PrepareRequest, PrepareWorkerData } from "./prepareWorker.ts";

/**
 * Epochs of freshly varied training lines, the next one always under way in a worker.
 *
 * An epoch is a pure function of the seed and its number, so a resumed run meets the same ones.
 */
export class EpochSource implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #seed: number;
  #next: Promise<PrepareReply> | undefined;
  #nextEpoch = -1;

  constructor(data: PrepareWorkerData, seed: number) {
    this.#seed = seed;
    this.#worker = spawnWorker(import.meta.url, "prepareWorker");
    this.#worker.postMessage(data);
  }

  /**
   * The lines of an epoch; asking for one starts the one after it.
   *
   * @throws {ModelError} If the worker ends before it answers.
   */
  async lines(epoch: number): Promise<readonly PreparedLine[]> {
    if (this.#nextEpoch !== epoch) this.#request(epoch);
    const reply = await this.#next;
    this.#request(epoch + 1);
    return reply?.lines ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The epoch under way is no longer wanted; its failure would be nobody's.
    this.#next?.catch(() => undefined);
    await this.#worker.terminate();
  }

  #request(epoch: number): void {
    const worker = this.#worker;
    this.#nextEpoch = epoch;
    this.#next = new Promise((resolve, reject) => {
      const onMessage = (reply: PrepareReply): void => {
        if (reply.epoch !== epoch) return;
        done();
        resolve(reply);
      };
      const onError = (cause: unknown): void => {
        done();
        reject(cause);
      };
      const onExit = (code: number): void => {
        done();
        reject(new ModelError("EpochSource", `expected lines of epoch ${epoch}, got exit ${code}`));
      };
      const done = (): void => {
        worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      };
      worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    });
    worker.postMessage({ epoch, seed: this.#seed } satisfies PrepareRequest);
  }
}
