// The queue by keyboard: j and k move, x chooses, Enter opens, a chooses all; and how many are chosen.
(() => {
  const form = document.querySelector("[data-queue]");
  if (!form) return;
  const rows = [...form.querySelectorAll("[data-row]")];
  const boxes = [...form.querySelectorAll('input[name="item"]')];
  const all = form.querySelector("[data-all]");
  const bar = form.querySelector("[data-bar]");
  let at = -1;

  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    for (const box of boxes) box.closest("[data-row]").classList.toggle("is-chosen", box.checked);
    if (all) {
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    if (!bar) return;
    bar.querySelector("[data-count]").textContent = chosen;
    bar.classList.toggle("is-idle", chosen === 0);
  };
  const chooseAll = (on) => {
    for (const box of boxes) box.checked = on;
    count();
  };
  const go = (to) => {
    rows[at]?.classList.remove("is-current");
    at = Math.max(0, Math.min(rows.length - 1, to));
    rows[at]?.classList.add("is-current");
    rows[at]?.querySelector(".office-open")?.focus();
  };

  form.addEventListener("change", (event) => {
    if (event.target === all) chooseAll(all.checked);
    else count();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not([type=checkbox]), select, textarea");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "j") go(at + 1);
    else if (event.key === "k") go(at - 1);
    else if (event.key === "a" && all) chooseAll(!all.checked);
    else if (event.key === "x" && rows[at]) {
      const box = rows[at].querySelector('input[name="item"]');
      if (box) box.checked = !box.checked;
      count();
    } else return;
    event.preventDefault();
  });
  count();
})();
