import colors from "picocolors";

/** `text` in the colour of a stream's state: green while it is well, dim before it is, else yellow. */
export function paintState(text: string, state: string): string {
  if (state === "live") return colors.green(text);
  return state === "starting" ? colors.dim(text) : colors.yellow(text);
}
