// Runs a draw again from the public files: in a worker of the page, in the page itself, or under Node.
// SHA-256 is written out here because hashing 100,000 short texts one promise at a time is slow, and
// because browsers offer theirs only over HTTPS. Where there is theirs, the two are compared.
"use strict";
const LotteryCheck = (() => {
  const K = new Uint32Array(64);
  const START = new Uint32Array(8);
  // The first 32 bits of the fractional parts of cube and square roots of the first primes.
  for (let candidate = 2, found = 0; found < 64; candidate++) {
    let prime = true;
    for (let d = 2; d * d <= candidate; d++) if (candidate % d === 0) prime = false;
    if (!prime) continue;
    if (found < 8) START[found] = fraction(candidate ** (1 / 2));
    K[found++] = fraction(candidate ** (1 / 3));
  }
  function fraction(x) {
    return ((x - Math.floor(x)) * 4294967296) >>> 0;
  }

  const W = new Int32Array(64);
  const turn = (x, n) => (x >>> n) | (x << (32 - n));

  /** Mix one block of 64 bytes at `at` into `state`. */
  function mix(state, bytes, at) {
    for (let i = 0; i < 16; i++, at += 4) {
      W[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    }
    for (let i = 16; i < 64; i++) {
      const x = W[i - 15];
      const y = W[i - 2];
      const s0 = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3);
      const s1 = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10);
      W[i] = (W[i - 16] + s0 + W[i - 7] + s1) | 0;
    }
    let a = state[0], b = state[1], c = state[2], d = state[3];
    let e = state[4], f = state[5], g = state[6], h = state[7];
    for (let i = 0; i < 64; i++) {
      const t1 = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
      const t2 = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }

  /** The state after the whole blocks of `bytes`, to go on from. */
  function begin(bytes) {
    const state = Uint32Array.from(START);
    const whole = bytes.length - (bytes.length % 64);
    for (let at = 0; at < whole; at += 64) mix(state, bytes, at);
    return { state, rest: bytes.subarray(whole), length: bytes.length };
  }

  const tail = new Uint8Array(256);
  const tailView = new DataView(tail.buffer);

  /** The hash, in hex, of what `begun` saw followed by `bytes` (at most 100). */
  function finish(begun, bytes) {
    const { rest } = begun;
    const used = rest.length + bytes.length;
    const size = used + 9 <= 64 ? 64 : used + 9 <= 128 ? 128 : 192;
    tail.fill(0, 0, size);
    tail.set(rest);
    tail.set(bytes, rest.length);
    tail[used] = 0x80;
    const bits = (begun.length + bytes.length) * 8;
    tailView.setUint32(size - 4, bits >>> 0);
    tailView.setUint32(size - 8, Math.floor(bits / 4294967296));
    const state = begun.state.slice();
    for (let at = 0; at < size; at += 64) mix(state, tail, at);
    return hex(state);
  }

  function hex(state) {
    let text = "";
    for (const word of state) text += word.toString(16).padStart(8, "0");
    return text;
  }

  const NOTHING = new Uint8Array(0);
  const utf8 = (text) => new TextEncoder().encode(text);

  /** SHA-256 of bytes, in hex, by the lines above. */
  const sha256 = (bytes) => finish(begin(bytes), NOTHING);

  /** SHA-256 of bytes, in hex, by the browser; null where it offers none. */
  async function theirs(bytes) {
    if (!globalThis.crypto?.subtle) return null;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** A code as people type it, as the roster writes it; null if it cannot be one. */
  function code(typed) {
    const plain = typed.toUpperCase().replace(/[^0-9A-Z]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
    return plain.length === 12 ? plain.replace(/(.{4})(.{4})(.{4})/, "$1-$2-$3") : null;
  }

  /** The roster's places and codes. */
  function read(bytes) {
    const text = new TextDecoder().decode(bytes);
    const cut = text.indexOf("\n\n");
    return {
      places: Number(/^places: (\d+)$/m.exec(text.slice(0, cut))[1]),
      codes: text.slice(cut).split(/\s+/).filter(Boolean),
    };
  }

  /**
   * Everything again: the roster's hash, everybody's ticket, the order, the results file's hash, and one code's place.
   * `asked` = { roster: Uint8Array, seed: string or "", code, withdrawn: [codes], pause: async (done 0..1) => {} }.
   */
  async function check(asked) {
    const started = Date.now();
    const own = sha256(asked.roster);
    const other = await theirs(asked.roster);
    const { places, codes } = read(asked.roster);
    const line = codes.indexOf(asked.code) + 1;
    const found = { hash: own, agreed: other === null ? null : other === own, places, entrants: codes.length, line };
    if (!asked.seed) return { ...found, took: Date.now() - started };
    const prefix = `${asked.seed}|${own}|`;
    const begun = begin(utf8(prefix));
    const rows = new Array(codes.length);
    for (let i = 0; i < codes.length; i++) {
      if (i % 4000 === 0) await asked.pause((0.8 * i) / codes.length);
      rows[i] = `${finish(begun, utf8(codes[i]))},${codes[i]}`;
    }
    rows.sort();
    await asked.pause(0.9);
    const lines = rows.map((row, i) => `${i + 1},${row.slice(65)},${row.slice(0, 64)},${i < places ? "won" : "waitlist"}`);
    const results = utf8(`rank,code,ticket,outcome\n${lines.join("\n")}\n`);
    found.results = (await theirs(results)) ?? sha256(results);
    const rank = line ? rows.findIndex((row) => row.endsWith(asked.code)) + 1 : 0;
    if (rank) Object.assign(found, await place(rows, rank, places, asked, prefix));
    await asked.pause(1);
    return { ...found, took: Date.now() - started };
  }

  async function place(rows, rank, places, asked, prefix) {
    const gone = new Set(asked.withdrawn);
    const before = rows.slice(0, rank - 1).filter((row) => gone.has(row.slice(65))).length;
    const held = rank - before <= places;
    const state = gone.has(asked.code) ? "withdrawn" : rank <= places ? "won" : held ? "promoted" : "waitlist";
    const ticket = rows[rank - 1].slice(0, 64);
    const again = await theirs(utf8(prefix + asked.code));
    const from = Math.max(0, rank - 3);
    const around = rows.slice(from, rank + 2).map((row, i) => ({ rank: from + i + 1, ticket: row.slice(0, 64), code: row.slice(65) }));
    return { rank, state, ticket, text: prefix + asked.code, ticketAgreed: again === null ? null : again === ticket, around };
  }

  return { sha256, theirs, code, read, check, utf8 };
})();

if (typeof WorkerGlobalScope !== "undefined" && self instanceof WorkerGlobalScope) {
  self.onmessage = async ({ data }) => {
    try {
      const pause = async (done) => self.postMessage({ done });
      self.postMessage({ found: await LotteryCheck.check({ ...data, pause }) });
    } catch (problem) {
      self.postMessage({ problem: String(problem) });
    }
  };
}
if (typeof module !== "undefined") module.exports = LotteryCheck;
