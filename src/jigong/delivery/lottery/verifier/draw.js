// Draws a lottery again: node draw.js roster.txt SEED > results.csv (Node 14 or later, nothing else).
// The order is by ticket, ascending; ticket = SHA-256 of "SEED|SHA-256 of the roster file|entrant's code".
// The first so many, as the roster's line "places:" says, win; the rest wait in this order.
"use strict";
const { createHash } = require("crypto");
const { readFileSync, writeSync } = require("fs");

const [file, seed] = process.argv.slice(2);
const roster = readFileSync(file);
const sha256 = (data) => createHash("sha256").update(data).digest("hex");
const text = roster.toString("utf8");
const cut = text.indexOf("\n\n");
const places = Number(/^places: (\d+)$/m.exec(text.slice(0, cut))[1]);
const start = seed + "|" + sha256(roster) + "|";
const tickets = text
  .slice(cut)
  .split(/\s+/)
  .filter(Boolean)
  .map((code) => sha256(start + code) + "," + code)
  .sort();
const lines = ["rank,code,ticket,outcome"];
tickets.forEach((line, index) => {
  const [ticket, code] = line.split(",");
  lines.push([index + 1, code, ticket, index < places ? "won" : "waitlist"].join(","));
});
for (let rest = Buffer.from(lines.join("\n") + "\n"); rest.length; ) rest = rest.subarray(writeSync(1, rest));
