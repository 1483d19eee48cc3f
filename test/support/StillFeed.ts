import { Subject } from "rxjs";

import type { PipelineDefinition } from "../../src/pipeline/definePipeline.ts";
import type { LiveFeed } from "../../src/server/LiveFeed.ts";
import type {
  HelloMessage,
  ReplugMessage,
  Row,
  ServerMessage,
  StreamStateName,
  UnplugMessage,
} from "../../src/server/protocol.ts";
import { type Micros, micros, millis } from "../../src/units.ts";

const PAST_ROWS = 60;
const LOOK_AHEAD = millis(120);
const ARE_SURE = 0.97;

/**
 * A pipeline's own streams and labels, all of them at work at once: the longest label is happening, every stream
 * carries it, and every share is two digits long. What a page has to find room for.
 */
export class StillFeed implements LiveFeed {
  readonly messages = new Subject<ServerMessage>();
  readonly #pipeline: PipelineDefinition;
  readonly #classes: readonly string[];
  readonly #longest: number;
  readonly #unplugged = new Set<string>();
  /** Time of the next row. */
  #told: Micros | undefined;
  #began: Micros | undefined;

  constructor(pipeline: PipelineDefinition) {
    this.#pipeline = pipeline;
    this.#classes = [pipeline.silence, ...Object.values(pipeline.slots).flat()];
    const most = Math.max(...this.#classes.map(({ length }) => length));
    this.#longest = this.#classes.findIndex(({ length }) => length === most);
  }

  hello(): HelloMessage {
    const { name, summary, grid, silence, slots, streams } = this.#pipeline;
    return {
      kind: "hello",
      pipeline: name,
      summary,
      feed: "demo recording",
      period: grid.period,
      lookAhead: LOOK_AHEAD,
      finalDelay: millis(800),
      classes: this.#classes,
      silence,
      slots,
      streams: Object.entries(streams).map(([stream, { description, view }]) => ({
        stream,
        modality: description.modality,
        rate: description.rate === "irregular" ? 0 : description.rate,
        unit: description.unit,
        view,
        counts: this.#counting.includes(stream),
      })),
      codes: 256,
      model: `${name}-b08777e70b3c`,
      hasTruth: true,
    };
  }

  command({ kind, stream }: UnplugMessage | ReplugMessage): undefined {
    if (kind === "unplug") this.#unplugged.add(stream);
    else this.#unplugged.delete(stream);
  }

  /** Says the whole of it, as of `now`; to be called again as time goes. */
  say(now: Micros): void {
    const { period } = this.#pipeline.grid;
    const rows: Row[] = [];
    this.#began ??= now;
    let told = this.#told ?? micros(now - PAST_ROWS * period);
    for (; told + period <= now; told = micros(told + period)) rows.push(this.#row(told));
    this.#told = told;
    this.messages.next({ kind: "rows", rows });
    this.#tellEvents(this.#began);
    this.#tellStreams(now);
    this.#tellGauges(now);
    const delay = { last: millis(141), p50: millis(141), p99: millis(268) };
    this.messages.next({ kind: "latency", total: delay, hops: [{ name: "model", ...delay }] });
    this.messages.next({
      ...{ kind: "learning", version: `${this.#pipeline.name}-b08777e70b3c` },
      ...{ isPinned: true, isLearning: true, published: 1, discarded: 2, rolledBack: 1 },
      labels: { given: 24, learnt: 12, held: 8, tooLate: 1 },
    });
  }

  get #counting(): readonly string[] {
    const { streams, answerStreams } = this.#pipeline;
    return Object.keys(streams).filter((stream) => !answerStreams.includes(stream));
  }

  get #present(): readonly string[] {
    return this.#counting.filter((stream) => !this.#unplugged.has(stream));
  }

  #row(time: Micros): Row {
    const top = [0, 1, 2, 3, 4].map((rank) => ({
      class: (this.#longest + rank) % this.#classes.length,
      probability: rank === 0 ? ARE_SURE : (1 - ARE_SURE) / 4,
    }));
    const answer = { class: this.#longest, probability: ARE_SURE };
    const present = this.#present;
    const reading = { code: 7, margin: 0.5, weight: 1 / present.length, top };
    const without = present.map((lost) => present.filter((stream) => stream !== lost));
    const alone = present.map((stream) => [stream]);
    const subsets = [...alone, ...(present.length > 2 ? without : []), present];
    return {
      time,
      fused: top,
      streams: Object.fromEntries(
        Object.keys(this.#pipeline.streams).map((stream) => [
          stream,
          present.includes(stream)
            ? { presence: "real", reading }
            : { presence: "missing", reason: "idle" },
        ]),
      ),
      subsets: subsets.map((streams) => ({ streams, ...answer })),
    };
  }

  #tellEvents(began: Micros): void {
    const present = this.#present;
    const shares = present.map((stream) => [stream, ARE_SURE] as const);
    const label = this.#classes[this.#longest] ?? "";
    const event = {
      ...{ label, score: ARE_SURE, modalities: present, evidence: Object.fromEntries(shares) },
    };
    const to = micros(began + 3_600_000_000);
    const from = micros(began - 1_500_000);
    this.messages.next({
      kind: "events",
      events: [{ id: "now", ...event, from, to, state: "provisional" }],
    });
    this.messages.next({
      kind: "truth",
      labels: [{ label, slot: "", from: micros(began - 2_000_000), to: began }],
    });
  }

  #tellStreams(now: Micros): void {
    this.messages.next({
      kind: "streams",
      time: now,
      streams: Object.entries(this.#pipeline.streams).map(([stream, { description }]) => {
        const gone = this.#unplugged.has(stream);
        const state: StreamStateName = gone ? "unplugged" : "live";
        const nominal = description.rate === "irregular" ? 2.1 : description.rate;
        return {
          ...{ stream, state, rate: gone ? 0 : nominal, age: millis(gone ? 23_400 : 141) },
          ...{ counters: { late: 1_264, aged: 573 }, pluggable: true },
        };
      }),
    });
  }

  #tellGauges(now: Micros): void {
    const present = this.#present;
    const left = [
      ...present.map((lost) => present.filter((stream) => stream !== lost)),
      ...present.map((stream) => [stream]),
    ];
    const gauge = { rows: 600, agreement: 0.97, eventAgreement: 0.91, labelled: 120 };
    this.messages.next({
      kind: "gauges",
      time: now,
      subsets: left.map((streams) => ({ streams, ...gauge, accuracy: 0.92 })),
      alignment: present.map((stream) => ({ stream, cosine: 0.91, dca: 0.71 })),
      codes: [{ streams: present.slice(0, 2), share: 0.43 }],
    });
  }
}
