import { type Command, Option } from "commander";
import { jsonObject, nameOrObject } from "./jsonObject.ts";
import { DEFAULT_URL, RunningPipeline } from "./RunningPipeline.ts";
import { textTable } from "./textTable.ts";

interface AttachFlags {
  readonly url: string;
  readonly stream?: string;
  readonly options: string;
  readonly json?: true;
}

/** Adds `attach`, `detach` and `sensors`: sensors that come and go while a pipeline runs. */
export function addAttachCommands(program: Command): void {
  const url = (): Option =>
    new Option("--url <address>", "the pipeline's server").default(DEFAULT_URL);
  program
    .command("attach")
    .description("attach a sensor to a running pipeline")
    .argument("[kind]", "file of sensors/; none where a publisher elsewhere feeds the stream")
    .option("--stream <name|json>", "the stream it feeds: one of the pipeline's, or a new one")
    .option("--options <json>", "what the sensor takes (sensors/README.md)", "{}")
    .addOption(url())
    .option("--json", "print one JSON object as the last line")
    .addHelpText("after", EXAMPLES)
    .action(async (kind: string | undefined, flags: AttachFlags) => {
      const { stream } = flags;
      const name = await new RunningPipeline(flags.url).attach({
        options: jsonObject("--options", flags.options),
        ...(kind !== undefined && { kind }),
        ...(stream !== undefined && { stream: nameOrObject("--stream", stream) }),
      });
      say(flags, { stream: name }, `${name}: attached; sensorium sensors shows how it does\n`);
    });
  program
    .command("detach")
    .description("take a stream's sensor away from a running pipeline")
    .argument("<stream>")
    .addOption(url())
    .option("--json", "print one JSON object as the last line")
    .action(async (stream: string, flags: AttachFlags) => {
      const name = await new RunningPipeline(flags.url).detach(stream);
      say(flags, { stream: name }, `${name}: detached\n`);
    });
  program
    .command("sensors")
    .description("list the streams of a running pipeline and who feeds them")
    .addOption(url())
    .option("--json", "print one JSON object as the last line")
    .action(async (flags: AttachFlags) => {
      const sensors = await new RunningPipeline(flags.url).sensors();
      const rows = sensors.map(({ description, state, kind, isGuest, problem = "" }) => [
        description.stream,
        state,
        kind ?? "–",
        isGuest ? "guest" : "pipeline",
        `${description.modality} ${description.dtype} [${description.shape}] ${description.rate}`,
        problem,
      ]);
      const titles = ["stream", "state", "sensor", "of", "frames", "problem"];
      const columns = titles.map((title) => ({ title }));
      say(flags, { sensors }, `${textTable(columns, rows).join("\n")}\n`);
    });
}

const EXAMPLES = `
Examples:
  sensorium attach microphone                                      a new stream, "microphone"
  sensorium attach camera --stream video                           feeds the pipeline's own stream
  sensorium attach csv --options '{"source":"/tmp/log.csv","follow":"yes","columns":["t","h"]}'
  sensorium attach --stream '{"stream":"imu","modality":"sensor","dtype":"f32","shape":[6],"rate":100}'

A stream that the pipeline does not declare is recorded, aligned and shown; its model does not see it.
The pipeline's server takes sensors from its own machine only.`;

function say({ json }: AttachFlags, told: object, text: string): void {
  process.stdout.write(json ? `${JSON.stringify(told)}\n` : text);
}
