import { describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import type { Decision, LearnerInput } from "../../../src/learn/online/LearnerMessage.ts";
import { OnlineLearner } from "../../../src/learn/online/OnlineLearner.ts";
import { ONLINE_DEFAULTS, type OnlineOptions } from "../../../src/learn/online/OnlineOptions.ts";
import { packValue, unpackValue } from "../../../src/log/packValue.ts";
import { trainedPart } from "../../../src/models/unified/adapted.ts";
import { decodeWeights } from "../../../src/models/unified/weights.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { micros } from "../../../src/units.ts";
import { classRows } from "../../support/learnerRows.ts";
import { TINY, tinyWeights } from "../../support/tinyModel.ts";

const HOP = 40_000;
const FAST: Partial<OnlineOptions> = {
  batch: 4,
  candidateEvery: 100,
  memory: 100,
  block: 400_000,
  heldEvery: 4,
};

/** Learns heads alone that soon are sure: those of these tests are untrained, there is nothing to believe. */
const SURE: Partial<OnlineOptions> = {
  exemplars: false,
  heads: { belief: 1, sweeps: 2, kind: "apart", guard: { kind: "none" }, reservoir: 200 },
};

function learner(online: Partial<OnlineOptions> = {}, ignored: readonly string[] = []) {
  const weights = decodeWeights(tinyWeights());
  return new OnlineLearner({
    config: TINY,
    base: weights.version,
    trained: trainedPart(weights),
    ignored,
    online: { ...ONLINE_DEFAULTS, ...FAST, ...online },
  });
}

/** A stream whose rows say what they are, every second one labelled half a second later. */
function story(
  rows: number,
  options: {
    readonly flip?: (row: number) => boolean;
    readonly present?: (row: number) => readonly [number, number];
    readonly from?: number;
  } = {},
): LearnerInput[] {
  const { flip = () => false, present = () => [1, 1] as const, from = 0 } = options;
  const { row } = classRows();
  const rng = Rng.fromSeed(7);
  const labels = Array.from({ length: from + rows }, () => rng.int(0, 3));
  return Array.from({ length: rows }, (_, i) => i + from).flatMap((at): LearnerInput[] => {
    const labelTime = micros(at * HOP);
    const inputs: LearnerInput[] = [
      { kind: "row", labelTime, features: row(labels[at] ?? 0, present(at)) },
    ];
    const about = at - 12;
    if (about >= from && about % 2 === 0) {
      const index = ((labels[about] ?? 0) + (flip(about) ? 1 : 0)) % 3;
      const label = TINY.classes[index] ?? "";
      inputs.push({
        kind: "label",
        label: {
          label,
          from: micros(about * HOP),
          to: micros((about + 1) * HOP),
          by: "anna",
          slot: "",
        },
      });
    }
    return inputs;
  });
}

function tell(to: OnlineLearner, inputs: readonly LearnerInput[]): Decision[] {
  return inputs.flatMap((input) => [...to.push(input)]);
}

const versionsOf = (decisions: readonly Decision[]): string[] =>
  decisions.flatMap((decision) => (decision.kind === "publish" ? [decision.learnt.version] : []));

const reasonsOf = (decisions: readonly Decision[]): string[] =>
  decisions.flatMap((each) => (each.kind === "discard" ? [each.verdict.reason] : []));

describe("OnlineLearner", () => {
  it("keeps no more rows than it says where more are labelled than it can pay to learn", () => {
    const one = learner({ budget: 1e-9 });
    const [input] = story(1);
    if (input?.kind !== "row") throw new Error("expected a row, got none");
    const label = { label: TINY.classes[0] ?? "", from: micros(0), by: "anna", slot: "" };
    one.push({ kind: "label", label: { ...label, to: micros(1e12) } });
    for (let at = 0; at < 6_000; at++) one.push({ ...input, labelTime: micros(at * HOP) });
    expect(one.snapshot().fresh).toHaveLength(4_096);
    // The last ten seconds of the label are held back.
    expect(one.snapshot().fresh.at(-1)?.row.labelTime).toBe(5_749 * HOP);
  });

  it("publishes what is better on moments that it never learnt from", () => {
    const one = learner();
    const [first, ...others] = tell(one, story(900)).filter(({ kind }) => kind === "publish");
    if (first?.kind !== "publish") throw new Error("expected a version, got none");
    const { figures } = first.verdict;
    expect(figures.gain).toBeGreaterThan(0.1);
    expect(figures.z).toBeGreaterThan(1.64);
    expect(first.learnt.lineage.parent).toBe(first.learnt.lineage.base);
    // The next one was learnt from it.
    const second = others.find(({ kind }) => kind === "publish");
    if (second?.kind === "publish") expect(second.learnt.lineage.parent).toBe(first.learnt.version);
    expect(one.status.prequential[0]).toBeGreaterThan(0.8);
    const { learnt, held, given } = one.status.labels;
    expect(learnt + held).toBe(given);
    expect(held).toBeGreaterThan(0);
  });

  it("is a function of what it is told: the same inputs give the same bytes", () => {
    const versions = [1, 2].map(() => versionsOf(tell(learner(), story(700))));
    expect(versions[0]).not.toEqual([]);
    expect(versions[1]).toEqual(versions[0]);
    expect(versionsOf(tell(learner({ seed: 2 }), story(700)))).not.toEqual(versions[0]);
  });

  it("goes on where another one was, from bytes in a log, bit for bit", () => {
    const codebook = { tau: 10e6, maxStep: 0.2, resetAfter: 4e6 };
    const inputs = story(800);
    const whole = learner({ codebook });
    const cut = Math.floor(inputs.length / 2);
    tell(whole, inputs.slice(0, cut));
    const resumed = learner({ codebook });
    resumed.restore(
      unpackValue(packValue(whole.snapshot())) as ReturnType<OnlineLearner["snapshot"]>,
    );
    const [expected, got] = [whole, resumed].map((each) => tell(each, inputs.slice(cut)));
    expect(got).toEqual(expected);
    expect(resumed.status).toEqual(whole.status);
  });

  it("refuses what labels that are wrong have taught it, and says so", () => {
    const rng = Rng.fromSeed(3);
    const one = learner(SURE);
    // First it learns well, so that there is something to lose.
    tell(one, story(600));
    const flips = Array.from({ length: 2_000 }, () => rng.uniform() < 0.6);
    const decisions = tell(one, story(900, { from: 600, flip: (row) => flips[row] ?? false }));
    expect(versionsOf(decisions)).toEqual([]);
    const reasons = decisions.map((each) => (each.kind === "discard" ? each.verdict.reason : ""));
    expect(reasons.join()).toMatch(/contradict what every sensor is sure of/);
  });

  it("takes a label for one piece of evidence, and learns it or holds it back as a whole", () => {
    const one = learner({ heldEvery: 3, candidateEvery: 50, memory: 400 });
    const { row } = classRows();
    const span = 60;
    const reasons: string[] = [];
    const moments: number[] = [];
    for (let at = 0; at < 7 * span; at++) {
      const index = Math.floor(at / span) % 3;
      const labelTime = micros(at * HOP);
      reasons.push(
        ...reasonsOf(one.push({ kind: "row", labelTime, features: row(index, [1, 1]) })),
      );
      if (at % span !== span - 1) continue;
      const { learnt, held } = one.status.labels;
      const from = micros((at + 1 - span) * HOP);
      const label = { label: TINY.classes[index] ?? "", from, to: micros((at + 1) * HOP) };
      one.push({ kind: "label", label: { ...label, by: "anna", slot: "" } });
      moments.push(one.status.labels.learnt - learnt, one.status.labels.held - held);
    }
    expect(moments.filter((rows) => rows === span).length).toBe(7);
    expect(moments.filter((rows) => rows === 0).length).toBe(7);
    expect(one.status.labels.learnt).toBeGreaterThan(2 * span);
    expect(one.status.labels.held).toBeGreaterThan(0);
    expect(one.status.published).toBe(0);
    expect(reasons.at(-1)).toMatch(/^tried on [67] moments apart from each other, 16 are needed$/);
  });

  it("publishes nothing while nothing has been held back to judge it by", () => {
    const gate = { ...ONLINE_DEFAULTS.gate, leastHeld: 1_000 } as NonNullable<
      OnlineOptions["gate"]
    >;
    const decisions = tell(learner({ gate }), story(900));
    expect(versionsOf(decisions)).toEqual([]);
    expect(reasonsOf(decisions).at(-1)).toMatch(
      /^\d+ moments held back to judge it by, 1000 are needed$/,
    );
    expect(versionsOf(tell(learner(), story(900)))).not.toEqual([]);
  });

  it("takes a label that lasts for one piece of evidence every ten seconds", () => {
    const one = learner({ candidateEvery: 50, memory: 2_000 });
    const { row } = classRows();
    const reasons: string[] = [];
    for (let at = 0; at < 1_500; at++)
      reasons.push(
        ...reasonsOf(
          one.push({ kind: "row", labelTime: micros(at * HOP), features: row(1, [1, 1]) }),
        ),
      );
    const label = { label: TINY.classes[1] ?? "", from: micros(0), to: micros(1_600 * HOP) };
    one.push({ kind: "label", label: { ...label, by: "anna", slot: "" } });
    for (let at = 1_500; at < 1_600; at++)
      reasons.push(
        ...reasonsOf(
          one.push({ kind: "row", labelTime: micros(at * HOP), features: row(1, [1, 1]) }),
        ),
      );
    // 64 s.
    expect(reasons.at(-1)).toMatch(/^tried on 7 moments apart from each other/);
  });

  it("publishes nothing while a version is pinned, and goes on from it", () => {
    const one = learner();
    const { version, part } = {
      version: "chosen",
      part: trainedPart(decodeWeights(tinyWeights())),
    };
    one.push({ kind: "serve", version, part, isPinned: true, isOwn: false });
    expect(tell(one, story(600))).toEqual([]);
    one.push({ kind: "serve", version, part, isPinned: false, isOwn: false });
    const published = tell(one, story(300, { from: 600 })).find(({ kind }) => kind === "publish");
    if (published?.kind !== "publish") throw new Error("expected a version, got none");
    expect(published.learnt.lineage.parent).toBe("chosen");
  });

  it("counts labels of unknown classes and labels that come too late, and learns from neither", () => {
    const one = learner();
    tell(
      one,
      story(300).filter(({ kind }) => kind === "row"),
    );
    const label = { from: micros(0), to: micros(HOP), by: "anna", slot: "" };
    one.push({ kind: "label", label: { ...label, label: "seven" } });
    one.push({ kind: "label", label: { ...label, label: "one" } });
    expect(one.status.labels).toMatchObject({
      given: 2,
      unknown: 1,
      tooLate: 1,
      learnt: 0,
      held: 0,
    });
  });

  it("lets a label that comes early wait for its moments", () => {
    const one = learner();
    const label = {
      label: "one",
      from: micros(10 * HOP),
      to: micros(15 * HOP),
      by: "anna",
      slot: "",
    };
    one.push({ kind: "label", label });
    tell(
      one,
      story(40).filter(({ kind }) => kind === "row"),
    );
    const { learnt, held } = one.status.labels;
    expect(learnt + held).toBe(5);
  });

  it("takes what all streams are sure of for a label, where that is asked for", () => {
    const pseudo = { confidence: 0.9, weight: 0.2 };
    const one = learner({ ...SURE, pseudo });
    tell(one, story(600));
    expect(one.status.labels.pseudo).toBeGreaterThan(20);
    const alone = learner({ ...SURE, pseudo });
    tell(alone, story(600, { present: () => [1, 0] }));
    expect(alone.status.labels.pseudo).toBe(0);
  });

  it("lets the way to learn that most speaks for be what is published", () => {
    const heads = {
      belief: 1e6,
      sweeps: 1,
      kind: "apart",
      guard: { kind: "none" },
      reservoir: 50,
    } as const;
    const published = (online: Partial<OnlineOptions>) =>
      tell(learner(online), story(700)).flatMap((decision) =>
        decision.kind === "publish" ? [decision.verdict.reason.split(" by ").at(-1)] : [],
      );
    // Heads that are believed beyond measure learn nothing.
    expect(new Set(published({ heads }))).toEqual(new Set(["exemplars"]));
    expect(new Set(published(SURE))).toEqual(new Set(["heads"]));
  });

  it("does nothing beyond its budget", () => {
    const one = learner({ budget: 1 });
    tell(one, story(600));
    expect(one.status.steps).toBe(0);
    expect(one.status.rows).toBe(600);
  });

  it("moves codes on synchronised moments alone, and gives a code put elsewhere a new generation", () => {
    const codebook = { tau: 1e6, maxStep: 1, resetAfter: 2e6 };
    const gate = undefined as never;
    const trained = trainedPart(decodeWeights(tinyWeights()));
    const last = (inputs: readonly LearnerInput[]) =>
      tell(learner({ codebook, gate }), inputs).findLast(({ kind }) => kind === "publish");
    const together = last(story(400));
    if (together?.kind !== "publish") throw new Error("expected a version, got none");
    expect(together.learnt.part.codes).not.toEqual(trained.codes);
    expect(Math.max(...together.learnt.part.generations)).toBeGreaterThan(0);
    const alone = tell(
      learner({ codebook: { tau: 1e6, maxStep: 1 }, gate }),
      story(400, { present: () => [1, 0] }),
    ).findLast(({ kind }) => kind === "publish");
    if (alone?.kind !== "publish") throw new Error("expected a version, got none");
    expect(alone.learnt.part.codes).toEqual(trained.codes);
  });

  it("does not look at streams that contain the answer", () => {
    const one = learner({}, ["b"]);
    const [seen, hidden] = [[1, 0] as const, [1, 1] as const];
    const withB = versionsOf(tell(one, story(600, { present: () => hidden })));
    expect(withB).toEqual(
      versionsOf(tell(learner({}, ["b"]), story(600, { present: () => seen }))),
    );
  });

  it("learns nothing from a stream while it is doubted", () => {
    const doubtOfB = (inputs: readonly LearnerInput[]): LearnerInput[] =>
      inputs.map((input) => (input.kind === "row" ? { ...input, doubted: ["b"] } : input));
    const alone = versionsOf(tell(learner(), story(600, { present: () => [1, 0] })));
    expect(alone).not.toEqual([]);
    expect(versionsOf(tell(learner(), doubtOfB(story(600))))).toEqual(alone);
    expect(versionsOf(tell(learner(), story(600)))).not.toEqual(alone);
    // Where nothing else is there it counts, as in the answer that people see.
    const onlyB = () => story(600, { present: () => [0, 1] });
    const seen = versionsOf(tell(learner(), onlyB()));
    expect(versionsOf(tell(learner(), doubtOfB(onlyB())))).toEqual(seen);
  });

  it("refuses options that make no sense", () => {
    expect(() => learner({ heldEvery: 1 })).toThrow(ConfigError);
    expect(() => learner({ budget: 0 })).toThrow(/budget must be > 0, got 0/);
    expect(() => learner({ pseudo: { confidence: 0.4, weight: 1 } })).toThrow(ConfigError);
  });
});
