import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Rooms of `src/` from the top of the house down: a file imports from its own room or one above it. */
const ROOMS = [
  "units",
  "errors",
  "frames",
  "clock",
  "wire",
  "log",
  "align",
  "features",
  "tensor",
  "models",
  "learn",
  "stage",
  "localize",
  "robustness",
  "evaluate",
  "pipeline",
  "sensing",
  "training",
  "methods",
  "index",
  "server",
  "exchange",
  "cluster",
  "cli",
];

/** Rooms that may import each third-party package; a package that is not listed has no home. */
const HOMES: readonly (readonly [pattern: RegExp, rooms: readonly string[]])[] = [
  [/^zeromq$/, ["wire"]],
  [/^msgpackr$/, ["wire", "server"]],
  [/^@foxglove\/wasm-zstd$/, ["log"]],
  [/^@mcap\//, ["log", "exchange"]],
  [/^hyparquet|^@foxglove\/rosmsg/, ["exchange"]],
  [/^fft\.js$/, ["features"]],
  [/^csv-parse/, ["log"]],
  [/^ml-matrix$/, ["evaluate", "robustness"]],
  [/^@tensorflow\/|^onnxruntime-node$|^protobufjs/, ["tensor"]],
  [
    /^rxjs/,
    [
      "wire",
      "log",
      "align",
      "features",
      "stage",
      "localize",
      "robustness",
      "pipeline",
      "server",
      "cluster",
      "cli",
    ],
  ],
  [/^fastify$|^@fastify\/|^@foxglove\/ws-protocol$/, ["server"]],
  [/^@nats-io\//, ["cluster"]],
  [/^commander$|^pino|^picocolors$|^uqr$/, ["cli"]],
  [/^zod$/, ["pipeline", "server", "cli"]],
];

/** Rooms of pure mathematics: no streams, sockets or files. */
const PURE = ["tensor", "models", "learn"];

/** The files of the learning room that may touch the disk: its checkpoints. */
const MAY_READ_FILES = /^src\/learn\/checkpoints?\//;

interface Import {
  readonly file: string;
  readonly specifier: string;
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  const found = text.matchAll(
    /(?:^|[\s;])(?:import|export)\s+(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/g,
  );
  return [...found]
    .map(([, statically, dynamically]) => ({ file, specifier: statically ?? dynamically ?? "" }))
    .filter(({ specifier }) => !specifier.includes("${")); // text that will be code, for a worker
}

/** Path from the root of the tree to what a relative import names. */
function target({ file, specifier }: Import): string {
  return posix.normalize(posix.join(dirname(file), specifier));
}

function roomOf(path: string): string {
  return (path.split("/")[1] ?? "").replace(/\.ts$/, "");
}

const inSrc = sourcesBelow("src").flatMap(importsOf);
const isRelative = ({ specifier }: Import): boolean => specifier.startsWith(".");
const isThirdParty = ({ specifier }: Import): boolean =>
  !specifier.startsWith(".") && !specifier.startsWith("node:");

describe("the house", () => {
  it("has only rooms that the table knows", () => {
    const rooms = new Set(sourcesBelow("src").map(roomOf));
    expect([...rooms].filter((room) => !ROOMS.includes(room))).toEqual([]);
  });

  it("imports from the own room or from one above it, never below", () => {
    const upward = inSrc.filter(isRelative).filter((found) => {
      const [from, to] = [roomOf(found.file), roomOf(target(found))];
      return ROOMS.indexOf(to) > ROOMS.indexOf(from);
    });
    expect(upward).toEqual([]);
  });

  it("has no import cycle between files", () => {
    const edges = new Map<string, string[]>();
    for (const found of inSrc.filter(isRelative)) {
      const typeOnly = new RegExp(
        `import type [^;]*["']${found.specifier.replaceAll(".", "\\.")}["']`,
      ).test(readFileSync(join(ROOT, found.file), "utf8"));
      if (!typeOnly) edges.set(found.file, [...(edges.get(found.file) ?? []), target(found)]);
    }
    const done = new Set<string>();
    const cycles: string[][] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file]);
        return;
      }
      if (done.has(file)) return;
      for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of edges.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it("imports each third-party package in its home only", () => {
    const homeless = inSrc.filter(isThirdParty).filter(({ file, specifier }) => {
      const home = HOMES.find(([pattern]) => pattern.test(specifier));
      return home === undefined || !home[1].includes(roomOf(file));
    });
    expect(homeless).toEqual([]);
  });

  it("keeps streams, sockets and files out of the rooms of mathematics", () => {
    const impure = inSrc.filter(
      ({ file, specifier }) =>
        PURE.includes(roomOf(file)) &&
        !MAY_READ_FILES.test(file) &&
        /^node:(fs|net|http|dgram|child_process)|^rxjs|^zeromq/.test(specifier),
    );
    expect(impure).toEqual([]);
  });

  it("takes time and chance from nobody but the clock and the seeded generator", () => {
    const careless = sourcesBelow("src")
      .concat(sourcesBelow("sensors"))
      .filter((file) => file !== "src/clock/SystemClock.ts")
      .filter((file) =>
        /\b(Date\.now|Math\.random)\s*\(/.test(
          readFileSync(join(ROOT, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ""),
        ),
      );
    expect(careless).toEqual([]);
  });
});

describe("what stands outside src", () => {
  const outside = (folder: string, allowed: readonly string[]): Import[] =>
    sourcesBelow(folder)
      .flatMap(importsOf)
      .filter(isRelative)
      .filter((found) => {
        const path = target(found);
        return path.startsWith("src/") && !allowed.includes(path);
      });

  it("reaches the rooms through a public entry only", () => {
    const entries = ["src/index.ts", "src/sensing.ts", "src/training.ts", "src/methods.ts"];
    expect([...outside("sensors", entries), ...outside("pipelines", entries)]).toEqual([]);
  });

  it("lets the browser applications know the protocols and the units, nothing else", () => {
    expect(
      outside("dashboards", [
        "src/server/protocol.ts",
        "src/server/joinProtocol.ts",
        "src/units.ts",
      ]),
    ).toEqual([]);
  });

  it("resolves every relative import to a file that exists", () => {
    const all = ["src", "sensors", "pipelines"].flatMap(sourcesBelow);
    const missing = all
      .flatMap(importsOf)
      .filter(isRelative)
      .filter((found) => /\.tsx?$/.test(found.specifier))
      .filter((found) => !all.includes(posix.normalize(target(found))))
      .map((found) => `${found.file} -> ${relative(ROOT, resolve(ROOT, target(found)))}`);
    expect(missing).toEqual([]);
  });
});
