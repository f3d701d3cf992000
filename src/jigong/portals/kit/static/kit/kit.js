// Small courtesies on every page. The server is right without them.
(() => {
  const words = () => document.getElementById("words")?.dataset ?? {};

  // A form is sent once: its buttons rest until the next page, or five seconds.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog" || form.dataset.many !== undefined) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    const buttons = [...form.querySelectorAll("button:not([type=button])")];
    setTimeout(() => buttons.forEach((button) => (button.disabled = true)), 0);
    setTimeout(() => {
      delete form.dataset.sent;
      buttons.forEach((button) => (button.disabled = false));
    }, 5000);
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelectorAll("form[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      form.querySelectorAll("button").forEach((button) => (button.disabled = false));
    });
  });

  // data-confirm on a button, and hx-confirm: a question in the page's own dialog.
  const ask = (question, yes) => {
    const dialog = document.getElementById("confirm");
    dialog.querySelector("#confirm-text").textContent = question;
    dialog.returnValue = "";
    dialog.addEventListener("close", () => dialog.returnValue === "yes" && yes(), { once: true });
    dialog.showModal();
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-confirm]");
    if (!button || button.dataset.confirmed) return;
    event.preventDefault();
    ask(button.dataset.confirm, () => {
      button.dataset.confirmed = "1";
      button.click();
      delete button.dataset.confirmed;
    });
  });
  document.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    ask(event.detail.question, () => event.detail.issueRequest(true));
  });

  // What went wrong under htmx is said on the page.
  const notice = (text) => {
    const box = document.createElement("div");
    box.className = "kit-notice is-bad";
    box.setAttribute("role", "alert");
    box.textContent = text;
    document.getElementById("notices")?.append(box);
  };
  document.addEventListener("htmx:responseError", (event) => {
    const said = { 403: words().forbidden, 429: words().often, 503: words().away };
    notice(said[event.detail.xhr.status] ?? words().failed);
  });
  document.addEventListener("htmx:sendError", () => notice(words().offline));
  document.addEventListener("htmx:timeout", () => notice(words().offline));
  new MutationObserver((changes) => {
    for (const change of changes) for (const box of change.addedNodes) setTimeout(() => box.remove?.(), 9000);
  }).observe(document.getElementById("notices"), { childList: true });

  // Menus made of <details> close when one looks elsewhere.
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.kit-menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelectorAll("details.kit-menu[open]").forEach((menu) => (menu.open = false));
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) print();
  });
})();
