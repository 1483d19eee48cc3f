import { expect, it, vi } from "vitest";

import { capture } from "../../dashboards/join/src/sources/capture.ts";

/** Two tracks of a device, which say whether they have been stopped. */
function tracks() {
  return [0, 1].map(() => ({ isStopped: false, stop: stopIt }));
}

function stopIt(this: { isStopped: boolean }): void {
  this.isStopped = true;
}

it("gives a device back when its use ends", async () => {
  const both = tracks();
  const ended = vi.fn();
  const stop = await capture(Promise.resolve({ getTracks: () => both }), async () => ended);
  expect(both.map(({ isStopped }) => isStopped)).toEqual([false, false]);
  stop();
  expect(ended).toHaveBeenCalledOnce();
  expect(both.map(({ isStopped }) => isStopped)).toEqual([true, true]);
});

it("gives a device back whose use cannot begin", async () => {
  const both = tracks();
  const failing = capture(Promise.resolve({ getTracks: () => both }), () =>
    Promise.reject(new Error("no pictures")),
  );
  await expect(failing).rejects.toThrow("no pictures");
  expect(both.map(({ isStopped }) => isStopped)).toEqual([true, true]);
});
