import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";

import { ConfigError } from "../errors.ts";
import { offeredStreams } from "../pipeline/offeredStreams.ts";
import { parseSensorSpec, type SensorSpec } from "../pipeline/parseSensorSpec.ts";
import { pipelineNames } from "./loadPipeline.ts";
import { codeRoot, packageRoot } from "./packageRoot.ts";
import { NOTHING, pipelineSource } from "./pipelineTemplate.ts";
import { OWN_SITE } from "./sensorsNamed.ts";

interface InitFlags {
  readonly sensor: readonly SensorSpec[];
  readonly labels?: string;
  readonly json?: true;
}

/** Pictures for a model to look at: small and grey. */
const MODEL_PICTURE = [24, 32];
const NAME = /^[a-z][a-z0-9-]{0,40}$/;

/** Adds `init`: a new pipeline from nothing. */
export function addInitCommand(program: Command): void {
  program
    .command("init")
    .description("make a new pipeline: asks for its sensors and labels, or takes them as flags")
    .argument("<name>", "of its folder pipelines/<name>: small letters, digits, dashes")
    .option(
      "--sensor <sensor>",
      "microphone, camera, file:film.mp4, wrist=csv:imu.csv, ...",
      (text: string, before: readonly SensorSpec[]) => [...before, parseSensorSpec(text)],
      [],
    )
    .option("--labels <names>", "what it is to localise: clap,wave")
    .option("--json", "print one JSON object as the last line")
    .action(init);
}

async function init(name: string, flags: InitFlags): Promise<void> {
  if (!NAME.test(name))
    throw new ConfigError(
      "init",
      `expected a name of small letters, digits and dashes, got ${name}`,
    );
  const inside = isInside();
  const folder = inside ? join(packageRoot(), "pipelines", name) : resolve("pipelines", name);
  const taken = [".ts", ".mts", ".mjs", ".js"].find((ending) =>
    existsSync(join(folder, `pipeline${ending}`)),
  );
  if (taken !== undefined || (inside && pipelineNames().includes(name)))
    throw new ConfigError("init", `expected a new name, got ${name}: ${folder} is there already`);
  const asked = await complete(flags);
  const offers = await offeredStreams(asked.sensors.map(small), {
    ...{ sensors: join(codeRoot(), "sensors"), site: OWN_SITE },
  });
  const source = pipelineSource({
    ...{ name, streams: offers, labels: asked.labels },
    library: inside ? "../../src/index.ts" : "sensorium",
  });
  // Node.js 20 reads no TypeScript, and the source is JavaScript too.
  const typed = inside || Boolean(Reflect.get(process.features, "typescript"));
  const file = join(folder, `pipeline${typed ? ".ts" : ".mjs"}`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, source);
  const path = relative(process.cwd(), file);
  const streams = offers.map(({ description }) => description.stream);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ file: path, streams, labels: asked.labels })}\n`
      : nextSteps({ name, path, streams, labels: asked.labels, inside }),
  );
}

/** Whether we run in a checkout of this project, whose own pipelines import its sources. */
function isInside(): boolean {
  const root = packageRoot();
  const isHere = !relative(root, process.cwd()).startsWith("..");
  return isHere && existsSync(join(root, "src", "index.ts")) && !root.includes("node_modules");
}

/** Pictures as a model looks at them, unless they are to be otherwise. */
function small(spec: SensorSpec): SensorSpec {
  const isFilm = spec.kind === "camera" || spec.kind === "file";
  return isFilm && spec.shape === undefined ? { ...spec, pictures: MODEL_PICTURE } : spec;
}

/** What the flags leave open is asked for. */
async function complete({ sensor, labels }: InitFlags): Promise<{
  readonly sensors: readonly SensorSpec[];
  readonly labels: readonly string[];
}> {
  const told = labels === undefined ? undefined : labelsOf(labels);
  if (sensor.length > 0 && told !== undefined) return { sensors: sensor, labels: told };
  if (!process.stdin.isTTY)
    throw new ConfigError(
      "init",
      "expected --sensor and --labels where nobody can be asked, as in " +
        "--sensor microphone --sensor camera --labels clap,wave; got too little",
    );
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const sensors =
      sensor.length > 0
        ? sensor
        : (
            await terminal.question(
              "Which sensors? (microphone, camera, file:film.mp4, csv:table.csv) [microphone, camera] ",
            )
          )
            .split(/[,\s]+(?![A-Za-z]\w*=)/)
            .filter(Boolean)
            .map(parseSensorSpec);
    const names =
      told ?? labelsOf(await terminal.question("What is it to notice? (like clap, wave) "));
    const usual = ["microphone", "camera"].map(parseSensorSpec);
    return { sensors: sensors.length > 0 ? sensors : usual, labels: names };
  } finally {
    terminal.close();
  }
}

/** @throws {ConfigError} If there is none, one twice, or one that means that there is nothing. */
function labelsOf(text: string): readonly string[] {
  const labels = text
    .split(",")
    .map((label) => label.trim())
    .filter(Boolean);
  if (labels.length === 0 || new Set(labels).size < labels.length || labels.includes(NOTHING))
    throw new ConfigError(
      "--labels",
      `expected different names like clap,wave and not ${NOTHING}, got ${JSON.stringify(text)}`,
    );
  return labels;
}

function nextSteps(made: {
  readonly name: string;
  readonly path: string;
  readonly streams: readonly string[];
  readonly labels: readonly string[];
  readonly inside: boolean;
}): string {
  const { name, path, streams, labels, inside } = made;
  const command = inside ? "npm run sensorium --" : "npx sensorium";
  return `${path}: ${streams.join(", ")}; ${labels.join(", ")}

Next:
  ${command} run ${name}
      shows the streams at http://127.0.0.1:8080; it answers nothing yet
  ${command} record recordings/${name}/take-1.mcap ${name} --for 60
      records a minute: make each of them happen a few times
  ${command} label recordings/${name}/take-1.mcap --add ${labels[0]}@3.2s-3.6s
      says what happened when; or --import a file of labels
  ${command} train pipelines/${name} --recordings recordings/${name}
      learns it; from then on run answers
`;
}
