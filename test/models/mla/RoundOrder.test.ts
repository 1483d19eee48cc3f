import { describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import { RoundOrder } from "../../../src/models/mla/RoundOrder.ts";

describe("RoundOrder", () => {
  it("keeps the configured order until every modality has told a loss", () => {
    const order = new RoundOrder(["a", "b"], { order: "weakFirst", skipBelow: 0.9 });
    expect(order.next()).toEqual(["a", "b"]);
    order.observe("b", 5);
    expect(order.next()).toEqual(["a", "b"]);
  });

  it("lets the weakest go first where asked, and not otherwise", () => {
    const [fixed, weak] = [
      new RoundOrder(["a", "b", "c"]),
      new RoundOrder(["a", "b", "c"], { order: "weakFirst" }),
    ];
    for (const order of [fixed, weak])
      for (const [name, loss] of Object.entries({ a: 1, b: 3, c: 2 })) order.observe(name, loss);
    expect(fixed.next()).toEqual(["a", "b", "c"]);
    expect(weak.next()).toEqual(["b", "c", "a"]);
  });

  it("skips a modality that is far ahead of the others, never all of them", () => {
    const order = new RoundOrder(["a", "b"], { skipBelow: 0.2 });
    order.observe("a", 0.1);
    order.observe("b", 1);
    expect(order.next()).toEqual(["b"]);
    const even = new RoundOrder(["a", "b"], { skipBelow: 0.99 });
    even.observe("a", 0);
    even.observe("b", 0);
    expect(even.next()).toEqual(["a", "b"]);
  });

  it("forgets old losses at its decay", () => {
    const order = new RoundOrder(["a", "b"], { order: "weakFirst", decay: 0.5 });
    order.observe("a", 4);
    order.observe("b", 2);
    order.observe("a", 1); // 2.5
    expect(order.next()).toEqual(["a", "b"]);
    order.observe("a", 1); // 1.75
    expect(order.next()).toEqual(["b", "a"]);
  });

  it("refuses shares outside [0, 1)", () => {
    expect(() => new RoundOrder(["a"], { skipBelow: 1 })).toThrow(ConfigError);
    expect(() => new RoundOrder(["a"], { decay: -0.1 })).toThrow(ConfigError);
  });
});
