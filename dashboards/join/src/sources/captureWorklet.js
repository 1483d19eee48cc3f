// Runs in the browser's audio thread: hands samples on in blocks, with the audio clock's time of the first.
class Capture extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.block = new Float32Array(processorOptions.samples);
    this.filled = 0;
  }

  process([input]) {
    const channels = input ?? [];
    const length = channels[0]?.length ?? 0;
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (const channel of channels) sum += channel[i];
      this.block[this.filled++] = sum / channels.length;
      if (this.filled < this.block.length) continue;
      // currentTime is when the first of these samples was heard.
      const end = currentTime + (i + 1) / sampleRate;
      this.port.postMessage({ end, samples: this.block.slice() });
      this.filled = 0;
    }
    return true;
  }
}
registerProcessor("capture", Capture);
