// Inside the 浙里办 or 浙政钉 app: its bridge gives a ticket or an authCode, which our own form carries to the server.
(() => {
  const zlb = document.getElementById("zlb");
  if (zlb && window.ZWJSBridge?.ssoTicket) {
    window.ZWJSBridge.ssoTicket({}).then((said) => {
      if (!said?.result || !said.ticketId) return;
      zlb.elements.ticket.value = said.ticketId;
      zlb.requestSubmit();
    }, () => {});
  }
  const zzd = document.getElementById("zzd");
  if (zzd && window.dd?.getAuthCode) {
    zzd.hidden = false;
    zzd.querySelector("button").addEventListener("click", () => {
      window.dd.getAuthCode({}).then((said) => {
        zzd.elements.auth_code.value = said.auth_code ?? said.code ?? "";
        zzd.requestSubmit();
      }, () => {});
    });
  }
})();
