const sliders = new WeakMap();
const SEND_MS = 120;
const CHOSEN = "playground-epoch"; // a click on a curve, see chart.js

// null: follow the newest epoch, however long the run goes on.
function build(parentElement) {
  const root = parentElement.querySelector(".epoch");
  const [range, text] = [root.querySelector("input"), root.querySelector("output")];
  const slider = { root, range, text, epoch: null, newest: 0, sent: 0 };
  const send = () => {
    slider.timer = null;
    slider.sent = performance.now();
    slider.set("chosen", { epoch: slider.epoch, of: slider.of });
  };
  const move = (epoch) => {
    slider.epoch = epoch >= slider.newest ? null : Math.max(0, epoch);
    show(slider);
    slider.timer ??= setTimeout(send, Math.max(0, slider.sent + SEND_MS - performance.now()));
  };
  range.oninput = () => move(Number(range.value));
  slider.follow = ({ detail }) => move(Math.round(detail));
  window.addEventListener(CHOSEN, slider.follow);
  const at = () => slider.epoch ?? slider.newest;
  const go = { first: () => 0, back: () => at() - 1, on: () => at() + 1, newest: () => Infinity };
  for (const button of root.querySelectorAll("button")) {
    button.onclick = () => move(go[button.name]());
  }
  return slider;
}

function show(slider) {
  const { range, text, epoch, newest, trained, root } = slider;
  const at = epoch ?? newest;
  range.max = newest;
  range.value = at;
  range.disabled = newest === 0;
  const moment = at === 0 ? "before training" : `after epoch ${at}`;
  const last = trained > newest ? ` saved (${trained} trained)` : epoch === null ? " (the newest)" : "";
  text.textContent = newest === 0 && !last.includes("saved") ? moment : `${moment}, of ${newest}${last}`;
  range.setAttribute("aria-valuetext", text.textContent);
  for (const button of root.querySelectorAll("button")) {
    const back = button.name === "first" || button.name === "back";
    button.disabled = back ? at === 0 : epoch === null;
  }
}

export default function ({ data, parentElement, setStateValue }) {
  let slider = sliders.get(parentElement);
  if (!slider) sliders.set(parentElement, (slider = build(parentElement)));
  slider.set = setStateValue;
  if (slider.of !== data.of) Object.assign(slider, { of: data.of, epoch: data.epoch });
  slider.root.classList.toggle("large", Boolean(data.large));
  Object.assign(slider, { newest: data.newest, trained: data.trained });
  if (slider.epoch !== null && slider.epoch >= data.newest) slider.epoch = null;
  show(slider);
  return () => {
    if (parentElement.isConnected) return;
    window.removeEventListener(CHOSEN, slider.follow);
    sliders.delete(parentElement);
  };
}
