import { readFile } from "node:fs/promises";

import { ConfigError } from "../errors.ts";
import { type LabelsRead, readLabelFile } from "../log/labels/labelFile.ts";
import { systemProblem } from "../log/systemProblem.ts";

/**
 * The labels in a file that somebody names.
 *
 * @throws {ConfigError} If it cannot be read, or is no file of labels.
 */
export async function readLabels(path: string): Promise<LabelsRead> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new ConfigError(path, `expected a file of labels, got ${systemProblem(cause)}`, {
      cause,
    });
  }
  return readLabelFile(path, text);
}
