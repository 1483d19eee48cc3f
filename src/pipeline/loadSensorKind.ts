import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { ConfigError } from "../errors.ts";
import type { SensorKind } from "./Sensor.ts";

const NAME = /^[a-z][A-Za-z0-9]*$/;

/**
 * Loads a kind of sensor and nothing else.
 *
 * @param kind Name of a file in `folder`, or the path of a module of one's own. The module exports a
 *   `SensorKind` under its file's name.
 * @param folder The project's `sensors/`, sources or compiled.
 * @throws {ConfigError} If there is no such module or it exports something else.
 */
export async function loadSensorKind(kind: string, folder: string): Promise<SensorKind> {
  const path = NAME.test(kind)
    ? [".ts", ".js"].map((extension) => join(folder, kind + extension)).find(existsSync)
    : resolve(kind);
  if (path === undefined || !existsSync(path))
    throw new ConfigError(
      "sensor",
      `expected one of ${kindsIn(folder).join(", ")} or a path, got ${kind}`,
    );
  const name = path.replace(/^.*[\\/]/, "").replace(/\.[^.]*$/, "");
  const module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  const found = module[name];
  if (!isSensorKind(found))
    throw new ConfigError("sensor", `expected ${path} to export a SensorKind named ${name}`);
  return found;
}

/** Names of the kinds of sensor in a folder; none where there is no such folder. */
export function kindsIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => /^[a-z][A-Za-z0-9]*\.[jt]s$/.test(file))
    .map((file) => file.replace(/\.[jt]s$/, ""))
    .sort();
}

function isSensorKind(value: unknown): value is SensorKind {
  return (
    typeof value === "object" &&
    value !== null &&
    "create" in value &&
    typeof value.create === "function" &&
    "probe" in value &&
    typeof value.probe === "function"
  );
}
