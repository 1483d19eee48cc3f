const MEASURES = `\`transfer/A->B\` is the accuracy of a linear head fitted to A's training examples and read with B's test
examples, \`ceiling/A\` that of the same head read with A's own. Heads see the vectors of the codes, never
anything continuous; their penalty is chosen on held-back training examples of A, so no test example and no
label of B is ever looked at. \`codes/shared\` is the share of the codes in use that no modality owns by more
than 80 %, \`codes/agreement\` how often synchronised frames choose one code, \`codes/dead\` the share of the
codebook that nothing falls on.`;

/** What is asked of each set. */
export const about = {
  grid: `Sound and lips of one talker, 600 training sentences without labels. Every 40 ms of sound (four log-mel
columns, 60 principal components) and of lips (40 components), each with the three frames before, becomes one of
400 codes that both share. The head names the digit words, from their code vectors averaged in six parts.

${MEASURES}`,
  pen: `Digits written with a pen: the picture on paper (60 principal components) and the way of the pen (40), true
pairs, one code of 400 for each. With one frame an example there is no future to predict, so Cross-CPC is off.
Writers of the test examples are new.

${MEASURES}`,
  actions: `Twenty-seven actions by wrist or thigh inertial sensor, skeleton and depth pictures, three modalities in
one codebook. The sensors have no common clock: a clip is cut into eight frames by fraction of its length, each
with its two neighbours. The head names the action from eight code vectors. People of the test clips are new,
and 431 training clips are few.

${MEASURES}`,
  synthetic: `A drawn world: eight classes on a sticky chain that two sensors see through templates of their own, a
nuisance fixed within a clip and noise; in 15 % of frames the second sensor looks elsewhere. Sixteen codes of 32
numbers, frame-wise encoders, 500 steps. Transfer is by index alone: the majority class of each code is learned
from one sensor's codes and read with the other's; a code the first never chose counts as wrong. Chance is 0.125.
\`codes/agreement\` is over frames in which both see the same class.`,
} as const;
