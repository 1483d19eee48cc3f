import type { Micros } from "../units.ts";
import type { StageModel } from "./Stage.ts";

/**
 * What a stage says of a model that is yet to be trained: it has no classes, and answers nothing.
 *
 * Its readings say what was present, and that is all: streams are seen, recorded and labelled long before
 * there is anything to answer with.
 *
 * @param name Prefix of the model's version; the pipeline's name.
 */
export function untrained(name: string): Omit<StageModel, "version"> & { readonly model: string } {
  return {
    model: `${name}-untrained`,
    trained: false,
    device: "none",
    classes: [],
    prior: [],
    lookAhead: 0 as Micros,
    codes: 0,
  };
}
