import { beforeAll, describe, expect, it } from "vitest";

import { attend, gainNorm, project } from "../../../src/models/imlrs/attention.ts";
import { modalityAttention } from "../../../src/models/imlrs/modalityAttention.ts";
import { selfAttention, selfAttentionBias } from "../../../src/models/imlrs/selfAttention.ts";
import { besides, type TokenGroup } from "../../../src/models/imlrs/TokenGroup.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";
import { largestDifference, randomWeights, TINY } from "./tinyNetwork.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const rng = Rng.fromSeed(6);
const random = (...shape: number[]): Tensor =>
  tf.tensor(rng.normalArray(shape.reduce((size, each) => size * each, 1)), shape);
const [B, N, D] = [2, 3, 8];

/** Two modalities of one token per position and one of two, with some tokens hidden. */
function groupsWith(readable: boolean): TokenGroup[] {
  const mask = (rows: number, tokens: number): Tensor =>
    tf.tensor(
      Float32Array.from({ length: rows * tokens }, (_, i) => (i % 4 === 1 ? 0 : 1)),
      [rows, tokens],
    );
  return [
    {
      names: ["a", "b"],
      tokens: N,
      rows: random(2 * B, N, D),
      ...(readable && { readable: mask(2 * B, N) }),
    },
    {
      names: ["c"],
      tokens: 2 * N,
      rows: random(B, 2 * N, D),
      ...(readable && { readable: mask(B, 2 * N) }),
    },
  ];
}

describe("attend", () => {
  it("gives the mean of all values for a row with every key masked", () => {
    const [q, k, v] = [random(1, 2, 3, 4), random(1, 2, 5, 4), random(1, 2, 5, 4)];
    const read = attend(q, k, v, tf.fill([1, 1, 1, 5], -1e9));
    const mean = tf.tile(tf.mean(v, 2, true), [1, 1, 3, 1]);
    // Float32 logits of 10⁹ differ by less than their spacing of 64.
    expect(largestDifference(read.dataSync(), mean.dataSync())).toBeLessThan(1e-6);
  });
});

describe("selfAttention", () => {
  const params = randomWeights(TINY).layers["0"]?.attention;
  if (params === undefined) throw new RangeError();

  it.each([
    ["everything shown", false, undefined],
    ["some tokens hidden", true, undefined],
    ["a window of two slots", true, 2],
  ] as const)("equals dense attention under the block mask: %s", (_, hides, window) => {
    const groups = groupsWith(hides);
    const fusion = random(B, N, D);
    const options = { batch: B, positions: N, mask: "block", ...(window && { window }) } as const;
    const bias = selfAttentionBias(groups, options);
    const blocks = selfAttention(params, groups, fusion, bias, { heads: 2, mask: "block" });

    const all = tf.concat(
      [...groups.map(({ rows, names }) => besides(rows, names.length)), fusion],
      1,
    );
    const kinds = [..."aaabbbcccccc", ..."FFF"];
    const slots = [0, 1, 2, 0, 1, 2, 0, 0, 1, 1, 2, 2, 0, 1, 2];
    const shown = tf
      .concat(
        [
          ...groups.map(({ readable, names, tokens }) =>
            readable === undefined
              ? tf.ones([B, names.length * tokens])
              : besides(readable, names.length),
          ),
          tf.ones([B, N]),
        ],
        1,
      )
      .arraySync() as number[][];
    const dense = denseAttention(params, all, (b, i, j) => {
      const inTime =
        window === undefined ||
        ((slots[j] ?? 0) <= (slots[i] ?? 0) && (slots[j] ?? 0) > (slots[i] ?? 0) - window);
      const isTheirs = kinds[i] === kinds[j] || kinds[i] === "F";
      return i === j || (isTheirs && inTime && shown[b]?.[j] === 1);
    });
    const ours = tf.concat(
      [
        ...blocks.groups.map((rows, index) => besides(rows, groups[index]?.names.length ?? 1)),
        blocks.fusion,
      ],
      1,
    );
    expect(largestDifference(ours.dataSync(), dense.dataSync())).toBeLessThan(2e-6);
  });

  it("equals plain attention over all tokens without a mask", () => {
    const groups = groupsWith(true);
    const fusion = random(B, N, D);
    const bias = selfAttentionBias(groups, { batch: B, positions: N, mask: "none" });
    const joint = selfAttention(params, groups, fusion, bias, { heads: 2, mask: "none" });
    const all = tf.concat(
      [...groups.map(({ rows, names }) => besides(rows, names.length)), fusion],
      1,
    );
    const shown = [
      ...groups.map(({ readable, names }) => besides(readable ?? tf.zeros([0]), names.length)),
      tf.ones([B, N]),
    ];
    const readable = tf.concat(shown, 1).arraySync() as number[][];
    const dense = denseAttention(params, all, (b, i, j) => i === j || readable[b]?.[j] === 1);
    const ours = tf.concat(
      [
        ...joint.groups.map((rows, index) => besides(rows, groups[index]?.names.length ?? 1)),
        joint.fusion,
      ],
      1,
    );
    expect(largestDifference(ours.dataSync(), dense.dataSync())).toBeLessThan(2e-6);
  });

  it("lets a visible token read all visible ones of its modality, a fusion token all visible ones", () => {
    const groups = groupsWith(true);
    const bias = selfAttentionBias(groups, { batch: B, positions: N, mask: "block" });
    const allowed = (tensor: Tensor | undefined): number[][][] =>
      tf
        .squeeze(tf.cast(tf.equal(tensor ?? tf.zeros([1]), 0), "int32"), [1])
        .arraySync() as number[][][];
    const readable = groups.map((group) => group.readable?.arraySync() as number[][]);
    for (const [index, own] of [bias.groups[0], bias.groups[1]].entries())
      for (const [sample, rows] of allowed(own).entries()) {
        const mask = readable[index]?.[sample] ?? [];
        const visible = mask.reduce((sum, each) => sum + each, 0);
        for (const [token, row] of rows.entries()) {
          const reads = row.reduce((sum, each) => sum + each, 0);
          // A hidden row reads itself beside: no row of ours is empty.
          expect(reads).toBe(visible + (mask[token] === 1 ? 0 : 1));
        }
      }
    const fusion = allowed(bias.fusion);
    for (const [sample, rows] of fusion.entries()) {
      const visible = [readable[0]?.[sample], readable[0]?.[sample + B], readable[1]?.[sample]]
        .flatMap((mask) => mask ?? [])
        .reduce((sum, each) => sum + each, 0);
      for (const row of rows) expect(row.reduce((sum, each) => sum + each, 0)).toBe(visible + N);
    }
  });
});

describe("modalityAttention", () => {
  it("is the one token's value when one modality with one token is present", () => {
    const params = randomWeights(TINY).layers["0"]?.fuse?.attention;
    if (params?.context === undefined) throw new RangeError();
    const group: TokenGroup = { names: ["a"], tokens: N, rows: random(B, N, D) };
    const fusion = random(B, N, D);
    const hidden = random(N, D);
    const read = modalityAttention(params, fusion, [group], hidden, {
      heads: 2,
      positions: N,
      readsItself: false,
    });
    const value = project(project(gainNorm(group.rows, params.context), params.value), params.out);
    expect(largestDifference(read.dataSync(), tf.add(fusion, value).dataSync())).toBeLessThan(1e-6);
  });
});

/** x + MHA(LN(x)) over all tokens with an explicit matrix of what reads what. */
function denseAttention(
  params: Parameters<typeof selfAttention>[0],
  x: Tensor,
  allows: (sample: number, row: number, key: number) => boolean,
): Tensor {
  const [batch = 0, T = 0] = x.shape;
  const normal = gainNorm(x, params.norm);
  const heads = (weight: Tensor): Tensor =>
    tf.transpose(tf.reshape(project(normal, weight), [batch, T, 2, 4]), [0, 2, 1, 3]);
  const logits = tf.div(
    tf.matMul(heads(params.query), heads(params.key), false, true),
    Math.sqrt(4),
  );
  const mask = Float32Array.from({ length: batch * T * T }, (_, at) =>
    allows(Math.floor(at / (T * T)), Math.floor(at / T) % T, at % T) ? 0 : -1e9,
  );
  const read = tf.matMul(
    tf.softmax(tf.add(logits, tf.tensor(mask, [batch, 1, T, T]))),
    heads(params.value),
  );
  const joined = tf.reshape(tf.transpose(read, [0, 2, 1, 3]), [batch, T, 8]);
  return tf.add(x, project(joined, params.out));
}
