import { linearCca } from "../../baselines/cca.ts";
import { trainInfoNcePairs } from "../../baselines/infoNcePairs.ts";
import type { Trial } from "../../Study.ts";
import { headPart } from "./headPart.ts";
import { drawWindows } from "./PairedClips.ts";
import type { TransferBench, TransferPart } from "./TransferBench.ts";
import { transferScores } from "./transferScores.ts";

/**
 * Linear CCA on the same inputs, fitted on the training part's frames without labels, each pair of
 * modalities in a space of its own; the same heads.
 */
export function ccaTrial(bench: TransferBench): Trial {
  const { classes, ccaComponents: components } = bench;
  return {
    variant: "cca",
    summary: "Linear CCA on the same inputs",
    seeded: false,
    config: { components, bins: bench.bins, delay: bench.delay, features: bench.features },
    async run({ data, split, threads }) {
      const { train, test } = await bench.read(data, split);
      const names = Object.keys(train.clips.modalities);
      const scores: Record<string, number> = {};
      for (const [at, a] of names.entries())
        for (const b of names.slice(at + 1)) {
          const [left, right] = [train.clips.modalities[a], train.clips.modalities[b]];
          if (left === undefined || right === undefined) continue;
          const cca = await linearCca({
            a: left.data,
            sizeA: left.size,
            b: right.data,
            sizeB: right.size,
            components,
          });
          const part = async (from: TransferPart) =>
            headPart(bench, from, components, {
              [a]: await cca.projectA(from.clips.modalities[a]?.data ?? left.data),
              [b]: await cca.projectB(from.clips.modalities[b]?.data ?? right.data),
            });
          const own = await transferScores({
            classes,
            train: await part(train),
            test: await part(test),
            threads,
          });
          // With three modalities a ceiling comes up in two spaces: the better one counts.
          for (const [name, score] of Object.entries(own))
            scores[name] = Math.max(score, scores[name] ?? 0);
        }
      return scores;
    },
  };
}

/** The same encoders by the same-frame contrast alone, heads on their continuous vectors. */
export function infoNceTrial(bench: TransferBench): Trial {
  const { config, steps, classes } = bench;
  const { batch, frames, codebook, contrast, train: options, modalities } = config;
  return {
    variant: "clip",
    summary: "InfoNCE pairs: the same encoders by the contrast alone, no codes",
    config: { config, steps, bins: bench.bins, delay: bench.delay, features: bench.features },
    async run({ data, split, seed, threads }) {
      const { train, test } = await bench.read(data, split);
      const model = await trainInfoNcePairs({
        modalities: modalities.map(({ name }) => ({
          name,
          size: train.clips.modalities[name]?.size ?? 0,
        })),
        encoder: modalities[0]?.encoder ?? { kind: "frames", hidden: 256 },
        dim: codebook.dim,
        batch,
        frames,
        temperature: contrast?.temperature ?? 1,
        steps,
        rate: options.rate,
        seed,
        threads,
        draw: (rng) => drawWindows(train.clips, { batch, frames }, rng).x,
      });
      const part = async (from: TransferPart) => {
        const rows: Record<string, Float32Array> = {};
        for (const { name } of modalities)
          rows[name] = await model.encode(
            name,
            from.clips.modalities[name]?.data ?? new Float32Array(),
          );
        return headPart(bench, from, codebook.dim, rows);
      };
      return transferScores({
        classes,
        train: await part(train),
        test: await part(test),
        threads,
      });
    },
  };
}
