// Passkeys: the server's options become a question to the browser, its answer a field of the form.
(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const question = (options) => {
    const asked = { ...options.publicKey, challenge: bytes(options.publicKey.challenge) };
    if (asked.user) asked.user = { ...asked.user, id: bytes(asked.user.id) };
    for (const list of ["excludeCredentials", "allowCredentials"]) {
      asked[list] = (asked[list] ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
    }
    return { publicKey: asked };
  };

  const answer = (credential) => {
    const said = credential.response;
    const response = { clientDataJSON: text(said.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (said[name]) response[name] = text(said[name]);
    }
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response,
      clientExtensionResults: credential.getClientExtensionResults(),
    };
  };

  const ask = async (form) => {
    const body = new FormData();
    if (form.dataset.passkey === "new") body.set("new", "1");
    const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
    const sent = await fetch(form.dataset.options, { method: "POST", body, headers });
    if (!sent.ok) throw new Error(String(sent.status));
    const options = question(await sent.json());
    const store = navigator.credentials;
    const made = form.dataset.passkey === "new" ? await store.create(options) : await store.get(options);
    form.elements.credential.value = JSON.stringify(answer(made));
    form.requestSubmit();
  };

  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    if (!window.PublicKeyCredential) {
      form.querySelector("[data-failed]").hidden = false;
      return;
    }
    form.querySelector("button[type=button]").addEventListener("click", (event) => {
      form.querySelector("[data-failed]").hidden = true;
      event.currentTarget.disabled = true;
      ask(form)
        .catch(() => (form.querySelector("[data-failed]").hidden = false))
        .finally(() => (form.querySelector("button[type=button]").disabled = false));
    });
  });
})();
