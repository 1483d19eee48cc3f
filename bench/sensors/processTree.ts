import { readdirSync, readFileSync } from "node:fs";

/** Ticks of a processor's time a second, on every Linux that there is. */
const TICKS = 100;
const PAGE = 4_096;

/** What a process and all that it started hold and have used. */
export interface TreeUse {
  readonly processes: number;
  /** Processor time since each began, in seconds; of those that have ended too. */
  readonly cpu: number;
  /** Memory in use, in bytes; what several share is counted for each. */
  readonly rss: number;
}

/** Looks at our own process and its children, theirs too; undefined where there is no `/proc`. */
export function processTree(root = process.pid): TreeUse | undefined {
  const children = new Map<number, number[]>();
  const stats = new Map<number, readonly string[]>();
  let entries: string[];
  try {
    entries = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return undefined;
  }
  for (const name of entries) {
    try {
      const text = readFileSync(`/proc/${name}/stat`, "latin1");
      // The program's name may hold anything, but ends with the last bracket.
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      const parent = Number(fields[1]);
      stats.set(Number(name), fields);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It has ended meanwhile.
    }
  }
  let [processes, cpu, rss] = [0, 0, 0];
  const visit = (pid: number): void => {
    const fields = stats.get(pid);
    if (fields === undefined) return;
    processes++;
    const used = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0);
    cpu += used / TICKS;
    rss += Number(fields[21]) * PAGE;
    for (const child of children.get(pid) ?? []) visit(child);
  };
  visit(root);
  return { processes, cpu, rss };
}
