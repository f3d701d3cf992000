// The skill code counts down the seconds it is still good for.
(() => {
  setInterval(() => {
    document.querySelectorAll("[data-countdown]").forEach((place) => {
      const left = Math.max(0, Number(place.dataset.countdown) - 1);
      place.dataset.countdown = String(left);
      place.textContent = place.textContent.replace(/\d+/, String(left));
    });
  }, 1000);
  // A phone that wakes up shows no code of an hour ago.
  document.addEventListener("visibilitychange", () => {
    const slot = document.getElementById("code-now");
    if (!document.hidden && slot && window.htmx) htmx.trigger(slot, "load");
  });
})();
