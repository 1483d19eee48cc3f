import { access, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { ConfigError } from "../../errors.ts";
import { decodeWeights } from "../../models/unified/weights.ts";
import type { DeviceChoice } from "../../tensor/device/Device.ts";
import { micros } from "../../units.ts";
import type { PipelineDefinition } from "../definePipeline.ts";
import { recordReplays } from "../recordReplays.ts";
import { CodeShare } from "./CodeShare.ts";
import { type ModelVariant, modelVariants } from "./modelVariants.ts";
import { readLines } from "./readLines.ts";
import { scoreLines } from "./scoreLines.ts";
import { narrowed, trainRecordings } from "./trainRecordings.ts";

/** What is compared, and on what. */
export interface CompareOptions {
  /** Folder of the data set. */
  readonly data: string;
  /** Split to test on; learning is from `train` always. */
  readonly split: string;
  /** Items of the training split; all unless given. */
  readonly count?: number;
  readonly seeds: number;
  /** Passes over the training split; the plan's unless given. */
  readonly epochs?: number;
  /** Only these, `model` being the model as it is; all unless given. */
  readonly variants?: readonly string[];
  /** Where recordings and weights are kept. */
  readonly cache: string;
  /** Whether weights that an earlier comparison left there are taken over. */
  readonly resume: boolean;
  /** Folder of the sensors. */
  readonly sensors: string;
  readonly device: DeviceChoice;
  readonly threads: number;
  readonly onNote: (text: string) => void;
}

/**
 * Trains a pipeline's model with each of its parts switched, and specialists for its subsets of streams,
 * and scores them all on the same held-back recording.
 *
 * Both splits are recorded through the pipeline's own sensors first; training and scoring read these logs.
 *
 * @returns Per metric its value for each seed: `accuracy/<streams>` of the model, `...@<variant>` of others;
 *   `codes/same`: share of the rows with an event at which two streams fall on one code, mean over pairs.
 * @throws {ConfigError} If a variant is unknown.
 */
export async function compareVariants(
  definition: PipelineDefinition,
  options: CompareOptions,
): Promise<Record<string, number[]>> {
  const { split, seeds, cache, onNote } = options;
  const counted = Object.keys(definition.streams).filter(
    (name) => !definition.answerStreams.includes(name),
  );
  const all = modelVariants(definition.model.plan ?? {}, counted);
  const keyOf = ({ name }: ModelVariant): string => (name === "" ? "model" : name);
  for (const asked of options.variants ?? [])
    if (!all.some((variant) => keyOf(variant) === asked))
      throw new ConfigError("--variants", `expected of ${all.map(keyOf).join(", ")}, got ${asked}`);
  const trainedAs = (variant: ModelVariant): string =>
    variant.calibrate === true && variant.plan === undefined ? "model" : keyOf(variant);
  const wanted = all.filter((variant) => options.variants?.includes(keyOf(variant)) ?? true);
  await mkdir(cache, { recursive: true });
  const train = await recorded(definition, "train", options, options.count);
  const test = await recorded(definition, split, options);
  const metrics: Record<string, number[]> = {};
  for (let seed = 1; seed <= seeds; seed++)
    for (const variant of wanted) {
      const out = join(cache, `${definition.name}-${keyOf(variant)}-${seed}.safetensors`);
      if (!(options.resume && (await isThere(out))))
        await trainRecordings(definition, {
          recordings: [train],
          out,
          // What is only calibrated has been trained as the model itself.
          checkpoint: join(cache, `${definition.name}-${trainedAs(variant)}-${seed}.checkpoint`),
          seed,
          ...(options.epochs !== undefined && { epochs: options.epochs }),
          ...(variant.plan !== undefined && { plan: variant.plan }),
          without: [...definition.answerStreams, ...(variant.without ?? [])],
          calibrate: variant.calibrate ?? false,
          device: options.device,
          threads: options.threads,
          onProgress: ({ epoch, epochs }) =>
            onNote(`${keyOf(variant)}, seed ${seed}: epoch ${epoch} of ${epochs}`),
        });
      const score = await scored(definition, variant, out, test, options.device);
      for (const [metric, value] of Object.entries(score)) {
        const key = `${metric}${variant.name === "" ? "" : `@${variant.name}`}`;
        metrics[key] = [...(metrics[key] ?? []), value];
      }
      onNote(
        `${keyOf(variant)}, seed ${seed}: ${Object.entries(score)
          .map(([metric, value]) => `${metric} ${value.toFixed(3)}`)
          .join(", ")}`,
      );
    }
  return metrics;
}

/** The recording of a split in the cache; made where it is not there. */
async function recorded(
  definition: PipelineDefinition,
  split: string,
  { data, cache, sensors, onNote }: CompareOptions,
  count?: number,
): Promise<string> {
  const file = join(
    cache,
    `${definition.name}-${split}${count === undefined ? "" : `-${count}`}.mcap`,
  );
  if (await isThere(file)) return file;
  const feed = await definition.feed({
    live: false,
    data,
    split,
    seed: 1,
    ...(count !== undefined && { count }),
  });
  onNote(`recording ${feed.name}`);
  const { truth, duration: length } = feed;
  const { signal } = new AbortController();
  await recordReplays(file, { recordable: definition, feed }, sensors, signal, {
    truth,
    ...(length !== undefined && { length }),
  });
  return file;
}

async function scored(
  definition: PipelineDefinition,
  variant: ModelVariant,
  file: string,
  recording: string,
  device: DeviceChoice,
): Promise<Record<string, number>> {
  const weights = decodeWeights(await readFile(file));
  const { lookAheadRows, rowMicros } = weights.config;
  const used = narrowed(definition, [...definition.answerStreams, ...(variant.without ?? [])]);
  const { lines } = await readLines(used, {
    recordings: [recording],
    lookAhead: micros(lookAheadRows * rowMicros),
  });
  const codes = new CodeShare(definition.answerStreams);
  const accuracy = await scoreLines(weights, lines.flat(), {
    ...{ slots: used.slots, ignored: [], device },
    onRow: (outputs, label) => codes.push(outputs, label),
  });
  const { share } = codes;
  return {
    ...Object.fromEntries(
      Object.entries(accuracy).map(([streams, value]) => [`accuracy/${streams}`, value]),
    ),
    ...(share !== undefined && { "codes/same": share }),
  };
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
