import { ConfigError } from "../errors.ts";

/** Separates the names of nested trees in flat names: ONNX values, safetensors entries. */
export const PATH_SEPARATOR = "/";

/** A tree of leaves under names. */
export type Tree<L> = { readonly [name: string]: L | Tree<L> };

/**
 * Lists the leaves of a named tree in insertion order, each under its path ("params/w").
 *
 * @throws {ConfigError} If a name is empty or contains "/", which would make paths ambiguous.
 */
export function flattenTree<L extends object>(
  tree: { readonly [name: string]: unknown },
  isLeaf: (node: object) => node is L,
  where = "flattenTree",
): [path: string, leaf: L][] {
  const leaves: [string, L][] = [];
  const visit = (node: { readonly [name: string]: unknown }, prefix: string): void => {
    for (const [name, child] of Object.entries(node)) {
      if (name === "" || name.includes(PATH_SEPARATOR))
        throw new ConfigError(
          where,
          `names must be non-empty and without "/", got "${prefix}${name}"`,
        );
      if (typeof child !== "object" || child === null)
        throw new ConfigError(
          where,
          `"${prefix}${name}" must be a tree or a leaf, got ${typeof child}`,
        );
      if (isLeaf(child)) leaves.push([prefix + name, child]);
      else visit({ ...child }, prefix + name + PATH_SEPARATOR);
    }
  };
  visit(tree, "");
  return leaves;
}

/** Builds the tree back from paths and leaves; the inverse of `flattenTree`. */
export function unflattenTree<L>(leaves: Iterable<readonly [path: string, leaf: L]>): Tree<L> {
  type Branch = Map<string, { leaf: L } | Branch>;
  const root: Branch = new Map();
  for (const [path, leaf] of leaves) {
    const names = path.split(PATH_SEPARATOR);
    const last = names.pop() ?? "";
    let branch = root;
    for (const name of names) {
      let next = branch.get(name);
      if (!(next instanceof Map)) {
        next = new Map();
        branch.set(name, next);
      }
      branch = next;
    }
    branch.set(last, { leaf });
  }
  const build = (branch: Branch): Tree<L> =>
    Object.fromEntries(
      [...branch].map(([name, node]) => [name, node instanceof Map ? build(node) : node.leaf]),
    );
  return build(root);
}
