import { Subject } from "rxjs";

import type { LiveFeed } from "../../src/server/LiveFeed.ts";
import type {
  Candidate,
  HelloMessage,
  LiveEvent,
  ReplugMessage,
  Row,
  ServerMessage,
  StreamRow,
  StreamStateName,
  SubsetRow,
  UnplugMessage,
} from "../../src/server/protocol.ts";
import { type Micros, micros, millis } from "../../src/units.ts";
import { noise, type Scene, type SceneWord, syntheticScene } from "./SyntheticScene.ts";
import { talkingFaceStreams } from "./talkingFaceStreams.ts";

const PERIOD_MS = 40;
const LOOK_AHEAD_MS = 120;
const REJOIN_MS = 600;
const CODES = 256;
const SENSED = ["audio", "video"] as const;

interface Plug {
  state: StreamStateName;
  since: number;
  /** Frames refused so far. */
  late: number;
  /** Why nobody believes it. */
  doubt?: string | undefined;
}

/**
 * A made-up pipeline for dashboards to show: no sensor, no model, nothing that is true.
 *
 * A test double. It answers as a good model would, errs now and then, and obeys `unplug` and `replug`.
 * Advanced from outside, one grid period at a time, so that a test decides how time goes.
 */
export class SyntheticFeed implements LiveFeed {
  readonly messages = new Subject<ServerMessage>();
  readonly #scene: Scene;
  readonly #origin: Micros;
  readonly #plugs = new Map<string, Plug>(
    ["audio", "video", "text"].map((stream) => [stream, { state: "live", since: 0, late: 0 }]),
  );
  #ms = 0;
  #told = -1;

  constructor(origin: Micros, scene: Scene = syntheticScene) {
    this.#origin = origin;
    this.#scene = scene;
  }

  hello(): HelloMessage {
    return {
      kind: "hello",
      pipeline: "talking-face",
      summary: "Says which word is being said, from when to when, and which senses carry it.",
      feed: "synthetic",
      period: millis(PERIOD_MS),
      lookAhead: millis(LOOK_AHEAD_MS),
      finalDelay: millis(240),
      classes: this.#scene.classes,
      silence: this.#scene.classes[0] ?? "",
      slots: this.#scene.slots,
      streams: talkingFaceStreams,
      codes: CODES,
      model: "synthetic-1",
      hasTruth: true,
    };
  }

  command({ kind, stream }: UnplugMessage | ReplugMessage): string | undefined {
    const plug = this.#plugs.get(stream);
    if (plug === undefined) return `${kind}: expected a stream of this pipeline, got ${stream}`;
    plug.state = kind === "unplug" ? "unplugged" : "rejoining";
    plug.since = this.#ms;
    this.#tellStreams();
    return undefined;
  }

  /** Time of the next row. */
  get nextTime(): Micros {
    return micros(this.#origin + (this.#ms + PERIOD_MS) * 1_000);
  }

  /** One grid period passes: one row, and whatever else is due. */
  advance(): void {
    this.#ms += PERIOD_MS;
    const ms = this.#ms;
    for (const plug of this.#plugs.values())
      if (plug.state === "rejoining" && ms - plug.since >= REJOIN_MS) plug.state = "live";
    this.messages.next({ kind: "rows", rows: [this.#row(ms)] });
    this.#tellEvents(ms);
    if (ms % 240 === 0) this.#tellStreams();
    if (ms % 1_000 === 0) this.#tellLatency();
    if (ms % 480 === 0) this.#tellGauges();
    const sentence = Math.floor(ms / this.#scene.duration);
    if (sentence !== this.#told) {
      this.#told = sentence;
      this.messages.next({
        kind: "truth",
        labels: this.#scene.words(sentence).map((word) => ({
          label: word.label,
          slot: word.slot,
          ...this.#span(sentence, word),
        })),
      });
    }
  }

  /** A sensor goes on, and nobody believes it any more; or all is well again. */
  breakStream(stream: string, text: string | undefined): void {
    const plug = this.#plugs.get(stream);
    if (plug === undefined) return;
    plug.state = text === undefined ? "live" : "broken";
    plug.since = this.#ms;
    plug.doubt = text;
    this.#tellStreams();
  }

  /** Somebody says what happened `ago` ms ago. */
  taught(label: string, agoMs: number, by = "dashboard"): void {
    const from = micros(this.#origin + (this.#ms - agoMs) * 1_000);
    const labels = [{ label, slot: "", from, to: micros(from + 320_000), by }];
    this.messages.next({ kind: "truth", labels });
  }

  /** Says why there is nothing to show. */
  stall(text: string, blocking: readonly string[]): void {
    this.messages.next({ kind: "status", state: "waiting", text, blocking });
  }

  #row(ms: number): Row {
    const present = SENSED.filter((stream) => this.#plugs.get(stream)?.state === "live");
    const about = ms - LOOK_AHEAD_MS;
    const single = (stream: string): Candidate[] => this.#answer(stream, about);
    const fused = this.#fuse(present, about);
    const subsets: SubsetRow[] = present.map((stream) => ({
      streams: [stream],
      ...(single(stream)[0] ?? { class: 0, probability: 1 }),
    }));
    if (present.length > 1)
      subsets.push({ streams: present, ...(fused[0] ?? { class: 0, probability: 1 }) });
    const streams: Record<string, StreamRow> = {};
    for (const stream of ["audio", "video", "text"] as const) {
      const plug = this.#plugs.get(stream);
      if (plug?.state !== "live" && plug?.state !== "broken") {
        streams[stream] = {
          presence: "missing",
          reason: ms - (plug?.since ?? 0) > 240 ? "idle" : "gap",
        };
        continue;
      }
      streams[stream] =
        stream === "text"
          ? this.#captions(ms)
          : {
              presence: "real",
              reading: {
                code: this.#code(stream, about),
                margin: noise(ms, stream.length),
                weight: 1 / present.length,
                top: single(stream),
              },
              view: this.#view(stream, ms),
            };
    }
    return { time: micros(this.#origin + ms * 1_000), fused, streams, subsets };
  }

  #view(stream: "audio" | "video", ms: number): Uint8Array {
    const { duration } = this.#scene;
    if (stream === "video") return this.#scene.mouth(Math.floor(ms / duration), ms % duration);
    const view = new Uint8Array(160);
    for (let column = 0; column < 4; column += 1) {
      const at = ms - PERIOD_MS + column * 10;
      view.set(this.#scene.mel(Math.floor(at / duration), (at + duration) % duration), column * 40);
    }
    return view;
  }

  #captions(ms: number): StreamRow {
    const { duration } = this.#scene;
    const sentence = Math.floor(ms / duration);
    const captions = this.#scene
      .words(sentence)
      .filter(({ from }) => from > (ms % duration) - PERIOD_MS && from <= ms % duration)
      .map((word) => ({ text: word.label, ...this.#span(sentence, word) }));
    return captions.length > 0
      ? { presence: "real", captions }
      : { presence: "missing", reason: "gap" };
  }

  #wordAt(ms: number): SceneWord | undefined {
    const { duration } = this.#scene;
    const at = ((ms % duration) + duration) % duration;
    return this.#scene
      .words(Math.floor(ms / duration))
      .find((word) => at >= word.from && at < word.to);
  }

  #answer(stream: string, ms: number): Candidate[] {
    const word = this.#wordAt(ms);
    const truth = word === undefined ? 0 : this.#scene.classes.indexOf(word.label);
    const slot = word === undefined ? [] : (this.#scene.slots[word.slot] ?? []);
    const sure = stream === "video" ? 0.72 : 0.88;
    const start = word?.from ?? 0;
    const phase =
      word === undefined ? 1 : ((ms % this.#scene.duration) - start) / (word.to - start);
    const wobble = noise(Math.floor(ms / 160), stream.length, truth) - 0.5;
    const top = Math.max(0.34, Math.min(0.995, sure + 0.3 * wobble + 0.12 * Math.sin(3 * phase)));
    const others = [1, 2, 3, 4].map((step) => {
      const label =
        step < slot.length
          ? slot[(slot.indexOf(word?.label ?? "") + step) % slot.length]
          : undefined;
      return label === undefined ? step : this.#scene.classes.indexOf(label);
    });
    const rest = 1 - top;
    return [
      { class: truth, probability: top },
      ...others.map((index, rank) => ({ class: index, probability: rest * 0.52 ** (rank + 1) })),
    ];
  }

  #fuse(present: readonly string[], ms: number): Candidate[] {
    if (present.length === 0) return [{ class: 0, probability: 0.2 }];
    const answers = present.map((stream) => this.#answer(stream, ms));
    const best = Math.max(...answers.map(([first]) => first?.probability ?? 0));
    const sure = present.length > 1 ? 1 - (1 - best) * 0.55 : best;
    const [first = { class: 0, probability: 1 }, ...others] = answers[0] ?? [];
    const scale = (1 - sure) / Math.max(1e-6, 1 - first.probability);
    return [
      { class: first.class, probability: sure },
      ...others.map((other) => ({ ...other, probability: other.probability * scale })),
    ];
  }

  #code(stream: string, ms: number): number {
    const word = this.#wordAt(ms);
    const third = word === undefined ? 0 : Math.floor((ms % this.#scene.duration) / 130);
    const index = stream === "audio" ? 1 : 2;
    const own = noise(Math.floor(ms / 120), index, 77) < 0.24;
    return Math.floor(
      noise(this.#scene.classes.indexOf(word?.label ?? "sil"), third, own ? index : 0) * CODES,
    );
  }

  #tellEvents(ms: number): void {
    const { duration } = this.#scene;
    const sentence = Math.floor((ms - LOOK_AHEAD_MS) / duration);
    const at = (ms - LOOK_AHEAD_MS) % duration;
    const present = SENSED.filter((stream) => this.#plugs.get(stream)?.state === "live");
    if (sentence < 0 || present.length === 0) return;
    for (const [index, word] of this.#scene.words(sentence).entries()) {
      const state = at < word.to ? "provisional" : "final";
      if (at < word.from + 70 || at > word.to + PERIOD_MS) continue;
      const wrong = noise(sentence, index, 99) < 0.06 && present.length < 2;
      const slot = this.#scene.slots[word.slot] ?? [];
      const evidence = Object.fromEntries(
        SENSED.map((stream) => [
          stream,
          present.includes(stream)
            ? (this.#answer(stream, ms - LOOK_AHEAD_MS)[0]?.probability ?? 0)
            : 0,
        ]),
      );
      const span = this.#span(sentence, {
        ...word,
        from: word.from + 18,
        to: Math.min(word.to, at) + 12,
      });
      const event: LiveEvent = {
        id: `${sentence}:${index}`,
        label: wrong
          ? (slot[(slot.indexOf(word.label) + 1) % slot.length] ?? word.label)
          : word.label,
        ...span,
        score: this.#fuse(present, ms - LOOK_AHEAD_MS)[0]?.probability ?? 0,
        evidence,
        modalities: [...present],
        extents: Object.fromEntries(
          present.map((stream) => [
            stream,
            [
              span.from,
              stream === "video" ? micros(Math.max(span.from, span.to - 60_000)) : span.to,
            ],
          ]),
        ),
        state,
      };
      this.messages.next({ kind: "events", events: [event] });
    }
  }

  #tellStreams(): void {
    this.messages.next({
      kind: "streams",
      time: micros(this.#origin + this.#ms * 1_000),
      streams: [...this.#plugs].map(([stream, plug]) => {
        const live = plug.state === "live" || plug.state === "broken";
        const nominal = stream === "audio" ? 100 : stream === "video" ? 25 : 2.1;
        return {
          stream,
          state: plug.state,
          rate: live ? nominal * (0.985 + 0.03 * noise(this.#ms, stream.length)) : 0,
          age: millis(live ? 11 + 24 * noise(this.#ms, 3) : this.#ms - plug.since + 20),
          counters: stream === "video" ? { late: 2, duplicate: 1 } : {},
          ...(plug.doubt !== undefined && {
            doubt: {
              reason: "frozen",
              text: plug.doubt,
              since: micros(this.#origin + plug.since * 1_000),
            },
          }),
          pluggable: true,
        };
      }),
    });
  }

  #tellGauges(): void {
    const rows = Math.min(Math.floor(this.#ms / PERIOD_MS), 1_500);
    const gauge = (streams: readonly string[], agreement: number) => ({
      streams,
      rows,
      agreement: agreement + 0.02 * noise(this.#ms, streams.length),
      eventAgreement: agreement - 0.06,
      expected: agreement - 0.01,
      confidence: agreement - 0.02,
      labelled: 120,
      accuracy: agreement - 0.03,
    });
    this.messages.next({
      kind: "gauges",
      time: micros(this.#origin + this.#ms * 1_000),
      subsets: [gauge(["audio"], 0.95), gauge(["video"], 0.86)],
      alignment: [
        { stream: "audio", cosine: 0.91, dca: 0.71 },
        { stream: "video", cosine: 0.84, dca: 0.66 },
      ],
      codes: [{ streams: ["audio", "video"], share: 0.43 }],
    });
  }

  #tellLatency(): void {
    const last = millis(38 + 9 * noise(this.#ms));
    this.messages.next({
      kind: "latency",
      total: { last, p50: millis(41), p99: millis(68) },
      hops: [
        { name: "sensor to log", last: millis(3), p50: millis(3), p99: millis(6) },
        { name: "alignment", last: millis(22), p50: millis(24), p99: millis(41) },
        { name: "model", last: millis(9), p50: millis(9), p99: millis(14) },
        { name: "server", last: millis(1), p50: millis(1), p99: millis(3) },
      ],
    });
  }

  #span(
    sentence: number,
    { from, to }: { from: number; to: number },
  ): { from: Micros; to: Micros } {
    const start = this.#origin + sentence * this.#scene.duration * 1_000;
    return {
      from: micros(start + from * 1_000),
      to: micros(start + Math.max(to, from + 20) * 1_000),
    };
  }
}
