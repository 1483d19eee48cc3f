import type { Command } from "commander";

import { ConfigError } from "../errors.ts";
import { readLog } from "../log/readLog.ts";
import { ModelVersions } from "../pipeline/ModelVersions.ts";
import { counted } from "../units.ts";
import { compareVersions } from "./compareVersions.ts";
import { DEFAULT_URL, RunningPipeline, type RunningVersions } from "./RunningPipeline.ts";
import { textTable } from "./textTable.ts";

interface SourceFlags {
  readonly url: string;
  readonly log?: string;
  readonly json?: true;
}

/** Adds `models`: the versions of a model that serve or have served, and the choice between them. */
export function addModelsCommand(program: Command): void {
  const models = program
    .command("models")
    .description(
      "the versions of a model: which there are, what sets them apart, which one serves",
    );
  withSource(models.command("list", { isDefault: true }))
    .description("list the versions that a running pipeline, or a log, knows")
    .action(async (flags: SourceFlags) => {
      const report = await reportOf(flags);
      const text = flags.json ? [JSON.stringify(report)] : tableOf(report);
      process.stdout.write(`${text.join("\n")}\n`);
    });
  withSource(models.command("compare"))
    .description("what sets two versions apart; with --log also by how much their weights differ")
    .argument("<a>")
    .argument("<b>")
    .action(async (a: string, b: string, flags: SourceFlags) => {
      const report = await reportOf(flags);
      const versions = flags.log === undefined ? undefined : await versionsIn(flags.log);
      const rows = compareVersions(report, versions, a, b);
      const text = flags.json
        ? [
            JSON.stringify({
              a,
              b,
              differences: Object.fromEntries(rows.map(([what, x, y]) => [what, [x, y]])),
            }),
          ]
        : textTable([{ title: "" }, { title: a }, { title: b }], rows);
      process.stdout.write(`${text.join("\n")}\n`);
    });
  const choose = (name: string, what: string): Command =>
    models
      .command(name)
      .description(what)
      .option("--by <name>", "who decides so", "command line")
      .option("--url <address>", "the pipeline's server", DEFAULT_URL);
  choose("pin", "let a version serve until somebody says otherwise")
    .argument("<version>")
    .action((version: string, { url, by }: { readonly url: string; readonly by: string }) =>
      decide(url, "/api/versions/pin", { version, by }),
    );
  choose("unpin", "let what is learnt take its place again").action(
    ({ url, by }: { readonly url: string; readonly by: string }) =>
      decide(url, "/api/versions/unpin", { by }),
  );
  choose(
    "rollback",
    "go back to a version; to what the one that serves was learnt from unless given",
  )
    .argument("[version]")
    .action((to: string | undefined, { url, by }: { readonly url: string; readonly by: string }) =>
      decide(url, "/api/versions/rollback", { by, ...(to !== undefined && { to }) }),
    );
}

function withSource(command: Command): Command {
  return command
    .option("--url <address>", "the pipeline's server", DEFAULT_URL)
    .option("--log <file>", "a log, or a folder of its segments, instead of a running pipeline")
    .option("--json", "print one JSON object as the last line");
}

async function decide(url: string, path: string, body: object): Promise<void> {
  const pipeline = new RunningPipeline(url);
  await pipeline.post(path, body);
  const { serving, isPinned } = await pipeline.versions();
  process.stdout.write(`${serving} serves${isPinned ? ", pinned" : ""}\n`);
}

async function versionsIn(log: string): Promise<ModelVersions> {
  const versions = new ModelVersions();
  for await (const record of readLog(log, { kinds: ["MODEL"] })) versions.observe(record);
  return versions;
}

async function reportOf({ url, log }: SourceFlags): Promise<RunningVersions> {
  if (log === undefined) return new RunningPipeline(url).versions();
  const versions = await versionsIn(log);
  if (versions.serving === undefined)
    throw new ConfigError(log, "expected a log that says which model served, got one without");
  const list = versions.list().map((info) => ({ ...info, figures: { ...info.figures } }));
  return {
    serving: versions.serving,
    isPinned: versions.isPinned,
    versions: list,
    changes: [...versions.changes()],
  };
}

function tableOf({ versions, changes, isPinned, learner }: RunningVersions): string[] {
  const percent = (value: unknown): string =>
    typeof value === "number" ? `${(100 * value).toFixed(1)} %` : "";
  const lines = textTable(
    [
      { title: "version" },
      { title: "since" },
      { title: "better by", align: "right" },
      { title: "held back", align: "right" },
      { title: "" },
    ],
    versions.map(({ version, since, figures = {}, isServing }) => [
      version,
      new Date(since / 1_000).toISOString(),
      percent(figures["gain"]),
      typeof figures["held"] === "number" ? String(figures["held"]) : "",
      isServing ? (isPinned ? "serves, pinned" : "serves") : "",
    ]),
  );
  const last = changes.at(-1);
  if (last?.reason !== undefined) lines.push("", `${last.version}: ${last.reason}`);
  const verdict = learner?.verdicts.at(-1);
  if (learner !== undefined)
    lines.push(
      "",
      `${counted(learner.labels["given"] ?? 0, "label")}, ${learner.published} published, ${learner.discarded} discarded, ${learner.rolledBack} rolled back`,
      ...(verdict === undefined ? [] : [`the gate, last: ${verdict.reason}`]),
    );
  return lines;
}
