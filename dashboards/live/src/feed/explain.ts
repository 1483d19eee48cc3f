import type {
  HelloMessage,
  StatusMessage,
  StreamState,
  StreamsMessage,
} from "../../../../src/server/protocol.ts";
import type { LineState } from "./LineState.ts";
import { timeScale } from "./timeScale.ts";

/** What is known about why there may be nothing to see. */
export interface Situation {
  readonly line: LineState;
  /** Whether the line has ever been open. */
  readonly wasOpen: boolean;
  readonly hello: HelloMessage | undefined;
  readonly status: StatusMessage | undefined;
  readonly streams: StreamsMessage | undefined;
  /** ms since the newest row arrived; undefined before the first. */
  readonly rowAge: number | undefined;
  /** ms, of the page's clock. */
  readonly now: number;
}

/** Plain words for a person: what is the matter, and what would help. */
export interface Explanation {
  readonly title: string;
  readonly detail: string;
  /** `calm` where everything is as it should be and merely takes a moment. */
  readonly tone: "calm" | "trouble";
  /** The streams that are waited for, where it is known what they lack. */
  readonly waits?: readonly WaitLine[];
}

/** One stream that is waited for. */
export interface WaitLine {
  readonly stream: string;
  /** What is missing of it: "1.4 s short", "nothing yet". */
  readonly lacks: string;
  /** What the row needs of it and what there is, from the row's instant. */
  readonly detail: string;
  /** How it is: "live, 25 Hz, heard 12 ms ago". */
  readonly state: string;
}

/** Why there is nothing new to see; undefined when there is. */
export function explain(situation: Situation): Explanation | undefined {
  const { line, wasOpen, hello, status, rowAge, now } = situation;
  if (line.kind === "lost" || (line.kind === "connecting" && line.again)) {
    const retry =
      line.kind === "connecting"
        ? "Trying again now."
        : `Trying again in ${Math.max(1, Math.ceil((line.retryAt - now) / 1_000))} s.`;
    return {
      title: wasOpen ? "Connection lost" : "No connection",
      detail:
        line.kind === "lost" && line.reason
          ? `The server closed it: ${line.reason}. ${retry}`
          : `Nobody answers at this address. Is the pipeline still running? ${retry}`,
      tone: "trouble",
    };
  }
  if (line.kind === "connecting")
    return { title: "Connecting", detail: "Looking for the pipeline.", tone: "calm" };
  if (hello === undefined)
    return { title: "Connected", detail: "Waiting for the pipeline.", tone: "calm" };
  if (status?.state === "failed")
    return { title: "The pipeline has failed", detail: status.text, tone: "trouble" };
  if (status?.state === "ended")
    return { title: "The pipeline has ended", detail: status.text, tone: "calm" };
  if (rowAge !== undefined && rowAge * 1_000 <= timeScale(hello.period).stalled)
    return allSilent(situation);
  if (status?.state === "waiting" && (status.next?.waits.length ?? 0) > 0)
    return heldBack(situation, status);
  if (status !== undefined && status.state !== "running")
    return {
      title: status.state === "starting" ? "Starting" : "Waiting",
      detail: status.text,
      tone: status.state === "starting" ? "calm" : "trouble",
    };
  if (rowAge === undefined)
    return { title: "Nothing yet", detail: `No row has come. ${states(situation)}`, tone: "calm" };
  return {
    title: "Standing still",
    detail: `The last row came ${(rowAge / 1_000).toFixed(0)} s ago. ${states(situation)}`,
    tone: "trouble",
  };
}

function heldBack({ streams, rowAge }: Situation, { next }: StatusMessage): Explanation {
  const waits = (next?.waits ?? []).map((wait): WaitLine => {
    const state = streams?.streams.find(({ stream }) => stream === wait.stream);
    const { stream, needs, has } = wait;
    return {
      stream,
      lacks: has === undefined ? "nothing yet" : `${span(needs - has)} short`,
      detail: `needed up to ${fromRow(needs)}, ${has === undefined ? "never heard" : `known up to ${fromRow(has, "it")}`}`,
      state: state === undefined ? "" : stateOf(state),
    };
  });
  const names = waits.map(({ stream }) => stream).join(" and ");
  const since = rowAge === undefined ? "" : ` The last row came ${span(rowAge * 1_000)} ago.`;
  const states = streams?.streams.filter(({ stream }) =>
    waits.some((wait) => wait.stream === stream),
  );
  const lags = states?.some(({ state }) => state === "live") === true;
  const pluggable = states?.some((state) => state.pluggable) === true;
  const it = waits.length > 1 ? "them" : "it";
  return {
    title: `Waiting for ${names}`,
    detail: [
      `Row ${next?.index ?? 0} is due.${since}`,
      lags ? "Frames come, but their times lag: a clock that is behind, or a slow way here." : "",
      pluggable ? `Unplug ${it} to go on without ${it}.` : "",
    ]
      .filter(Boolean)
      .join(" "),
    tone: "trouble",
    waits,
  };
}

function stateOf({ state, rate, age }: StreamState): string {
  const pace = rate > 0 ? `, ${rate.toFixed(rate >= 10 ? 0 : 1)} Hz` : "";
  return `${state}${pace}${age === undefined ? "" : `, heard ${span(age)} ago`}`;
}

/** A duration of `us` for a person. */
function span(us: number): string {
  if (us < 999_500) return `${Math.max(0, Math.ceil(us / 1_000))} ms`;
  if (us < 90_000_000) return `${(us / 1e6).toFixed(1)} s`;
  return us < 5_400_000_000 ? `${Math.round(us / 6e7)} min` : `${Math.round(us / 3.6e9)} h`;
}

/** Where a time lies from the row's instant. */
function fromRow(us: number, row = "the row"): string {
  if (us === 0) return "the row";
  return us > 0 ? `${span(us)} after ${row}` : `${span(-us)} before ${row}`;
}

function allSilent(situation: Situation): Explanation | undefined {
  const { hello, streams } = situation;
  const counting = new Set(
    hello?.streams.filter(({ counts }) => counts).map(({ stream }) => stream),
  );
  const sensed = streams?.streams.filter(({ stream }) => counting.has(stream)) ?? [];
  const silent = sensed.every(({ state }) => state !== "live" && state !== "late");
  if (sensed.length === 0 || !silent) return undefined;
  return {
    title: "Every sensor is silent",
    detail: `${states(situation)} The answer goes on as soon as one of them speaks.`,
    tone: "trouble",
  };
}

function states({ streams }: Situation): string {
  const list = streams?.streams.map(({ stream, state }) => `${stream} is ${state}`) ?? [];
  return list.length === 0 ? "Nothing is known of any sensor." : `${list.join(", ")}.`;
}
