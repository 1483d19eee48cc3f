import { afterAll, describe, expect, it } from "vitest";

import { launchBrowser, NO_BROWSER } from "../support/browser.ts";
import { drawDigits, HANDS } from "../support/drawDigits.ts";

const browser = await launchBrowser();
const skip = browser === undefined ? ` (${NO_BROWSER})` : "";
afterAll(() => browser?.close());

describe.skipIf(browser === undefined)(`digits drawn on the page that senses${skip}`, () => {
  it("are named, wherever and however large they are drawn", async () => {
    if (browser === undefined) return;
    const named = await drawDigits(browser, (digit) => HANDS[digit % 2] ?? ((place) => place));
    expect(named).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  }, 300_000);
});
