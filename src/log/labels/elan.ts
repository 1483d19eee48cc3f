import type { LabelLine } from "./LabelLine.ts";

/** The tier of labels that are of no kind of their own. */
const USUAL_TIER = "default";

/**
 * Labels as an ELAN document (`.eaf`): one tier for each slot, times in whole milliseconds.
 *
 * ELAN Annotation Format 3.0, Max Planck Institute for Psycholinguistics.
 */
export function formatElan(labels: readonly LabelLine[]): string {
  const slots = [...new Set(labels.map(({ slot }) => slot))];
  const times: string[] = [];
  const timeSlot = (seconds: number): string => {
    const id = `ts${times.length + 1}`;
    const value = Math.round(seconds * 1_000);
    times.push(`    <TIME_SLOT TIME_SLOT_ID="${id}" TIME_VALUE="${value}"/>`);
    return id;
  };
  let annotations = 0;
  const tiers = (slots.length === 0 ? [""] : slots).map((slot) => {
    const own = labels.filter((label) => label.slot === slot);
    const lines = own.map(({ label, from, to }) =>
      [
        "    <ANNOTATION>",
        `      <ALIGNABLE_ANNOTATION ANNOTATION_ID="a${++annotations}" TIME_SLOT_REF1="${timeSlot(from)}" TIME_SLOT_REF2="${timeSlot(to)}">`,
        `        <ANNOTATION_VALUE>${escaped(label)}</ANNOTATION_VALUE>`,
        "      </ALIGNABLE_ANNOTATION>",
        "    </ANNOTATION>",
      ].join("\n"),
    );
    const id = escaped(slot === "" ? USUAL_TIER : slot);
    return [
      `  <TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="${id}">`,
      ...lines,
      "  </TIER>",
    ].join("\n");
  });
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<ANNOTATION_DOCUMENT AUTHOR="" DATE="1970-01-01T00:00:00Z" FORMAT="3.0" VERSION="3.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">',
    '  <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>',
    "  <TIME_ORDER>",
    ...times,
    "  </TIME_ORDER>",
    ...tiers,
    '  <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="default-lt" TIME_ALIGNABLE="true"/>',
    "</ANNOTATION_DOCUMENT>",
  ].join("\n")}\n`;
}

/**
 * Labels from an ELAN document: the annotations that are aligned to times, and those that refer to such a one
 * and so share its times. The tier is the slot.
 *
 * @returns The labels, and the ids of annotations whose times are not known.
 */
export function labelsOfElan(text: string): {
  readonly labels: readonly LabelLine[];
  readonly wrong: readonly string[];
} {
  const times = new Map<string, number>();
  const spans = new Map<string, { readonly from: number; readonly to: number }>();
  const labels: LabelLine[] = [];
  const wrong: string[] = [];
  const referring: { id: string; to: string; label: string; slot: string }[] = [];
  const plain = text.replaceAll(/<!--[\s\S]*?-->/g, "");
  for (const [, attributes = ""] of plain.matchAll(/<TIME_SLOT\b([^>]*)>/g)) {
    const { TIME_SLOT_ID: id, TIME_VALUE: value } = attributesOf(attributes);
    if (id !== undefined && value !== undefined) times.set(id, Number(value) / 1_000);
  }
  for (const [, tierAttributes = "", body = ""] of plain.matchAll(
    /<TIER\b([^>]*[^/>])>([\s\S]*?)<\/TIER>/g,
  )) {
    const tier = attributesOf(tierAttributes)["TIER_ID"] ?? "";
    const slot = tier === USUAL_TIER ? "" : tier;
    for (const [, kind = "", own = "", inner = ""] of body.matchAll(
      /<(ALIGNABLE|REF)_ANNOTATION\b([^>]*)>([\s\S]*?)<\/\1_ANNOTATION>/g,
    )) {
      const said = attributesOf(own);
      const id = said["ANNOTATION_ID"] ?? "";
      const value = /<ANNOTATION_VALUE[^>]*>([\s\S]*?)<\/ANNOTATION_VALUE>/.exec(inner)?.[1] ?? "";
      const label = unescaped(value).trim();
      if (kind === "REF") {
        referring.push({ id, to: said["ANNOTATION_REF"] ?? "", label, slot });
        continue;
      }
      const from = times.get(said["TIME_SLOT_REF1"] ?? "");
      const to = times.get(said["TIME_SLOT_REF2"] ?? "");
      if (from === undefined || to === undefined || !(to >= from)) wrong.push(id);
      else {
        spans.set(id, { from, to });
        if (label !== "") labels.push({ label, slot, from, to });
      }
    }
  }
  for (const { id, to, label, slot } of referring) {
    const span = spans.get(to);
    if (span === undefined) wrong.push(id);
    else if (label !== "") labels.push({ label, slot, ...span });
  }
  return { labels: labels.toSorted((a, b) => a.from - b.from), wrong };
}

function attributesOf(text: string): Record<string, string | undefined> {
  return Object.fromEntries(
    [...text.matchAll(/([A-Za-z_:][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(
      ([, name = "", double, single]) => [name, unescaped(double ?? single ?? "")],
    ),
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" },
};

function unescaped(text: string): string {
  const cdata = /^\s*<!\[CDATA\[([\s\S]*?)\]\]>\s*$/.exec(text);
  if (cdata !== null) return cdata[1] ?? "";
  return text.replaceAll(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return ENTITIES[name] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
