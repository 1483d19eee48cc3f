import { useEffect, useRef, useState } from "preact/hooks";

import type { JoinStream } from "../../../../src/server/joinProtocol.ts";
import type { JoinLink } from "../link/JoinLink.ts";
import type { Preview, SourceKind } from "../sources/Source.ts";

interface StreamCardProps {
  readonly stream: JoinStream;
  readonly kinds: readonly SourceKind[];
  readonly link: JoinLink;
}

/** One stream of the pipeline, what this device can feed it with, and how that goes. */
export function StreamCard({ stream, kinds, link }: StreamCardProps) {
  const [running, setRunning] = useState<SourceKind>();
  const [frames, setFrames] = useState(0);
  const [preview, setPreview] = useState<Preview>();
  const [problem, setProblem] = useState("");
  const stage = useRef<HTMLDivElement>(null);
  const stop = useRef<() => void>(() => {});
  useEffect(() => () => stop.current(), []);

  const end = (text = ""): void => {
    stop.current();
    stop.current = () => {};
    link.close(stream);
    setRunning(undefined);
    setPreview(undefined);
    setProblem(text);
  };
  const begin = async (kind: SourceKind): Promise<void> => {
    const { current } = stage;
    if (current === null) return;
    setProblem("");
    setFrames(0);
    setRunning(kind);
    link.open(stream);
    // A person may change their mind while the browser still asks: what then starts is stopped at once.
    let isWanted = true;
    stop.current = () => {
      isWanted = false;
    };
    try {
      const started = await kind.start({
        stream,
        link,
        stage: current,
        onEnd: end,
        onNews: (news) => {
          setFrames(news.frames);
          setPreview(news.preview);
        },
      });
      if (isWanted) stop.current = started;
      else started();
    } catch (cause) {
      if (isWanted) end(cause instanceof Error ? explain(cause) : String(cause));
    }
  };
  const refused = link.refusals.value[stream.stream];

  return (
    <section class={`card ${running ? "running" : ""}`} data-stream={stream.stream}>
      <header>
        <h2>{stream.stream}</h2>
        <p class="dim">{describe(stream)}</p>
        {stream.hint !== undefined && <p class="hint">{stream.hint}</p>}
      </header>
      <div class="choices">
        {kinds.map((kind) =>
          running === kind ? (
            <button type="button" class="on" onClick={() => end()} key={kind.name}>
              Stop {kind.title.toLowerCase()}
            </button>
          ) : (
            <button
              type="button"
              disabled={running !== undefined}
              onClick={() => void begin(kind)}
              key={kind.name}
              data-kind={kind.name}
            >
              {kind.title}
            </button>
          ),
        )}
        {kinds.length === 0 && <p class="dim">this device has nothing that fits</p>}
      </div>
      <div class="stage" ref={stage} />
      {preview?.picture !== undefined && <Picture picture={preview.picture} />}
      {preview?.level !== undefined && (
        <div class="meter" aria-hidden="true">
          <i style={{ width: `${preview.level * 100}%` }} />
        </div>
      )}
      {running !== undefined && <p class="dim frames">{frames} frames sent</p>}
      <p class="problem" role="alert">
        {problem || refused}
      </p>
    </section>
  );
}

function Picture({ picture }: { readonly picture: ImageData }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const { current } = canvas;
    if (current === null) return;
    current.width = picture.width;
    current.height = picture.height;
    current.getContext("2d")?.putImageData(picture, 0, 0);
  }, [picture]);
  return <canvas class="picture" role="img" aria-label="What the camera sees" ref={canvas} />;
}

function describe({ modality, shape, rate, unit, becomes }: JoinStream): string {
  if (becomes !== undefined) return `becomes ${becomes.join(" and ")}`;
  const often = rate > 0 ? `${rate} a second` : "as things happen";
  return [modality, shape.length > 0 ? shape.join(" × ") : "", unit, often]
    .filter((part) => part !== "")
    .join(", ");
}

/** The browser's reasons in words that say what to do. */
function explain({ name, message }: Error): string {
  if (name === "NotAllowedError")
    return "Not allowed: grant it in the browser's settings of this page.";
  if (name === "NotFoundError") return "This device has none, or another program holds it.";
  if (navigator.mediaDevices === undefined)
    return "Browsers lend microphones and cameras to https pages only, or to this very machine.";
  return message;
}
