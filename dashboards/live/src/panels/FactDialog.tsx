import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

interface FactDialogProps {
  /** What the fact is called in the header. */
  readonly fact: string;
  /** What it is. */
  readonly shown: ComponentChildren;
  /** What its button does. */
  readonly hint: string;
  /** What its button is called; `shown` unless given. */
  readonly label?: string;
  /** Class of the dialog. */
  readonly about: string;
  /** What the dialog is called. */
  readonly heading: string;
  /** What went wrong last; empty where nothing did. */
  readonly problem: string;
  readonly onToggle: (isOpen: boolean) => void;
  readonly children: ComponentChildren;
}

/** A fact of the header that is a button: behind it a dialog with more, and something to do about it. */
export function FactDialog(props: FactDialogProps) {
  const { fact, shown, hint, label, about, heading, problem, onToggle, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <div class={`fact fact-${fact}`}>
      <dt>{fact}</dt>
      <dd>
        <button
          type="button"
          class="fact-button"
          aria-haspopup="dialog"
          aria-label={label}
          title={hint}
          onClick={() => {
            dialog.current?.showModal();
            onToggle(true);
          }}
        >
          {shown}
        </button>
        <dialog
          ref={dialog}
          class={`dialog ${about}`}
          aria-label={heading}
          onClose={() => onToggle(false)}
        >
          <div class="dialog-inner">
            <header>
              <h2>{heading}</h2>
              <button type="button" class="plug" onClick={() => dialog.current?.close()}>
                Close
              </button>
            </header>
            {children}
            <p class="label-problem" role="alert">
              {problem}
            </p>
          </div>
        </dialog>
      </dd>
    </div>
  );
}
