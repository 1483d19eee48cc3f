import type { AdaptedPart } from "../../models/unified/adapted.ts";
import type { UnifiedConfig } from "../../models/unified/config.ts";
import { argMax } from "../../tensor/argMax.ts";
import { Rng } from "../../tensor/Rng.ts";
import { Contender } from "./Contender.ts";
import type { LabelledRow } from "./HeadLearner.ts";
import { HeldMoments } from "./HeldMoments.ts";
import { isSure } from "./isSure.ts";
import { isHarm, judge, type Verdict } from "./judge.ts";
import { type FoundRow, LabelDesk } from "./LabelDesk.ts";
import type { Decision, LearnerInput, LearnerStatus } from "./LearnerMessage.ts";
import { type LearnerRow, learnerRow, leftOut, subsetsOf } from "./LearnerRow.ts";
import { LiveGauges } from "./LiveGauges.ts";
import { decodeLearnt, encodeLearnt, type LearntVersion } from "./learntWeights.ts";
import type { LearnerCounts, OnlineLearnerState, VersionState } from "./OnlineLearnerState.ts";
import { checkOnline, type OnlineOptions } from "./OnlineOptions.ts";
import { PartAnswers, smoothEntropy } from "./PartAnswers.ts";

/** Newest rows that agreement and codes are measured on, and every how many of them. */
const GAUGE_ROWS = 250;
const GAUGE_EVERY = 5;
/** Rows between two looks at whether what serves must go. */
const WATCH_EVERY = 25;
/** Own versions remembered by name. */
const OWN = 64;
/** Rows that may wait to be learnt. */
const MOST_FRESH = 4_096;

/** What a learner starts from. */
export interface OnlineLearnerOptions {
  readonly config: UnifiedConfig;
  /** Version of the weights. */
  readonly base: string;
  /** Their head and codebook. */
  readonly trained: AdaptedPart;
  /** Streams that must not count: those that contain the answer. */
  readonly ignored: readonly string[];
  readonly online: OnlineOptions;
}

/** A version that serves or served; the trained one has no file. */
interface Version {
  readonly version: string;
  readonly part: AdaptedPart;
  readonly learnt?: LearntVersion;
}

/**
 * Learns from a stream beside the model that serves it: head and codebook of a shadow, which is published when
 * it is better.
 *
 * Key behaviours:
 * - A pure function of what it is told, in that order. It counts rows, never time: the compute budget is in
 *   multiplications a row, a candidate comes after so many rows.
 * - The encoders are frozen; so rows mean the same under every version and may be learnt again.
 * - Every label is first used to test what serves and the shadow, then to learn; rows of held-back blocks are
 *   never learnt.
 * - A stream that is doubted teaches nothing and is not judged by while it is: what it would teach is how to do
 *   without it.
 * - The codebook moves on synchronised moments alone; a code that is put elsewhere has a new generation.
 * - A candidate that would do harm is dropped and the shadow starts again from what serves; one that is no
 *   better yet goes on learning.
 * - What serves is rolled back when it proves worse than what it was learnt from.
 * - Bounded: see `OnlineOptions`.
 */
export class OnlineLearner {
  readonly #config: UnifiedConfig;
  readonly #base: Version;
  readonly #baseAnswers: PartAnswers;
  readonly #ignored: ReadonlySet<number>;
  readonly #options: OnlineOptions;
  #rng: Rng;
  readonly #desk: LabelDesk;
  readonly #held: HeldMoments;
  readonly #contenders: readonly Contender[];
  readonly #gauges: LiveGauges;
  #serving: Version;
  #servingAnswers: PartAnswers;
  #parent: Version | undefined;
  #parentAnswers: PartAnswers | undefined;
  /** Name of the contender that what serves is of. */
  #learner: string | undefined;
  #isPinned = false;
  /** Versions it has published itself; it may have gone on from them when it hears that they serve. */
  #own = new Set<string>();
  #fresh: LabelledRow[] = [];
  #entropy: Float32Array;
  #credit = 0;
  #learntSince = 0;
  readonly #counts: LearnerCounts = {
    rows: 0,
    steps: 0,
    learnt: 0,
    held: 0,
    pseudo: 0,
    published: 0,
    discarded: 0,
    rolledBack: 0,
  };

  /** @throws {ConfigError} If an option is out of its range. */
  constructor({ config, base, trained, ignored, online }: OnlineLearnerOptions) {
    this.#config = config;
    this.#options = checkOnline(online);
    this.#base = { version: base, part: trained };
    this.#ignored = new Set(
      config.streams.flatMap(({ name }, at) => (ignored.includes(name) ? [at] : [])),
    );
    this.#rng = Rng.fromSeed(online.seed);
    // One generator for all, so that one state says what will be drawn.
    const rng = {
      int: (low: number, high: number) => this.#rng.int(low, high),
      uniform: (low: number, high: number) => this.#rng.uniform(low, high),
    };
    this.#desk = new LabelDesk(config.classes, online.memory);
    this.#held = new HeldMoments({
      block: online.block,
      every: online.heldEvery,
      recent: online.heldRecent,
      old: online.heldOld,
      rng,
    });
    this.#contenders = Contender.all(trained, config, online, rng);
    this.#gauges = new LiveGauges();
    this.#serving = this.#base;
    this.#baseAnswers = new PartAnswers(trained, config);
    this.#servingAnswers = this.#baseAnswers;
    this.#entropy = new Float32Array(config.streams.length).fill(1);
  }

  /** How it is doing. */
  get status(): LearnerStatus {
    const { learnt, held, pseudo, ...counts } = this.#counts;
    return {
      ...counts,
      labels: { ...this.#desk.counts, learnt, held, pseudo },
      prequential: this.#gauges.prequential,
    };
  }

  /**
   * What happened next.
   *
   * @returns What follows from it, in order.
   */
  push(input: LearnerInput): readonly Decision[] {
    if (input.kind === "serve") {
      this.#serve(input);
      return [];
    }
    if (input.kind === "row") return this.#row(input);
    for (const found of this.#desk.label(input.label)) this.#labelled(found);
    return [];
  }

  /** All that it knows. Borrowed until the next `push`. */
  snapshot(): OnlineLearnerState {
    return {
      rng: this.#rng.state,
      desk: this.#desk.snapshot(),
      held: this.#held.snapshot(),
      fresh: [...this.#fresh],
      contenders: this.#contenders.map((each) => each.snapshot()),
      gauges: this.#gauges.snapshot(),
      entropy: this.#entropy,
      serving: this.#stateOf(this.#serving),
      ...(this.#parent !== undefined && { parent: this.#stateOf(this.#parent) }),
      ...(this.#learner !== undefined && { learner: this.#learner }),
      isPinned: this.#isPinned,
      own: [...this.#own],
      credit: this.#credit,
      counts: { ...this.#counts },
      learntSince: this.#learntSince,
    };
  }

  /** Goes on where another one of the same model and options was. */
  restore(state: OnlineLearnerState): void {
    this.#rng = Rng.fromState(state.rng);
    this.#desk.restore(state.desk);
    this.#held.restore(state.held);
    this.#fresh = [...state.fresh];
    this.#serving = this.#versionOf(state.serving);
    this.#follow(state.parent && this.#versionOf(state.parent));
    for (const [at, each] of this.#contenders.entries()) {
      const known = state.contenders[at];
      if (known !== undefined) each.restore(known);
    }
    this.#gauges.restore(state.gauges);
    this.#entropy = state.entropy;
    this.#learner = state.learner;
    this.#isPinned = state.isPinned;
    this.#own = new Set(state.own);
    this.#credit = state.credit;
    Object.assign(this.#counts, state.counts);
    this.#learntSince = state.learntSince;
  }

  #row({
    labelTime,
    features,
    doubted = [],
  }: Extract<LearnerInput, { kind: "row" }>): readonly Decision[] {
    this.#counts.rows++;
    const out = leftOut(this.#config, features, this.#ignored, doubted);
    const bare = learnerRow(this.#config, features, labelTime, out, this.#entropy);
    const streams = this.#servingAnswers.streams(bare);
    this.#entropy = smoothEntropy(this.#entropy, streams, this.#config.fusion.smoothingRows);
    const row: LearnerRow = { ...bare, entropy: this.#entropy };
    for (const each of this.#contenders) each.move(row);
    const found = this.#desk.row(row);
    if (found !== undefined) this.#labelled(found);
    else this.#guess(row, streams);
    this.#credit = Math.min(
      this.#credit + this.#options.budget,
      this.#options.budget * this.#options.candidateEvery,
    );
    this.#learn();
    const { rows } = this.#counts;
    const back = rows % WATCH_EVERY === 0 ? this.#rollBack() : [];
    return rows % this.#options.candidateEvery === 0 ? [...back, ...this.#decide()] : back;
  }

  /** Tests what serves and the contenders on a label, then learns it or holds it back. */
  #labelled({ row, label, stretch }: FoundRow): void {
    const subsets = subsetsOf(row.mask);
    if (subsets.length === 0) return;
    const block = this.#held.blockOf(stretch);
    const rights = (answers: readonly Float64Array[]): readonly number[] =>
      answers.map((answer) => Number(argMax(answer) === label));
    const answers = this.#servingAnswers.fused(row, subsets);
    const full = answers.at(-1) ?? new Float64Array(0);
    const serving = rights(answers);
    const best = this.#best;
    let shadow = serving;
    for (const each of this.#contenders) {
      const own = rights(each.tried({ row, label }, subsets, full, block));
      if (each === best) shadow = own;
    }
    const base = this.#serving === this.#base ? undefined : this.#baseAnswers;
    const [before, trained] = [this.#parentAnswers, base].map(
      (each) => each && rights(each.fused(row, subsets)),
    );
    const streams = this.#servingAnswers.streams(row).filter((each) => each !== undefined);
    this.#gauges.labelled({
      block,
      serving,
      shadow,
      ...(before !== undefined && { parent: before }),
      ...(trained !== undefined && { base: trained }),
      sure: streams.every((each) => isSure(each)),
      contradicted: streams.every((each) => isSure(each) && argMax(each) !== label),
    });
    const labelled = { row, label, weight: 1, block };
    if (this.#held.holds(stretch)) {
      this.#held.keep(labelled);
      this.#counts.held++;
    } else {
      this.#queue(labelled);
      this.#counts.learnt++;
      this.#learntSince++;
    }
  }

  /** Takes what all streams are sure of for a label. */
  #guess(row: LearnerRow, streams: readonly (Float64Array | undefined)[]): void {
    const { pseudo } = this.#options;
    const own = streams.filter((each) => each !== undefined);
    const block = this.#held.blockOf(row.labelTime);
    if (pseudo === undefined || own.length < 2 || this.#held.holds(row.labelTime)) return;
    const best = argMax(own[0] ?? []);
    const least = Math.log(pseudo.confidence);
    if (own.some((each) => argMax(each) !== best || (each[best] ?? 0) < least)) return;
    const [fused] = this.#servingAnswers.fused(row, [row.mask], streams);
    if (fused === undefined || argMax(fused) !== best || (fused[best] ?? 0) < least) return;
    this.#queue({ row, label: best, weight: pseudo.weight, block });
    this.#counts.pseudo++;
  }

  /** Lets a row wait to be learnt. Where more come than the budget pays for, the oldest are let go. */
  #queue(row: LabelledRow): void {
    this.#fresh.push(row);
    if (this.#fresh.length > MOST_FRESH) this.#fresh.shift();
  }

  /** Learns what is new, as often as the budget allows. */
  #learn(): void {
    const { batch } = this.#options;
    while (this.#fresh.length >= batch) {
      const cost = this.#contenders.reduce((sum, { shadow }) => sum + shadow.costOf(batch), 0);
      if (this.#credit < cost) return;
      this.#credit -= cost;
      const fresh = this.#fresh.splice(0, batch);
      for (const { shadow } of this.#contenders) shadow.learn(fresh);
      this.#counts.steps++;
    }
  }

  /** The contender that most speaks for. */
  get #best(): Contender | undefined {
    let best = this.#contenders[0];
    for (const each of this.#contenders) if (each.evidence.z > (best?.evidence.z ?? 0)) best = each;
    return best;
  }

  /** Takes what serves away where the labels say that it was better before. */
  #rollBack(): readonly Decision[] {
    const alarm = this.#gauges.alarm;
    if (alarm === undefined || this.#isPinned) return [];
    const to = alarm.than === "parent" ? (this.#parent ?? this.#base) : this.#base;
    const from = this.#serving.version;
    this.#counts.rolledBack++;
    this.#takeUp(to);
    return [{ kind: "rollback", from, to: to.learnt, reason: alarm.reason }];
  }

  #decide(): readonly Decision[] {
    if (this.#learntSince < this.#options.leastLearnt || this.#isPinned) return [];
    const best = this.#best;
    if (best === undefined) return [];
    const candidate = best.shadow.refresh();
    const verdict = this.#judge(candidate, best);
    this.#learntSince = 0;
    if (!verdict.publish) {
      this.#counts.discarded++;
      if (isHarm(verdict, this.#options.gate)) best.startOver(this.#serving.part);
      return [{ kind: "discard", verdict }];
    }
    const learnt = encodeLearnt(candidate, this.#config, {
      base: this.#base.version,
      parent: this.#serving.version,
      rows: this.#counts.rows,
      labels: this.#counts.learnt,
    });
    this.#counts.published++;
    this.#own = new Set([...this.#own, learnt.version].slice(-OWN));
    const parent = this.#serving;
    this.#serving = { version: learnt.version, part: learnt.part, learnt };
    this.#learner = best.name;
    this.#follow(parent);
    return [{ kind: "publish", learnt, verdict }];
  }

  #judge(candidate: AdaptedPart, { name, evidence }: Contender): Verdict {
    const rows = this.#desk.recent(GAUGE_ROWS).filter((_, at) => at % GAUGE_EVERY === 0);
    return judge(
      {
        serving: this.#servingAnswers,
        candidate: new PartAnswers(candidate, this.#config),
        learner: name,
        goesOn: name === this.#learner,
        evidence,
        recent: this.#held.recent,
        old: this.#held.old,
        rows,
        contradicted: this.#gauges.contradicted,
        prequential: this.#gauges.prequential,
      },
      this.#options.gate,
    );
  }

  /** Somebody else decided what serves. */
  #serve({ version, part, isPinned, isOwn }: Extract<LearnerInput, { kind: "serve" }>): void {
    this.#isPinned = isPinned;
    if (version === this.#serving.version || (isOwn && this.#own.has(version))) return;
    this.#takeUp({ version, part: part ?? this.#base.part });
  }

  /** Lets a version serve that was not learnt just now, and all contenders start again from it. */
  #takeUp(version: Version): void {
    this.#serving = version;
    this.#learner = undefined;
    this.#follow(undefined);
    for (const each of this.#contenders) each.startOver(version.part);
    this.#fresh = [];
  }

  /** Watches what serves from here on, against what it was learnt from. */
  #follow(parent: Version | undefined): void {
    this.#servingAnswers = new PartAnswers(this.#serving.part, this.#config);
    this.#parent = parent;
    this.#parentAnswers = parent && new PartAnswers(parent.part, this.#config);
    this.#gauges.restart();
    for (const each of this.#contenders) each.forgetEvidence();
  }

  #versionOf({ version, bytes, part }: VersionState): Version {
    if (bytes === undefined) return { version, part: part ?? this.#base.part };
    const learnt = decodeLearnt(bytes, this.#config);
    return { version, part: learnt.part, learnt };
  }

  #stateOf({ version, part, learnt }: Version): VersionState {
    if (learnt !== undefined) return { version, bytes: learnt.bytes };
    return version === this.#base.version ? { version } : { version, part };
  }
}
