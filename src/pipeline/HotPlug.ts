import { type Observable, Subject } from "rxjs";

import type { Clock } from "../clock/Clock.ts";
import { ConfigError } from "../errors.ts";
import { defineStream, type StreamDescription } from "../frames/StreamDescription.ts";
import { type Micros, micros } from "../units.ts";
import type { ControlServer } from "../wire/ControlServer.ts";
import type { CurveGuard } from "../wire/CurveGuard.ts";
import type { CurveClient } from "../wire/CurveKeys.ts";
import type { Inlet } from "../wire/Inlet.ts";
import { Outlet } from "../wire/Outlet.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import type { SensorPlan } from "./Feed.ts";
import type { Ingest } from "./Ingest.ts";
import type { SensorFleet } from "./SensorFleet.ts";
import type { StreamBoard } from "./StreamBoard.ts";

/** Streams of one run at most, guests too: rows have a cell for each. */
const MOST_STREAMS = 256;

/** The parts of a run that must know of each of its streams. All borrowed. */
export interface HotPlugParts {
  readonly definition: PipelineDefinition;
  readonly clock: Clock;
  readonly inlet: Inlet;
  readonly control: ControlServer;
  readonly ingest: Ingest;
  readonly board: StreamBoard;
  readonly fleet: SensorFleet;
  readonly guard: CurveGuard | undefined;
  /** Time a sensor gets to come up before something replayed begins. */
  readonly headStart: Micros;
}

/** What is attached while a run is on its way. */
export interface Attachment {
  /** A stream of the pipeline, by its name; or the description of one that it does not have: a guest. */
  readonly stream: string | StreamDescription;
  /** What feeds it; absent where somebody else's publisher will. */
  readonly sensor?: SensorPlan;
}

/**
 * Sensors that come and go while a pipeline runs.
 *
 * Key behaviours:
 * - A stream that the pipeline declares and nobody feeds gets a sensor; the model takes note as soon as it speaks.
 * - A stream that it does not declare becomes a **guest**: a CONFIG record names it, from there on it is let in,
 *   recorded, aligned (`guestPolicy`, optional: nothing waits for it) and shown. The model never sees it.
 * - Whatever comes or goes is on record before it has an effect, so that a replay does the same.
 */
export class HotPlug {
  /** Told when the streams are others: after a guest came or went. */
  readonly changes: Observable<readonly StreamDescription[]>;
  readonly #changes = new Subject<readonly StreamDescription[]>();
  readonly #parts: HotPlugParts;
  readonly #guests = new Map<string, StreamDescription>();
  #lastChange: Promise<unknown> = Promise.resolve();
  /** Of all that is lent within this process, which they never leave: pages come and go without number. */
  #lentKeys: CurveClient | undefined;

  constructor(parts: HotPlugParts) {
    this.#parts = parts;
    this.changes = this.#changes.asObservable();
  }

  /** All streams that there are now: the pipeline's own, then guests in the order in which they came. */
  get streams(): readonly StreamDescription[] {
    const own = Object.values(this.#parts.definition.streams).map(({ description }) => description);
    return [...own, ...this.#guests.values()];
  }

  /** The streams that the pipeline does not declare. */
  get guests(): readonly StreamDescription[] {
    return [...this.#guests.values()];
  }

  /** The kind of sensor of ours that feeds a stream; undefined where none does. */
  kindOf(stream: string): string | undefined {
    return this.#parts.fleet.kindOf(stream);
  }

  /**
   * Lets a sensor in, and starts it where it is ours.
   *
   * @throws {ConfigError} If the stream is fed already, a guest has the name of another stream or another site,
   *   there are too many, or there is nothing to do.
   */
  attach(attachment: Attachment): Promise<void> {
    return this.#inTurn(() => this.#attach(attachment));
  }

  async #attach({ stream, sensor }: Attachment): Promise<void> {
    const { clock, board, fleet, headStart } = this.#parts;
    const description =
      typeof stream === "string" ? this.#known(stream, "attach") : this.#welcome(stream);
    const name = description.stream;
    if (sensor === undefined) return;
    if (fleet.feeds(name))
      throw new ConfigError("attach", `expected ${name} without a sensor; detach it first`);
    board.plugged(name);
    await fleet.add(sensor, description, micros(clock.now() + headStart));
  }

  /**
   * Takes a stream's sensor away for good; a guest's stream goes with it.
   *
   * @throws {ConfigError} If there is no such stream, or neither a sensor of ours nor a guest to take away.
   */
  detach(stream: string): Promise<void> {
    return this.#inTurn(() => this.#detach(stream));
  }

  async #detach(stream: string): Promise<void> {
    const { board, fleet } = this.#parts;
    const description = this.#known(stream, "detach");
    const isGuest = this.#guests.has(stream);
    if (!isGuest && !fleet.feeds(stream))
      throw new ConfigError("detach", `expected a sensor of ours that feeds ${stream}, got none`);
    if (isGuest) {
      await fleet.remove(stream);
      this.#farewell(description);
    } else {
      board.unplugged(stream);
      await fleet.unplug(stream);
    }
  }

  /**
   * Opens a way in for a sensor within this very process, like a page's; the run's own sensor of the stream
   * makes way for it. Whoever asks for it disposes it.
   *
   * @param epoch Boot id of the publisher.
   * @throws {ConfigError} If the stream is not, or no longer, one of the run's.
   */
  lend(description: StreamDescription, epoch: number): Promise<Outlet> {
    return this.#inTurn(() => this.#lend(description, epoch));
  }

  async #lend(description: StreamDescription, epoch: number): Promise<Outlet> {
    const { fleet, guard, inlet } = this.#parts;
    const { stream } = description;
    if (!this.streams.some((known) => known.stream === stream))
      throw new ConfigError("lend", `expected a stream of the run, got ${stream}`);
    await fleet.unplug(stream);
    this.#lentKeys ??= guard?.issue("pages that sense");
    const curve = this.#lentKeys;
    return Outlet.open({
      connect: inlet.endpoint,
      description,
      epoch,
      ...(curve !== undefined && { curve }),
    });
  }

  /**
   * Kills a stream's sensor, which is still its sensor: it can be given back. Settles when it is gone.
   *
   * @throws Whatever keeps it from being ended.
   */
  unplug(stream: string): Promise<void> {
    return this.#inTurn(() => {
      this.#parts.board.unplugged(stream);
      return this.#parts.fleet.unplug(stream);
    });
  }

  /** Starts a stream's sensor again that was unplugged. */
  replug(stream: string): Promise<void> {
    return this.#inTurn(async () => {
      this.#parts.board.plugged(stream);
      this.#parts.fleet.replug(stream);
    });
  }

  /** Makes a change once the one before is through: of two for one stream the second must see the first. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#lastChange.then(change);
    this.#lastChange = changed.catch(() => {});
    return changed;
  }

  /** @throws {ConfigError} If there is no such stream. */
  #known(stream: string, act: "attach" | "detach"): StreamDescription {
    const known = this.streams.find((description) => description.stream === stream);
    if (known !== undefined) return known;
    const names = this.streams.map((description) => description.stream).join(", ");
    const others = act === "attach" ? ", or a description" : "";
    throw new ConfigError(act, `expected a stream of ${names}${others}, got ${stream}`);
  }

  /** A description as one of the run's streams; a guest unless it is one already. */
  #welcome(description: StreamDescription): StreamDescription {
    const { stream, site } = defineStream(description);
    const { definition, inlet, control, ingest, board } = this.#parts;
    const known = this.streams.find((other) => other.stream === stream);
    if (known !== undefined) {
      if (JSON.stringify(known) === JSON.stringify(description)) return known;
      throw new ConfigError("attach", `expected another name: there is a stream ${stream} already`);
    }
    if (site !== definition.site)
      throw new ConfigError("attach", `expected site ${definition.site} of ${stream}, got ${site}`);
    if (this.streams.length >= MOST_STREAMS)
      throw new ConfigError("attach", `expected at most ${MOST_STREAMS} streams, got another`);
    this.#guests.set(stream, description);
    // On record first: whatever comes of it comes after.
    ingest.restream(this.streams);
    board.declare(description);
    inlet.declare(description);
    control.restream(this.streams);
    this.#changes.next(this.streams);
    return description;
  }

  #farewell(description: StreamDescription): void {
    const { inlet, control, ingest, board } = this.#parts;
    this.#guests.delete(description.stream);
    control.restream(this.streams);
    inlet.withdraw(description);
    ingest.restream(this.streams);
    board.withdraw(description);
    this.#changes.next(this.streams);
  }
}
