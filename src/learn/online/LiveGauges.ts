import { counted } from "../../units.ts";
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
  /** The trained one, where another serves. */
  readonly base?: readonly number[];
  /** Whether every stream is sure of something, and whether of something else. */
  readonly sure: boolean;
  readonly contradicted: boolean;
}

/** What the gauges remember. */
export interface LiveGaugesState {
  readonly window: readonly (readonly [serving: number, shadow: number])[];
  readonly sure: readonly (readonly [block: number, contradicted: number])[];
  readonly againstParent: PairedState;
  readonly againstBase: PairedState;
}

/** Labels that the shares are taken over. */
const WINDOW = 200;
/** Blocks of time over which what serves is compared with what it was learnt from. */
const BLOCKS = 150;
/** Rows and standard deviations that it takes to call it worse. */
const LEAST_ROWS = 40;
const WORSE = -2.33;
/** Rows labelled that every stream was sure at: so many are remembered; contradictions in so many blocks are no slip. */
const SURE = 100;
const CONTRADICTIONS = 2;
/** Share of labels that contradict what every stream is sure of, from which on none is believed. */
const DOUBTFUL = 0.1;

/** How what serves is doing on labels as they come: tried first, learnt later. */
export class LiveGauges {
  #window: (readonly [serving: number, shadow: number])[] = [];
  #sure: (readonly [block: number, contradicted: number])[] = [];
  #againstParent = new PairedScore(BLOCKS);
  #againstBase = new PairedScore(BLOCKS);

  labelled({ block, serving, shadow, parent, base, sure, contradicted }: TriedLabel): void {
    this.#window.push([serving.at(-1) ?? 0, shadow.at(-1) ?? 0]);
    if (sure) this.#sure.push([block, Number(contradicted)]);
    if (this.#sure.length > SURE) this.#sure.shift();
    if (this.#window.length > WINDOW) this.#window.shift();
    if (parent !== undefined) this.#againstParent.add(block, mean(serving) - mean(parent));
    if (base !== undefined) this.#againstBase.add(block, mean(serving) - mean(base));
  }

  /** Accuracy of late, all streams together: what serves, the shadow. 0 before the first label. */
  get prequential(): readonly [serving: number, shadow: number] {
    return [
      mean(this.#window.map(([right]) => right)),
      mean(this.#window.map(([, right]) => right)),
    ];
  }

  /** Of the newest labels that every stream was sure at, the share that say something else. */
  get contradicted(): number {
    const against = this.#sure.filter(([, contradicted]) => contradicted === 1);
    const blocks = new Set(against.map(([block]) => block)).size;
    return blocks < CONTRADICTIONS ? 0 : against.length / this.#sure.length;
  }

  /** Why what serves must go, and for what; undefined while it is not worse beyond chance. */
  get alarm(): { readonly than: "parent" | "base"; readonly reason: string } | undefined {
    // Labels that cannot be believed say nothing against what serves.
    if (this.contradicted > DOUBTFUL) return undefined;
    for (const than of ["parent", "base"] as const) {
      const { rows, z, mean: gain } = than === "parent" ? this.#againstParent : this.#againstBase;
      if (rows < LEAST_ROWS || z > WORSE) continue;
      const what = than === "parent" ? "what it was learnt from" : "the trained model";
      const points = (-100 * gain).toFixed(1);
      return {
        than,
        reason: `worse than ${what} by ${points} points on ${counted(rows, "labelled moment")}`,
      };
    }
    return undefined;
  }

  /** Another version serves: what was compared is of no use any more. */
  restart(): void {
    this.#againstParent = new PairedScore(BLOCKS);
    this.#againstBase = new PairedScore(BLOCKS);
  }

  snapshot(): LiveGaugesState {
    return {
      window: [...this.#window],
      sure: [...this.#sure],
      againstParent: this.#againstParent.snapshot(),
      againstBase: this.#againstBase.snapshot(),
    };
  }

  restore({ window, sure, againstParent, againstBase }: LiveGaugesState): void {
    this.#window = [...window];
    this.#sure = [...sure];
    this.#againstParent.restore(againstParent);
    this.#againstBase.restore(againstBase);
  }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
