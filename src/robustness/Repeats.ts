import { DTYPE_BYTES, type DType } from "../frames/DType.ts";
import type { Cell } from "../frames/Frameset.ts";
import { type Micros, seconds } from "../units.ts";

/** What is told by frames that do not change. */
export interface RepeatSigns {
  /** Since when every element has been one and the same value; absent while they differ. */
  readonly flatSince?: Micros;
  /** Since when every frame has been the same as the one before, where that is unusual; else absent. */
  readonly frozenSince?: Micros;
}

/** What it remembers. Plain and small. */
export interface RepeatsSnapshot {
  readonly frame?: Uint8Array;
  readonly time?: Micros;
  readonly first?: Micros;
  readonly frames: number;
  readonly repeated: number;
  readonly run: number;
  readonly sameSince?: Micros;
  readonly flatSince?: Micros;
}

/** How long a stream must have been heard before it is known to be one that changes. */
const HABIT = seconds(10);
/** Share of frames that may repeat in a stream for which a repetition means something. */
const SELDOM = 0.1;

/**
 * Tells a dead line and a frozen picture from frames that repeat.
 *
 * A stream of slow things, a thermometer, repeats itself in good health: "frozen" is only said of one
 * whose frames have nearly always changed. A muted microphone gives zeros: that is a flat line, habit or
 * not; of a stream of single numbers every frame would be one, so only their repetition counts.
 */
export class Repeats {
  readonly #elementBytes: number;
  #now: RepeatsSnapshot = { frames: 0, repeated: 0, run: 0 };

  constructor(dtype: DType) {
    this.#elementBytes = DTYPE_BYTES[dtype];
  }

  /** Takes the next cell; one that brings no new frame says nothing. */
  push(cell: Cell): void {
    if (cell.presence === "missing" || cell.presence === "interpolated") return;
    const { payload, originTime: time } = cell;
    const { frame, first = time, frames, repeated, run, sameSince, flatSince } = this.#now;
    if (this.#now.time !== undefined && time <= this.#now.time) return;
    const repeats = frame !== undefined && equalBytes(payload, frame);
    const flat = payload.length > this.#elementBytes && isFlat(payload, this.#elementBytes);
    this.#now = {
      frame: payload.slice(),
      time,
      first,
      frames: frames + 1,
      repeated: repeated + (repeats ? 1 : 0),
      run: repeats ? run + 1 : 0,
      ...(repeats && { sameSince: sameSince ?? time }),
      ...(flat && { flatSince: repeats && flatSince !== undefined ? flatSince : time }),
    };
  }

  get signs(): RepeatSigns {
    const { first, frames, repeated, run, sameSince, flatSince } = this.#now;
    // Counted without the repetition under way, which would soon look like a habit.
    const lively =
      sameSince !== undefined &&
      first !== undefined &&
      sameSince - first >= HABIT &&
      repeated - run <= SELDOM * (frames - run);
    return {
      ...(flatSince !== undefined && { flatSince }),
      ...(lively && { frozenSince: sameSince }),
    };
  }

  /** All that it remembers. */
  snapshot(): RepeatsSnapshot {
    return this.#now;
  }

  /** Goes on where another gave this snapshot. */
  restore(snapshot: RepeatsSnapshot): void {
    this.#now = snapshot;
  }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function isFlat(payload: Uint8Array, elementBytes: number): boolean {
  for (let i = elementBytes; i < payload.length; i++)
    if (payload[i] !== payload[i - elementBytes]) return false;
  return true;
}
