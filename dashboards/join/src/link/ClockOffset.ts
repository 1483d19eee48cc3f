/** Probes that are looked back on: a minute of them. */
const WINDOW = 30;

interface Probe {
  readonly offset: number;
  readonly roundTrip: number;
}

/**
 * How far the server's clock is from this page's, by the fastest of the last probes: the less time a probe
 * takes, the less it can err.
 *
 *     offset = T − (t₀ + t₁)/2,   |error| ≤ (t₁ − t₀)/2
 *
 * Mills 1991, Internet time synchronization (NTP).
 */
export class ClockOffset {
  readonly #probes: Probe[] = [];

  /** @param sent, received The page's clock around a probe. @param server The server's clock within it. µs. */
  add(sent: number, server: number, received: number): void {
    if (!(received >= sent)) return;
    this.#probes.push({ offset: server - (sent + received) / 2, roundTrip: received - sent });
    if (this.#probes.length > WINDOW) this.#probes.shift();
  }

  /** Server's clock minus the page's, in µs; undefined before the first probe. */
  get offset(): number | undefined {
    return this.#best?.offset;
  }

  /** The most that the offset can be wrong by, in µs. */
  get uncertainty(): number | undefined {
    return this.#best && this.#best.roundTrip / 2;
  }

  get #best(): Probe | undefined {
    let best: Probe | undefined;
    for (const probe of this.#probes)
      if (best === undefined || probe.roundTrip < best.roundTrip) best = probe;
    return best;
  }
}
