/** Stands between a slot and its label, for forms that know labels only. */
const BETWEEN = ": ";

/** A label with its slot before it, in one text. */
export function joined({ label, slot }: { readonly label: string; readonly slot: string }): string {
  return slot === "" ? label : `${slot}${BETWEEN}${label}`;
}

/** The slot and the label in such a text. */
export function parted(text: string): { readonly label: string; readonly slot: string } {
  const at = text.indexOf(BETWEEN);
  if (at <= 0) return { label: text, slot: "" };
  return { label: text.slice(at + BETWEEN.length), slot: text.slice(0, at) };
}
