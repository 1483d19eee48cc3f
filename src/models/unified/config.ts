import { ConfigError } from "../../errors.ts";

/** How one stream's features become the first [width] numbers of its encoder. */
export type FrontConfig =
  | { readonly kind: "vector" }
  | {
      readonly kind: "image";
      readonly channels: number;
      readonly rows: number;
      readonly columns: number;
      /** Side of the square patches that a frame is cut into; divides rows and columns. */
      readonly patch: number;
      /** Filters that every patch is seen through. */
      readonly filters: number;
    };

/** One stream's encoder. */
export interface StreamConfig {
  /** Stream name, as in the pipeline: `audio`, `video`, `text`. */
  readonly name: string;
  /** Numbers per row. */
  readonly size: number;
  readonly front: FrontConfig;
  /** Dilations of the causal blocks, in rows; three taps each. */
  readonly dilations: readonly number[];
}

/** Everything about the live model that is not a weight. Plain JSON: it travels with the weights. */
export interface UnifiedConfig {
  /** In pipeline order, which is also the order of every stacked output. */
  readonly streams: readonly StreamConfig[];
  /** What can be said about an instant; the first is silence. */
  readonly classes: readonly string[];
  /** [classes] how often each holds, sums to 1: the answer when nothing is present. */
  readonly prior: readonly number[];
  /** Channels of every encoder. */
  readonly width: number;
  /** D: numbers of the semantic branch z, and of a code. */
  readonly codeDim: number;
  /** K: codes in the codebook that all streams share. */
  readonly codes: number;
  /** Numbers of the specific branch s. */
  readonly specific: number;
  /** Numbers of a projection into the space that all streams and the joint share. */
  readonly embedding: number;
  /** Dilations of the joint encoder's causal blocks. */
  readonly jointDilations: readonly number[];
  /** The answer at row T is about row T − lookAheadRows. */
  readonly lookAheadRows: number;
  /** Period of the rows, in µs. */
  readonly rowMicros: number;
  /** Fusion: weights exp(−sharpness · H), H smoothed over this many rows. */
  readonly fusion: {
    readonly sharpness: number;
    readonly smoothingRows: number;
    /**
     * Temperature that each stream's answer is divided by before it is weighed and mixed, and the joint's
     * under `joint`; 1 unless given. See `fitFusion`.
     */
    readonly temperatures?: Readonly<Record<string, number>>;
  };
  /** Parts that are not as they are by default; a file that says nothing means the defaults. */
  readonly parts?: UnifiedParts;
}

/** Parts of the model that can be switched, for measuring what each is worth. */
export interface UnifiedParts {
  /** Whether the head reads the code that z falls on, or z itself. Default true. */
  readonly quantised?: boolean;
  /**
   * How the joint reads the streams of a row. `concatenation` (default): side by side with flags of presence.
   * `tokens`: a fusion token reads what is present by modality attention (IML-RS).
   */
  readonly fusion?:
    | { readonly kind: "concatenation" }
    | { readonly kind: "tokens"; readonly heads: number };
}

/** The name that the joint's temperature goes by. */
export const JOINT = "joint";

/**
 * Checks a configuration, most of all one that came from a file.
 *
 * @throws {ConfigError} If a size is not a positive integer, a name is used twice, the prior does not
 *   belong to the classes, or an image front's patches do not tile it.
 */
export function checkConfig(config: UnifiedConfig): UnifiedConfig {
  const refuse = (problem: string): never => {
    throw new ConfigError("UnifiedConfig", problem);
  };
  const positive = (name: string, value: number): void => {
    if (!(Number.isSafeInteger(value) && value > 0))
      refuse(`${name} must be a positive integer, got ${value}`);
  };
  for (const name of ["width", "codeDim", "codes", "specific", "embedding", "rowMicros"] as const)
    positive(name, config[name]);
  if (!(Number.isSafeInteger(config.lookAheadRows) && config.lookAheadRows >= 0))
    refuse(`lookAheadRows must be an integer >= 0, got ${config.lookAheadRows}`);
  if (config.streams.length === 0) refuse("streams must not be empty, got []");
  if (new Set(config.streams.map(({ name }) => name)).size !== config.streams.length)
    refuse(`stream names must differ, got ${config.streams.map(({ name }) => name).join()}`);
  if (config.classes.length < 2) refuse(`expected 2 classes or more, got ${config.classes.length}`);
  const mass = config.prior.reduce((sum, share) => sum + share, 0);
  if (config.prior.length !== config.classes.length || !(Math.abs(mass - 1) < 1e-3))
    refuse(`prior must have ${config.classes.length} shares that sum to 1, got a sum of ${mass}`);
  for (const { name, size, front, dilations } of config.streams) {
    positive(`${name}.size`, size);
    for (const dilation of dilations) positive(`${name}.dilations`, dilation);
    if (front.kind !== "image") continue;
    positive(`${name}.patch`, front.patch);
    positive(`${name}.filters`, front.filters);
    if (front.rows % front.patch !== 0 || front.columns % front.patch !== 0)
      refuse(
        `${name}: image sides must be multiples of ${front.patch}, got ${front.rows} x ${front.columns}`,
      );
    if (front.channels * front.rows * front.columns !== size)
      refuse(`${name}: size must be ${front.channels * front.rows * front.columns}, got ${size}`);
  }
  for (const dilation of config.jointDilations) positive("jointDilations", dilation);
  for (const [name, temperature] of Object.entries(config.fusion.temperatures ?? {})) {
    if (name !== JOINT && !config.streams.some((stream) => stream.name === name))
      refuse(`temperatures must be of streams or ${JOINT}, got ${name}`);
    if (!(temperature > 0)) refuse(`temperature of ${name} must be > 0, got ${temperature}`);
  }
  const fusion = config.parts?.fusion;
  if (fusion?.kind === "tokens") {
    positive("heads", fusion.heads);
    if (config.width % fusion.heads !== 0)
      refuse(`width must be a multiple of ${fusion.heads} heads, got ${config.width}`);
  }
  return config;
}

/** How many rows back from T the stream's own answer at T can depend on. */
export function receptiveRows(dilations: readonly number[]): number {
  return 1 + dilations.reduce((sum, dilation) => sum + 2 * dilation, 0);
}
