import { pageMicros } from "../link/JoinLink.ts";
import type { SourceContext, SourceKind } from "./Source.ts";

/** What a person types, line by line. */
export const words: SourceKind = {
  name: "words",
  title: "Keyboard",
  fits: ({ dtype }) => dtype === "utf8",
  start,
};

async function start({ stream, link, stage, onNews }: SourceContext): Promise<() => void> {
  const form = document.createElement("form");
  const field = document.createElement("input");
  field.placeholder = "type, then Enter";
  field.autocomplete = "off";
  form.append(field);
  stage.replaceChildren(form);
  let frames = 0;
  form.onsubmit = (event) => {
    event.preventDefault();
    const text = field.value.trim();
    const time = link.serverTime(pageMicros());
    if (text === "" || time === undefined) return;
    const caption = new TextEncoder().encode(JSON.stringify({ text, duration: 0 }));
    if (link.send(stream, [time], caption)) frames++;
    field.value = "";
    onNews({ frames });
  };
  field.focus();
  return () => stage.replaceChildren();
}
