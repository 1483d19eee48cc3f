/**
 * The five published methods, each on its own: for research, for comparisons, and for models of one's own.
 *
 * What they are and what they measured: docs/results/README.md; their equations: docs/cmg.md, gmc.md, mla.md,
 * decur.md, imlrs.md. All are pure functions of tensors that `Trainer` and `compile` turn into programs.
 */

// What they are trained and run with.
export { Trainer, type TrainerOptions } from "./learn/Trainer.ts";
// CMG: discrete codes that all modalities share (Xia et al. 2023).
export { type CmgEncoder, openCmgEncoder } from "./models/cmg/CmgEncoder.ts";
export type { CmgConfig } from "./models/cmg/config.ts";
export { type CmgBatch, CmgTraining, type CmgTrainingOptions } from "./models/cmg/method.ts";
export { type CmgParams, initCmgParams } from "./models/cmg/network.ts";
export { codePreset, paperPreset, streamPreset } from "./models/cmg/presets.ts";
export { LiveCodebook } from "./models/codebook/LiveCodebook.ts";
// DeCUR: what modalities have in common, and what is each one's own (Wang et al. 2024).
export { augmentAudio } from "./models/decur/augment/augmentAudio.ts";
export { augmentInertial } from "./models/decur/augment/augmentInertial.ts";
export { augmentSpectrum } from "./models/decur/augment/augmentSpectrum.ts";
export { augmentVideo } from "./models/decur/augment/augmentVideo.ts";
export type { DecurConfig } from "./models/decur/config.ts";
export { deformableAttention1d } from "./models/decur/deformable/deformableAttention1d.ts";
export { deformableAttention2d } from "./models/decur/deformable/deformableAttention2d.ts";
export { decurLoss } from "./models/decur/loss.ts";
export { decurStep, embedFeatures, initDecur, initDecurState } from "./models/decur/method.ts";
export { onlineDecurLoss } from "./models/decur/onlineLoss.ts";
// GMC: one modality stands in for all (Poklukar et al. 2022); DCA tells how well they lie over each other.
export { combineEmbeddings } from "./models/gmc/combine.ts";
export type { GmcConfig } from "./models/gmc/config.ts";
export { GmcEncoder } from "./models/gmc/GmcEncoder.ts";
export { gmcLoss } from "./models/gmc/loss.ts";
export { type GmcTrainingOptions, gmcObjective, initGmcCarried } from "./models/gmc/method.ts";
export { type GmcParams, initGmc } from "./models/gmc/params.ts";
export { mhdDigitsConfig, mhdPaperConfig, motionConfig } from "./models/gmc/presets.ts";
// IML-RS: fusion tokens that read whatever is there (Chen et al. 2024).
export type { ImlConfig } from "./models/imlrs/config.ts";
export { drawCombination } from "./models/imlrs/drawCombination.ts";
export { drawMasks } from "./models/imlrs/drawMasks.ts";
export { drawTokenBudget } from "./models/imlrs/drawTokenBudget.ts";
export { ImlStream, type SlotOutput } from "./models/imlrs/ImlStream.ts";
export {
  classificationObjective,
  openImlPredictor,
  pretrainingObjective,
} from "./models/imlrs/method.ts";
export { type ImlParams, initImlParams } from "./models/imlrs/params.ts";
// MLA: one head, adapted modality by modality, and fusion by how sure each is (Zhang et al. 2024).
export { MLA_DEFAULTS, MLA_PAPER, type MlaConfig } from "./models/mla/config.ts";
export { type EntropyFusion, entropyFusion } from "./models/mla/entropyFusion.ts";
export { fitTemperature } from "./models/mla/fitTemperature.ts";
export { HeadGuard } from "./models/mla/HeadGuard.ts";
export { MlaPredictor } from "./models/mla/MlaPredictor.ts";
export { type MlaBatch, MlaTrainer } from "./models/mla/method.ts";
export { initMla, type MlaParams } from "./models/mla/network.ts";
export { type DcaReport, delaunayComponents } from "./robustness/dca/delaunayComponents.ts";
export { compile } from "./tensor/compile.ts";
export { defineProgram } from "./tensor/defineProgram.ts";
export { type HostTensor, hostTensor } from "./tensor/HostTensor.ts";
export { adam, adamW } from "./tensor/optimizers/adamW.ts";
export { Rng } from "./tensor/Rng.ts";
export { float32, int32 } from "./tensor/TensorSpec.ts";
export { tf } from "./tensor/tf.ts";
