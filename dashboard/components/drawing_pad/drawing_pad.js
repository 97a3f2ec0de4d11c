// A drawing is a list of strokes, clearings and loaded images; Undo removes the last one. It outlives
// the component and a reload: another page, or the same tab, finds it again.
// Its pixels are computed from that list: some browsers falsify what is read back from a canvas.
const SIDE = 448, SENT = 112, BLOCK = SIDE / SENT, SEND_MS = 100, SETTLE_MS = 450;
const STORED = "mlp-playground-drawing", MAX_STORED = 2_000_000; // characters
const pads = new WeakMap();
const kept = (window.playgroundDrawing ??= restored() ?? { acts: [], example: null, count: 0 });

function restored() {
  try {
    const found = JSON.parse(sessionStorage.getItem(STORED));
    return Array.isArray(found?.acts) && Number.isInteger(found.count) ? found : null;
  } catch {
    return null; // storage may be forbidden, or hold something else
  }
}

function store() {
  try {
    const text = JSON.stringify(kept);
    if (text.length <= MAX_STORED) sessionStorage.setItem(STORED, text);
  } catch {} // then the drawing lasts as long as the page
}

// ---- pixels: one byte each, (SIDE, SIDE) --------------------------------------------------------

// All pixels within half a width of the line from a to b.
function fillLine(pixels, [ax, ay], [bx, by], width, gray) {
  const half = width / 2, dx = bx - ax, dy = by - ay, length = dx * dx + dy * dy;
  const clamp = (value) => Math.min(SIDE, Math.max(0, value));
  const top = clamp(Math.floor(Math.min(ay, by) - half)), bottom = clamp(Math.ceil(Math.max(ay, by) + half));
  const left = clamp(Math.floor(Math.min(ax, bx) - half)), right = clamp(Math.ceil(Math.max(ax, bx) + half));
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) {
      const px = x + 0.5 - ax, py = y + 0.5 - ay;
      const share = length ? Math.min(1, Math.max(0, (px * dx + py * dy) / length)) : 0;
      if (Math.hypot(px - share * dx, py - share * dy) <= half) pixels[y * SIDE + x] = gray;
    }
}

// All pixels that the closed line winds around, as a canvas fills it.
function fillShape(pixels, points, gray) {
  for (let y = 0; y < SIDE; y++) {
    const crossings = [];
    points.forEach(([ax, ay], i) => {
      const [bx, by] = points[(i + 1) % points.length], at = y + 0.5;
      if (ay <= at !== by <= at) crossings.push([ax + ((at - ay) / (by - ay)) * (bx - ax), ay < by ? 1 : -1]);
    });
    crossings.sort(([a], [b]) => a - b);
    let winding = 0;
    crossings.forEach(([x, turn], i) => {
      winding += turn;
      if (winding) pixels.fill(gray, y * SIDE + Math.max(0, Math.ceil(x - 0.5)),
        y * SIDE + Math.min(SIDE, Math.ceil((crossings[i + 1]?.[0] ?? x) - 0.5)));
    });
  }
}

function addStroke(pixels, { points, width, gray, filled, done }) {
  points.forEach((point, i) => fillLine(pixels, points[Math.max(0, i - 1)], point, width, gray));
  if (filled && done) fillShape(pixels, points, gray);
}

function addImage(pixels, { side, ink }) {
  const size = SIDE / side, bytes = atob(ink);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const row = Math.floor(Math.floor(i / SIDE) / size), column = Math.floor((i % SIDE) / size);
    pixels[i] = bytes.charCodeAt(row * side + column);
  }
}

// ---- what is seen -------------------------------------------------------------------------------

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

function redraw({ context, pixels }) {
  context.fillStyle = "#000";
  context.fillRect(0, 0, SIDE, SIDE);
  pixels.fill(0);
  const from = kept.acts.findLastIndex((act) => act.clear || act.side);
  kept.acts.slice(Math.max(0, from)).forEach((act) => {
    if (act.points) {
      stroke(context, act);
      addStroke(pixels, act);
    } else if (act.side) {
      picture(context, act);
      addImage(pixels, act);
    }
  });
}

// The mean of each block, as base64 bytes.
function ink({ pixels }) {
  const sums = new Uint16Array(SENT * SENT);
  for (let y = 0, i = 0; y < SIDE; y++) {
    const row = Math.floor(y / BLOCK) * SENT;
    for (let x = 0; x < SIDE; x++, i++) sums[row + Math.floor(x / BLOCK)] += pixels[i];
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
  pad.root.dataset.wanted = kept.count + 1; // the drawing with the latest prediction
  pad.timer ??= setTimeout(() => send(pad), Math.max(0, pad.sent + SEND_MS - performance.now()));
  clearTimeout(pad.settling);
  pad.settling = setTimeout(() => settle(pad), SETTLE_MS);
}

function settle(pad) {
  if (pad.stroke) pad.settling = setTimeout(() => settle(pad), SETTLE_MS);
  else {
    store();
    pad.set("settled", kept.count);
  }
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
  addStroke(pad.pixels, pad.stroke);
  changed(pad);
}

function extend(pad, points) {
  const before = pad.stroke.points.at(-1);
  pad.stroke.points.push(...points);
  const part = { ...pad.stroke, points: [before, ...points] };
  stroke(pad.context, part);
  addStroke(pad.pixels, part);
  changed(pad);
}

function end(pad) {
  if (!pad.stroke) return;
  pad.stroke.done = true;
  if (pad.stroke.filled) {
    stroke(pad.context, pad.stroke);
    fillShape(pad.pixels, pad.stroke.points, pad.stroke.gray);
  }
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
    const tenth = (value) => Math.round(10 * value) / 10; // it is stored as text
    return [tenth(((clientX - left) * SIDE) / width), tenth(((clientY - top) * SIDE) / height)];
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
  pad.context = canvas.getContext("2d");
  pad.pixels = new Uint8Array(SIDE * SIDE);
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
