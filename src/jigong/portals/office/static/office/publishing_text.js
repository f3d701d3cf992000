// Line numbers beside the text, and a jump to the line a problem names.
(() => {
  "use strict";
  const text = document.getElementById("law-text");
  const numbers = document.querySelector(".law-numbers");
  const draw = () => {
    const count = text.value.split("\n").length;
    numbers.textContent = Array.from({ length: count }, (_, line) => line + 1).join("\n");
    numbers.scrollTop = text.scrollTop;
  };
  text.addEventListener("input", draw);
  text.addEventListener("scroll", () => { numbers.scrollTop = text.scrollTop; });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || event.shiftKey || text.readOnly) return;
    event.preventDefault();
    text.setRangeText("  ", text.selectionStart, text.selectionEnd, "end");
  });
  const jump = (line) => {
    const lines = text.value.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    text.focus();
    text.setSelectionRange(start, start + (lines[line - 1] || "").length);
    text.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(text).lineHeight));
    text.scrollLeft = 0;
  };
  for (const button of document.querySelectorAll("[data-line]")) {
    button.addEventListener("click", () => jump(Number(button.dataset.line)));
  }
  let dirty = false;
  text.addEventListener("input", () => { dirty = true; });
  text.form.addEventListener("submit", () => { dirty = false; });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  draw();
  if (Number(location.hash.slice(1)) > 0) jump(Number(location.hash.slice(1)));
})();
