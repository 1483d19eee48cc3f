import type { JoinLink, LinkState } from "../link/JoinLink.ts";
import type { SourceKind } from "../sources/Source.ts";
import { StreamCard } from "./StreamCard.tsx";

const SAYING: Readonly<Record<LinkState, string>> = {
  connecting: "connecting",
  open: "connected",
  lost: "connection lost, trying again",
  refused: "refused: open the link that the pipeline shows now",
};

interface JoinAppProps {
  readonly link: JoinLink;
  readonly kinds: readonly SourceKind[];
}

/** The whole page: where it is connected to, and a card per stream. */
export function JoinApp({ link, kinds }: JoinAppProps) {
  const welcome = link.welcome.value;
  const uncertainty = link.uncertainty.value;
  return (
    <main>
      <header class="top">
        <h1>sensorium</h1>
        <p class={`state ${link.state.value}`} role="status">
          {SAYING[link.state.value]}
          {uncertainty !== undefined && link.state.value === "open" && (
            <span class="dim"> · clock known to ±{(uncertainty / 1_000).toFixed(1)} ms</span>
          )}
        </p>
      </header>
      {welcome !== undefined && (
        <>
          <p class="lead">
            Lend this device's senses to <b>{welcome.pipeline}</b>. {welcome.summary}
          </p>
          <div class="cards">
            {welcome.streams.map((stream) => (
              <StreamCard
                key={stream.stream}
                stream={stream}
                link={link}
                kinds={kinds.filter(
                  (kind) => (stream.source ?? kind.name) === kind.name && kind.fits(stream),
                )}
              />
            ))}
          </div>
          <p class="dim foot">
            What is sensed goes to the pipeline and nowhere else, and only while a button is lit.
          </p>
        </>
      )}
    </main>
  );
}
