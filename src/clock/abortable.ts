/**
 * A promise that settles by `start`'s callback or rejects when `signal` aborts, whichever is first.
 *
 * @param start Called once, at once; arranges for `settle` to be called and returns how to undo that.
 * @throws The signal's reason, if it has aborted or aborts before `settle`.
 */
export function abortable(
  signal: AbortSignal | undefined,
  start: (settle: () => void) => () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      undo();
      reject(signal?.reason);
    };
    const undo = start(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
