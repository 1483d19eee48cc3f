import { describe, expect, it, vi } from "vitest";

import { ConfigError, ShapeError } from "../../../../src/errors.ts";
import { ablations } from "../../../../src/evaluate/studies/cmg/ablations.ts";
import { codeScores } from "../../../../src/evaluate/studies/cmg/codeScores.ts";
import { gridBench } from "../../../../src/evaluate/studies/cmg/grid/gridBench.ts";
import { lookUpTransfer } from "../../../../src/evaluate/studies/cmg/lookUpTransfer.ts";
import { drawWindows } from "../../../../src/evaluate/studies/cmg/PairedClips.ts";
import { study } from "../../../../src/evaluate/studies/cmg/study.ts";
import { transferScores } from "../../../../src/evaluate/studies/cmg/transferScores.ts";
import { wordBins } from "../../../../src/evaluate/studies/cmg/wordBins.ts";
import { checkCmgConfig } from "../../../../src/models/cmg/config.ts";
import { hostTensor } from "../../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";

// Each compiles programs: seconds on a free machine, much longer beside other work.
vi.setConfig({ testTimeout: 120_000 });

const codes = (...values: number[]): Int32Array => Int32Array.from(values);

describe("codeScores", () => {
  it("counts shared codes, agreement, perplexity and dead codes", () => {
    // Code 0 is used by both, 1 and 2 by one each, 3 by none.
    const scores = codeScores([codes(0, 0, 1, 1), codes(0, 0, 2, 2)], 4);
    expect(scores.shared).toBeCloseTo(1 / 3, 12);
    expect(scores.agreement).toBe(0.5);
    expect(scores.dead).toBe(0.25);
    expect(scores.perplexity).toBeCloseTo(Math.exp(1.5 * Math.log(2)), 10);
  });

  it("means the agreement over all pairs of three modalities", () => {
    expect(codeScores([codes(0, 1), codes(0, 1), codes(1, 1)], 2).agreement).toBeCloseTo(2 / 3, 12);
  });

  it("refuses modalities of different lengths", () => {
    expect(() => codeScores([codes(0), codes(0, 1)], 2)).toThrow(ConfigError);
  });
});

describe("lookUpTransfer", () => {
  it("reads the majority class of each code, and counts unknown codes as wrong", () => {
    const learn = { codes: codes(0, 0, 0, 1), classes: codes(5, 5, 6, 7) };
    const read = { codes: codes(0, 1, 2, 0), classes: codes(5, 7, 0, 6) };
    expect(lookUpTransfer(learn, read, 3)).toBe(0.5);
  });
});

describe("drawWindows", () => {
  const clips = {
    count: 5,
    frames: 6,
    modalities: {
      a: { size: 1, data: Float32Array.from({ length: 30 }, (_, i) => i) },
      b: { size: 2, data: Float32Array.from({ length: 60 }, (_, i) => 100 + i) },
    },
  };

  it("cuts the same recording and frames out of every modality", () => {
    const { x, groups } = drawWindows(clips, { batch: 40, frames: 3 }, Rng.fromSeed(1));
    for (let w = 0; w < 40; w++) {
      const first = x["a"]?.[w * 3] ?? -1;
      expect(x["b"]?.[w * 6]).toBe(100 + 2 * first);
      expect(x["a"]?.[w * 3 + 2]).toBe(first + 2);
      expect(Math.floor(first / 6)).toBe(groups?.[w]);
      expect(first % 6).toBeLessThanOrEqual(3);
    }
  });

  it("draws apart for the control", () => {
    const { x } = drawWindows(clips, { batch: 40, frames: 3, pairs: "shuffled" }, Rng.fromSeed(1));
    const same = Array.from({ length: 40 }, (_, w) => w).filter(
      (w) => x["b"]?.[w * 6] === 100 + 2 * (x["a"]?.[w * 3] ?? -1),
    );
    expect(same.length).toBeLessThan(15);
  });

  it("takes windows from augmented copies too, whole ones", () => {
    const copy = clips.modalities.a.data.map((value) => value + 1000);
    const augmented = { ...clips, modalities: { a: { ...clips.modalities.a, versions: [copy] } } };
    const { x } = drawWindows(augmented, { batch: 40, frames: 3 }, Rng.fromSeed(2));
    const moved = Array.from({ length: 40 }, (_, w) => (x["a"]?.[w * 3] ?? 0) >= 1000);
    expect(moved.some(Boolean) && !moved.every(Boolean)).toBe(true);
    for (const [w, isMoved] of moved.entries())
      expect((x["a"]?.[w * 3 + 2] ?? 0) >= 1000).toBe(isMoved);
  });

  it("refuses windows longer than the recordings", () => {
    expect(() => drawWindows(clips, { batch: 1, frames: 7 }, Rng.fromSeed(1))).toThrow(ShapeError);
  });
});

describe("wordBins", () => {
  const rows = { rows: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7), frames: 4, width: 1 };

  it("averages by overlap, and moves with the delay", () => {
    const span = [{ clip: 1, label: 0, from: 0.5, to: 2.5 }];
    expect([...wordBins(rows, span, { bins: 2 }).data]).toEqual([4.5, 5.5]);
    expect([...wordBins(rows, span, { bins: 1, delay: 1 }).data]).toEqual([6]);
  });

  it("repeats the last frame of its own recording at the end", () => {
    const span = [{ clip: 0, label: 0, from: 3, to: 5 }];
    expect([...wordBins(rows, span, { bins: 2 }).data]).toEqual([3, 3]);
  });
});

describe("transferScores", () => {
  it("is high where two modalities share a space and low where they do not", async () => {
    const rng = Rng.fromSeed(4);
    const part = (count: number) => {
      const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
      const rows = (shift: number) =>
        hostTensor(
          Float32Array.from({ length: count * 3 }, (_, i) => {
            const hot = (i + shift) % 3 === (labels[Math.floor(i / 3)] ?? 0);
            return (hot ? 2 : 0) + rng.normal(0, 0.2);
          }),
          [count, 3],
        );
      return { labels, features: { a: rows(0), b: rows(0), apart: rows(1) } };
    };
    const scores = await transferScores({
      classes: 3,
      train: part(90),
      test: part(60),
      threads: 1,
    });
    expect(Object.keys(scores)).toHaveLength(9);
    expect(scores["transfer/a->b"]).toBe(1);
    expect(scores["ceiling/apart"]).toBe(1);
    expect(scores["transfer/a->apart"]).toBeLessThan(0.2);
  });
});

describe("the study", () => {
  it("runs the method first, and every variant of the talking face under one name each", () => {
    const variants = study.trials("grid_av").map(({ variant }) => variant);
    expect(variants[0]).toBe("");
    expect(new Set(variants).size).toBe(variants.length);
    expect(variants.slice(1).sort()).toEqual(
      [
        "paper-set",
        "no-contrast",
        "plain-vq",
        "club-0.01",
        "club-1",
        "no-mm-ema",
        "no-reset",
        "no-cmcm",
        "no-cpc",
        "shuffled",
        "no-pretraining",
        "cca",
        "clip",
      ].sort(),
    );
  });

  it("takes away exactly what a variant's name says", () => {
    const by = new Map(ablations(gridBench.config, 800).map((each) => [each.variant, each.config]));
    for (const config of by.values()) checkCmgConfig(config);
    expect(by.get("no-cpc")?.cpc).toBeUndefined();
    expect(by.get("no-cpc")?.contrast).toEqual(gridBench.config.contrast);
    expect(by.get("no-reset")?.codebook.reset).toBeUndefined();
    expect(by.get("no-cmcm")?.cmcm).toBeUndefined();
    expect(by.get("paper-set")?.contrast).toBeUndefined();
    expect(by.get("paper-set")?.club?.weight).toBe(0.01);
    expect(by.get("club-1")?.club?.weight).toBe(1);
    const plain = by.get("plain-vq");
    expect(plain?.codebook.partner.kind).toBe("none");
    expect([plain?.cpc, plain?.cmcm, plain?.contrast, plain?.club]).toEqual(
      new Array(4).fill(undefined),
    );
    expect(plain?.commitment.cross).toBe(0);
  });

  it("tells in words which parts earn their place", () => {
    const figure = (mean: number) => ({ mean, std: 0.01 });
    const told = study.verdict?.("grid_av", {
      "transfer/audio->lips": figure(0.9),
      "ceiling/lips": figure(0.95),
      "transfer/audio->lips@no-cpc": figure(0.9),
      "transfer/audio->lips@paper-set": figure(0.6),
      "transfer/audio->lips@shuffled": figure(0.1),
    });
    expect(told).toContain("95 %");
    expect(told).toMatch(/Cross-CPC does not earn its place here/);
    expect(told).toMatch(/same-frame contrast .* earns its place \(\+30.0 points\)/);
    expect(told).toContain("borne out");
  });

  it("tells of the drawn world only what was run, and what the figures say", () => {
    const told = (figures: Readonly<Record<string, number>>): string =>
      study.verdict?.(
        "synthetic",
        Object.fromEntries(Object.entries(figures).map(([name, mean]) => [name, { mean, std: 0 }])),
      ) ?? "";
    const few = told({ "transfer/a->b": 0.99, "transfer/a->b@plain-vq": 0.01 });
    expect(few).toContain("full objective 0.990, baseline 0.010.");
    expect(few).toContain("the baseline shares hardly an index");
    expect(few).not.toContain("CLUB");
    const other = told({ "transfer/a->b": 0.99, "transfer/a->b@club-1": 0.99 });
    expect(other).toContain("does no harm");
  });
});
