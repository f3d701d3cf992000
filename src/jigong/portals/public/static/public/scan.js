// The scanner: the camera where the browser can read codes itself, and a code a camera opened checked at once.
(function () {
  "use strict";

  const opened = document.querySelector("form[data-at-once]");
  if (opened) {
    opened.requestSubmit();
    return;
  }
  const form = document.querySelector("form[data-check-form]");
  if (!form) return;
  const start = form.querySelector("[data-start]");
  const hint = form.querySelector("[data-hint]");
  const say = function (name) {
    hint.textContent = hint.dataset[name];
    hint.hidden = false;
  };

  async function canScan() {
    if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return false;
    try {
      return (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
    } catch {
      return false;
    }
  }

  async function scan() {
    const video = form.querySelector("[data-video]");
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      say("denied");
      return;
    }
    start.hidden = true;
    form.querySelector("[data-camera]").hidden = false;
    say("aim");
    video.srcObject = stream;
    await video.play();
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    const look = async function () {
      const found = await detector.detect(video).catch(() => []);
      if (found.length) {
        stream.getTracks().forEach((track) => track.stop());
        if (navigator.vibrate) navigator.vibrate(60);
        form.elements.c.value = found[0].rawValue.slice(0, 2000);
        form.requestSubmit();
      } else {
        setTimeout(look, 120);
      }
    };
    look();
  }

  canScan().then(function (can) {
    if (!can) return say("none");
    start.hidden = false;
    start.addEventListener("click", scan);
  });
})();
