/** What each set's labels are. */
export const SUBJECTS = {
  houston2013_pixels:
    "A pixel of a city by its hyperspectral bands and by features of a LiDAR profile; 15 kinds of land " +
    "cover. 1692 pixels to learn from. Splits are close in space, so figures are optimistic.",
  rs_fuel_moisture:
    "A plot of land on three monthly dates by Sentinel-1 radar and by Sentinel-2 optical bands; 8 kinds " +
    "of land cover, the one named most often on the three dates. 1284 plots to learn from, tested on " +
    "other places. `r2/…` is the ground-measured moisture of live fuel, by ridge regression on the " +
    "same features with all measurements.",
  utd_mhad:
    "A clip of a person doing one of 27 actions, by an inertial sensor on wrist or thigh, the skeleton, " +
    "and depth video at 15 × 14 pixels and 8 frames. 431 clips to learn from, tested on other people.",
} as const;

const PROTOCOL =
  "Encoders are pretrained on all training recordings without labels, every variant on the same " +
  "networks, views, order and number of steps. Then they are frozen, and a linear classifier is fitted " +
  "to their features with 1, 10 or 100 % of the labels: every class in proportion and at least one " +
  "example of each, five, three and one draws of them averaged. `supervised` trains the same encoders by the labels alone " +
  "(first draw). Modalities joined by `+` are features side by side.";

const FACTORS =
  "`factor/own` asks which dimensions of a modality's embedding carry what the other modality does not " +
  "tell, `factor/shared` what it does tell, from as many common dimensions as there are unique ones.";

const BY_RIDGE =
  "What the other modality tells is a ridge regression from it: the three strongest directions of the " +
  "prediction are the shared factor, those of what it leaves over the own one; R² of linear probes.";

/** Head of each results page. */
export const ABOUT = {
  synthetic:
    "Two modalities drawn from three independent factors of six values: one that both show (`shared`), " +
    "and one of each modality's own (`own`; the partner's is `other`). After pretraining without any " +
    "factor told, linear classifiers name the factors from the embedding. " +
    `${FACTORS} Accuracy; chance is 0.167.`,
  houston2013_pixels: `${SUBJECTS.houston2013_pixels} ${PROTOCOL} ${FACTORS} ${BY_RIDGE}`,
  rs_fuel_moisture: `${SUBJECTS.rs_fuel_moisture} ${PROTOCOL} ${FACTORS} ${BY_RIDGE}`,
  utd_mhad: `${SUBJECTS.utd_mhad} ${PROTOCOL} With 27 classes, 1 % is one example of each, 6 % of the clips.`,
} as const;
