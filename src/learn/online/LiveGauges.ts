import { PairedScore, type PairedState } from "./PairedScore.ts";

/** One label, tried on the versions before anybody learnt it. */
export interface TriedLabel {
  /** Block of time it lies in. */
  readonly block: number;
  /** 1 where right, else 0, by subset of the streams; the last is all of them. */
  readonly serving: readonly number[];
  readonly shadow: readonly number[];
  /** What the version that serves was learnt from, where there is such. */
  readonly parent?: readonly number[];
  /** Whether every stream is sure that it is something else. */
  readonly contradicted: boolean;
}

/** What the gauges remember. */
export interface LiveGaugesState {
  readonly window: readonly (readonly [serving: number, shadow: number, contradicted: number])[];
  readonly against: PairedState;
}

/** Labels that the shares are taken over. */
const WINDOW = 200;
/** Blocks of time over which what serves is compared with what it was learnt from. */
const BLOCKS = 150;
/** Rows and standard deviations that it takes to call it worse. */
const LEAST_ROWS = 40;
const WORSE = -2.33;

/** How what serves is doing on labels as they come: tried first, learnt later. */
export class LiveGauges {
  #window: (readonly [serving: number, shadow: number, contradicted: number])[] = [];
  #against = new PairedScore(BLOCKS);

  labelled({ block, serving, shadow, parent, contradicted }: TriedLabel): void {
    this.#window.push([serving.at(-1) ?? 0, shadow.at(-1) ?? 0, Number(contradicted)]);
    if (this.#window.length > WINDOW) this.#window.shift();
    if (parent !== undefined) this.#against.add(block, mean(serving) - mean(parent));
  }

  /** Accuracy of late, all streams together: what serves, the shadow. 0 before the first label. */
  get prequential(): readonly [serving: number, shadow: number] {
    return [
      mean(this.#window.map(([right]) => right)),
      mean(this.#window.map(([, right]) => right)),
    ];
  }

  /** Share of labels of late that contradict what every stream is sure of. */
  get contradicted(): number {
    return mean(this.#window.map(([, , contradicted]) => contradicted));
  }

  /** Why what serves must go: it is worse than what it was learnt from, beyond chance; else undefined. */
  get isServingWorse(): string | undefined {
    const { rows, z, mean: gain } = this.#against;
    if (rows < LEAST_ROWS || z > WORSE) return undefined;
    return `worse by ${(-100 * gain).toFixed(1)} points than before on ${rows} labelled moments`;
  }

  /** Another version serves: what was compared is of no use any more. */
  restart(): void {
    this.#against = new PairedScore(BLOCKS);
  }

  snapshot(): LiveGaugesState {
    return { window: [...this.#window], against: this.#against.snapshot() };
  }

  restore({ window, against }: LiveGaugesState): void {
    this.#window = [...window];
    this.#against.restore(against);
  }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
