// Uploads: a file that is too large is refused before it travels; a bar shows how far it has come.
(() => {
  for (const form of document.querySelectorAll("[data-upload]")) {
    const file = form.querySelector('input[type="file"]');
    const refusal = form.querySelector("[data-refusal]");
    const bar = form.querySelector("[data-progress]");
    const button = form.querySelector("[data-busy]");
    const tooLarge = () => (file.files[0]?.size ?? 0) > Number(form.dataset.most) * 1024 * 1024;

    file.addEventListener("change", () => {
      refusal.hidden = !tooLarge();
      refusal.textContent = tooLarge() ? form.dataset.tooLarge : "";
      button.disabled = tooLarge();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (tooLarge()) return;
      const request = new XMLHttpRequest();
      request.upload.addEventListener("progress", (step) => {
        if (!step.lengthComputable) return;
        bar.value = (100 * step.loaded) / step.total;
        if (step.loaded === step.total) {
          button.textContent = button.dataset.busy;
          bar.removeAttribute("value");
        }
      });
      request.addEventListener("load", () => {
        if (request.responseURL && request.status < 400) {
          location.assign(request.responseURL);
          return;
        }
        document.open();
        document.write(request.responseText);
        document.close();
      });
      request.addEventListener("error", () => {
        button.disabled = false;
        bar.hidden = true;
        refusal.hidden = false;
        refusal.textContent = document.getElementById("words")?.dataset.offline ?? "";
      });
      bar.hidden = false;
      button.disabled = true;
      request.open("POST", form.action);
      request.send(new FormData(form));
    });
  }
})();
