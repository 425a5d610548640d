// Keys for whoever works through many mails. Each of them has a link or a button as well, and none decides by itself: `a` and
// `r` lead to the button. Without this script nothing is missing.
const rows = [...document.querySelectorAll("[data-row]")];
const rowOf = (element) => rows.find((row) => row.contains(element));
const boxOf = (row) => row && row.querySelector("input[type=checkbox]");
for (const element of document.querySelectorAll("[data-scripted]")) element.hidden = false;
for (const button of document.querySelectorAll("[data-alike]")) {
  button.addEventListener("click", () => {
    const boxes = rows.filter((row) => row.dataset.group === button.dataset.alike).map(boxOf).filter(Boolean);
    const all = boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = !all;
  });
}
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select")) return;
  const key = event.key;
  const to = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (rows.length && (key === "j" || key === "k")) {
    const now = rows.indexOf(rowOf(document.activeElement));
    const row = now < 0 ? rows[0] : rows[now + (key === "j" ? 1 : -1)];
    if (row) row.querySelector("a").focus();
  } else if (rows.length && key === "x") {
    const box = boxOf(rowOf(document.activeElement));
    if (box) box.checked = !box.checked;
  } else if (!to) {
    return;
  } else if (to.matches("details")) {
    to.open = key !== "?" || !to.open;
    (to.querySelector("textarea") || to.querySelector("summary")).focus();
  } else if (to.matches("a")) {
    to.click();
  } else {
    to.focus();
  }
  event.preventDefault();
});
