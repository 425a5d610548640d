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

// What is signed of these mails: one by itself, or all of them at once. The server's clock counts, as it was when it made the page.
async function vote(signer, mails, key) {
  const given = second(Date.parse(signer.now) + performance.now());
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

async function append(form) {
  const { entry, credential, offer, link, then } = form.dataset;
  const body = { text: entry };
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
  if (form.dataset.entry) return append(form);
  if (form.dataset.offered) {
    form.elements.signed.value = JSON.stringify(await sign(form.dataset.offered, form.dataset.credential));
  } else {
    const signer = JSON.parse(form.dataset.vote);
    const mails = mailsOf(form);
    // To stop a mail takes no key.
    if (submitter?.value !== "reject" && mails.some((mail) => mail.signs)) {
      form.elements.signature.value = JSON.stringify(await vote(signer, mails, chosen(signer.keys)));
    }
  }
  if (submitter?.name) {
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: submitter.name, value: submitter.value });
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
