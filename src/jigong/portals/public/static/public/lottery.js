// The page of one draw: takes the public files, has them checked in a worker, and shows what came of it.
"use strict";
(() => {
  const form = document.querySelector("[data-lottery]");
  if (!form) return;
  const data = JSON.parse(document.getElementById("lottery-data").textContent);
  const input = form.querySelector("input");
  const bar = form.querySelector("progress");
  const out = document.querySelector("[data-lottery-result]");
  let roster;

  const show = (states) => {
    document.querySelectorAll("[data-when]").forEach((part) => {
      part.hidden = !part.dataset.when.split(" ").some((name) => states.has(name));
    });
  };
  const fill = (name, text) => {
    document.querySelectorAll(`[data-slot="${name}"]`).forEach((slot) => (slot.textContent = text));
  };

  async function fetched() {
    if (roster) return roster;
    const response = await fetch(data.roster);
    if (!response.ok) throw new Error(response.status);
    roster = new Uint8Array(await response.arrayBuffer());
    return roster;
  }

  function checked(asked) {
    if (!window.Worker) {
      const pause = async (done) => {
        progress(done);
        await new Promise((go) => setTimeout(go));
      };
      return LotteryCheck.check({ ...asked, pause });
    }
    return new Promise((good, bad) => {
      const worker = new Worker(data.worker);
      worker.onerror = bad;
      worker.onmessage = ({ data: said }) => {
        if (said.done !== undefined) return progress(said.done);
        worker.terminate();
        return said.found ? good(said.found) : bad(new Error(said.problem));
      };
      worker.postMessage(asked);
    });
  }

  const progress = (done) => (bar.value = done);

  function around(rows, mine) {
    const body = document.querySelector("[data-around]");
    body.replaceChildren(
      ...rows.map((row) => {
        const line = document.createElement("tr");
        if (row.code === mine) line.className = "is-mine";
        for (const text of [row.rank.toLocaleString("en"), row.code, `${row.ticket.slice(0, 16)}…`]) {
          const cell = document.createElement("td");
          cell.textContent = text;
          line.append(cell);
        }
        return line;
      }),
    );
  }

  function told(found, code) {
    const states = new Set(["any"]);
    states.add(found.hash === data.rosterHash && found.agreed !== false ? "roster-right" : "roster-wrong");
    states.add(found.line ? "listed" : "unlisted");
    if (found.line && !data.seed) states.add("waiting");
    if (data.resultsHash && found.results) states.add(found.results === data.resultsHash ? "results-right" : "results-wrong");
    if (found.rank) {
      states.add("ranked").add(data.states[code] ?? found.state);
      if (found.ticketAgreed) states.add("agreed");
      fill("rank", found.rank.toLocaleString("en"));
      fill("before", (found.rank - 1).toLocaleString("en"));
      fill("behind", (found.rank - found.places).toLocaleString("en"));
      fill("text", found.text);
      fill("ticket", found.ticket);
      around(found.around, code);
    }
    fill("code", code);
    fill("line", found.line.toLocaleString("en"));
    fill("hash", found.hash);
    fill("entrants", found.entrants.toLocaleString("en"));
    fill("took", (found.took / 1000).toFixed(1));
    show(states);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const code = LotteryCheck.code(input.value);
    out.hidden = false;
    if (!code) return show(new Set(["no-code"]));
    input.value = code;
    show(new Set(["busy"]));
    bar.hidden = false;
    progress(0);
    try {
      const asked = { roster: await fetched(), seed: data.seed, code, withdrawn: data.withdrawn };
      told(await checked(asked), code);
    } catch {
      show(new Set(["failed"]));
    }
    bar.hidden = true;
    out.focus();
    out.scrollIntoView({ block: "nearest", behavior: "smooth" });
    return undefined;
  });

  // A link from one's own portal carries the code behind the #, which no server ever sees.
  const given = LotteryCheck.code(decodeURIComponent(location.hash.slice(1)));
  if (given) {
    input.value = given;
    form.requestSubmit();
  }
})();
