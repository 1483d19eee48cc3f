import { ConfigError } from "../errors.ts";
import type { ModelVersions } from "../pipeline/ModelVersions.ts";
import { decodeSafetensors } from "../tensor/safetensors.ts";
import type { RunningVersions } from "./RunningPipeline.ts";

type Row = [what: string, a: string, b: string];

/**
 * What sets two versions apart, a row each.
 *
 * @param log Where their weights are known: adds how far head and codes lie apart.
 * @throws {ConfigError} If one of them is not known.
 */
export function compareVersions(
  report: RunningVersions,
  log: ModelVersions | undefined,
  a: string,
  b: string,
): Row[] {
  const [first, second] = [a, b].map((version) => {
    const found = report.versions.find((info) => info.version === version);
    const known = report.versions.map((info) => info.version).join(", ");
    if (found === undefined)
      throw new ConfigError("models compare", `expected one of ${known}, got ${version}`);
    return found;
  });
  if (first === undefined || second === undefined) return [];
  const rows: Row[] = [
    ["parent", first.parent ?? "", second.parent ?? ""],
    ["since", timeText(first.since), timeText(second.since)],
  ];
  const figures = new Set([
    ...Object.keys(first.figures ?? {}),
    ...Object.keys(second.figures ?? {}),
  ]);
  for (const name of figures)
    rows.push([name, figureText(first.figures?.[name]), figureText(second.figures?.[name])]);
  const weights = [a, b].map((version) => log?.find(version)?.weights);
  if (weights.some((bytes) => bytes !== undefined)) rows.push(...distances(weights));
  return rows;
}

/** How far head and codes lie apart; a weights file's own are not in the log. */
function distances([a, b]: readonly (Uint8Array | undefined)[]): Row[] {
  if (a === undefined || b === undefined)
    return [["weights apart", "", "not in the log: one of them is a weights file"]];
  const [x, y] = [decodeSafetensors(a).tensors, decodeSafetensors(b).tensors];
  return [...x].map(([name, tensor]) => {
    const other = y.get(name)?.data ?? [];
    let [sum, moved] = [0, 0];
    for (const [i, value] of tensor.data.entries()) {
      sum += (value - (other[i] ?? 0)) ** 2;
      if (value !== other[i]) moved++;
    }
    const text = `${Math.sqrt(sum / tensor.data.length).toPrecision(3)} rms, ${moved} of ${tensor.data.length} numbers`;
    return [`${name} apart`, "", text];
  });
}

function timeText(time: number): string {
  return new Date(time / 1_000).toISOString();
}

function figureText(value: unknown): string {
  if (typeof value === "number")
    return Number.isInteger(value) ? String(value) : value.toPrecision(4);
  return Array.isArray(value) ? value.map(figureText).join(" -> ") : String(value ?? "");
}
