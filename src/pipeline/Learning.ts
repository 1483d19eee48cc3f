import { EMPTY, type Observable } from "rxjs";
import type { DeviceError } from "../errors.ts";
import type { Verdict } from "../learn/online/judge.ts";
import type { Decision, LearnerStatus } from "../learn/online/LearnerMessage.ts";
import type { LogRecord, ServedVersion } from "../log/LogRecord.ts";
import type { Learner } from "../stage/Learner.ts";
import type { Ingest } from "./Ingest.ts";
import { ModelVersions, type ServingChange, type VersionInfo } from "./ModelVersions.ts";

/** Name under which the learner signs what it decides. */
export const LEARNER = "learner";

/** What the gate said of a candidate. */
export interface VerdictInfo extends Verdict {
  /** Rows that the learner had seen. */
  readonly rows: number;
  /** The version that it became, where it was published. */
  readonly version?: string;
}

/** Which versions there are, what serves and why, and how the learning goes. */
export interface VersionsReport {
  readonly serving: string;
  readonly isPinned: boolean;
  readonly versions: readonly VersionInfo[];
  readonly changes: readonly ServingChange[];
  /** Absent where nothing learns. */
  readonly learner?: LearnerStatus & {
    readonly isLearning: boolean;
    /** Inputs it has yet to deal with. */
    readonly waiting: number;
    /** Decisions that came too late: somebody had decided otherwise in the meantime. */
    readonly overtaken: number;
    /** The newest verdicts of the gate, newest last. */
    readonly verdicts: readonly VerdictInfo[];
  };
}

/** Verdicts kept. */
const VERDICTS = 20;

/**
 * Decides what serves: what the learner proposes, what people ask for, each a MODEL record.
 *
 * Key behaviours:
 * - A version that is published was judged against the one that serves; if that has changed in the meantime,
 *   or is pinned, the proposal is overtaken and dropped.
 * - While the run makes again what is on record, decisions wait: those on record need no second record.
 */
export class Learning implements AsyncDisposable {
  readonly versions = new ModelVersions();
  /** Why learning has ended before its time, once. */
  readonly failures: Observable<DeviceError>;
  readonly #base: string;
  readonly #ingest: Ingest;
  readonly #learner: Learner | undefined;
  #verdicts: readonly VerdictInfo[] = [];
  #overtaken = 0;
  #held: Decision[] | undefined;

  /** @param options.base Version of the weights file. @param options.learner Owned from now on. */
  constructor({
    base,
    ingest,
    learner,
  }: {
    readonly base: string;
    readonly ingest: Ingest;
    readonly learner: Learner | undefined;
  }) {
    this.#base = base;
    this.#ingest = ingest;
    this.#learner = learner;
    this.failures = learner?.failures ?? EMPTY;
    learner?.decisions.subscribe((decision) => {
      if (this.#held === undefined) this.#act(decision);
      else this.#held.push(decision);
    });
  }

  /** Takes the next record of the log. */
  observe(record: LogRecord): void {
    this.versions.observe(record);
  }

  /** Lets decisions wait until `settle`. */
  hold(): void {
    this.#held ??= [];
  }

  /** Once the learner has dealt with everything, acts on what it decided; it goes on holding where told so. */
  async settle({ andHold }: { readonly andHold: boolean }): Promise<void> {
    await this.#learner?.drained();
    const held = this.#held ?? [];
    this.#held = andHold ? [] : undefined;
    for (const decision of held) this.#act(decision);
  }

  /** Settles once the learner has dealt with everything it was told. */
  async drained(): Promise<void> {
    await this.#learner?.drained();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#learner?.[Symbol.asyncDispose]();
  }

  /** How things stand. */
  report(): VersionsReport {
    const learner = this.#learner;
    const { serving = this.#base, isPinned } = this.versions;
    const status = learner?.status;
    return {
      serving,
      isPinned,
      versions: this.versions.list(),
      changes: this.versions.changes(),
      ...(learner !== undefined &&
        status !== undefined && {
          learner: {
            ...status,
            isLearning: learner.isLearning,
            waiting: learner.waiting,
            overtaken: this.#overtaken,
            verdicts: this.#verdicts,
          },
        }),
    };
  }

  /**
   * Lets a version serve until somebody says otherwise.
   *
   * @returns Why not, in one sentence, or undefined where it serves.
   */
  pin(version: string, by: string): string | undefined {
    return this.#serve(version, { cause: "pin", by, pinned: true });
  }

  /** Lets what is learnt take its place again. See `pin`. */
  unpin(by: string): string | undefined {
    if (!this.versions.isPinned) return "nothing is pinned";
    return this.#serve(this.versions.serving ?? this.#base, { cause: "unpin", by });
  }

  /**
   * Goes back to what served before.
   *
   * @param to The version; what the one that serves was learnt from unless given. See `pin`.
   */
  rollback(by: string, to?: string): string | undefined {
    const { serving = this.#base } = this.versions;
    const target = to ?? this.versions.parentOf(serving);
    if (target === undefined) return `${serving} was not learnt: there is nothing to go back to`;
    return this.#serve(target, { cause: "rollback", by });
  }

  #serve(
    version: string,
    why: Pick<ServedVersion, "cause" | "by" | "reason" | "pinned">,
  ): string | undefined {
    const found = version === this.#base ? { version } : this.versions.find(version);
    if (found === undefined) return `expected a version of this log, got ${version}`;
    if ((found.base ?? found.version) !== this.#base)
      return `${version} goes with the encoders of ${found.base ?? found.version}, not of ${this.#base}`;
    this.#ingest.serve({ ...found, ...why });
    return undefined;
  }

  #act(decision: Decision): void {
    const { serving = this.#base, isPinned } = this.versions;
    if (decision.kind === "rollback") {
      const { to, reason } = decision;
      const version = to?.version ?? this.#base;
      // On record already, or somebody decided otherwise.
      if (isPinned || serving !== decision.from) this.#overtaken++;
      else this.#serve(version, { cause: "rollback", by: LEARNER, reason });
      return;
    }
    const rows = this.#learner?.status?.rows ?? 0;
    const { verdict } = decision;
    const { learnt } = decision.kind === "publish" ? decision : { learnt: undefined };
    this.#verdicts = [
      ...this.#verdicts.slice(1 - VERDICTS),
      { ...verdict, rows, ...(learnt !== undefined && { version: learnt.version }) },
    ];
    if (learnt === undefined || this.versions.find(learnt.version) !== undefined) return;
    if (isPinned || serving !== learnt.lineage.parent) {
      this.#overtaken++;
      return;
    }
    this.#ingest.serve({
      version: learnt.version,
      base: learnt.lineage.base,
      weights: learnt.bytes,
      cause: "learnt",
      by: LEARNER,
      reason: verdict.reason,
      figures: verdict.figures,
    });
  }
}
