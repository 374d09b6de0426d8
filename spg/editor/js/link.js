// The line to Python: numbered messages, an answer to each, and a warning when none comes.

const PATIENCE = 5000; // milliseconds until silence is said

/** One per model, however many views it has. */
export class Link {
  constructor(model, onSilence, onVoice) {
    Object.assign(this, { model, onSilence, onVoice, waiting: new Map(), silent: false });
    this.seq = model.get("frame")?.seq ?? 0;
  }

  /** Send a message; returns its number. */
  send(content, buffers = []) {
    const seq = ++this.seq;
    const silence = setTimeout(() => this.lost(), PATIENCE);
    this.waiting.set(seq, silence);
    try {
      this.model.send({ ...content, seq }, undefined, buffers);
    } catch {
      this.lost();
    }
    return seq;
  }

  /** Python has message number seq. */
  got(seq) {
    for (const [number, timer] of this.waiting) {
      if (number > seq) continue;
      clearTimeout(timer);
      this.waiting.delete(number);
    }
    if (this.silent) {
      this.silent = false;
      this.onVoice();
    }
  }

  lost() {
    if (this.silent) return;
    this.silent = true;
    this.onSilence();
  }
}
