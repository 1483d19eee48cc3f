import { expect, it } from "vitest";

import type { PageSense } from "../../../src/pipeline/PageSense.ts";
import { joinOffers } from "../../../src/server/join/joinOffers.ts";
import { text as words } from "../../wire/support.ts";

const [own, other, guest] = ["own", "other", "guest"].map((stream) => ({ ...words, stream }));
if (own === undefined || other === undefined || guest === undefined) throw new Error("no streams");

const named = (senses: Readonly<Record<string, PageSense>> | undefined) =>
  joinOffers(senses, [own, other], [guest]).map(({ name, form, feeds }) => [
    name,
    form,
    feeds.map(({ stream }) => stream),
  ]);

it("offers each stream, guests too, where the pipeline names no senses", () => {
  expect(named(undefined)).toEqual([
    ["own", own, ["own"]],
    ["other", other, ["other"]],
    ["guest", guest, ["guest"]],
  ]);
});

it("offers what is named in its own form or its stream's, and each guest", () => {
  const form = { ...words, shape: [7], unit: "m" };
  const conversion = { form, converter: () => ({ push: () => [] }) };
  const senses: Readonly<Record<string, PageSense>> = {
    plain: { source: "words", feeds: ["other"] },
    made: { source: "pen", feeds: ["own", "other"], conversion },
    stray: { source: "words", feeds: ["ether"] },
  };
  expect(named(senses)).toEqual([
    ["plain", other, ["other"]],
    ["made", form, ["own", "other"]],
    ["guest", guest, ["guest"]],
  ]);
});
