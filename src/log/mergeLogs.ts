import { ConfigError } from "../errors.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { micros } from "../units.ts";
import type { LogRecord } from "./LogRecord.ts";
import { type LogInfo, logInfo } from "./logInfo.ts";
import { readLog } from "./readLog.ts";

type Config = Extract<LogRecord, { kind: "CONFIG" }>;

interface Part {
  readonly path: string;
  readonly info: LogInfo;
  readonly configs: readonly Config[];
  readonly model: string | undefined;
}

/** Several logs of one site as one, and what its metadata are. */
export interface MergedLog {
  readonly records: AsyncIterable<LogRecord>;
  /** What all logs say alike. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Several logs of one site as one, their records in the order of their log times: takes one after the other, or
 * more streams of the same time.
 *
 * It has one grid, the earliest log's, and all streams; equal labels are kept once. Models that differ, skew
 * bounds and checkpoints are left out.
 *
 * @param paths At least two files or folders of segments; of records of one instant the first log's come first.
 * @throws {ConfigError} If they contradict one another: other sites or grid periods, one stream described in
 *   two ways, or heard twice at the same time.
 * @throws {LogError} If one is no log.
 */
export async function mergeLogs(paths: readonly string[]): Promise<MergedLog> {
  if (paths.length < 2)
    throw new ConfigError("merge", `expected two logs or more, got ${paths.length}`);
  const parts = await Promise.all(paths.map(partOf));
  const config = mergedConfig(parts);
  refuseOverlaps(parts);
  const models = new Set(parts.map(({ model }) => model));
  const model = models.size === 1 ? parts[0]?.model : undefined;
  const [first, ...others] = parts.map(({ info }) => Object.entries(info.metadata));
  const alike = (first ?? []).filter(([name, value]) =>
    others.every((other) => other.some(([key, said]) => key === name && said === value)),
  );
  return { records: merged(paths, config, model), metadata: Object.fromEntries(alike) };
}

async function partOf(path: string): Promise<Part> {
  const configs: Config[] = [];
  let model: string | undefined;
  for await (const record of readLog(path, { kinds: ["CONFIG", "MODEL"] }))
    if (record.kind === "CONFIG") configs.push(record);
    else if (record.kind === "MODEL") model = record.version;
  if (configs.length === 0)
    throw new ConfigError(path, "expected a log that describes its streams, got one that does not");
  return { path, info: await logInfo(path), configs, model };
}

function mergedConfig(parts: readonly Part[]): Config {
  const all = parts.flatMap(({ path, configs }) => configs.map((config) => ({ path, config })));
  const [first] = all.toSorted((a, b) => a.config.origin - b.config.origin);
  if (first === undefined) throw new ConfigError("merge", "expected configurations, got none");
  const streams = new Map<string, { readonly path: string; readonly own: StreamDescription }>();
  const [site] = first.config.streams.map((own) => own.site);
  for (const { path, config } of all) {
    if (config.period !== first.config.period)
      throw new ConfigError(
        "merge",
        `expected one grid period, got ${first.config.period} us in ${first.path} and ${config.period} us in ${path}`,
      );
    for (const own of config.streams) {
      if (own.site !== site)
        throw new ConfigError(
          "merge",
          `expected logs of one site, got ${site} in ${first.path} and ${own.site} in ${path}`,
        );
      const known = streams.get(own.stream);
      if (known !== undefined && JSON.stringify(known.own) !== JSON.stringify(own))
        throw new ConfigError(
          "merge",
          `expected one description of stream ${own.stream}, ${known.path} and ${path} describe it in two ways`,
        );
      if (known === undefined) streams.set(own.stream, { path, own });
    }
  }
  const descriptions = [...streams.values()].map(({ own }) => own);
  const logTime = micros(Math.min(...all.map(({ config }) => config.logTime)));
  return { ...first.config, version: 1, logTime, streams: descriptions };
}

/** @throws {ConfigError} If one stream is in two logs at the same time. */
function refuseOverlaps(parts: readonly Part[]): void {
  for (const [index, one] of parts.entries())
    for (const other of parts.slice(index + 1))
      for (const [stream, { from, to }] of Object.entries(one.info.streams)) {
        const twice = other.info.streams[stream];
        if (twice === undefined || from > twice.to || twice.from > to) continue;
        const at = new Date(Math.max(from, twice.from) / 1e3).toISOString();
        const until = new Date(Math.min(to, twice.to) / 1e3).toISOString();
        throw new ConfigError(
          "merge",
          `expected stream ${stream} from one log at a time, ${one.path} and ${other.path} both have it ` +
            `from ${at} to ${until}: cut it out of one of them`,
        );
      }
}

async function* merged(
  paths: readonly string[],
  config: Config,
  model: string | undefined,
): AsyncGenerator<LogRecord, void, undefined> {
  yield config;
  const { logTime } = config;
  if (model !== undefined) yield { kind: "MODEL", logTime, version: model };
  const told = new Set<string>();
  for await (const record of inTurn(paths.map((path) => readLog(path)))) {
    if (["CONFIG", "MODEL", "SKEW", "CHECKPOINT"].includes(record.kind)) continue;
    const label = record.kind === "LABEL" ? JSON.stringify(record.label) : undefined;
    if (label === undefined || !told.has(label)) yield record;
    if (label !== undefined) told.add(label);
  }
}

/** The records of several logs in the order of their log times; of one instant the first log's come first. */
async function* inTurn(
  logs: readonly AsyncGenerator<LogRecord, void, undefined>[],
): AsyncGenerator<LogRecord, void, undefined> {
  try {
    const heads = await Promise.all(logs.map((log) => log.next()));
    for (;;) {
      let next = -1;
      for (const [index, head] of heads.entries())
        if (
          !head.done &&
          (next < 0 || head.value.logTime < (heads[next]?.value?.logTime ?? Infinity))
        )
          next = index;
      const [log, head] = [logs[next], heads[next]];
      if (log === undefined || head === undefined || head.done) return;
      yield head.value;
      heads[next] = await log.next();
    }
  } finally {
    // Whoever has had enough, or one log that is damaged, leaves the others' files open.
    for (const log of logs) await log.return();
  }
}
