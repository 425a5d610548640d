// The browser's zone in place of UTC, a word where chosen files are more than one form carries, and buttons that copy. Without this
// script times are UTC, the server says what is too much, and what can be copied can be selected.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const field of document.querySelectorAll("input[data-time]")) {
  // What somebody typed before they came back to this page is in their zone already.
  if (field.value && field.value === field.defaultValue) {
    const at = new Date(field.value + "Z");
    field.value = new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  }
  field.form.elements.zone.value = "browser";
  for (const name of field.form.querySelectorAll("[data-zone-name]")) name.textContent = zone;
  field.form.addEventListener("submit", () => {
    field.form.elements.send_at_utc.value = field.value ? new Date(field.value).toISOString().slice(0, 16) : "";
  });
}
for (const input of document.querySelectorAll("input[data-most]")) {
  input.addEventListener("change", () => {
    const total = [...input.files].reduce((sum, file) => sum + file.size, 0);
    input.setCustomValidity(total > Number(input.dataset.most) ? "These files are more than one form carries: choose fewer." : "");
    input.reportValidity();
  });
}
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.textContent = "Copied";
  });
}
