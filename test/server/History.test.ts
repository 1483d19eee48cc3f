import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import { History } from "../../src/server/History.ts";
import type { LiveEvent, Row, ServerMessage } from "../../src/server/protocol.ts";
import { micros, seconds } from "../../src/units.ts";
import { SERVER_MESSAGES, START } from "../support/sampleMessages.ts";

const at = (second: number) => micros(START + second * 1_000_000);

function row(second: number, view?: Uint8Array): Row {
  return {
    time: at(second),
    fused: [],
    streams: { video: { presence: "real", ...(view && { view }) } },
    subsets: [],
  };
}

function event(
  id: string,
  second: number,
  state: LiveEvent["state"] = "final",
  length = 0.2,
): ServerMessage {
  const span = { from: at(second), to: at(second + length) };
  return {
    kind: "events",
    events: [{ id, label: "bin", ...span, score: 1, evidence: {}, modalities: [], state }],
  };
}

function take<K extends ServerMessage["kind"]>(
  history: History,
  kind: K,
): Extract<ServerMessage, { kind: K }> | undefined {
  return history
    .snapshot()
    .find((message): message is Extract<ServerMessage, { kind: K }> => message.kind === kind);
}

describe("History", () => {
  it("has nothing to say before anything happened", () => {
    expect(new History({ span: seconds(20), pictureEvery: 5 }).snapshot()).toEqual([]);
  });

  it("keeps rows, events and labels of the last seconds and forgets older ones", () => {
    const history = new History({ span: seconds(2), pictureEvery: 1 });
    for (let second = 0; second <= 10; second += 1) {
      history.push(event(`e${second}`, second));
      history.push({
        kind: "truth",
        labels: [{ label: "bin", slot: "", from: at(second), to: at(second + 0.2) }],
      });
      history.push({ kind: "rows", rows: [row(second)] });
    }
    expect(take(history, "rows")?.rows.map(({ time }) => time)).toEqual([at(8), at(9), at(10)]);
    expect(take(history, "events")?.events.map(({ id }) => id)).toEqual(["e8", "e9", "e10"]);
    expect(take(history, "truth")?.labels.map(({ from }) => from)).toEqual([at(8), at(9), at(10)]);
  });

  it("keeps what began long ago and has not ended", () => {
    const history = new History({ span: seconds(2), pictureEvery: 1 });
    const span = { from: at(0), to: at(9) };
    const long = { label: "bin", slot: "", ...span };
    history.push({ kind: "truth", labels: [long] });
    history.push(event("long", 0, "final", 9));
    history.push({ kind: "rows", rows: [row(10)] });
    expect(take(history, "events")?.events).toMatchObject([span]);
    expect(take(history, "truth")?.labels).toEqual([long]);
    history.push({ kind: "rows", rows: [row(12)] });
    expect([take(history, "events"), take(history, "truth")]).toEqual([undefined, undefined]);
  });

  it("keeps the last form of an event, and none that was withdrawn", () => {
    const history = new History({ span: seconds(2), pictureEvery: 1 });
    history.push(event("a", 0, "provisional"));
    history.push(event("b", 0, "provisional"));
    history.push(event("a", 0, "final"));
    history.push(event("b", 0, "withdrawn"));
    expect(take(history, "events")?.events.map(({ id, state }) => [id, state])).toEqual([
      ["a", "final"],
    ]);
  });

  it("stays bounded while no row comes", () => {
    const history = new History({ span: seconds(2), pictureEvery: 1 });
    for (let second = 0; second < 5_000; second += 1) {
      history.push(event(`e${second}`, second));
      const label = { label: "bin", slot: "", from: at(second), to: at(second + 1) };
      history.push({ kind: "truth", labels: [label] });
    }
    expect(take(history, "events")?.events).toHaveLength(2_000);
    expect(take(history, "events")?.events.at(-1)?.id).toBe("e4999");
    expect(take(history, "truth")?.labels).toHaveLength(2_000);
    expect(take(history, "truth")?.labels.at(-1)?.from).toBe(at(4_999));
  });

  it("keeps only the last of each whole state", () => {
    const history = new History({ span: seconds(2), pictureEvery: 1 });
    for (const text of ["one", "two"])
      history.push({ kind: "status", state: "running", text, blocking: [] });
    expect(history.snapshot()).toEqual([
      { kind: "status", state: "running", text: "two", blocking: [] },
    ]);
  });

  it("tells a new client of everything, how it is before what happened", () => {
    const history = new History({ span: seconds(2), pictureEvery: 1 });
    for (const message of SERVER_MESSAGES) history.push(message);
    expect(history.snapshot().map(({ kind }) => kind)).toEqual([
      ...["status", "streams", "truth", "rows", "events", "latency", "learning", "gauges"],
    ]);
    const kinds = ["streams", "status", "latency", "learning", "gauges"] as const;
    for (const kind of kinds) {
      const last = SERVER_MESSAGES.findLast((message) => message.kind === kind);
      expect(take(history, kind)).toEqual(last);
      expect(history.state()[kind]).toEqual(last);
    }
  });

  it("thins out pictures but not spectrogram columns", () => {
    const history = new History({ span: seconds(20), pictureEvery: 5 });
    for (let index = 0; index < 10; index += 1)
      history.push({
        kind: "rows",
        rows: [
          {
            ...row(index, new Uint8Array(560)),
            streams: {
              audio: { presence: "real", view: new Uint8Array(160) },
              video: { presence: "real", view: new Uint8Array(560) },
            },
          },
        ],
      });
    const rows = take(history, "rows")?.rows ?? [];
    expect(rows.filter(({ streams }) => streams["video"]?.view)).toHaveLength(2);
    expect(rows.filter(({ streams }) => streams["audio"]?.view)).toHaveLength(10);
    expect(rows.every(({ streams }) => streams["video"]?.presence === "real")).toBe(true);
  });

  it("starts over when the grid does", () => {
    const history = new History({ span: seconds(20), pictureEvery: 1 });
    history.push({ kind: "rows", rows: [row(100), row(101)] });
    history.push({ kind: "rows", rows: [row(0)] });
    expect(take(history, "rows")?.rows.map(({ time }) => time)).toEqual([at(0)]);
  });

  it("refuses a span or a thinning that means nothing", () => {
    expect(() => new History({ span: micros(0), pictureEvery: 1 })).toThrow(ConfigError);
    expect(() => new History({ span: seconds(1), pictureEvery: 0 })).toThrow(ConfigError);
  });
});
