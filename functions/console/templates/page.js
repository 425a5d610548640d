// What every page has: times on its reader's clock, and what happens meanwhile. Without this script nothing is missing: times are in UTC,
// and a link looks again.
const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const two = (n) => String(n).padStart(2, "0");
const onClock = (at) =>
  `${at.getDate()} ${months[at.getMonth()]} ${at.getFullYear()}, ${two(at.getHours())}:${two(at.getMinutes())}`;
// As the server tells times from now (`words::relative`): a page that stays open does not go on saying what was so when it was made.
const fromNow = (at) => {
  const seconds = Math.trunc((at - Date.now()) / 1000);
  const minutes = Math.floor((Math.abs(seconds) + 30) / 60);
  const whole = (n) => Math.floor(n);
  const [count, unit] =
    minutes < 60 ? [minutes, "minute"]
    : minutes < 2880 ? [whole((minutes + 30) / 60), "hour"]
    : minutes < 86400 ? [whole((minutes + 60) / 1440), "day"]
    : minutes < 1051200 ? [whole(minutes / 43200), "month"]
    : [whole(minutes / 525600), "year"];
  if (!count) return seconds > 0 ? "in less than a minute" : "just now";
  const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return seconds > 0 ? `in ${words}` : `${words} ago`;
};
const isRelative = (text) => /^(in .*(minute|hour|day|month|year)s?|.* ago|just now)$/.test(text);
const relative = [];
for (const element of document.querySelectorAll("time[datetime]")) {
  const at = new Date(element.dateTime);
  const text = element.textContent.trim();
  if (isNaN(at)) continue;
  if (isRelative(text)) {
    relative.push([element, at]);
    if (element.title.endsWith(" UTC") && at.getTimezoneOffset()) element.title = `${onClock(at)} (${element.title})`;
  } else if (text.endsWith(" UTC") && at.getTimezoneOffset()) {
    element.textContent = onClock(at);
    element.title = text;
  }
}
const tell = () => {
  for (const [element, at] of relative) element.textContent = fromNow(at);
};
setInterval(tell, 30000);
addEventListener("pageshow", tell);
for (const element of document.querySelectorAll("[data-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  element.querySelector("b").textContent = zone;
  element.hidden = !zone;
}

// After an act the page begins with what came of it, also for whoever hears it.
const came = document.querySelector("main :is([role=alert], [role=status]):not([hidden])");
if (came && !document.querySelector("[autofocus]") && document.activeElement === document.body) {
  came.tabIndex = -1;
  came.focus({ preventScroll: true });
}

// The answer ends at once, and the browser asks again by itself, as long as somebody looks at the page. Nothing that is on it moves: it
// says what is new, and whoever wants to see that follows a link.
const badge = document.querySelector("[data-mine]");
const meanwhile = document.querySelector("[data-meanwhile]");
if (badge || meanwhile) {
  const title = document.title;
  let source = null;
  let failed = 0;
  const show = ({ mine, said }) => {
    if (badge) {
      badge.textContent = mine;
      badge.hidden = mine === "0";
    }
    document.title = mine === "0" ? title : `(${mine}) ${title}`;
    if (!meanwhile) return;
    const [note, words] = [meanwhile.firstElementChild, meanwhile.querySelector("span")];
    if (words.textContent !== said) words.textContent = said;
    note.hidden = !said;
  };
  const close = () => {
    if (source) source.close();
    source = null;
  };
  const open = () => {
    if (source || document.hidden || failed > 9) return;
    source = new EventSource(`/console/live?${meanwhile ? meanwhile.dataset.meanwhile : ""}`);
    source.addEventListener("queue", (event) => {
      failed = 0;
      show(JSON.parse(event.data));
    });
    source.addEventListener("error", () => {
      if (!source || source.readyState !== EventSource.CLOSED) return;
      // An error of the server, or nobody is signed in any more: less often, and not for ever.
      close();
      failed += 1;
      setTimeout(open, 30000);
    });
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
}

// Somebody who said so goes on with the next of many: as if they pressed the button once more, which they can see and leave.
const next = document.querySelector("form[data-go-on]");
if (next) setTimeout(() => next.requestSubmit(document.querySelector(`button[form="${next.id}"][value="approve"]`)), 400);
