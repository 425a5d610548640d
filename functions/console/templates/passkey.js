// Asks the browser for a passkey and sends what it gives, and goes on with what a proof was asked for. Where there is no script, the page
// says so, and has a button in the place of the second.
const form = document.querySelector("form[data-passkey]");
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const known = (keys) => (keys || []).map((key) => ({ ...key, id: bytes(key.id) }));
const WORDS = {
  InvalidStateError: "This device has a passkey of yours already. Sign in with it, or take another device.",
  NotAllowedError: "No passkey was taken: it was cancelled, it took too long, or this device has none for this site.",
  SecurityError: "This page is not opened under the name that passkeys belong to.",
};

async function answer(options) {
  const create = form.dataset.passkey === "create";
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  if (create) {
    publicKey.user = { ...options.user, id: bytes(options.user.id) };
    publicKey.excludeCredentials = known(options.excludeCredentials);
  } else {
    publicKey.allowCredentials = known(options.allowCredentials);
  }
  const got = await navigator.credentials[create ? "create" : "get"]({ publicKey });
  const response = { clientDataJSON: text(got.response.clientDataJSON) };
  if (create) {
    response.attestationObject = text(got.response.attestationObject);
    response.transports = got.response.getTransports ? got.response.getTransports() : [];
  } else {
    response.authenticatorData = text(got.response.authenticatorData);
    response.signature = text(got.response.signature);
    response.userHandle = got.response.userHandle ? text(got.response.userHandle) : null;
  }
  return { id: got.id, rawId: text(got.rawId), type: got.type, response, clientExtensionResults: {} };
}

async function ask() {
  const said = document.getElementById("said");
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    if (!window.PublicKeyCredential) throw new Error("This browser knows no passkeys. Take another browser, or your password.");
    form.elements.credential.value = JSON.stringify(await answer(JSON.parse(form.dataset.options)));
    form.submit();
  } catch (error) {
    said.textContent = WORDS[error.name] || error.message;
    said.hidden = false;
    button.disabled = false;
    button.hidden = false;
    button.focus();
  }
}

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  ask();
}
const goOn = document.querySelector("form[data-go-on]");
if (goOn) goOn.submit();
