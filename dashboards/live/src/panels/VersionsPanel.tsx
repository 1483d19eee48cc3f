import { useEffect, useState } from "preact/hooks";

import type { LearningMessage } from "../../../../src/server/protocol.ts";
import { counted } from "../../../../src/units.ts";
import type { Dashboard } from "../feed/Dashboard.ts";
import {
  changeVersion,
  type ModelVersion,
  type VersionAction,
  type Versions,
  versions,
} from "../feed/teach.ts";
import { FactDialog } from "./FactDialog.tsx";

const REFRESH_MS = 2_000;

/** Which model answers; behind it, the versions there are, to pin one or to go back. */
export function VersionsPanel({ dashboard }: { readonly dashboard: Dashboard }) {
  const [isOpen, setOpen] = useState(false);
  const [known, setKnown] = useState<Versions | undefined>(undefined);
  const [problem, setProblem] = useState("");
  const learning = dashboard.learning.value;
  const serving = known?.versions.find((each) => each.isServing)?.version;
  const model = learning?.version ?? serving ?? dashboard.hello.value?.model ?? "";
  const isPinned = learning?.isPinned ?? known?.isPinned ?? false;
  useEffect(() => {
    if (!isOpen) return undefined;
    let isGone = false;
    const look = async (): Promise<void> => {
      const found = await versions();
      if (!isGone) setKnown(found);
    };
    void look();
    const timer = setInterval(() => void look(), REFRESH_MS);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [isOpen]);
  const change = async (action: VersionAction): Promise<void> => {
    setProblem((await changeVersion(action)) ?? "");
    setKnown(await versions());
  };
  return (
    <FactDialog
      fact="model"
      shown={
        <span class="model-name">
          <span class="model-version">{shortOf(model)}</span>
          {isPinned && <small> pinned</small>}
        </span>
      }
      hint="versions of the model"
      about="versions"
      heading="versions of the model"
      problem={problem}
      onToggle={setOpen}
    >
      {learning !== undefined && <Learning learning={learning} />}
      {known === undefined ? (
        <p class="dim">This run keeps one version: {model}.</p>
      ) : (
        <VersionList known={known} change={change} />
      )}
    </FactDialog>
  );
}

/** How the learning goes, in two lines. */
function Learning({ learning }: { readonly learning: LearningMessage }) {
  const { isLearning, labels, published, discarded, rolledBack, verdict, reason } = learning;
  const counts = [
    counted(labels.given, "label given", "labels given"),
    labels.tooLate > 0 ? `${labels.tooLate} too late` : "",
    counted(published, "version published", "versions published"),
    `${discarded} discarded`,
    rolledBack > 0 ? `${rolledBack} rolled back` : "",
  ];
  return (
    <div class="learning" data-learning={isLearning}>
      <p>
        <span class="dot" aria-hidden="true" />
        {isLearning ? "learns from labels" : "does not learn: labels go on record alone"}
      </p>
      {isLearning && <p class="dim">{counts.filter(Boolean).join(" · ")}</p>}
      {verdict !== undefined && (
        <p class="dim">
          last candidate {verdict.published ? "published" : "discarded"}: {verdict.reason}
        </p>
      )}
      {reason !== undefined && <p class="dim">serves because {reason}</p>}
    </div>
  );
}

function VersionList({
  known,
  change,
}: {
  readonly known: Versions;
  readonly change: (action: VersionAction) => Promise<void>;
}) {
  const newestFirst = [...known.versions].reverse();
  return (
    <>
      <ul>
        {newestFirst.map((each) => (
          <li key={each.version} data-serving={each.isServing}>
            <span class="version-name">{each.version}</span>
            <span class="dim">{originOf(each)}</span>
            <span class="version-act">
              {each.isServing && known.isPinned ? (
                <button type="button" class="plug" onClick={() => void change({ do: "unpin" })}>
                  Unpin
                </button>
              ) : (
                <button
                  type="button"
                  class="plug"
                  aria-label={`Pin ${each.version}`}
                  onClick={() => void change({ do: "pin", version: each.version })}
                >
                  Pin
                </button>
              )}
            </span>
          </li>
        ))}
      </ul>
      <footer>
        <button
          type="button"
          class="plug"
          disabled={!known.versions.some(({ isServing, parent }) => isServing && parent)}
          onClick={() => void change({ do: "rollback" })}
        >
          Roll back
        </button>
        <span class="dim">
          to what it was learnt from; what is pinned serves until it is unpinned
        </span>
      </footer>
    </>
  );
}

function originOf({ isServing, parent, since }: ModelVersion): string {
  const time =
    since === undefined ? "" : new Date(since / 1_000).toLocaleTimeString([], { hour12: false });
  const origin = parent === undefined ? "weights file" : `learnt from ${parent}`;
  return [isServing ? "serves now" : "", origin, time].filter(Boolean).join(" · ");
}

/** A hash says enough by its first digits. */
function shortOf(version: string): string {
  return version.length > 26 ? `${version.slice(0, 25)}…` : version;
}
