import type { StreamDescription } from "../../frames/StreamDescription.ts";
import type { PageSense, PageSource, SenseConverter, SenseForm } from "../../pipeline/PageSense.ts";
import type { Micros } from "../../units.ts";

/** Something that a page may lend, and what becomes of it. */
export interface JoinOffer {
  /** What it is called on the page. */
  readonly name: string;
  /** In what form the page gives its frames. */
  readonly form: SenseForm;
  /** What of the page senses; whatever gives frames of the form unless given. */
  readonly source?: PageSource;
  readonly hint?: string;
  /** Of a pen: how long it is off the paper when what it drew is finished. */
  readonly rest?: Micros;
  /** The streams that it feeds. */
  readonly feeds: readonly StreamDescription[];
  /** Makes of the page's frames those of the streams; they are the stream's own unless given. */
  readonly converter?: () => SenseConverter;
}

/**
 * What pages may lend to a pipeline: the senses that it names, or each of its streams where it names none; and
 * each guest.
 *
 * @param senses The pipeline's `senses`.
 * @param own The streams that it declares.
 * @param guests The others.
 */
export function joinOffers(
  senses: Readonly<Record<string, PageSense>> | undefined,
  own: readonly StreamDescription[],
  guests: readonly StreamDescription[],
): readonly JoinOffer[] {
  const whole = (description: StreamDescription): JoinOffer => ({
    name: description.stream,
    form: description,
    feeds: [description],
  });
  if (senses === undefined) return [...own, ...guests].map(whole);
  const named = Object.entries(senses).flatMap(
    ([name, { source, hint, rest, feeds, conversion }]) => {
      const fed = feeds.flatMap((stream) => own.filter((known) => known.stream === stream));
      const form = conversion?.form ?? fed[0];
      if (form === undefined) return [];
      return [
        {
          ...{ name, form, source, feeds: fed },
          ...(hint !== undefined && { hint }),
          ...(rest !== undefined && { rest }),
          ...(conversion !== undefined && { converter: conversion.converter }),
        },
      ];
    },
  );
  return [...named, ...guests.map(whole)];
}
