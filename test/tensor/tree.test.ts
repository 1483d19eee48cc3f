import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import { flattenTree, unflattenTree } from "../../src/tensor/tree.ts";

class Leaf {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}
const isLeaf = (node: object): node is Leaf => node instanceof Leaf;

describe("named trees", () => {
  it("flatten to paths in order and build back to the same tree", () => {
    const name = fc
      .string({ minLength: 1, maxLength: 4 })
      .filter((s) => !s.includes("/") && s !== "__proto__");
    const { tree } = fc.letrec<{ tree: object; node: object }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 3 },
        fc.integer().map((value) => new Leaf(value)),
        tie("tree"),
      ),
      tree: fc.dictionary(name, tie("node"), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const leaves = flattenTree({ ...value }, isLeaf);
        expect(flattenTree(unflattenTree(leaves), isLeaf)).toEqual(leaves);
      }),
      { seed: 1 },
    );
  });

  it("refuse names that would make two paths one, and what is neither leaf nor tree", () => {
    expect(() => flattenTree({ "a/b": new Leaf(1) }, isLeaf)).toThrow(ConfigError);
    expect(() => flattenTree({ "": new Leaf(1) }, isLeaf)).toThrow(ConfigError);
    expect(() => flattenTree({ a: { b: 3 } }, isLeaf, "params")).toThrow(
      'params: "a/b" must be a tree or a leaf, got number',
    );
  });
});
