import { type Observable, Subject } from "rxjs";

import { SensorError } from "../errors.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { Micros } from "../units.ts";
import type { CurveClient } from "../wire/CurveKeys.ts";
import type { WireMessage } from "../wire/WireMessage.ts";
import type { Feed, SensorPlan } from "./Feed.ts";
import type { SensorRun } from "./runSensor.ts";
import { SensorProcess, type SensorStatus } from "./SensorProcess.ts";

export interface SensorFleetOptions {
  readonly streams: readonly StreamDescription[];
  readonly feed: Feed;
  /** Streams whose sensor is never started. */
  readonly without: readonly string[];
  /** Start the feed over when it ends. */
  readonly loop: boolean;
  /** Folder of the sensors. */
  readonly folder: string;
  /** The pipeline's inlet and its control address. */
  readonly connect: string;
  readonly control: string;
  /** Keys of our own sensors, where the pipeline encrypts. */
  readonly curve?: CurveClient;
  /** Draws from [0, 1). */
  readonly random: () => number;
}

/** A change in how a stream's sensor fares. */
export interface FleetNews {
  readonly stream: string;
  readonly status: SensorStatus;
}

interface Member {
  readonly kind: string;
  readonly process: SensorProcess;
  /** Came while the run was on its way: its end is not waited for. */
  readonly isGuest: boolean;
  plugged: boolean;
  ended: boolean;
  /** What the sensor's clock said last: all that was due by then has come in. */
  reached: number;
}

/** How a fleet goes on with a run that was killed. */
export interface FleetPast {
  /** Earliest origin time wanted of each stream, of something replayed. */
  readonly from: ReadonlyMap<string, Micros>;
  /** Streams whose sensor has been taken away. */
  readonly unplugged: ReadonlySet<string>;
  /** Streams whose sensor had given all it had. */
  readonly ended: ReadonlySet<string>;
}

/** The processes of a run's sensors: started together, unplugged and given back one by one. */
export class SensorFleet {
  /** Every change of every sensor. */
  readonly news: Observable<FleetNews>;
  readonly #news = new Subject<FleetNews>();
  readonly #options: SensorFleetOptions;
  readonly #members = new Map<string, Member>();
  #isGone = false;
  #waiting: { readonly at: number; readonly settle: (failure?: Error) => void } | undefined;

  constructor(options: SensorFleetOptions) {
    this.#options = options;
    this.news = this.#news.asObservable();
  }

  /**
   * Starts every sensor of the feed that is not to stay away for now.
   *
   * @param origin Where the feed's start falls.
   */
  start(origin: Micros, past?: FleetPast): void {
    const { streams, feed, without, loop } = this.#options;
    const repeat = loop && feed.duration !== undefined ? { repeat: feed.duration } : {};
    for (const description of streams) {
      const { stream } = description;
      const plan = feed.sensors[stream];
      if (plan === undefined || without.includes(stream)) continue;
      const member = this.#enlist({ ...plan, description, origin, ...repeat }, false);
      member.plugged = past?.unplugged.has(stream) !== true;
      member.ended = past?.ended.has(stream) === true;
      if (member.plugged && !member.ended) member.process.start(past?.from.get(stream));
    }
  }

  /**
   * Starts a sensor that the feed does not have; the run does not wait for its end. It takes the place of the
   * stream's sensor, which must have been unplugged.
   *
   * @param origin Where the start of something replayed falls.
   */
  async add(plan: SensorPlan, description: StreamDescription, origin: Micros): Promise<void> {
    await this.remove(description.stream);
    if (this.#isGone) return;
    this.#enlist({ ...plan, description, origin }, true).process.start();
  }

  /** Ends the stream's sensor for good; settles when it is gone. */
  async remove(stream: string): Promise<void> {
    const member = this.#members.get(stream);
    if (member === undefined) return;
    this.#members.delete(stream);
    await member.process[Symbol.asyncDispose]();
    this.#settle();
  }

  #enlist(
    sensor: Pick<SensorRun, "kind" | "options" | "description" | "origin" | "repeat">,
    isGuest: boolean,
  ): Member {
    const { folder, random, connect, control, curve } = this.#options;
    const { stream } = sensor.description;
    const process = new SensorProcess({
      ...{ ...sensor, connect, control, random },
      ...(curve !== undefined && { curve }),
      sensors: folder,
    });
    const member: Member = {
      ...{ kind: sensor.kind, process, isGuest },
      ...{ plugged: true, ended: false, reached: -Infinity },
    };
    this.#members.set(stream, member);
    process.status.subscribe((status) => this.#follow(stream, member, status));
    return member;
  }

  /** The kind of the stream's sensor, where it is ours and has not been taken away. */
  kindOf(stream: string): string | undefined {
    const member = this.#members.get(stream);
    return member?.plugged === true ? member.kind : undefined;
  }

  /** Whether the stream's sensor is ours and has not been taken away. */
  feeds(stream: string): boolean {
    return this.#members.get(stream)?.plugged === true;
  }

  /** Whether the stream's sensor is ours to take away and give back. */
  owns(stream: string): boolean {
    return this.#members.has(stream);
  }

  /** Kills the stream's sensor, as if its plug was pulled; settles when it is gone. */
  async unplug(stream: string): Promise<void> {
    const member = this.#members.get(stream);
    if (member === undefined || !member.plugged) return;
    member.plugged = false;
    await member.process.stop();
    this.#settle();
  }

  /** Starts the stream's sensor again; it rejoins at the clock's now. */
  replug(stream: string): void {
    const member = this.#members.get(stream);
    if (member === undefined || member.plugged) return;
    member.plugged = true;
    member.ended = false;
    member.reached = -Infinity;
    member.process.start();
  }

  /** A message of a sensor came in and has been dealt with. */
  heard(message: WireMessage): void {
    if (message.kind === "data") return;
    const member = this.#members.get(message.stream);
    if (member === undefined) return;
    member.reached = Math.max(member.reached, message.at);
    if (message.kind === "bye") member.ended = true;
    this.#settle();
  }

  /** Whether no sensor will say anything any more, by itself. */
  get finished(): boolean {
    return [...this.#members.values()].every(
      ({ plugged, ended, isGuest }) => ended || !plugged || isGuest,
    );
  }

  /** Whether these sensors have given all they had; all of them, where none is named. */
  hasEnded(streams: readonly string[]): boolean {
    const all = streams.length > 0 ? streams : [...this.#members.keys()];
    return all.every((stream) => this.#members.get(stream)?.ended ?? true);
  }

  /**
   * Settles once every sensor that is plugged in has sent all that was due by `at`, or has ended; at once when
   * the fleet is disposed.
   *
   * @throws {SensorError} If one cannot be started at all.
   */
  reached(at: Micros): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting = {
        at,
        settle: (failure) => (failure === undefined ? resolve() : reject(failure)),
      };
      this.#settle();
    });
  }

  /** Ends every process. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isGone = true;
    this.#settle();
    await Promise.all(
      [...this.#members.values()].map(({ process }) => process[Symbol.asyncDispose]()),
    );
    this.#news.complete();
  }

  #follow(stream: string, member: Member, status: SensorStatus): void {
    // An earlier life's promise says nothing about what its successor has sent.
    if (status.state === "starting") member.reached = -Infinity;
    this.#news.next({ stream, status });
    if (status.state !== "failed") return;
    member.ended = true;
    // One that came on the way ends nothing but itself.
    if (member.isGuest) this.#settle();
    else this.#waiting?.settle(new SensorError(`sensor of stream ${stream}`, status.reason));
  }

  #settle(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    for (const { plugged, ended, reached } of this.#isGone ? [] : this.#members.values())
      if (plugged && !ended && reached < waiting.at) return;
    this.#waiting = undefined;
    waiting.settle();
  }
}
