import { InferenceSession } from "onnxruntime-node";
const orig = InferenceSession.create.bind(InferenceSession);
const all: any[] = [];
(InferenceSession as any).create = async (m: any, o: any) => { const s = await orig(m, {...o, enableProfiling: true, profileFilePrefix: process.argv[2] ?? "/tmp/gmcprof"}); all.push(s); return s; };
const { Trainer } = await import("./src/learn/Trainer.ts");
const { gmcObjective, initGmcCarried } = await import("./src/models/gmc/method.ts");
const { initGmc } = await import("./src/models/gmc/params.ts");
const { mhdDigitsConfig } = await import("./src/models/gmc/presets.ts");
const { Rng } = await import("./src/tensor/Rng.ts");
const { float32, sizeOfShape } = await import("./src/tensor/TensorSpec.ts");
const config = mhdDigitsConfig();
const rng = Rng.fromSeed(1);
const params = initGmc(config, () => rng.uniform());
const B=64;
const trainer: any = await Trainer.open({ name: "gmc", params: params as any, extra: initGmcCarried(config, params as any) as any,
 batch: Object.fromEntries(config.modalities.map(({name, shape}) => [name, float32([B, ...shape])])) as any,
 loss: (w: any, inputs: any, carried: any) => { const o = gmcObjective(config, {}, w, carried, {inputs}); return {loss: o.loss, extra: o.carried as never}; } });
const feeds = Object.fromEntries(config.modalities.map(({name, shape}) => [name, rng.uniformArray(B*sizeOfShape(shape))]));
console.log(trainer.stats);
const times=[];
for (let i=0;i<Number(process.argv[3] ?? 8);i++){ const t=process.cpuUsage(); const w=performance.now(); await trainer.step(feeds, 1e-4); const c=process.cpuUsage(t); times.push([(performance.now()-w).toFixed(0), ((c.user+c.system)/1000).toFixed(0)]); }
console.log(times.join(" "));
for (const s of all) { try { (s as any).handler.endProfiling(); } catch (e) { console.log(String(e)); } }
