"use strict";
// The box in a table's head ticks every box below it.
document.addEventListener("change", (event) => {
  const head = event.target.closest("[data-all]");
  if (!head) return;
  for (const box of head.closest("table").querySelectorAll("tbody input[type=checkbox]")) box.checked = head.checked;
});
