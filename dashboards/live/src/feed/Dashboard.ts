import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";

import type {
  GaugesMessage,
  HelloMessage,
  LatencyMessage,
  LearningMessage,
  Row,
  ServerMessage,
  StatusMessage,
  StreamsMessage,
} from "../../../../src/server/protocol.ts";
import { Connection } from "./Connection.ts";
import { type Explanation, explain } from "./explain.ts";
import type { LineState } from "./LineState.ts";
import { PlaybackCursor } from "./PlaybackCursor.ts";
import { Recent } from "./Recent.ts";
import { type TimeScale, timeScale } from "./timeScale.ts";

/** The instant that the panels speak about. */
export interface Moment {
  /** What is spoken about: as far behind the newest row as the answers are, or where somebody points. */
  readonly time: number;
  /** The row whose answer is about that time. */
  readonly row: Row | undefined;
  /** µs behind the right edge; 0 unless somebody points at the past. */
  readonly behind: number;
}

/** A passing notice. */
export interface Notice {
  readonly id: number;
  readonly text: string;
}

/** What the dashboard needs from its page. */
export interface DashboardOptions {
  /** Address of the WebSocket. */
  readonly url: string;
  /** ms, a clock that flows evenly. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Of a pipeline that has not said. */
const USUAL_PERIOD = 40_000;
const NOTICE_MS = 7_000;
const MOST_NOTICES = 3;
/** Words that change faster than this are not read; the lanes go on at the screen's pace. */
const MOMENT_MS = 80;

/** Everything the page knows, as signals; the one place where messages turn into state. */
export class Dashboard {
  readonly line: Signal<LineState> = signal({ kind: "connecting", again: false });
  readonly hello: Signal<HelloMessage | undefined> = signal(undefined);
  readonly streams: Signal<StreamsMessage | undefined> = signal(undefined);
  readonly status: Signal<StatusMessage | undefined> = signal(undefined);
  readonly latency: Signal<LatencyMessage | undefined> = signal(undefined);
  readonly gauges: Signal<GaugesMessage | undefined> = signal(undefined);
  readonly learning: Signal<LearningMessage | undefined> = signal(undefined);
  readonly notices: Signal<readonly Notice[]> = signal([]);
  readonly moment: Signal<Moment | undefined> = signal(undefined);
  readonly explanation: Signal<Explanation | undefined> = signal(undefined);
  /** µs behind the right edge that somebody points at. */
  readonly pointed: Signal<number | undefined> = signal(undefined);
  /** Rows that the server did not send because this page was slow. */
  readonly skipped: Signal<number> = signal(0);
  /** There and back, in ms. */
  readonly roundTrip: Signal<number | undefined> = signal(undefined);
  /** Names of the streams whose answers count. */
  readonly counting: ReadonlySignal<readonly string[]> = computed(
    () =>
      this.hello.value?.streams.filter(({ counts }) => counts).map(({ stream }) => stream) ?? [],
  );
  readonly scale: ReadonlySignal<TimeScale> = computed(() =>
    timeScale(this.hello.value?.period ?? USUAL_PERIOD),
  );
  readonly recent = new Recent(timeScale(USUAL_PERIOD).kept);

  readonly #options: DashboardOptions;
  readonly #connection: Connection;
  #cursor = new PlaybackCursor({
    period: USUAL_PERIOD,
    memory: timeScale(USUAL_PERIOD).jitter,
  });
  #wasOpen = false;
  #lastRowAt: number | undefined;
  #lastMomentAt = Number.NEGATIVE_INFINITY;
  #notices = 0;

  constructor(options: DashboardOptions) {
    this.#options = options;
    this.#connection = new Connection({
      ...options,
      onMessage: (message) => this.#take(message),
      onState: (state) => this.#changeLine(state),
      onMalformed: (problem) => this.#notice(`The server sent something unreadable. ${problem}`),
    });
  }

  /** Asks the pipeline to stop or start a sensor. */
  plug(kind: "unplug" | "replug", stream: string): void {
    if (!this.#connection.send({ kind, stream }))
      this.#notice(`Not connected: ${stream} stays as it is.`);
  }

  /** Row time at the right edge, in µs; undefined before the first row. To be called once per frame. */
  frame(): number | undefined {
    const now = this.#options.now();
    const edge = this.#cursor.time(now * 1_000);
    if (now - this.#lastMomentAt >= MOMENT_MS) {
      this.#lastMomentAt = now;
      this.#tellMoment(edge);
      this.#explain(now);
    }
    return edge;
  }

  #tellMoment(edge: number | undefined): void {
    if (edge === undefined) {
      this.moment.value = undefined;
      return;
    }
    const lookAhead = this.hello.value?.lookAhead ?? 0;
    const behind = this.pointed.value ?? 0;
    const time = edge - Math.max(behind, lookAhead);
    const row = this.recent.rowAt(time + lookAhead, this.scale.value.slack);
    this.moment.value = { time, row, behind };
  }

  #explain(now: number): void {
    const explanation = explain({
      line: this.line.value,
      wasOpen: this.#wasOpen,
      hello: this.hello.value,
      status: this.status.value,
      streams: this.streams.value,
      rowAge: this.#lastRowAt === undefined ? undefined : now - this.#lastRowAt,
      now,
    });
    const old = this.explanation.value;
    if (JSON.stringify(old) !== JSON.stringify(explanation)) this.explanation.value = explanation;
  }

  #take(message: ServerMessage): void {
    const now = this.#options.now();
    switch (message.kind) {
      case "hello":
        this.#meet(message);
        return;
      case "rows":
        this.recent.push(message);
        this.#lastRowAt = now;
        // A batch is the past, sent at once: only its last row says how long the way is.
        this.#cursor.arrive(message.rows.at(-1)?.time ?? 0, now * 1_000);
        return;
      case "events":
      case "truth":
        this.recent.push(message);
        return;
      case "gauges":
        this.gauges.value = message;
        return;
      case "learning":
        this.learning.value = message;
        return;
      case "streams":
        this.streams.value = message;
        return;
      case "status":
        this.status.value = message;
        return;
      case "latency":
        this.latency.value = message;
        return;
      case "problem":
        this.#notice(message.stream ? `${message.stream}: ${message.text}` : message.text);
        return;
      case "pong":
        this.roundTrip.value = this.#connection.roundTrip(message.id) ?? this.roundTrip.value;
        return;
      case "skipped":
        this.skipped.value += message.rows;
        return;
    }
  }

  #meet(hello: HelloMessage): void {
    const known = this.hello.value;
    // The same pipeline says the same again after each reconnection; the lanes need not start over.
    if (JSON.stringify(known) === JSON.stringify(hello)) return;
    this.hello.value = hello;
    if (known?.period === hello.period) return;
    const { kept, jitter } = this.scale.value;
    this.recent.span = kept;
    this.#cursor = new PlaybackCursor({ period: hello.period, memory: jitter });
  }

  #changeLine(state: LineState): void {
    if (state.kind === "open") {
      this.#wasOpen = true;
      // The snapshot that follows brings the last seconds again.
      this.recent.clear();
      this.#cursor.reset();
      this.#lastRowAt = undefined;
      this.status.value = undefined;
      this.gauges.value = undefined;
      this.learning.value = undefined;
    }
    if (state.kind === "lost") this.#cursor.hold(this.#options.now() * 1_000);
    this.line.value = state;
  }

  #notice(text: string): void {
    this.#notices += 1;
    const notice = { id: this.#notices, text };
    const others = this.notices.value.filter((other) => other.text !== text);
    this.notices.value = [...others, notice].slice(-MOST_NOTICES);
    setTimeout(() => {
      this.notices.value = this.notices.value.filter(({ id }) => id !== notice.id);
    }, NOTICE_MS);
  }
}
