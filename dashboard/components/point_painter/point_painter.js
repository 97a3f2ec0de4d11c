// Points [x, y, class] on a plane from -RANGE to RANGE. They outlive the component, also on other
// pages; `before` are the earlier states for Undo. Painted points are never replaced by loaded ones.
const SIDE = 960, SEND_MS = 250, SPACING = 0.22, MOST_UNDO = 50;
const COLORS = ["#f59322", "#0877bd"], NAMES = ["orange", "blue"];
const boards = new WeakMap();
const kept = (window.playgroundPainting ??= { points: [], before: [], loaded: null, painted: false, tool: 0 });

const pixel = (board, x, y) => [((x + board.range) / 2 / board.range) * SIDE, ((board.range - y) / 2 / board.range) * SIDE];
const radius = (board) => Number(board.brush.value);

function grid(board) {
  const { context: c, range } = board;
  const color = getComputedStyle(board.canvas);
  c.clearRect(0, 0, SIDE, SIDE);
  c.font = `22px ${color.fontFamily}`;
  c.fillStyle = color.color;
  for (let at = -range + 1; at < range; at++) {
    const [x] = pixel(board, at, 0);
    c.strokeStyle = color.color;
    c.globalAlpha = at === 0 ? 0.5 : 0.1;
    c.lineWidth = 2;
    c.beginPath();
    c.moveTo(x, 0); c.lineTo(x, SIDE); c.moveTo(0, x); c.lineTo(SIDE, x);
    c.stroke();
    c.globalAlpha = 0.7;
    if (at % 2 === 0 && at !== 0) {
      c.fillText(at, x + 4, SIDE / 2 + 24);
      c.fillText(at, SIDE / 2 + 6, SIDE - x - 4);
    }
  }
  c.fillText("x₁", SIDE - 34, SIDE / 2 - 10);
  c.fillText("x₂", SIDE / 2 + 8, 26);
  c.globalAlpha = 1;
}

function draw(board) {
  const { context: c } = board;
  grid(board);
  c.lineWidth = 2;
  c.strokeStyle = "#ffffff";
  for (const [x1, x2, kind] of kept.points) {
    const [x, y] = pixel(board, x1, x2);
    c.fillStyle = COLORS[kind];
    c.beginPath();
    if (kind) c.rect(x - 8, y - 8, 16, 16);
    else c.arc(x, y, 9, 0, 7);
    c.fill();
    c.stroke();
  }
  if (board.at && board.usingKeys) cursor(board);
  board.hint.hidden = kept.points.length > 0 || Boolean(board.usingKeys);
  board.button.undo.disabled = kept.before.length === 0;
  board.button.clear.disabled = kept.points.length === 0;
}

function cursor(board) {
  const { context: c, tool } = board;
  const [x, y] = pixel(board, ...board.at);
  c.strokeStyle = COLORS[tool] ?? "#8a8f98";
  c.lineWidth = 5;
  c.beginPath();
  c.arc(x, y, 22, 0, 7);
  c.moveTo(x - 34, y); c.lineTo(x + 34, y); c.moveTo(x, y - 34); c.lineTo(x, y + 34);
  c.stroke();
}

function say(board, first = "") {
  const [orange, blue] = [0, 1].map((kind) => kept.points.filter((p) => p[2] === kind).length);
  const full = kept.points.length >= board.most ? ` ${board.most} is the maximum.` : "";
  board.count.textContent = `${first}${orange} orange and ${blue} blue points.${full}`;
}

function changed(board, first) {
  draw(board);
  say(board, first);
  board.timer ??= setTimeout(() => tell(board), SEND_MS);
}

function tell(board) {
  clearTimeout(board.timer);
  board.timer = null;
  board.set("points", { list: kept.points.map(([x, y, kind]) => [Number(x.toFixed(3)), Number(y.toFixed(3)), kind]) });
}

function remember() {
  kept.painted = true;
  kept.before.push(kept.points);
  if (kept.before.length > MOST_UNDO) kept.before.shift();
}

function add(board, x, y) {
  const inside = (v) => Math.max(-board.range, Math.min(board.range, v));
  if (kept.points.length < board.most) kept.points = [...kept.points, [inside(x), inside(y), board.tool]];
}

// One spray of the brush: a point somewhere in its disc, or with the eraser everything in it away.
function dab(board, [x, y], exact = false) {
  const r = radius(board);
  if (board.tool === "erase") {
    const reach = Math.max(r, 0.25);
    kept.points = kept.points.filter(([a, b]) => Math.hypot(a - x, b - y) > reach);
  } else if (exact || r === 0) add(board, x, y);
  else {
    const angle = Math.random() * 2 * Math.PI, far = r * Math.sqrt(Math.random());
    add(board, x + far * Math.cos(angle), y + far * Math.sin(angle));
  }
  board.last = [x, y];
}

function choose(board, tool) {
  board.tool = kept.tool = tool;
  for (const name of ["0", "1", "erase"]) {
    board.button[name].setAttribute("aria-pressed", String(tool) === name);
  }
  draw(board);
}

function undo(board) {
  if (!kept.before.length) return;
  kept.points = kept.before.pop();
  changed(board);
}

function clear(board) {
  remember();
  kept.points = [];
  changed(board);
}

function listen(board) {
  const { canvas, button } = board;
  const at = ({ clientX, clientY }) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [((clientX - left) / width * 2 - 1) * board.range, (1 - (clientY - top) / height * 2) * board.range];
  };
  canvas.onpointerdown = (event) => {
    if (board.pointer !== undefined || (event.button !== 0 && event.button !== 5)) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    board.usingKeys = false;
    board.pointer = event.pointerId;
    try {
      canvas.setPointerCapture(event.pointerId);
    } catch {} // it may be gone already
    if (event.button === 5) choose(board, "erase"); // the eraser end of a pen
    remember();
    dab(board, at(event), true);
    changed(board);
  };
  canvas.onpointermove = (event) => {
    if (event.pointerId !== board.pointer) return;
    const steps = event.getCoalescedEvents?.() ?? [];
    for (const [x, y] of (steps.length ? steps : [event]).map(at)) {
      const [a, b] = board.last, far = Math.hypot(x - a, y - b);
      const count = board.tool === "erase" ? Math.ceil(far / 0.2) : Math.floor(far / SPACING);
      for (let i = 1; i <= count; i++) dab(board, [a + ((x - a) * i) / count, b + ((y - b) * i) / count]);
    }
    changed(board);
  };
  canvas.onpointerup = canvas.onpointercancel = canvas.onlostpointercapture = (event) => {
    if (event.pointerId === board.pointer) board.pointer = undefined;
  };
  for (const [name, tool] of [["0", 0], ["1", 1], ["erase", "erase"]]) button[name].onclick = () => choose(board, tool);
  button.undo.onclick = () => undo(board);
  button.clear.onclick = () => clear(board);
  board.root.onkeydown = (event) => {
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) undo(board);
    else if (event.target !== canvas || event.ctrlKey || event.metaKey || !press(board, event)) return;
    event.preventDefault();
  };
  canvas.onblur = () => { board.usingKeys = false; draw(board); };
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const TOOLS = { 1: 0, 2: 1, 3: "erase" };

// Arrow keys move a cursor, with shift further; space puts a point there or rubs it out.
function press(board, { key, shiftKey }) {
  const here = (board.at ??= [0, 0]);
  if (key in TOOLS) choose(board, TOOLS[key]);
  else if (key === " " || key === "Enter") {
    remember();
    dab(board, here, true);
  } else if (key in ARROWS) {
    const step = shiftKey ? 1 : 0.25;
    board.at = here.map((v, i) => Math.max(-board.range, Math.min(board.range, v + step * ARROWS[key][i])));
  } else return false;
  board.usingKeys = true;
  const where = `At ${board.at.map((v) => v.toFixed(2)).join(", ")}: `;
  if (key === " " || key === "Enter") changed(board, where);
  else { draw(board); say(board, where); }
  return true;
}

function build(parentElement) {
  const root = parentElement.querySelector(".paint");
  const [canvas, hint, count, brush] = ["canvas", ".hint", ".count", "input"].map((name) => root.querySelector(name));
  const button = Object.fromEntries([...root.querySelectorAll("button")].map((e) => [e.name, e]));
  const board = { root, canvas, hint, count, brush, button };
  canvas.width = canvas.height = SIDE;
  board.context = canvas.getContext("2d");
  listen(board);
  // Whoever goes on to press a button outside means the points as they are now.
  root.onpointerleave = root.onfocusout = () => board.timer && tell(board);
  return board;
}

export default function ({ data, parentElement, setStateValue }) {
  let board = boards.get(parentElement);
  const first = !board;
  if (first) boards.set(parentElement, (board = build(parentElement)));
  Object.assign(board, { set: setStateValue, range: data.range, most: data.most });
  board.canvas.setAttribute("aria-label", data.label);
  if (first) choose(board, kept.tool);
  const load = data.load && data.load.id !== kept.loaded && !kept.painted;
  if (load) {
    kept.loaded = data.load.id;
    kept.points = data.load.points;
  }
  if (load || (first && kept.points.length)) changed(board);
  else if (first) { draw(board); say(board); }
  return () => {
    if (parentElement.isConnected) return; // an update overtaken by the next one, see chart.js
    clearTimeout(board.timer); // shown again, it tells its points anew
    boards.delete(parentElement);
  };
}
