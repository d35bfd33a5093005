// The clock, timers and random bytes that the driver gets in place of the runtime's: conformance.mjs bundles them in.

let time = 0;
let last = 0;
const timers = new Map();

export const virtual = {
  /** What `performance.now()` says. */
  now: () => time,
  setTimeout(work, delay) {
    timers.set(++last, { at: time + Math.max(delay, 0), work });
    return last;
  },
  clearTimeout: (timer) => void timers.delete(timer),
  /** The driver keeps what it gets for later: it gets no more than one operation needs. */
  randomValues() {
    virtual.asked++;
    return virtual.entropy.slice();
  },
  entropy: new Uint8Array(24),
  /** How often it has been asked for random bytes: once an operation. */
  asked: 0,
  /** Lets the time pass; due timers fire at the new time, in their order. */
  pass(to) {
    time = to;
    const due = [...timers].filter(([, { at }]) => at <= time).sort(([, a], [, b]) => a.at - b.at);
    for (const [timer, { work }] of due) {
      if (timers.delete(timer)) work();
    }
  },
  restart() {
    time = 0;
    timers.clear();
  },
};
