// The keys press the buttons of the page. On a phone the tabs show one picture at a time, and the
// settings are a sheet: both are styles of the document, for which no script runs.
const benches = new WeakMap();
const TYPED = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable=true]";

function combination(event) {
  const held = event.ctrlKey || event.metaKey ? (event.shiftKey ? "ctrl+shift+" : "ctrl+") : "";
  return event.altKey ? "" : held + event.key.toLowerCase();
}

// The help of each setting is a stop of its own: with F1 it is one key away, and no stop between.
const HELP = "[aria-label^='Help for']";

function help(event) {
  if (event.key === "Tab") {
    const beside = document.querySelectorAll(`.st-key-sheet ${HELP}, [data-testid=stPopoverBody] ${HELP}`);
    for (const button of [...beside, ...document.querySelectorAll(".st-key-layers button")]) button.tabIndex = -1;
  }
  if (event.key !== "F1") return;
  const button = document.activeElement?.closest("[class*=st-key-]")?.querySelector(HELP);
  if (button) event.preventDefault();
  button?.focus();
}

// What a key opens is drawn by the server a moment later, and on a busy machine more than once: for
// ten seconds the focus goes into it whenever nothing in it has the focus.
function enter(tries = 100, wasOpen = false) {
  const box = document.querySelector("[data-testid=stPopoverBody]");
  if (wasOpen && !box) return;
  if (box && !box.contains(document.activeElement)) box.querySelector("[role=tab][aria-selected=true], input")?.focus();
  if (tries) setTimeout(enter, 100, tries - 1, Boolean(box));
}

function press(bench, event) {
  help(event);
  const target = event.composedPath()[0];
  const entry = bench.keys.find(({ key }) => key === combination(event));
  if (!entry || entry.own || entry.key === "f1" || event.repeat || target.matches?.(TYPED) || bench.dialog.open) return;
  if (!entry.button) bench.dialog.showModal();
  else {
    const found = document.querySelectorAll(`.st-key-${entry.button} button:enabled`);
    const button = [...found].find((each) => each.offsetParent);
    if (!button) return;
    button.click();
    if (button.closest(".stPopover")) enter();
  }
  // "r" alone would run Streamlit's script again.
  event.preventDefault();
  event.stopImmediatePropagation();
}

function style(bench) {
  const names = Object.keys(bench.pictures);
  const hidden = names.filter((name) => name !== bench.picture);
  const rules = hidden.flatMap((name) => [`.st-key-picture_${name}`, `.stColumn:has(.st-key-picture_${name})`]);
  bench.style.textContent = rules.length ? `@media (max-width: 640px) { ${rules.join()} { display: none !important; } }` : "";
  for (const button of bench.nav.querySelectorAll("[data-picture]")) {
    button.setAttribute("aria-pressed", button.dataset.picture === bench.picture);
  }
}

function unfold(bench, open) {
  document.body.classList.toggle("sheet", open);
  bench.nav.firstElementChild.setAttribute("aria-expanded", open);
}

function choose(bench, name) {
  bench.picture = name;
  unfold(bench, false);
  style(bench);
  window.dispatchEvent(new Event("resize")); // a chart that was hidden has no size yet
}

const FAR = 60; // pixels that a finger moves to the side for the next picture

// A finger that moves to the side over a picture turns to the one beside it, as the tabs do.
function swipe(bench, event) {
  const { clientX: x, clientY: y } = event.changedTouches[0];
  const names = Object.keys(bench.pictures);
  if (event.type === "touchstart") {
    const on = event.composedPath().some((part) => part.className?.includes?.("st-key-picture_"));
    bench.from = on && event.touches.length === 1 && window.innerWidth <= 640 ? [x, y] : null;
  } else if (bench.from) {
    const [right, down] = [x - bench.from[0], y - bench.from[1]];
    const next = names[names.indexOf(bench.picture) - Math.sign(right)];
    if (next && Math.abs(right) > Math.max(FAR, 2 * Math.abs(down))) choose(bench, next);
    bench.from = null;
  }
}

function build(parentElement) {
  const [nav, dialog] = ["nav", "dialog"].map((name) => parentElement.querySelector(name));
  const bench = { nav, dialog, picture: "network", style: document.head.appendChild(document.createElement("style")) };
  bench.press = (event) => press(bench, event);
  window.addEventListener("keydown", bench.press, true);
  bench.swipe = (event) => swipe(bench, event);
  for (const type of ["touchstart", "touchend"]) window.addEventListener(type, bench.swipe, { capture: true, passive: true });
  parentElement.querySelector("[name=keys]").onclick = () => dialog.showModal();
  nav.firstElementChild.onclick = () => unfold(bench, !document.body.classList.contains("sheet"));
  return bench;
}

export default function ({ data, parentElement }) {
  let bench = benches.get(parentElement);
  if (!bench) benches.set(parentElement, (bench = build(parentElement)));
  Object.assign(bench, data);
  parentElement.querySelector("[name=keys]").hidden = !data.button;
  const { nav, dialog } = bench;
  const names = Object.keys(data.pictures);
  nav.firstElementChild.hidden = !data.settings;
  nav.hidden = !data.settings && !names.length;
  while (nav.children.length > 1 + names.length) nav.lastChild.remove();
  while (nav.children.length < 1 + names.length) nav.append(document.createElement("button"));
  names.forEach((name, i) => {
    const button = nav.children[i + 1];
    button.textContent = data.pictures[name];
    button.dataset.picture = name;
    button.onclick = () => choose(bench, name);
  });
  if (!names.includes(bench.picture)) bench.picture = names[0];
  style(bench);
  const table = dialog.querySelector("table");
  table.replaceChildren();
  for (const { name, text } of data.keys) {
    const row = table.insertRow();
    row.insertCell().appendChild(document.createElement("kbd")).textContent = name;
    row.insertCell().textContent = text;
  }
  return () => {
    if (parentElement.isConnected) return;
    window.removeEventListener("keydown", bench.press, true);
    for (const type of ["touchstart", "touchend"]) window.removeEventListener(type, bench.swipe, true);
    document.body.classList.remove("sheet");
    bench.style.remove();
    benches.delete(parentElement);
  };
}
