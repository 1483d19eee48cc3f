import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

import { launchBrowser, NO_BROWSER } from "../support/browser.ts";
import { FAKE_DEVICES } from "../support/fakeDevices.ts";
import { JoinedPage } from "../support/JoinedPage.ts";

const browser = await launchBrowser(FAKE_DEVICES);
const skip = browser === undefined ? ` (${NO_BROWSER})` : "";
afterAll(() => browser?.close());

/** A certificate that nobody vouches for, as a person makes one for a home network; undefined without openssl. */
function selfMade(): { readonly cert: string; readonly key: string } | undefined {
  const folder = mkdtempSync(join(tmpdir(), "sensorium-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const told = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"];
  const { status } = spawnSync("openssl", [...told, "-keyout", key, "-out", cert]);
  if (status !== 0) return undefined;
  return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
}

describe.skipIf(browser === undefined)(`the page that senses, in a browser${skip}`, () => {
  it("gives sound, pictures and a drawing", async () => {
    if (browser === undefined) return;
    await using joined = await JoinedPage.open(browser);
    const { frames } = joined;
    await joined.lend("sight", "camera");
    await joined.lend("sound", "microphone");
    await joined.lend("pad", "pad");
    await joined.until(
      ({ sound, sight, pad }) => !!(sound?.length && sight?.length && pad?.length),
    );
    // A seven: along the top, then down.
    await joined.draw([0.25, 0.2], [0.75, 0.2], [0.4, 0.85]);
    await joined.until(() => joined.told("sound") > 6e6 && joined.told("sight") > 6e6);
    const drawn = frames["pad"]?.at(-1)?.payload ?? new Uint8Array();
    const ink = (row: number, column: number): number => drawn[28 * row + column] ?? 0;
    expect(ink(5, 14)).toBeGreaterThan(128);
    expect(ink(20, 12)).toBeGreaterThan(128);
    expect(ink(20, 24)).toBe(0);
  }, 180_000);

  it("gives the microphone back that was stopped before the browser let it in", async () => {
    if (browser === undefined) return;
    await using joined = await JoinedPage.open(browser);
    const { page } = joined;
    await page.evaluate(`{
      const { mediaDevices } = navigator;
      const ask = mediaDevices.getUserMedia.bind(mediaDevices);
      mediaDevices.getUserMedia = (wanted) =>
        new Promise((resolve) => {
          globalThis.letIn = async () => resolve((globalThis.media = await ask(wanted)));
        });
    }`);
    await joined.lend("sound", "microphone");
    await page.click('[data-stream="sound"] button.on');
    await page.evaluate("letIn()");
    const isBack = 'media.getTracks().every(({ readyState }) => readyState === "ended")';
    while (!(await page.evaluate(isBack)))
      await page.evaluate("new Promise((resolve) => requestAnimationFrame(resolve))");
    expect(await page.locator('[data-stream="sound"] .frames').count()).toBe(0);
  }, 180_000);

  // How well beeps lie with their pictures is `npm run bench -- join`: a browser whose audio thread is starved hears
  // late, and no page can know, so that on a busy machine it is the machine that is measured.

  const tls = selfMade();
  const withoutOpenssl = tls === undefined ? " (skipped: no openssl)" : "";
  it.skipIf(tls === undefined)(
    `lends its senses by https with a self-made certificate${withoutOpenssl}`,
    async () => {
      if (browser === undefined || tls === undefined) return;
      await using joined = await JoinedPage.open(browser, { tls });
      expect(joined.page.url()).toMatch(/^https:/);
      await joined.lend("sound", "microphone");
      await joined.until(({ sound = [] }) => sound.length > 20);
      await joined.lend("pad", "pad");
      await joined.until(({ pad = [] }) => pad.length > 2);
    },
    180_000,
  );
});
