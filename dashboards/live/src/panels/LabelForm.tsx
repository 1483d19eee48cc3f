import { useEffect, useRef, useState } from "preact/hooks";

import type { HelloMessage } from "../../../../src/server/protocol.ts";
import type { Stretch } from "../draw/drawLabels.ts";
import type { Dashboard } from "../feed/Dashboard.ts";
import { offeredLabels, problemOf } from "../feed/labels.ts";
import { slotOf } from "../feed/nowWord.ts";
import { teach } from "../feed/teach.ts";

export interface LabelFormProps {
  readonly dashboard: Dashboard;
  readonly hello: HelloMessage;
  /** What is being labelled, and what was found there. */
  readonly stretch: Stretch & { readonly guess: string };
  readonly onClose: () => void;
}

/** Asks what happened. Enter says it, escape forgets it. */
export function LabelForm({ dashboard, hello, stretch, onClose }: LabelFormProps) {
  const input = useRef<HTMLInputElement>(null);
  const [label, setLabel] = useState(stretch.guess);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    setLabel(stretch.guess);
    input.current?.focus();
    input.current?.select();
  }, [stretch]);
  const say = async (): Promise<void> => {
    const name = label.trim();
    const problem = problemOf(hello, name);
    if (problem !== undefined) {
      setProblem(problem);
      return;
    }
    const { from, to } = stretch;
    const refusal = await teach({ label: name, slot: slotOf(hello, name), from, to });
    if (refusal === undefined) onClose();
    else setProblem(`Not taken: ${refusal}.`);
  };
  const seconds = ((stretch.to - stretch.from) / 1e6).toFixed(2);
  return (
    <form
      class="label-form"
      aria-label="Label"
      onSubmit={(event) => {
        event.preventDefault();
        void say();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <label for="label-name">
        what happened in these <strong>{seconds} s</strong>?
      </label>
      <span class="label-row">
        <input
          ref={input}
          id="label-name"
          list="label-classes"
          autocomplete="off"
          value={label}
          onInput={(event) => {
            setProblem("");
            setLabel(event.currentTarget.value);
          }}
        />
        <datalist id="label-classes">
          {offeredLabels(hello).map((name) => (
            <option key={name} value={name}>
              {name === hello.silence ? "nothing" : slotOf(hello, name)}
            </option>
          ))}
        </datalist>
        <button type="submit" class="plug" disabled={dashboard.line.value.kind !== "open"}>
          Label
        </button>
        <button type="button" class="plug" onClick={onClose}>
          Cancel
        </button>
      </span>
      <span class="label-problem" role="alert">
        {problem}
      </span>
    </form>
  );
}
