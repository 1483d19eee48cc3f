import { setMaxListeners } from "node:events";
import { type Observable, Subject, type Subscription } from "rxjs";

import type { Clock } from "../clock/Clock.ts";
import type { ClockSample } from "../clock/ClockSample.ts";
import { micros, millis, seconds } from "../units.ts";
import type { Answer, ControlServer } from "./ControlServer.ts";
import { topicOf } from "./topic.ts";
import type { Publisher } from "./WireMessage.ts";

/** Probes of one wave. */
const PROBES = 8;
/** How long an answer may take; later ones are of no use. */
const PATIENCE = millis(128);
/** From one wave to the next. */
const BETWEEN_WAVES = seconds(2);
/** Between the probes of a wave, so that one hiccup does not delay them all. */
const BETWEEN_PROBES = millis(10);

/** The answered probes of one wave. */
export interface Wave extends Publisher {
  readonly samples: readonly ClockSample[];
}

/**
 * Probes the clocks of all sensors on a control path, in waves of eight every two seconds.
 *
 * - `greet` is the first wave: to be awaited before a sensor begins, so that all that it sends can be
 *   brought to our clock.
 * - A probe that is not answered within 128 ms is given up; a wave holds what was answered, at worst nothing.
 * - Borrows the server. Stops when disposed, idempotently.
 */
export class ClockProber {
  /** What was answered, wave by wave. Hot; completes when disposed. */
  readonly waves: Observable<Wave>;

  readonly #server: ControlServer;
  readonly #clock: Clock;
  readonly #waves = new Subject<Wave>();
  readonly #stop = new AbortController();
  readonly #waiting = new Map<string, (sample: ClockSample) => void>();
  readonly #probed = new Set<string>();
  /** Ends the wait for an answer. */
  readonly #asking = new Set<AbortController>();
  readonly #listening: Subscription;

  constructor({ server, clock }: { readonly server: ControlServer; readonly clock: Clock }) {
    this.#server = server;
    this.#clock = clock;
    this.waves = this.#waves.asObservable();
    // Every sensor's wave waits on it: a dozen sensors are no leak.
    setMaxListeners(0, this.#stop.signal);
    this.#listening = server.answers.subscribe((answer) => this.#heard(answer));
    void this.#run();
  }

  /** Probes a sensor that has just said hello; settles when its first wave is over. */
  async greet(publisher: Publisher): Promise<void> {
    await this.#wave(publisher, 0);
  }

  /** Stops probing. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const patience of this.#asking) patience.abort();
    this.#listening.unsubscribe();
    this.#waves.complete();
  }

  async #run(): Promise<void> {
    while (await this.#pause(BETWEEN_WAVES))
      for (const hello of this.#server.peers) void this.#wave(hello, BETWEEN_PROBES);
  }

  /** @param pause Between its probes, in µs. */
  async #wave(publisher: Publisher, pause: number): Promise<void> {
    const { site, stream, epoch } = publisher;
    const key = keyOf(publisher);
    // One wave of a sensor at a time: a slow one is not overtaken by the next.
    if (this.#probed.has(key)) return;
    this.#probed.add(key);
    const samples: ClockSample[] = [];
    for (let probe = 0; probe < PROBES && !this.#stop.signal.aborted; probe++) {
      const sample = await this.#ask(publisher, key);
      if (sample !== undefined) samples.push(sample);
      if (pause > 0 && !(await this.#pause(pause))) break;
    }
    this.#probed.delete(key);
    if (!this.#stop.signal.aborted) this.#waves.next({ site, stream, epoch, samples });
  }

  async #ask(publisher: Publisher, key: string): Promise<ClockSample | undefined> {
    const patience = new AbortController();
    // Not AbortSignal.any: the signal that lives as long as we do would remember each of them.
    this.#asking.add(patience);
    const answer = new Promise<ClockSample>((resolve) => this.#waiting.set(key, resolve));
    void this.#server.probe(publisher);
    const tooLate = this.#clock.until(micros(this.#clock.now() + PATIENCE), patience.signal).then(
      () => undefined,
      () => undefined,
    );
    const sample = await Promise.race([answer, tooLate]);
    patience.abort();
    this.#asking.delete(patience);
    this.#waiting.delete(key);
    return sample;
  }

  #heard(answer: Answer): void {
    this.#waiting.get(keyOf(answer))?.(answer.sample);
  }

  /** @returns Whether to go on. */
  async #pause(time: number): Promise<boolean> {
    const { signal } = this.#stop;
    await this.#clock.until(micros(this.#clock.now() + time), signal).catch(() => {});
    return !signal.aborted;
  }
}

function keyOf({ site, stream, epoch }: Publisher): string {
  return `${topicOf(site, stream)}${epoch}`;
}
