import { clipLine, labelsOn, placesOn } from "../../../sensors/clips/clipLine.ts";
import { type ClipLine, type ClipSource, clipSensor } from "../../../sensors/clips/clipSensor.ts";
import {
  ConfigError,
  type Label,
  type Micros,
  micros,
  millis,
  Rng,
  type SensorKind,
} from "../../../src/sensing.ts";
import { type Build, depthOf, jointsOf } from "./figure.ts";
import { COURSES, type Place, type Pose, REST } from "./poses.ts";

interface DrawnBodyOptions {
  readonly actions: number;
  readonly seed: number;
}

/** One action of the line and who does it. */
interface Turn {
  readonly label: string;
  readonly reach: number;
  readonly build: Build;
}

/** Actions begin on multiples of this, which is finer than rows: nobody moves in time with a pipeline. */
const STEP = millis(10);
const TENTH = millis(100);
const GRAVITY = 9.81;
/** Half the time over which motion is measured, in s. */
const DT = 0.02;
/** Deviations of what a sensor adds: g, °/s, m. */
const [NOISE_G, NOISE_TURN, NOISE_M] = [0.02, 3, 0.004] as const;
const LABELS = Object.keys(COURSES);

/**
 * A drawn figure that does six of the actions by rule, as strapped sensor, skeleton and depth camera have it.
 *
 * Options: `actions`, how many; `seed`, of which, whose and how. No person was recorded.
 */
export const drawnBody: SensorKind = clipSensor({
  name: "drawnBody",
  summary: "A drawn figure that does some actions by rule.",
  needs: "needs nothing",
  options: (settings): DrawnBodyOptions => ({
    actions: settings.count("actions", 1),
    seed: settings.count("seed", 0, 1),
  }),
  line: lineOf,
  streams: {
    inertial: {
      dtype: "f32",
      shape: [6],
      open(source) {
        const figure = figureOn(source);
        return (_, at) => bytesOf(strapped(figure, at / 1e6, source.rng));
      },
    },
    skeleton: {
      dtype: "f32",
      shape: [20, 3],
      open(source) {
        const figure = figureOn(source);
        const { rng } = source;
        return (_, at) =>
          bytesOf(
            figure(at / 1e6)
              .joints.flat()
              .map((value) => value + rng.normal(0, NOISE_M)),
          );
      },
    },
    depth: {
      dtype: "u8",
      shape: [60, 80],
      open(source) {
        const figure = figureOn(source);
        return (_, at) => depthOf(figure(at / 1e6).joints);
      },
    },
  },
});

/** What the figure does, and how long it takes. */
export function drawnTruth(options: DrawnBodyOptions): {
  readonly duration: Micros;
  readonly labels: readonly Label[];
} {
  const { clips, length } = lineOf(options);
  const turns = turnsOf(options);
  return {
    duration: length,
    labels: labelsOn(clips, "action", (clip) => turns[clip]?.label ?? ""),
  };
}

/** What is done, whose and how; then the lengths are drawn. */
function turnsOf({ actions, seed }: DrawnBodyOptions): readonly (Turn & { length: Micros })[] {
  const rng = Rng.fromSeed(seed).fork("turns");
  const turns = Array.from({ length: actions }, (_, at): Turn => {
    const build = {
      size: rng.uniform(0.85, 1.1),
      turn: rng.uniform(-0.3, 0.3),
      place: [rng.uniform(-0.2, 0.2), rng.uniform(2.5, 3.1)] as const,
    };
    return { label: LABELS[at % LABELS.length] ?? "", reach: rng.uniform(0.8, 1.15), build };
  });
  return turns.map((turn) => ({ ...turn, length: micros(TENTH * rng.int(26, 42)) }));
}

function lineOf(options: DrawnBodyOptions): ClipLine {
  const lengths = turnsOf(options).map(({ length }) => length);
  const gap = [millis(700), millis(1_800)] as const;
  return clipLine({ lengths, count: options.actions, gap, step: STEP, seed: options.seed });
}

/** How the figure stands at a time in s, and for what. */
type Figure = (seconds: number) => { readonly joints: readonly Place[]; readonly label: string };

function figureOn({ options, line }: ClipSource<DrawnBodyOptions>): Figure {
  const turns = turnsOf(options);
  return (seconds) => {
    // From anew each time: motion is measured around an instant, so instants do not ascend.
    const place = placesOn(line.clips, line.length)(Math.max(seconds * 1e6, 0));
    const isPast = !("clip" in place) && place.before !== undefined && place.progress < 0.5;
    const at =
      "clip" in place ? place.clip : ((isPast ? place.before : place.after) ?? place.before);
    const turn = turns[at ?? 0];
    if (turn === undefined) throw new ConfigError("drawnBody", "expected an action, got none");
    const pose: Pose =
      "clip" in place ? (COURSES[turn.label]?.(place.progress, turn.reach) ?? REST) : REST;
    return { joints: jointsOf(pose, turn.build), label: turn.label };
  };
}

/** What the strapped sensor gives: force in g and turn in °/s. */
function strapped(figure: Figure, seconds: number, noise: Rng): readonly number[] {
  const { label } = figure(seconds);
  // On the right wrist, for what the legs do on the right thigh, as in UTD-MHAD.
  const [near, far] = label === "squat" ? ([16, 17] as const) : ([9, 10] as const);
  const bone = (s: number): { end: Place; along: Place } => {
    const { joints: all } = figure(s);
    const [a = [0, 0, 0], b = [0, 0, 0]] = [all[near], all[far]] as [Place?, Place?];
    const along: Place = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
    const length = Math.max(Math.hypot(...along), 1e-6);
    return { end: b, along: [along[0] / length, along[1] / length, along[2] / length] };
  };
  const [before, now, after] = [bone(seconds - DT), bone(seconds), bone(seconds + DT)];
  const force = [0, 1, 2].map((i) => {
    const change = (after.end[i] ?? 0) - 2 * (now.end[i] ?? 0) + (before.end[i] ?? 0);
    return change / DT ** 2 / GRAVITY + (i === 1 ? 1 : 0);
  });
  const swing = [0, 1, 2].map((i) => ((after.along[i] ?? 0) - (before.along[i] ?? 0)) / (2 * DT));
  const degrees = 180 / Math.PI;
  const turn = [0, 1, 2].map((i) => {
    const [j, k] = [(i + 1) % 3, (i + 2) % 3];
    return (
      degrees * ((now.along[j] ?? 0) * (swing[k] ?? 0) - (now.along[k] ?? 0) * (swing[j] ?? 0))
    );
  });
  return [
    ...force.map((value) => value + noise.normal(0, NOISE_G)),
    ...turn.map((value) => value + noise.normal(0, NOISE_TURN)),
  ];
}

function bytesOf(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}
