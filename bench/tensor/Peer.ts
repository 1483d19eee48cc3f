import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

import { explainSlowProducts } from "./explainSlowProducts.ts";

/** What a peer is asked to run. */
export interface PeerRequest {
  readonly op: "train" | "serve";
  readonly net: string;
  readonly batch: number;
  readonly runs: number;
}

/**
 * Another implementation in its own process, asked by JSON lines: a request in, `{ ms: [...] }` or
 * `{ error }` out. The first line it prints says who it is: `{ version }` or `{ error }`.
 */
export class Peer {
  readonly name: string;
  readonly version: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(
    name: string,
    version: string,
    child: ChildProcess,
    lines: AsyncIterator<string>,
  ) {
    this.name = name;
    this.version = version;
    this.#child = child;
    this.#lines = lines;
  }

  /** Starts a peer; a string says in one line why it is not to be had. */
  static async start(
    name: string,
    command: string,
    args: readonly string[],
  ): Promise<Peer | string> {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"] });
    const failed = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next(), failed]);
    if (typeof first === "string") return `${name}: ${first}`;
    if (first.done === true) return `${name}: its process ended at once`;
    const hello = parse(first.value);
    // Linux tells what a process has loaded; elsewhere nothing is known against it.
    const maps = await readFile(`/proc/${child.pid}/maps`, "utf8").catch(() => "");
    const problem = explainSlowProducts(maps);
    if (typeof hello["version"] === "string" && problem === undefined)
      return new Peer(name, hello["version"], child, lines);
    child.kill();
    return `${name}: ${String(hello["error"] ?? problem)}`;
  }

  /** Milliseconds of each run; a string says why it cannot. */
  async run(request: PeerRequest): Promise<readonly number[] | string> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    const line = await this.#lines.next();
    if (line.done === true)
      return `${this.name}: its process ended during ${request.op}/${request.net}`;
    const { ms, error } = parse(line.value);
    if (Array.isArray(ms)) return ms.map(Number);
    return `${this.name} ${request.op}/${request.net}: ${String(error)}`;
  }

  /** Ends the process. */
  stop(): void {
    this.#child.stdin?.end();
    this.#child.kill();
  }
}

function parse(line: string): { readonly [key: string]: unknown } {
  const value: unknown = JSON.parse(line);
  return typeof value === "object" && value !== null ? { ...value } : {};
}
