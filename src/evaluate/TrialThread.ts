import type { Worker } from "node:worker_threads";

import { ModelError } from "../errors.ts";
import { spawnWorker } from "../stage/spawnWorker.ts";
import type { TrialNews, TrialOrder } from "./trialMessages.ts";

/** A thread that runs one trial at a time. */
export class TrialThread implements AsyncDisposable {
  readonly #worker: Worker = spawnWorker(import.meta.url, "trialWorker");

  /**
   * Runs one trial.
   *
   * @throws {ModelError} If it failed; the thread can take another.
   */
  run(
    order: TrialOrder,
    onProgress: (line: string) => void,
  ): Promise<Readonly<Record<string, number>>> {
    return new Promise((resolve, reject) => {
      const fail = (problem: string): void => {
        stop();
        reject(new ModelError(`trial ${order.variant || "method"}, seed ${order.seed}`, problem));
      };
      const hear = (news: TrialNews): void => {
        if (news.type === "progress") onProgress(news.line);
        else if (news.type === "failed") fail(news.problem);
        else {
          stop();
          resolve(news.metrics);
        }
      };
      const onError = (error: Error): void => fail(error.stack ?? error.message);
      const onExit = (code: number): void => fail(`its thread ended with code ${code}`);
      const stop = (): void => {
        this.#worker.off("message", hear).off("error", onError).off("exit", onExit);
      };
      this.#worker.on("message", hear).on("error", onError).on("exit", onExit);
      this.#worker.postMessage(order);
    });
  }

  /** Lets the thread end by itself: ending one inside the runtime's native code aborts the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#worker.threadId === -1) return;
    const ended = new Promise((resolve) => this.#worker.once("exit", resolve));
    this.#worker.postMessage("close");
    await ended;
  }
}
