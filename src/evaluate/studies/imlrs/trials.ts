import type { ImlConfig } from "../../../models/imlrs/config.ts";
import { initImlParams } from "../../../models/imlrs/params.ts";
import { Rng } from "../../../tensor/Rng.ts";
import type { Trial, TrialContext } from "../../Study.ts";
import type { ImlProtocol, ModalitySubset, Schedule } from "./protocol.ts";
import { scoreSubsets } from "./scoreSubsets.ts";
import { pretrain, trainClassifier } from "./trainImlrs.ts";

/** The method with something changed. */
interface Variant {
  readonly variant: string;
  readonly summary: string;
  /** Changes of the network. */
  readonly network?: Partial<ImlConfig>;
  /** Default `random`. */
  readonly combination?: "random" | "all";
  /** Default true: every sample draws its own. */
  readonly perSample?: boolean;
  /** Share of tokens shown in training, where it is not the protocol's. */
  readonly keep?: number;
  /** Weight of the modalities' own answers, where it is not the protocol's. */
  readonly own?: number;
  /** Run with one seed only: the spread of the method is what it is held against. */
  readonly isAside?: true;
  /** How it is pre-trained; absent: from scratch. */
  readonly pretrain?: Partial<ImlProtocol["pretrain"]>;
}

const VARIANTS: readonly Variant[] = [
  {
    variant: "",
    summary:
      "IML-RS from scratch: block mask, modality attention, a random combination per sample, every modality's own answer trained beside the fused one",
  },
  {
    variant: "multivit",
    summary:
      "the same network without mask, modality attention, random combination, patch dropout and own answers",
    network: { mask: "none", modalityAttention: "off" },
    combination: "all",
    keep: 1,
    own: 0,
  },
  {
    variant: "no-random-combination",
    summary: "always trained on all that a sample has",
    combination: "all",
  },
  {
    variant: "no-mask",
    summary: "every token reads every other one",
    network: { mask: "none" },
  },
  {
    variant: "no-modality-attention",
    summary: "fusion tokens read the modalities by self-attention only",
    network: { modalityAttention: "off" },
  },
  {
    variant: "no-own-answers",
    summary: "the fused answer alone is trained, as in the paper",
    own: 0,
  },
  {
    variant: "no-patch-dropout",
    isAside: true,
    summary: "all tokens of what is there are shown in training",
    keep: 1,
  },
  {
    variant: "self-modality-attention",
    isAside: true,
    summary: "modality attention over the M+1 tokens of a position, the released code's form",
    network: { modalityAttention: "selfMPlus1" },
  },
  {
    variant: "batch-combination",
    isAside: true,
    summary: "one random combination for the whole batch, as in the paper",
    perSample: false,
  },
  {
    variant: "pretrained",
    summary: "first reconstruction of hidden tokens and InfoNCE of class tokens, without labels",
    pretrain: {},
  },
  {
    variant: "pretrained-dino",
    isAside: true,
    summary: "pre-trained with the released code's self-distillation in place of InfoNCE",
    pretrain: { contrast: { kind: "dino", weight: 0.3 } },
  },
  {
    variant: "pretrained-reconstruction",
    isAside: true,
    summary: "pre-trained by reconstruction alone",
    pretrain: { contrast: { kind: "off", weight: 0 } },
  },
];

/** What is tried on one data set: the method, its ablations, pre-training, and the specialists. */
export function imlTrials(protocol: ImlProtocol): readonly Trial[] {
  const kept = (schedule: Schedule, keep: number | undefined): Schedule => ({
    ...schedule,
    keep: keep ?? schedule.keep,
  });
  const { leftOut = [], once = [] } = protocol;
  const trials = VARIANTS.filter(({ variant }) => !leftOut.includes(variant)).map(
    (variant): Trial => {
      const setting: ImlProtocol = {
        ...protocol,
        network: { ...protocol.network, ...variant.network },
        classify: {
          ...protocol.classify,
          ...kept(protocol.classify, variant.keep),
          own: variant.own ?? protocol.classify.own,
        },
        pretrain: { ...protocol.pretrain, ...variant.pretrain },
      };
      const { network, classify } = setting;
      return {
        variant: variant.variant,
        summary: variant.summary,
        seeded: variant.isAside !== true && !once.includes(variant.variant),
        config: {
          network,
          classify,
          combination: variant.combination ?? "random",
          perSample: variant.perSample ?? true,
          ...(variant.pretrain !== undefined && { pretrain: setting.pretrain }),
        },
        run: (context) => runTrial(setting, variant, setting.subsets, context),
      };
    },
  );
  return [...trials, specialistTrial(protocol)];
}

function specialistTrial(protocol: ImlProtocol): Trial {
  const { network, classify, specialists, once = [] } = protocol;
  return {
    variant: "specialist",
    seeded: !once.includes("specialist"),
    summary: `one network of its own for each of ${specialists.map(({ name }) => name).join(", ")}`,
    config: { network, classify, specialists },
    run: async (context) => {
      const scores: Record<string, number> = {};
      for (const subset of specialists) {
        const modalities = network.modalities.filter(({ name }) =>
          subset.modalities.includes(name),
        );
        const setting = { ...protocol, network: { ...network, modalities } };
        const progress = (line: string): void => context.progress(`${subset.name}: ${line}`);
        const own = await runTrial(setting, { combination: "all" }, [subset], {
          ...context,
          progress,
        });
        Object.assign(scores, own);
      }
      return scores;
    },
  };
}

async function runTrial(
  protocol: ImlProtocol,
  variant: Pick<Variant, "combination" | "perSample" | "pretrain">,
  subsets: readonly ModalitySubset[],
  { data, split, seed, threads, progress }: TrialContext,
): Promise<Record<string, number>> {
  const config = protocol.network;
  const rng = Rng.fromSeed(seed);
  const weights = rng.fork("weights");
  let params = initImlParams(config, () => weights.uniform());
  const options = {
    config,
    examples: await protocol.read(data, "train"),
    protocol,
    combination: variant.combination ?? "random",
    perSample: variant.perSample ?? true,
    rng: rng.fork("training"),
    threads,
    progress,
  };
  if (variant.pretrain !== undefined) params = await pretrain(options, params);
  params = await trainClassifier(options, params);
  const examples = await protocol.read(data, split);
  return scoreSubsets({ config, params, examples, subsets, protocol, threads });
}
