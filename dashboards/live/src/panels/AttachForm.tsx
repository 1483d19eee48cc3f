import { useState } from "preact/hooks";

import { attachSensor, type FedStream, type SensorKind } from "../feed/sensors.ts";

export interface AttachFormProps {
  readonly kinds: readonly SensorKind[];
  readonly streams: readonly FedStream[];
  readonly onAttached: () => void;
}

/** Asks which sensor is to be attached, and says what became of it. */
export function AttachForm({ kinds, streams, onAttached }: AttachFormProps) {
  const [chosen, setChosen] = useState(kinds[0]?.kind ?? "");
  const [argument, setArgument] = useState("");
  const [device, setDevice] = useState("");
  const [stream, setStream] = useState("");
  const [further, setFurther] = useState("");
  const [said, setSaid] = useState<{ readonly text: string; readonly isProblem: boolean }>();
  const [isBusy, setBusy] = useState(false);
  const kind = kinds.find((each) => each.kind === chosen);
  if (kind === undefined) return null;
  const free = streams.filter((each) => each.kind === undefined || each.state === "unplugged");
  const attach = async (): Promise<void> => {
    setBusy(true);
    setSaid(undefined);
    const wish = { kind, argument: argument.trim(), further, stream };
    const problem = await attachSensor({
      ...wish,
      device: device === "" ? undefined : Number(device),
    });
    setBusy(false);
    setSaid(
      problem === undefined
        ? { text: `${kind.kind} attached`, isProblem: false }
        : { text: `Not attached: ${problem}`, isProblem: true },
    );
    if (problem === undefined) onAttached();
  };
  return (
    <form
      class="attach"
      aria-label="Attach a sensor"
      onSubmit={(event) => {
        event.preventDefault();
        void attach();
      }}
    >
      <h3>attach a sensor</h3>
      <div class="attach-fields">
        <label>
          sensor
          <select
            name="kind"
            value={chosen}
            onChange={(event) => {
              setChosen(event.currentTarget.value);
              setArgument("");
              setDevice("");
              setSaid(undefined);
            }}
          >
            {kinds.map(({ kind: name, fix }) => (
              <option key={name} value={name}>
                {fix === undefined ? name : `${name} (not here)`}
              </option>
            ))}
          </select>
        </label>
        {kind.devices.length > 0 && (
          <label>
            device
            <select
              name="device"
              value={device}
              onChange={(event) => setDevice(event.currentTarget.value)}
            >
              <option value="">the usual one</option>
              {kind.devices.map(({ name }, at) => (
                <option key={name} value={String(at)}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
        {kind.argument !== undefined && kind.devices.length === 0 && (
          <label class="attach-argument">
            {kind.argument}
            <input
              name="argument"
              autocomplete="off"
              value={argument}
              onInput={(event) => setArgument(event.currentTarget.value)}
            />
          </label>
        )}
        <label>
          stream
          <input
            name="stream"
            list="attach-streams"
            autocomplete="off"
            placeholder="a new one"
            value={stream}
            onInput={(event) => setStream(event.currentTarget.value)}
          />
          <datalist id="attach-streams">
            {free.map(({ stream: name }) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </label>
        <button type="submit" class="plug attach-go" disabled={isBusy}>
          Attach
        </button>
      </div>
      <p class="dim">{kind.fix === undefined ? kind.summary : `${kind.summary} ${kind.fix}`}</p>
      <details>
        <summary>further options</summary>
        <textarea
          name="further"
          rows={2}
          spellcheck={false}
          placeholder='{"follow":"yes","columns":["t","h"]}'
          value={further}
          onInput={(event) => setFurther(event.currentTarget.value)}
        />
      </details>
      <p class={said?.isProblem ? "label-problem" : "attach-done"} role="status">
        {said?.text}
      </p>
    </form>
  );
}
