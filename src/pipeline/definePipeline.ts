import { checkPolicy, type Policy } from "../align/Policy.ts";
import { primaryAmong, type Role } from "../align/Role.ts";
import { ConfigError } from "../errors.ts";
import type { FeatureExtractor } from "../features/FeatureExtractor.ts";
import { defineStream, type StreamDescription } from "../frames/StreamDescription.ts";
import type { ModelPlan } from "../learn/ModelPlan.ts";
import type { LocalizeSettings } from "../localize/LocalizeSettings.ts";
import type { Micros } from "../units.ts";
import type { Feed, FeedRequest } from "./Feed.ts";
import { checkPageSenses, type PageSense } from "./PageSense.ts";

/** How one stream enters the pipeline: what it is, how it is aligned, what the model sees of it. */
export interface StreamPlan {
  readonly description: StreamDescription;
  /** Which of its frames belong to a grid instant. */
  readonly policy: Policy;
  /** What it means to the rows: whether they wait for it, or stand at its frames. Default: `required`. */
  readonly role?: Role;
  /** Makes a fresh extractor; one per run, fed every cell of the stream in grid order. */
  readonly features: () => FeatureExtractor;
  /**
   * A model file (`.onnx`) from elsewhere that the extractor's vector goes through before the pipeline's
   * model sees it: one float32 tensor in, one out. It runs in the stage's thread.
   */
  readonly onnx?: URL;
  /** How a dashboard draws the extractor's `view`. */
  readonly view: StreamView;
}

/** What a dashboard draws of one stream in one row. */
export type StreamView =
  /** `perRow` columns of `bins` u8 values each, lowest bin first: a spectrogram. */
  | { readonly kind: "columns"; readonly bins: number; readonly perRow: number }
  /** A u8 grey picture, row by row from the top. */
  | { readonly kind: "image"; readonly width: number; readonly height: number }
  /**
   * `traces` numbers as thin lines, `perRow` points of each: u8, point after point, a value for each trace, as
   * `ChannelTraces` scales them: 1 the foot of its range, 255 its top, 0 no value. `names` are those of the
   * traces; unless given, the stream's `channels` where there is a trace for each, else their numbers.
   */
  | {
      readonly kind: "lines";
      readonly traces: number;
      readonly perRow: number;
      readonly names?: readonly string[];
    }
  /** The words themselves. */
  | { readonly kind: "captions" }
  | { readonly kind: "none" };

/** Everything that makes up one pipeline; the default export of `pipelines/<name>/pipeline.ts`. */
export interface PipelineDefinition {
  readonly name: string;
  /** One sentence for the dashboard's header. */
  readonly summary: string;
  readonly site: string;
  readonly grid: {
    /** Time between two framesets, in µs. */
    readonly period: Micros;
    /** How far one stream may lag behind the others before it is no longer waited for (S), in µs. */
    readonly skew: Micros;
    /**
     * Lets S follow how far the streams really run apart, from `skew` on and within these bounds, in µs; each
     * change is on record (`SkewTuner`). S stays at `skew` unless given.
     */
    readonly skewRange?: { readonly least: Micros; readonly most: Micros };
    /** How far ahead of our clock a frame may claim to be, in µs. */
    readonly future: Micros;
    /**
     * How old a frameset may be, in µs, to be told again when a late frame changes it; the model does not
     * see those. Default 0: none is.
     */
    readonly revisionHorizon?: Micros;
    /**
     * How long framesets may say that nothing was there, in µs; what follows of a silence is told as a
     * number. Longer than what the model remembers. Default 10 s.
     */
    readonly longestEmpty?: Micros;
  };
  /** In the order in which they are shown and in which the model knows them. */
  readonly streams: Readonly<Record<string, StreamPlan>>;
  readonly model: {
    /**
     * File of the trained weights (safetensors). While it is not there the pipeline runs untrained: its
     * streams are aligned, shown, recorded and labelled, and it answers nothing.
     */
    readonly weights: URL;
    /** What `train --recordings` makes of recordings; a model of its own choice unless given. */
    readonly plan?: ModelPlan;
  };
  /** The class that means "nothing is happening". */
  readonly silence: string;
  /** How stubbornly readings become events, as `sensorium tune` finds it; `LOCALIZE_DEFAULTS` unless given. */
  readonly localize?: Partial<LocalizeSettings>;
  /** Named groups of labels of which exactly one is meant at a time: digit, colour. For scoring. */
  readonly slots: Readonly<Record<string, readonly string[]>>;
  /** Streams that contain the answer and therefore stay out of scores unless asked for by name. */
  readonly answerStreams: readonly string[];
  /** Harder conditions that the feed can make of a data set, by name: `babble0dB`. None unless given. */
  readonly conditions?: readonly string[];
  /** Name of the data set that the feed streams with `--data`, as its `meta.json` has it. */
  readonly dataSet?: string;
  /**
   * What a page that senses may lend (`run --join`), by a name for people. Unless given, each stream is offered
   * to whatever of the page gives frames of its form.
   */
  readonly senses?: Readonly<Record<string, PageSense>>;
  /** Opens the feed that a person asked for. */
  readonly feed: (request: FeedRequest) => Promise<Feed>;
}

/**
 * Checks a pipeline where it is written down.
 *
 * @returns The same definition.
 * @throws {ConfigError} If it has no stream, a stream's key is not its name, a stream belongs to
 *   another site, or a time is out of range; the message names the part.
 */
export function definePipeline(definition: PipelineDefinition): PipelineDefinition {
  const where = `pipeline ${definition.name}`;
  const plans = Object.entries(definition.streams);
  if (plans.length === 0) throw new ConfigError(where, "expected at least one stream, got none");
  for (const [key, { description, policy, view }] of plans) {
    defineStream(description);
    if (view.kind === "lines" && (view.names?.length ?? view.traces) !== view.traces)
      throw new ConfigError(
        where,
        `stream ${key} must name ${view.traces} traces, got ${view.names?.length}`,
      );
    checkPolicy(key, policy, description.dtype);
    if (description.stream !== key)
      throw new ConfigError(where, `stream ${key} describes itself as ${description.stream}`);
    if (description.site !== definition.site)
      throw new ConfigError(
        where,
        `stream ${key} must be of site ${definition.site}, got ${description.site}`,
      );
  }
  primaryAmong(rolesOf(definition), definition.streams);
  const { period, skew, future } = definition.grid;
  if (!(period > 0)) throw new ConfigError(where, `grid period must be > 0 us, got ${period}`);
  if (!(skew >= 0)) throw new ConfigError(where, `skew bound must be >= 0 us, got ${skew}`);
  const range = definition.grid.skewRange;
  if (range !== undefined && !(range.least > 0 && range.least <= skew && skew <= range.most))
    throw new ConfigError(
      where,
      `skew range must be > 0 us and hold the skew bound ${skew}, got ${range.least} to ${range.most}`,
    );
  if (!(future > 0)) throw new ConfigError(where, `future guard must be > 0 us, got ${future}`);
  const stranger = definition.answerStreams.find((stream) => !(stream in definition.streams));
  if (stranger !== undefined)
    throw new ConfigError(
      where,
      `answer stream ${stranger} is none of ${Object.keys(definition.streams)}`,
    );
  checkPageSenses(where, definition.senses ?? {}, Object.keys(definition.streams));
  return definition;
}

/** The roles of a pipeline's streams, as far as they are given. */
export function rolesOf({ streams }: PipelineDefinition): Readonly<Record<string, Role>> {
  return Object.fromEntries(
    Object.entries(streams).flatMap(([stream, { role }]) =>
      role === undefined ? [] : [[stream, role] as const],
    ),
  );
}
