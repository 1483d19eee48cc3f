import { ConfigError } from "../../errors.ts";
import { frameBytes } from "../../frames/StreamDescription.ts";
import type { SenseForm } from "../../pipeline/PageSense.ts";
import type { SensedFrame } from "../../pipeline/Sensor.ts";
import { type Micros, millis, toMillis } from "../../units.ts";
import type { Outlet } from "../../wire/Outlet.ts";
import type { FramesMessage } from "../joinProtocol.ts";
import type { JoinDesk } from "./JoinDesk.ts";
import type { JoinOffer } from "./joinOffers.ts";

/** How often a stream whose frames come as things happen tells that it is alive. */
const HEARTBEAT = millis(40);
/** Frames that may wait for a busy pipeline before the page's newest are left out. */
const MOST_WAITING = 256;

/** What becomes of frames on their way. */
export interface JoinFeedCounters {
  /** Frames handed on. */
  frames: number;
  /** Frames left out because the pipeline was busy. */
  dropped: number;
}

interface Way {
  readonly outlet: Outlet;
  readonly heartbeat: NodeJS.Timeout | undefined;
  waiting: number;
}

/**
 * One sense that a page lends: the way of its frames, converted where that is needed, into the pipeline.
 *
 * Each stream that it feeds has a publisher of its own. Whoever opens it closes it.
 */
export class JoinFeed {
  readonly #offer: JoinOffer;
  readonly #counters: JoinFeedCounters;
  readonly #fail: (cause: unknown) => void;
  readonly #ways: ReadonlyMap<string, Way>;
  readonly #convert: (frame: SensedFrame) => readonly (SensedFrame & { readonly stream: string })[];

  private constructor(
    offer: JoinOffer,
    ways: ReadonlyMap<string, Way>,
    counters: JoinFeedCounters,
    fail: (cause: unknown) => void,
  ) {
    this.#offer = offer;
    this.#ways = ways;
    this.#counters = counters;
    this.#fail = fail;
    const converter = offer.converter?.();
    const [{ stream } = { stream: offer.name }] = offer.feeds;
    this.#convert = converter
      ? (frame) => converter.push(frame)
      : (frame) => [{ ...frame, stream }];
  }

  /**
   * Opens the ways.
   *
   * @param counters Counted up as frames go.
   * @param fail Told of a frame that could not be sent.
   * @throws {SensoriumError} If one cannot be opened; none is then.
   */
  static async open(
    offer: JoinOffer,
    desk: JoinDesk,
    counters: JoinFeedCounters,
    fail: (cause: unknown) => void,
  ): Promise<JoinFeed> {
    const ways = new Map<string, Way>();
    try {
      for (const description of offer.feeds) {
        // Milliseconds take 41 of the 48 bits of a boot id; two pages never open a stream in the same one.
        const outlet = await desk.open(description, Math.floor(toMillis(desk.clock.now())));
        const heartbeat = description.rate === "irregular" ? beating(outlet, desk) : undefined;
        ways.set(description.stream, { outlet, heartbeat, waiting: 0 });
      }
    } catch (cause) {
      for (const way of ways.values()) await closed(way);
      throw cause;
    }
    return new JoinFeed(offer, ways, counters, fail);
  }

  /**
   * Hands the frames of a message on.
   *
   * @returns Why they are none of what was offered; undefined where they are.
   * @throws {SensoriumError} If a frame cannot be converted; those before it are on their way.
   */
  handOn(message: FramesMessage): string | undefined {
    const { times, payload } = message;
    const problem = misfit(message, this.#offer.form);
    if (problem !== undefined) return problem;
    const size = payload.byteLength / times.length;
    times.forEach((originTime, i) => {
      const frame = { originTime, payload: payload.subarray(i * size, (i + 1) * size) };
      for (const { stream, ...converted } of this.#convert(frame)) this.#send(stream, converted);
    });
    return undefined;
  }

  /** @param saysBye Whether the streams end; otherwise they just fall silent. */
  async close({
    now,
    saysBye,
  }: {
    readonly now: Micros;
    readonly saysBye: boolean;
  }): Promise<void> {
    for (const way of this.#ways.values()) {
      clearInterval(way.heartbeat);
      if (saysBye) await way.outlet.bye(now, now).catch(() => {});
      await closed(way);
    }
  }

  #send(stream: string, frame: SensedFrame): void {
    const way = this.#ways.get(stream);
    if (way === undefined)
      throw new ConfigError(
        `sense ${this.#offer.name}`,
        `expected frames of ${[...this.#ways.keys()].join(", ")} from its converter, got ${stream}`,
      );
    if (way.waiting >= MOST_WAITING) {
      this.#counters.dropped += 1;
      return;
    }
    way.waiting += 1;
    this.#counters.frames += 1;
    way.outlet
      .send(frame)
      .catch(this.#fail)
      .finally(() => {
        way.waiting -= 1;
      });
  }
}

function beating(outlet: Outlet, { clock }: JoinDesk): NodeJS.Timeout {
  const beat = (): void => {
    const now = clock.now();
    // What a person does on the page is on its way for a moment.
    void outlet.heartbeat(Math.max(0, now - millis(250)) as Micros, now).catch(() => {});
  };
  return setInterval(beat, toMillis(HEARTBEAT)).unref();
}

async function closed({ outlet, heartbeat }: Way): Promise<void> {
  clearInterval(heartbeat);
  await outlet[Symbol.asyncDispose]();
}

/** Why frames are none of their form's; undefined where they are. */
function misfit({ times, payload }: FramesMessage, form: SenseForm): string | undefined {
  const size = frameBytes(form);
  if (size === undefined)
    return times.length === 1 ? undefined : `expected one text a message, got ${times.length}`;
  if (times.length > 0 && payload.byteLength === size * times.length) return undefined;
  return `expected ${times.length} frames of ${size} bytes, got ${payload.byteLength} bytes`;
}
