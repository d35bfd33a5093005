// Texts for people: times, durations, and what a game server wrote.

const two = (number) => String(number).padStart(2, "0");

/** `14:03:09.120`, in the time of this machine. */
export function clock(millis, withMillis = true) {
  const time = new Date(millis);
  const text = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return withMillis ? `${text}.${String(time.getMilliseconds()).padStart(3, "0")}` : text;
}

/** `3 s`, `4 min 5 s`, `2 h 3 min`. */
export function span(millis) {
  const seconds = Math.max(0, Math.floor(millis / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d`;
}

/** A duration in milliseconds with three digits: `0.12 ms`, `12.3 ms`, `1.20 s`. */
export function took(millis) {
  if (millis >= 1000) return `${(millis / 1000).toFixed(2)} s`;
  return `${millis.toFixed(millis < 1 ? 2 : millis < 100 ? 1 : 0)} ms`;
}

export function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

// Control characters but tab and line feed, and those that turn the direction of a text around.
// eslint-disable-next-line no-control-regex
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** What can't be seen, made visible: a terminal would obey it. */
export function visible(text) {
  return text.replace(/\r\n/g, "\n").replace(UNSEEN, (unseen) => {
    const code = unseen.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "\u2421" : `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
  });
}

/** JSON over several lines; what is none stays as it is. */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The words for what became of a request. */
export function outcome(request) {
  if (request.status !== null) return String(request.status);
  return request.cut ? "cut" : "hung up";
}

/** `good`, `bad` or `warn`, for colours that are never the only sign. */
export function tone(request) {
  if (request.status === null) return "bad";
  return request.status < 400 ? "good" : request.status === 420 || request.status === 409 ? "warn" : "bad";
}

export const statusNames = {
  created: "starting",
  running: "running",
  restarting: "restarting",
  draining: "draining",
  server_unreachable: "unreachable",
  shuttingdown: "shutting down",
  exited: "exited",
  dead: "dead",
};
