import { useEffect, useState } from "preact/hooks";

import type { Dashboard } from "../feed/Dashboard.ts";
import {
  detachSensor,
  type FedStream,
  fedStreams,
  type SensorKind,
  sensorKinds,
} from "../feed/sensors.ts";
import { AttachForm } from "./AttachForm.tsx";
import { FactDialog } from "./FactDialog.tsx";

const REFRESH_MS = 1_000;

/** How many streams there are; behind it who feeds each, to take one away or attach another. */
export function SensorsPanel({ dashboard }: { readonly dashboard: Dashboard }) {
  const [isOpen, setOpen] = useState(false);
  const [streams, setStreams] = useState<readonly FedStream[]>([]);
  const [kinds, setKinds] = useState<readonly SensorKind[]>([]);
  const [problem, setProblem] = useState("");
  const look = async (): Promise<void> => {
    const { found, problem } = await fedStreams();
    if (found === undefined) setProblem(problem);
    else setStreams(found);
  };
  useEffect(() => {
    if (!isOpen) return undefined;
    setProblem("");
    void look();
    void sensorKinds().then(({ found, problem }) => {
      if (found === undefined) setProblem(problem);
      else setKinds(found);
    });
    const timer = setInterval(() => void look(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [isOpen]);
  const detach = async (stream: string): Promise<void> => {
    setProblem((await detachSensor(stream)) ?? "");
    await look();
  };
  return (
    <FactDialog
      fact="streams"
      shown={dashboard.hello.value?.streams.length ?? 0}
      hint="who feeds them; attach a sensor"
      label="Sensors"
      about="sensors"
      heading="sensors"
      problem={problem}
      onToggle={setOpen}
    >
      <ul>
        {streams.map((each) => (
          <StreamItem key={each.stream} of={each} onDetach={detach} />
        ))}
      </ul>
      {kinds.length > 0 && (
        <AttachForm kinds={kinds} streams={streams} onAttached={() => void look()} />
      )}
    </FactDialog>
  );
}

interface StreamItemProps {
  readonly of: FedStream;
  readonly onDetach: (stream: string) => Promise<void>;
}

function StreamItem({ of, onDetach }: StreamItemProps) {
  const { stream, frames, state, kind, isGuest, problem } = of;
  const isFed = kind !== undefined && state !== "unplugged" && state !== "ended";
  const who = kind ?? (state === "live" ? "somebody else" : "nobody");
  return (
    <li data-sensor={stream} data-state={state}>
      <span class="version-name">
        <span class="dot" aria-hidden="true" />
        {stream}
        {isGuest && <small title="recorded and shown; the model does not see it">guest</small>}
      </span>
      <span class="dim">{[state, `fed by ${who}`, frames].filter(Boolean).join(" · ")}</span>
      {problem !== undefined && <span class="sensor-problem">{problem}</span>}
      <span class="version-act">
        {(isGuest || isFed) && (
          <button
            type="button"
            class="plug"
            aria-label={`Detach ${stream}`}
            onClick={() => void onDetach(stream)}
          >
            Detach
          </button>
        )}
      </span>
    </li>
  );
}
