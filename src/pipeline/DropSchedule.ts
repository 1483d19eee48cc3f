import { ConfigError } from "../errors.ts";
import type { Micros } from "../units.ts";

/** A time during which a stream's sensor is taken away, counted from the start of the feed. */
export interface Drop {
  readonly stream: string;
  readonly from: Micros;
  readonly to: Micros;
}

/** What is to be done to a stream's sensor now. */
export interface DropAction {
  readonly stream: string;
  readonly action: "unplug" | "replug";
}

/** Takes sensors away and gives them back at times of the feed, each once, however late it is asked. */
export class DropSchedule {
  readonly #actions: (DropAction & { readonly at: Micros })[];

  /** @throws {ConfigError} If a drop is of a stream that is not among `streams`, or ends before it starts. */
  constructor(drops: readonly Drop[], streams: readonly string[]) {
    for (const { stream, from, to } of drops) {
      if (!streams.includes(stream))
        throw new ConfigError("drop", `expected one of ${streams.join(", ")}, got ${stream}`);
      if (!(from < to))
        throw new ConfigError("drop", `${stream}: expected an end after ${from} us, got ${to}`);
    }
    this.#actions = drops
      .flatMap(({ stream, from, to }) => [
        { stream, action: "unplug" as const, at: from },
        { stream, action: "replug" as const, at: to },
      ])
      .sort((a, b) => a.at - b.at);
  }

  /** What has become due by `offset` since it was last asked, in order of time. */
  due(offset: Micros): readonly DropAction[] {
    const next = this.#actions.findIndex(({ at }) => at > offset);
    return this.#actions
      .splice(0, next < 0 ? this.#actions.length : next)
      .map(({ stream, action }) => ({ stream, action }));
  }

  /** Passes over what was due by `offset`; of each stream what was done to it last, and when. */
  passed(offset: Micros): ReadonlyMap<string, DropAction & { readonly at: Micros }> {
    const last = new Map<string, DropAction & { readonly at: Micros }>();
    for (const action of this.#actions) if (action.at <= offset) last.set(action.stream, action);
    this.due(offset);
    return last;
  }

  /** When the next action is due; undefined when all are done. */
  get next(): Micros | undefined {
    return this.#actions[0]?.at;
  }
}
