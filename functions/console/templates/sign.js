// Asks somebody's own key to sign, and sends what it answers: a vote with its form, an entry of the key log to where the log is written.
// The texts are those that infra/docs/KEYS.md shows: whoever checks a signature writes them anew.
const bytesOf = (text) => new TextEncoder().encode(text);
const hash = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const base64 = (buffer) => btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""));
const unbase64 = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const SIGN_WORDS = {
  NotAllowedError: "Nothing was signed: it was cancelled, it took too long, or this device does not have the key. Take another key, or another device.",
  SecurityError: "This page is not opened under the name that your keys belong to.",
};
// The server's clock counts, as it was when it made the page. One of the two below goes on while a device sleeps, the other is not set anew.
const opened = Date.now();
const passed = () => Math.max(performance.now(), Date.now() - opened);
const TOO_OLD = 9 * 60 * 1000;

async function sign(text, credential) {
  if (!window.PublicKeyCredential || !window.crypto?.subtle) {
    throw new Error("This browser has no keys that sign. Open this page in a browser that knows passkeys.");
  }
  const allowCredentials = [{ type: "public-key", id: unbase64(credential) }];
  const challenge = await hash(bytesOf(text));
  const publicKey = { challenge, allowCredentials, userVerification: "required", timeout: 300000 };
  const { response } = await navigator.credentials.get({ publicKey });
  return {
    client_data: base64(response.clientDataJSON),
    authenticator_data: base64(response.authenticatorData),
    signature: base64(response.signature),
  };
}

// The root over these leaves (RFC 9162, §2.1.1).
async function root(leaves) {
  if (leaves.length === 1) return leaves[0];
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return hash(join([1], await root(leaves.slice(0, half)), await root(leaves.slice(half))));
}

const subject = ({ approval, revision, digest }) => `approval ${approval}\nrevision ${revision}\ndigest ${digest}\n`;
const second = (milliseconds) => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");

// What is signed of these mails: one by itself, or all of them at once.
async function vote(signer, mails, key) {
  const given = second(Date.parse(signer.now) + passed());
  const said = `verdict approve\nmember ${signer.member}\nkey ${key.key}\ngiven ${given}\nnot-after ${signer.until}\n`;
  const signed = { key: key.key, given, not_after: signer.until };
  const organization = `organization ${signer.organization}\n`;
  if (mails.length === 1) {
    const text = `countersign-vote-1\n${organization}${subject(mails[0])}${said}`;
    return { ...signed, ...(await sign(text, key.credential)) };
  }
  const leaves = await Promise.all(mails.map((mail) => hash(join([0], bytesOf(subject(mail))))));
  const top = hex(await root(leaves));
  const text = `countersign-votes-1\n${organization}count ${mails.length}\nroot sha256:${top}\n${said}`;
  const all = leaves.map((leaf) => `sha256:${hex(leaf)}`);
  return { ...signed, ...(await sign(text, key.credential)), leaves: all };
}

// The key that this device signed with last stands first.
const REMEMBERED = "signs-with";
function chosen(keys) {
  const choice = document.querySelector("select[data-signs-with]");
  const key = keys.find((one) => one.key === choice?.value) || keys[0];
  try {
    localStorage.setItem(REMEMBERED, key.key);
  } catch {
    // A browser that keeps nothing asks again.
  }
  return key;
}
const choice = document.querySelector("select[data-signs-with]");
if (choice) {
  try {
    const last = localStorage.getItem(REMEMBERED);
    if ([...choice.options].some((option) => option.value === last)) choice.value = last;
  } catch {
    // As above.
  }
}

const mailsOf = (form) => {
  if (form.dataset.mail) return [{ ...JSON.parse(form.dataset.mail), signs: true }];
  const boxes = [...form.elements].filter((box) => box.dataset.revision && box.checked);
  return boxes.map((box) => {
    const { revision, signs } = box.dataset;
    return { approval: box.name.replace(/^item\./, ""), revision, digest: box.value, signs: signs !== undefined };
  });
};

// What two people compare who are to mean the same key: 80 bits of the SHA-256 over what the key answered, in Crockford's digits.
async function codeOf({ client_data, authenticator_data, signature }) {
  const line = (name, data) => `${name} ${hex(unbase64(data))}\n`;
  const lines = line("client-data", client_data) + line("authenticator-data", authenticator_data) + line("signature", signature);
  const bits = (await hash(bytesOf(lines))).slice(0, 10).reduce((all, byte) => (all << 8n) | BigInt(byte), 0n);
  const digit = (_, n) => "0123456789abcdefghjkmnpqrstvwxyz"[Number((bits >> BigInt(75 - 5 * n)) & 31n)];
  return Array.from({ length: 16 }, digit).join("").match(/.{4}/g).join(" ");
}

const CODE_OF = "code-of-";
async function offer(form) {
  const shown = form.querySelector("[data-code]");
  if (!shown.hidden) return form.submit();
  const answered = await sign(form.dataset.offered, form.dataset.credential);
  form.elements.signed.value = JSON.stringify(answered);
  const code = await codeOf(answered);
  shown.querySelector("output").textContent = code;
  shown.hidden = false;
  form.querySelector("button[type=submit]").textContent = "Offer the key";
  try {
    localStorage.setItem(CODE_OF + form.dataset.key, code);
  } catch {
    // A browser that keeps nothing shows it here alone.
  }
}
for (const place of document.querySelectorAll("[data-code-of]")) {
  try {
    place.textContent = localStorage.getItem(CODE_OF + place.dataset.codeOf) || place.textContent;
  } catch {
    // As above.
  }
}

async function append(form) {
  const { entry, credential, offer, link, then } = form.dataset;
  const body = { text: entry };
  // A key that is at hand offers itself here: what it answers is sent with the entry, and lies nowhere in between.
  if (form.dataset.new) body.offer = form.answered ??= await sign(form.dataset.new, form.dataset.newCredential);
  if (credential) body.signature = await sign(entry, credential);
  if (offer) body.offer = JSON.parse(offer);
  if (link) body.link = link;
  const headers = { "content-type": "application/json" };
  const answer = await fetch("/v1/signing-keys/entries", { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) {
    const { error } = await answer.json().catch(() => ({}));
    throw new Error(error?.message || "It could not be written. Try again in a moment.");
  }
  location.assign(then);
}

async function answer(form, submitter) {
  if (form.dataset.made) {
    if (passed() > TOO_OLD) throw new Error("This page was open for too long. Go back, open it anew, and sign then.");
    return form.dataset.entry ? append(form) : offer(form);
  }
  // What an earlier try left behind, which the browser may have kept.
  form.elements.signature.value = "";
  for (const left of form.querySelectorAll("[data-of-submitter]")) left.remove();
  const signer = JSON.parse(form.dataset.vote);
  const mails = mailsOf(form);
  // To stop a mail takes no key.
  if (!["reject", "cancel", "move", "none"].includes(submitter?.value) && mails.some((mail) => mail.signs)) {
    form.elements.signature.value = JSON.stringify(await vote(signer, mails, chosen(signer.keys)));
  }
  if (submitter?.name) {
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: submitter.name, value: submitter.value });
    field.dataset.ofSubmitter = "";
    form.append(field);
  }
  return form.submit();
}

for (const form of document.querySelectorAll("form[data-entry], form[data-offered], form[data-vote]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { submitter } = event;
    const said = form.querySelector("[data-said]") || document.querySelector("[data-said]");
    if (submitter) submitter.disabled = true;
    said.hidden = true;
    try {
      await answer(form, submitter);
      if (form.dataset.offered && submitter) submitter.disabled = false;
    } catch (error) {
      said.textContent = SIGN_WORDS[error.name] || error.message;
      said.hidden = false;
      if (submitter) {
        submitter.disabled = false;
        submitter.focus();
      }
    }
  });
}

// Back on a page that the browser kept as it was left.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form[data-entry] button, form[data-offered] button, form[data-vote] button")) {
    button.disabled = false;
  }
});
