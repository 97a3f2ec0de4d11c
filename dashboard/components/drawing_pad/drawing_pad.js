// What was drawn is a list of strokes, clearings and loaded images; Undo takes the last away.
// It outlives the component, so that somebody who looks at another page finds the drawing again.
const SIDE = 448, SENT = 112, BLOCK = SIDE / SENT, SEND_MS = 100, SETTLE_MS = 450;
const pads = new WeakMap();
const kept = (window.playgroundDrawing ??= { acts: [], example: null, count: 0 });

function stroke(context, { points, width, gray, filled, done }) {
  context.strokeStyle = context.fillStyle = `rgb(${gray},${gray},${gray})`;
  context.lineWidth = width;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  context.arc(...points[0], width / 2, 0, 2 * Math.PI); // a line without length would not be drawn
  context.fill();
  context.beginPath();
  points.forEach(([x, y]) => context.lineTo(x, y));
  context.stroke();
  if (filled && done) context.fill();
}

function picture(context, { side, ink }) {
  const size = SIDE / side;
  [...atob(ink)].forEach((character, i) => {
    const gray = character.charCodeAt(0);
    context.fillStyle = `rgb(${gray},${gray},${gray})`;
    context.fillRect((i % side) * size, Math.floor(i / side) * size, size, size);
  });
}

function redraw({ context }) {
  context.fillStyle = "#000";
  context.fillRect(0, 0, SIDE, SIDE);
  const from = kept.acts.findLastIndex((act) => act.clear || act.side);
  kept.acts.slice(Math.max(0, from)).forEach((act) => {
    if (act.points) stroke(context, act);
    else if (act.side) picture(context, act);
  });
}

// The mean of each block, as bytes in base 64.
function ink({ context }) {
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  const sums = new Uint16Array(SENT * SENT);
  for (let y = 0, i = 0; y < SIDE; y++) {
    const row = Math.floor(y / BLOCK) * SENT;
    for (let x = 0; x < SIDE; x++, i += 4) sums[row + Math.floor(x / BLOCK)] += data[i];
  }
  let text = "";
  for (const sum of sums) text += String.fromCharCode(Math.round(sum / BLOCK ** 2));
  return btoa(text);
}

const current = () => kept.acts.slice(kept.acts.findLastIndex((act) => act.clear) + 1);

function send(pad) {
  pad.timer = null;
  pad.sent = performance.now();
  const placed = current().some((act) => act.side);
  pad.set("drawing", { ink: ink(pad), placed, count: ++kept.count });
}

// Now, or as soon as the last time is long enough ago; what is slow to show waits for a rest.
function changed(pad) {
  const none = current().length === 0;
  pad.hint.hidden = !none;
  pad.button.undo.disabled = kept.acts.length === 0;
  pad.button.clear.disabled = none;
  pad.root.dataset.wanted = kept.count + 1; // the drawing whose answer is the latest
  pad.timer ??= setTimeout(() => send(pad), Math.max(0, pad.sent + SEND_MS - performance.now()));
  clearTimeout(pad.settling);
  pad.settling = setTimeout(() => settle(pad), SETTLE_MS);
}

function settle(pad) {
  if (pad.stroke) pad.settling = setTimeout(() => settle(pad), SETTLE_MS);
  else pad.set("settled", kept.count);
}

function begin(pad, x, y, erase) {
  const rub = erase || pad.button.erase.ariaPressed === "true";
  const { brush, shade } = pad.range;
  pad.stroke = {
    points: [[x, y]], width: Number(brush.value) * SIDE, filled: pad.button.fill.ariaPressed === "true",
    gray: rub ? 0 : Math.round(255 * Number(shade.value)),
  };
  kept.acts.push(pad.stroke);
  stroke(pad.context, pad.stroke);
  changed(pad);
}

function extend(pad, points) {
  const before = pad.stroke.points.at(-1);
  pad.stroke.points.push(...points);
  stroke(pad.context, { ...pad.stroke, points: [before, ...points] });
  changed(pad);
}

function end(pad) {
  if (!pad.stroke) return;
  pad.stroke.done = true;
  if (pad.stroke.filled) stroke(pad.context, pad.stroke);
  pad.stroke = null;
  changed(pad);
}

function undo(pad) {
  pad.stroke = null;
  if (!kept.acts.pop()) return;
  redraw(pad);
  changed(pad);
}

function clear(pad) {
  if (current().length === 0) return;
  kept.acts.push({ clear: true });
  redraw(pad);
  changed(pad);
}

function listen(pad) {
  const { canvas, button } = pad;
  const at = ({ clientX, clientY }) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [((clientX - left) * SIDE) / width, ((clientY - top) * SIDE) / height];
  };
  canvas.onpointerdown = (event) => {
    if (pad.pointer !== undefined || (event.button !== 0 && event.button !== 5)) return;
    event.preventDefault();
    pad.pointer = event.pointerId;
    pad.pen.hidden = true;
    try {
      canvas.setPointerCapture(event.pointerId);
    } catch {} // it may be gone already
    begin(pad, ...at(event), event.button === 5); // 5: the eraser end of a pen
  };
  canvas.onpointermove = (event) => {
    if (event.pointerId !== pad.pointer || !pad.stroke) return;
    const steps = event.getCoalescedEvents?.() ?? [];
    extend(pad, (steps.length ? steps : [event]).map(at));
  };
  canvas.onpointerup = canvas.onpointercancel = canvas.onlostpointercapture = (event) => {
    if (event.pointerId !== pad.pointer) return;
    pad.pointer = undefined;
    end(pad);
  };
  for (const [name, act] of Object.entries({ undo, clear })) {
    button[name].onclick = () => {
      act(pad);
      if (button[name].disabled) canvas.focus({ preventScroll: true }); // it loses the keys
    };
  }
  for (const toggle of [button.erase, button.fill]) {
    toggle.onclick = () => toggle.setAttribute("aria-pressed", toggle.ariaPressed !== "true");
  }
  pad.root.onkeydown = (event) => {
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) undo(pad);
    else if (event.target !== canvas || !key(pad, event.key)) return;
    event.preventDefault();
  };
  canvas.onblur = () => { end(pad); pad.pen.hidden = true; };
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// Arrow keys move a pen; space puts it down and lifts it.
function key(pad, name) {
  const here = (pad.at ??= [SIDE / 2, SIDE / 2]);
  if (name === " ") {
    if (pad.stroke) end(pad);
    else begin(pad, ...here);
  } else if (name in ARROWS) {
    pad.at = here.map((value, i) => Math.min(SIDE, Math.max(0, value + (ARROWS[name][i] * SIDE) / 28)));
    if (pad.stroke) extend(pad, [pad.at]);
  } else return false;
  pad.pen.hidden = false;
  pad.pen.classList.toggle("down", Boolean(pad.stroke));
  const [left, top] = pad.at.map((value) => `${(100 * value) / SIDE}%`);
  const width = `${100 * Number(pad.range.brush.value)}%`;
  Object.assign(pad.pen.style, { left, top, width, height: width });
  return true;
}

function build(parentElement) {
  const root = parentElement.querySelector(".pad");
  const [canvas, pen, hint, note] = ["canvas", ".pen", ".hint", ".note"].map((name) => root.querySelector(name));
  const named = (tag) => Object.fromEntries([...root.querySelectorAll(tag)].map((e) => [e.name, e]));
  const pad = { root, canvas, pen, hint, note, button: named("button"), range: named("input"), sent: 0 };
  canvas.width = canvas.height = SIDE;
  pad.context = canvas.getContext("2d", { willReadFrequently: true });
  listen(pad);
  return pad;
}

export default function ({ data, parentElement, setStateValue }) {
  let pad = pads.get(parentElement);
  const first = !pad;
  if (first) pads.set(parentElement, (pad = build(parentElement)));
  pad.set = setStateValue;
  pad.hint.textContent = data.hint;
  pad.note.textContent = data.note;
  pad.canvas.setAttribute("aria-label", data.label);
  if (pad.of !== data.of) {
    pad.of = data.of;
    pad.range.brush.value = data.brush;
    pad.range.shade.value = data.shade;
    pad.button.fill.hidden = pad.range.shade.parentElement.hidden = !data.filled;
    pad.button.fill.setAttribute("aria-pressed", data.filled);
  }
  const { example } = data;
  if (example && example.id !== kept.example) {
    kept.example = example.id;
    end(pad);
    kept.acts.push(example);
    redraw(pad);
    changed(pad);
  } else if (first) {
    redraw(pad);
    changed(pad);
  }
}
